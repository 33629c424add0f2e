# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's main() in this process, with its arguments as Ansible hands them over, and reads what it prints.

A module costs milliseconds this way, and coverage sees it. What only a process shows (signals, several at once) runs in
a fork of this one.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from .hand import SECRETS
from .leaks import leaked

MODULES = "ansible_collections.sailpoint.isc.plugins.modules"
Result = dict[str, Any]

# Every value of api_version.
VERSIONS = ("beta", "v2024", "v2025", "v2026", "v1")
# Those whose list leaves pending tasks out, so that modules ask an endpoint of its own for them.
VERSIONS_WITH_ENDPOINT = ("beta", "v2024")

# Keys that Ansible itself puts into results, or reads there: what a module returned under one of them would be taken
# for Ansible's own.
_KEYS_OF_ANSIBLE = re.compile(
    r"_?ansible_\w*|attempts|retries|skipped|skip_reason|skipped_reason|false_condition|failed_when_result"
    r"|failed_when_suppressed_exception|changed_when_result|unreachable|invocation|exception|deprecations|item|censored"
    r"|started|finished|results_file|include|include_args|include_file|add_host|add_group|rc|stdout|stderr"
    r"|stdout_lines|stderr_lines|module_stdout|module_stderr"
)

# Leaves out an option that tests usually give.
OMIT: Any = object()

_SETTINGS_OF_CALLER = re.compile(r"SAIL_\w+|\w+_(proxy|ca_bundle)", re.IGNORECASE)
# Those that modules handle
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Run:
    """Runs modules. connection: the options that each of them is given unless a call says otherwise."""

    def __init__(
        self, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], directory: Path
    ) -> None:
        self.connection: dict[str, Any] = {
            "base_url": url,
            "client_id": "admin",
            "client_secret": SECRETS["admin"],
            "retries": 2,
            # Short pauses, so that faults cost little time.
            "max_retry_delay": 0.2,
        }
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._directory = directory
        for name in list(os.environ):
            if _SETTINGS_OF_CALLER.fullmatch(name):
                monkeypatch.delenv(name)

    def __call__(self, module: str, **arguments: Any) -> Result:
        """The result of a module that succeeds; see `result` for the arguments."""
        result = self.result(module, **arguments)
        assert not result["failed"], result
        return result

    def failing(self, module: str, **arguments: Any) -> Result:
        """The result of a module that fails, with one line as its message."""
        result = self.result(module, **arguments)
        assert result["failed"], result
        assert result["msg"].strip()
        assert "\n" not in result["msg"]
        return result

    def result(
        self,
        module: str,
        *,
        check_mode: bool = False,
        diff: bool = False,
        environ: dict[str, str] | None = None,
        **options: Any,
    ) -> Result:
        """What a module returns, with `failed` always and `warnings` as texts.

        options: the module's own, on top of `connection`; OMIT leaves one out.  environ: on top of that of the test.
        """
        self._capsys.readouterr()
        threads = set(threading.enumerate())
        with self._monkeypatch.context() as patch, _signals_kept():
            for name, value in (environ or {}).items():
                patch.setenv(name, value)
            self._main(patch, module, options, check_mode, diff)
        # Those that would end with its process, but here would ask the tenant for pages while the next test runs.
        for thread in set(threading.enumerate()) - threads:
            if thread.is_alive():  # and not about to be started by another one of them
                thread.join()
        return read_result(self._capsys.readouterr().out, may_hold_token=module == "access_token")

    def start(self, module: str, *, check_mode: bool = False, diff: bool = False, **options: Any) -> Running:
        """Start a module in a process of its own."""
        importlib.import_module(f"{MODULES}.{module}")  # here once, not in each process
        reader, writer = os.pipe()
        process = os.fork()
        if process:
            os.close(writer)
            return Running(process, reader)
        try:
            os.close(reader)
            for number in _SIGNALS:
                # Who runs the tests may ignore some, as nohup does.
                signal.signal(number, signal.SIG_DFL)
            with os.fdopen(writer, "w") as output:
                # Of the module alone: what the test's process has printed so far is not its own.
                sys.stdout = output
                self._main(self._monkeypatch, module, options, check_mode, diff)
                output.flush()
            # As an interpreter does at its end
            for thread in set(threading.enumerate()) - {threading.current_thread()}:
                if not thread.daemon:
                    thread.join()
        finally:
            os._exit(0)

    def _main(
        self, patch: pytest.MonkeyPatch, module: str, options: dict[str, Any], check_mode: bool, diff: bool
    ) -> None:
        given = {name: value for name, value in {**self.connection, **options}.items() if value is not OMIT}
        facts = {
            "_ansible_check_mode": check_mode,
            "_ansible_diff": diff,
            "_ansible_module_name": f"sailpoint.isc.{module}",
            "_ansible_tmpdir": str(self._directory),
            "_ansible_remote_tmp": str(self._directory),
        }
        patch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": {**given, **facts}}).encode())
        # From ansible-core 2.19: how what is serialized looks, and that this is a module and not the controller.
        patch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        internal = sys.modules.get("ansible.module_utils._internal")
        if internal is not None:
            patch.setattr(internal, "is_controller", False)
        for kept in (warnings._global_warnings, warnings._global_deprecations):
            kept.clear()
        with pytest.raises(SystemExit):
            importlib.import_module(f"{MODULES}.{module}").main()


class Running:
    """A module in a process of its own."""

    def __init__(self, process: int, reader: int) -> None:
        self.process = process
        self._reader = reader

    def send(self, number: signal.Signals) -> None:
        os.kill(self.process, number)

    def result(self) -> Result:
        """What it returned, once it has ended."""
        with os.fdopen(self._reader) as output:
            printed = output.read()
        os.waitpid(self.process, 0)
        return read_result(printed)


def read_result(printed: str, *, may_hold_token: bool = False) -> Result:
    """The result that a module has printed. No module prints anything else, or any secret of the tenant's clients."""
    # What is for the controller alone: from ansible-core 2.22 which texts it is to mask.
    result: Result = {key: value for key, value in json.loads(printed).items() if not key.startswith("_ansible")}
    assert leaked(json.dumps(result), tokens=not may_hold_token) is None
    # Before ansible-core 2.21 every module returns it, since then only when it is asked to.
    result.pop("invocation", None)
    assert keys_of_ansible(result) - {"deprecations"} == set()
    # Ansible shows a diff of texts and of dictionaries, and of nothing else.
    assert all(isinstance(side, (str, dict)) for side in result.get("diff", {}).values())
    result.setdefault("failed", False)
    result["warnings"] = [_text(warning) for warning in result.get("warnings", [])]
    return result


def keys_of_ansible(result: Iterable[str]) -> set[str]:
    """Those of the keys that are Ansible's own."""
    return {key for key in result if _KEYS_OF_ANSIBLE.fullmatch(key)}


def ids_of(result: Result) -> list[str]:
    """The ids of the tasks that a module has returned, in order."""
    return [task["id"] for task in result["tasks"]]


def _text(warning: Any) -> str:
    """A warning as it is shown; from ansible-core 2.19 modules return more than that."""
    return warning if isinstance(warning, str) else str(warning["event"]["msg"])


@contextlib.contextmanager
def _signals_kept() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
