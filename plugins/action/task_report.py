# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads tasks with the info modules, creates the report, and runs the module task_report to write it.

Records go from module to report without being registered: Ansible takes seconds each time that thousands of them pass
through a variable.
"""

from __future__ import annotations

import os
import typing as t
from urllib.parse import urlsplit

from ansible.errors import AnsibleFilterError
from ansible.plugins.action import ActionBase
from ansible_collections.sailpoint.isc.plugins.module_utils._argspec import AUTH, stripped
from ansible_collections.sailpoint.isc.plugins.modules.task_report import OPTIONS, SUFFIXES, Unwritable, places
from ansible_collections.sailpoint.isc.plugins.plugin_utils._formats import json_of, text_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._input import moment, span, statuses, task_records
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import LONGEST_KEPT, Report, report_of

Result = dict[str, t.Any]

_NAME = "task_report"
# Keys of records that the report needs
_FIELDS = ["id", "uniqueName", "type", "target", "created", "launched", "completed", "completionStatus", "messages"]
# The action creates the texts.
_OPTIONS = {name: option for name, option in OPTIONS.items() if name != "texts"}


class _Failed(Exception):
    """A module has failed. result: its result."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.get("msg"))
        self.result = result


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible carries no types
    """The action of sailpoint.isc.task_report."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """The result: the report and its path, or the failure of a module."""
        result: Result = super().run(tmp, task_vars)
        # The modules check the connection options.
        connection = {name: self._task.args.pop(name) for name in AUTH if name in self._task.args}
        self._task.args = stripped(self._task.args, OPTIONS)
        _validated, options = self.validate_argument_spec(argument_spec=_OPTIONS)
        options["path"] = os.path.abspath(os.path.expanduser(options["path"]))
        work = _Work(self, task_vars, connection, options)
        try:
            report = work.report()
            written = work.written(report)
        except _Failed as failed:
            return {**result, **failed.result}
        except (AnsibleFilterError, Unwritable) as error:
            return {**result, "failed": True, "msg": str(error)}
        if work.warnings:
            result["warnings"] = work.warnings
        told = {key: written[key] for key in ("changed", "files")}
        # As text, because Ansible takes seconds to register thousands of tasks.
        return {**result, **told, "report": json_of(report), "msg": _verdict(told["files"], self._task.check_mode)}


class _Work:
    """One run of the action. warnings: of all modules."""

    def __init__(
        self, action: ActionModule, task_vars: dict[str, t.Any] | None, connection: Result, options: Result
    ) -> None:
        self._action = action
        self._task_vars = task_vars
        self._connection = connection
        self._options = options
        self.warnings: list[str] = []

    def report(self) -> Report:
        """Reads the tenant and creates the report. Raises AnsibleFilterError, Unwritable and _Failed."""
        options = self._options
        length, fail_on = span(_NAME, options["newer_than"]), statuses(_NAME, options["fail_on"])
        if self._action._connection.transport == "local":  # on other hosts, the module checks it when it writes
            places(options["path"], options["formats"])
        login = self._ran("access_token")
        self._connection = {**self._connection, "access_token": login["access_token"]}
        about = {name: options[name] for name in ("source_ids", "source_names") if options[name]}
        # Pending tasks first, so that a task that completes meanwhile is in the next list.
        pending = self._ran("pending_tasks_info", fields=_FIELDS, **about)
        runs = self._ran("task_status_info", fields=_FIELDS, newer_than=options["newer_than"], **about)
        earlier = self._failed_before(length, fail_on, about)
        now = moment(_NAME, runs.get("tenant_time"))
        numbers = report_of(task_records(_NAME, runs["tasks"] + pending["tasks"]), fail_on, now, length, earlier)
        base_url = self._connection.get("base_url") or os.environ.get("SAIL_BASE_URL") or None
        asked = {name: options[name] for name in ("newer_than", "source_ids", "fail_on")}
        if "sources" in runs:
            asked["source_ids"] = [source["id"] for source in runs["sources"]]
        names = {source["id"]: source["name"] for source in runs.get("sources", ()) if source["name"]}
        about_tenant = {"tenant": _tenant(login["identity"], base_url), "base_url": base_url}
        return {**about_tenant, **asked, "source_names": names, **numbers}

    def _failed_before(self, length: float | None, fail_on: set[str], about: Result) -> t.Sequence[Result] | None:
        """The failures of the previous period; None if the tenant does not keep all of them."""
        if length is None or 2 * length > LONGEST_KEPT or not fail_on:
            return None
        before = self._ran(
            "task_status_info",
            fields=["id", "completed", "completionStatus"],
            newer_than=f"{2 * length:f}s",
            older_than=self._options["newer_than"],
            completion_statuses=sorted(fail_on),
            **about,
        )
        return task_records(_NAME, before["tasks"])

    def written(self, report: Report) -> Result:
        """Writes the files; the result of the module. Raises _Failed."""
        path, formats = self._options["path"], self._options["formats"]
        stem = os.path.basename(path).removesuffix(".html")
        texts = {form: text_of(form, report, formats, stem) for form in formats}
        return self._ran(_NAME, path=path, formats=formats, texts=texts)

    def _ran(self, module: str, **options: t.Any) -> Result:
        """Runs a module; its result. Raises _Failed."""
        result: Result = self._action._execute_module(
            module_name=f"sailpoint.isc.{module}",
            module_args={**self._connection, **options},
            task_vars=self._task_vars,
        )
        result.pop("invocation", None)  # contains all texts
        if result.get("failed"):
            raise _Failed(result)
        self.warnings += [text for text in result.get("warnings") or [] if text not in self.warnings]
        return result


def _tenant(identity: t.Mapping[str, t.Any], base_url: str | None) -> str:
    """The name of the tenant: from the token, or else from its address."""
    told = identity.get("org") or identity.get("tenant") or (base_url and urlsplit(base_url).hostname)
    return str(told or "a tenant")


def _verdict(files: t.Mapping[str, str], check_mode: bool) -> str:
    (form, first), *others = files.items()
    what = "page" if form == "html" else "report"
    if check_mode:
        return f"Check mode: nothing was written. The {what} would be {first}."
    beside = [SUFFIXES[other] for other, _file in others]
    return f"The {what} is {first}" + (f"; the same data is next to it as {_and(beside)}." if beside else ".")


def _and(words: t.Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
