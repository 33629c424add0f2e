#!/usr/bin/python
# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.task_report: reads the tasks and writes the files; the action creates the report."""

from __future__ import annotations

DOCUMENTATION = r"""
module: task_report
short_description: Write a report on the tasks of a SailPoint Identity Security Cloud tenant
version_added: 0.3.0
description:
  - Reads the pending and the completed tasks, and the failures of the period before, and writes a report as an HTML
    page, as CSV and JSON, and in formats for other tools. The role P(sailpoint.isc.task_report#role) uses this module.
  - The module requests one token and changes nothing in the tenant.
  - Each file is replaced atomically, so nobody reads an incomplete one.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
options:
  path:
    description:
      - The path of the page. It must end with C(.html). The other files differ only in this ending.
      - A relative path is relative to the directory from which Ansible was run. None of the files may be a directory.
    type: path
    required: true
  formats:
    description:
      - "The files to write: V(html), the page; V(csv), a row for each task; V(json), all numbers, with full messages;
        V(prom), OpenMetrics text as the filter P(sailpoint.isc.task_metrics#filter) makes it; V(junit), a test case for
        each kind of task of each source, which fails if its last run failed; V(md), a summary in Markdown."
      - The names of the files end with C(.html), C(.csv), C(.json), C(.prom), C(.junit.xml) and C(.md).
    type: list
    elements: str
    choices: [html, csv, json, prom, junit, md]
    default: [html, csv, json]
  newer_than:
    description:
      - The period of the report, such as V(12h), V(7d) or V(4w). It must be more than zero. The tenant keeps tasks for
        90 days.
      - Pending tasks are reported regardless of their age.
    type: str
    default: 14d
  source_ids:
    description:
      - Ids of the sources to report on. If no source is given, the report covers all tasks, also those without a
        source.
    type: list
    elements: str
  source_names:
    description: Names of sources to report on, in addition to those of O(source_ids). They must match exactly.
    type: list
    elements: str
  fail_on:
    description: The completion statuses that count as a failure.
    type: list
    elements: str
    choices: [SUCCESS, WARNING, ERROR, TERMINATED, TEMPERROR]
    default: [ERROR, TERMINATED, TEMPERROR]
  texts:
    description: The content of each file, by the names of O(formats). For internal use. Do not set it.
    type: dict
seealso:
  - plugin: sailpoint.isc.task_report
    plugin_type: filter
attributes:
  check_mode:
    details: Reads from the tenant, but writes no file.
  diff_mode:
    support: none
  idempotent:
    support: none
    details: Each report contains the time at which it was written.
"""

EXAMPLES = r"""
- name: Write a page and, for the textfile collector of node_exporter, metrics
  sailpoint.isc.task_report:
    path: /var/www/html/isc.html
    formats: [html, prom]
    newer_than: 7d
"""

RETURN = r"""
files:
  description: Paths of the files, by format.
  type: dict
  returned: success
  sample:
    html: /var/www/html/isc.html
    prom: /var/www/html/isc.prom
report:
  description:
    - The numbers as a JSON string, for the filter C(from_json). They are the result of the filter
      P(sailpoint.isc.task_report#filter), and C(tenant), C(base_url), C(newer_than), C(source_ids), C(source_names)
      (names that were given, by the ids of their sources) and C(fail_on).
    - It is a string because Ansible takes seconds to register the tasks of a large tenant.
  type: str
  returned: success
msg:
  description: The paths of the files. In check mode, where they would be.
  type: str
  returned: always
"""

import dataclasses
import os
import tempfile
import typing as t
from urllib.parse import urlsplit

from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec, _module
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.tokens import identity
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.sources import Sources
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.records import (
    LONGEST_KEPT,
    Record,
    projected,
)
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.selection import Selection
from ansible_collections.sailpoint.isc.plugins.module_utils._tasks.statuses import TaskStatuses
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration_or_seconds

