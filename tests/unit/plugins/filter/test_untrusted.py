# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every filter takes texts as Ansible hands them over, and what a tenant says is never a template afterwards."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sailpoint.isc.plugins.filter import task_health, task_ids, task_outcomes, task_report

try:
    from ansible.template import is_trusted_as_template, trust_as_template
except ImportError:  # before ansible-core 2.19, where every text is a template unless it is marked
    from ansible.utils.unsafe_proxy import AnsibleUnsafe, AnsibleUnsafeText

    def is_trusted_as_template(value: object) -> bool:
        return not isinstance(value, AnsibleUnsafe)

    def trust_as_template(value: str) -> str:
        return value

    MARKED: t.Any = AnsibleUnsafeText
else:
    MARKED = trust_as_template

NOW = "2026-05-17T20:00:00Z"
SAYING = "{{ nothing }}"
Json = t.Any


def records(text: t.Callable[[str], str]) -> list[dict[str, Json]]:
    """A task that failed, and one that is pending; text makes each of their texts."""
    failed = {
        "id": "t1",
        "uniqueName": f"Cloud Account Aggregation {SAYING}",
        "target": {"id": "s1", "type": "APPLICATION", "name": f"HR {SAYING}"},
        "created": "2026-05-17T18:00:00Z",
        "completed": "2026-05-17T18:01:00Z",
        "completionStatus": "Temp_Error",
        "messages": [{"type": "ERROR", "localizedText": {"locale": "en-US", "message": f"Login failed: {SAYING}"}}],
    }
    pending = {**failed, "id": "t2", "completed": None, "completionStatus": None, "messages": []}
    return [made_of(failed, text), made_of(pending, text)]


def made_of(value: Json, text: t.Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {key: made_of(inner, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [made_of(inner, text) for inner in value]
    return text(value) if isinstance(value, str) else value


def texts(value: Json) -> list[str]:
    """Every text in a value, keys left out."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inner for text in texts(one)]


PLUGINS = {plugin.__name__.rpartition(".")[2]: plugin for plugin in (task_health, task_ids, task_outcomes, task_report)}
OPTIONS: dict[str, dict[str, str]] = {"task_health": {"now": NOW}, "task_report": {"now": NOW}}


def told(name: str, given: Json) -> Json:
    """What a filter makes of records, called as Ansible calls it."""
    return PLUGINS[name].FilterModule().filters()[name](given, **OPTIONS.get(name, {}))


@pytest.mark.parametrize("name", PLUGINS)
def test_marks_on_texts_change_nothing(name: str) -> None:
    assert told(name, records(MARKED)) == told(name, records(str))


@pytest.mark.parametrize("name", ["task_health", "task_outcomes", "task_report"])
def test_what_a_tenant_says_is_never_a_template(name: str) -> None:
    found = texts(told(name, records(trust_as_template)))
    assert sum(SAYING in text for text in found) > 1
    assert [text for text in found if is_trusted_as_template(text)] == []
