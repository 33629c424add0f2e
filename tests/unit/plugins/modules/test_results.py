# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all results have in common. Run holds whatever a module returns in a test against Ansible's keys, too."""

from __future__ import annotations

import importlib
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.leaks import TASKS
from ansible_collections.sailpoint.isc.tests.support.modules import MODULES, Run, keys_of_ansible

# What Ansible expects of modules, and as which type
SHARED = {"msg": "str", "changed": "bool", "failed": "bool", "warnings": "list", "diff": "dict"}


@pytest.mark.parametrize("module", TASKS)
def test_no_documented_key_is_one_of_ansible(module: str) -> None:
    returned = yaml.safe_load(importlib.import_module(f"{MODULES}.{module}").RETURN)
    assert keys_of_ansible(returned) == set()
    assert {name: of["type"] for name, of in returned.items() if name in SHARED}.items() <= SHARED.items()
    # Ansible looks into the entries of a list of this name, as a loop returns one.
    assert keys_of_ansible(returned.get("results", {}).get("contains", {})) == set()


def test_no_key_of_a_failed_request_is_one_of_ansible() -> None:
    assert keys_of_ansible(RequestFailed("was refused", method="GET", url="http://h").as_failure()) == set()


@pytest.mark.parametrize(
    "key", ["attempts", "retries", "skipped", "failed_when_result", "ansible_facts", "_ansible_no_log", "exception"]
)
def test_keys_of_ansible_are_known(key: str) -> None:
    assert keys_of_ansible([key, "request_attempts", "tasks"]) == {key}


@pytest.mark.parametrize("module", [module for module in TASKS if module != "access_token"])
@pytest.mark.parametrize("fault", [{"fault": "status", "code": 400}, {"fault": "reset_before"}])
def test_a_failure_leaves_out_what_is_not_known(
    tenant: Hand, run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, module: str, fault: dict[str, t.Any]
) -> None:
    monkeypatch.chdir(tmp_path)  # some keep a file there
    tenant.faults({"path": "task-status|sources", "times": None, **fault})
    time = {"timeout": "0.3"} if "timeout" in TASKS[module] else {}
    failure = run.failing(module, **{**TASKS[module], **time}, retries=0)
    assert None not in failure.values()
