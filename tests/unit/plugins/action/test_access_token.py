# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible.plugins.action import ActionBase
from ansible_collections.sailpoint.isc.plugins.action.access_token import ActionModule


def result_of(monkeypatch: pytest.MonkeyPatch, **returned: t.Any) -> dict[str, t.Any]:
    """What the action makes of what the module returned."""
    monkeypatch.setattr(ActionBase, "run", lambda self, tmp=None, task_vars=None: {"began": True})
    monkeypatch.setattr(ActionModule, "_execute_module", lambda self, task_vars=None: dict(returned))
    action = ActionModule.__new__(ActionModule)
    result: dict[str, t.Any] = action.run(task_vars={"x": 1})
    return result


def test_the_result_can_be_registered_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_of(monkeypatch, access_token="t", expires_in=5)
    assert result["access_token"] == "t"
    assert result["began"] is True
    assert result["_ansible_no_log"] is True


def test_a_failure_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    result = result_of(monkeypatch, failed=True, msg="No credentials are given.")
    assert result["msg"] == "No credentials are given."
    assert "_ansible_no_log" not in result


def test_a_token_is_not_written_into_the_file_of_an_asynchronous_job() -> None:
    assert ActionModule._supports_async is False