# The suffix of the file of each format
SUFFIXES = {"html": ".html", "csv": ".csv", "json": ".json", "prom": ".prom", "junit": ".junit.xml", "md": ".md"}
OPTIONS: dict[str, t.Any] = {
    "path": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(SUFFIXES), "default": ["html", "csv", "json"]},
    "newer_than": {"type": "str", "default": "14d"},
    "source_ids": _argspec.STRINGS,
    "source_names": _argspec.STRINGS,
    "fail_on": _argspec.WAITING["fail_on"],
    "texts": {"type": "dict"},
}
# Keys of records that the report needs
_FIELDS = ["id", "uniqueName", "type", "target", "created", "launched", "completed", "completionStatus", "messages"]


def work(module: _module.Module, client: Client) -> dict[str, t.Any]:
    """Without texts, what the action needs for the report; with texts, whether the files have changed."""
    files = places(os.path.abspath(module.params["path"]), module.params["formats"])
    texts = module.params["texts"]
    if texts is None:
        return {"files": files, **read(module.params, client)}
    changed = [replaced(files[form], text.encode(), module.check_mode) for form, text in texts.items()]
    return {"files": files, "changed": any(changed)}


def read(options: t.Mapping[str, t.Any], client: Client) -> dict[str, t.Any]:
    """The tasks of the report, and its scope."""
    span = duration_or_seconds("newer_than", options["newer_than"], positive=True)
    asked = {name: options[name] for name in ("source_ids", "source_names")}
    selection, names = Selection.from_options(asked, client.api).identified(Sources(client).ids_of)
    tasks = TaskStatuses(client)

    def listed(records: t.Iterable[Record]) -> list[Record]:
        return [projected(record, _FIELDS) for record in records]

    # Pending tasks first, so that a task that completes meanwhile is in the next list.
    found = listed(tasks.pending(selection))
    found += listed(tasks.listing(dataclasses.replace(selection, newer_than=span)))
    earlier = None
    if options["fail_on"] and 2 * span <= LONGEST_KEPT:
        before = dataclasses.replace(
            selection, newer_than=2 * span, older_than=span, completion_statuses=options["fail_on"]
        )
        earlier = listed(tasks.listing(before))
    return {
        "tasks": found,
        "earlier": earlier,
        "now": client.now(),
        "span": span,
        "about": {
            "tenant": _tenant(identity(client.token()), client.base_url),
            "base_url": client.base_url,
            "newer_than": options["newer_than"],
            "source_ids": list(selection.source_ids or ()),
            "source_names": names,
            "fail_on": options["fail_on"],
        },
    }


def _tenant(told: t.Mapping[str, t.Any], base_url: str) -> str:
    """The name of the tenant: from the token, or else from its address."""
    return str(told.get("org") or told.get("tenant") or urlsplit(base_url).hostname)


def places(path: str, formats: t.Iterable[str]) -> dict[str, str]:
    """The path of the file of each format. Raises IscError where no file can be there."""
    stem, end = os.path.splitext(path)
    if end != ".html" or not os.path.basename(stem):
        raise InvalidOption("path", path, "give a path that ends with .html, such as report.html")
    files = {form: f"{stem}{SUFFIXES[form]}" for form in dict.fromkeys(formats)}
    for file in files.values():
        if os.path.isdir(file):
            raise IscError(f"{file} is a directory: give another path.")
    directory = os.path.dirname(stem)
    if not os.path.isdir(directory):
        raise IscError(f"{directory} is not a directory: create it, or give another path.")
    return files


def replaced(file: str, content: bytes, check_mode: bool) -> bool:
    """Replaces the file atomically if its content differs; whether it did. Raises IscError."""
    try:
        with open(file, "rb") as old:
            if old.read() == content:
                return False
    except OSError:
        pass
    if not check_mode:
        try:
            _replace(os.path.realpath(file), content)
        except OSError as error:
            raise IscError(f"The report cannot be written to {file}: {error.strerror}.") from error
    return True


def _replace(file: str, content: bytes) -> None:
    # With another suffix: node_exporter reads all files that end with .prom.
    handle, temporary = tempfile.mkstemp(prefix=".", suffix=".new", dir=os.path.dirname(file))
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(content)
            os.fchmod(new.fileno(), 0o644)
        os.replace(temporary, file)
    except BaseException:
        os.unlink(temporary)
        raise


def main() -> None:
    # Texts are long, and what is logged of a module is not to hold them.
    _module.run(work, OPTIONS, no_log=True)


if __name__ == "__main__":
    main()
