# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates the report from what the module task_report reads, and lets that module write the files.

Records go from module to report without being registered: Ansible takes seconds each time that thousands of them pass
through a variable.
"""

from __future__ import annotations

import os
import typing as t

from ansible.plugins.action import ActionBase
from ansible.utils.path import unfrackpath
from ansible_collections.sailpoint.isc.plugins.modules.task_report import SUFFIXES
from ansible_collections.sailpoint.isc.plugins.plugin_utils._formats import json_of, text_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import report_of

Result = dict[str, t.Any]


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible carries no types
    """The action of sailpoint.isc.task_report."""

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> Result:
        """The result: the report and its files, or the failure of the module."""
        result: Result = super().run(tmp, task_vars)
        options = dict(self._task.args)
        if isinstance(options.get("path"), str) and options["path"].strip():
            options["path"] = unfrackpath(options["path"].strip(), follow=False)
        read = self._execute_module(module_args={**options, "texts": None}, task_vars=task_vars)
        if read.get("failed"):
            return {**result, **read}
        about, files = read["about"], read["files"]
        report = {**about, **report_of(read["tasks"], about["fail_on"], read["now"], read["span"], read["earlier"])}
        stem = os.path.basename(options["path"]).removesuffix(".html")
        texts = {form: text_of(form, report, list(files), stem) for form in files}
        written = self._execute_module(module_args={**options, "texts": texts}, task_vars=task_vars)
        written.pop("invocation", None)  # all of the texts
        if written.get("failed"):
            return {**result, **written}
        return {
            **result,
            **{key: read[key] for key in ("warnings", "deprecations") if key in read},
            "changed": written["changed"],
            "files": files,
            # As text, because Ansible takes seconds to register thousands of tasks.
            "report": json_of(report),
            "msg": _verdict(files, self._task.check_mode),
        }


def _verdict(files: t.Mapping[str, str], check_mode: bool) -> str:
    (form, first), *others = files.items()
    what = "page" if form == "html" else "report"
    if check_mode:
        return f"Check mode: nothing was written. The {what} would be {first}."
    beside = [SUFFIXES[other] for other, _file in others]
    return f"The {what} is {first}" + (f"; the same data is next to it as {_and(beside)}." if beside else ".")


def _and(words: t.Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
