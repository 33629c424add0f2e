# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The HTML page of a report, from the template of the role task_report."""

from __future__ import annotations

import base64
import functools
import hashlib
import html
import re
import typing as t
from pathlib import Path
from urllib.parse import quote

from ansible_collections.sailpoint.isc.plugins.plugin_utils._page import page_of
from ansible_collections.sailpoint.isc.plugins.plugin_utils._report import Report
from jinja2 import Environment, FileSystemLoader, Template

_TEMPLATES = Path(__file__).parents[2] / "roles/task_report/templates"
_LARGEST = 1_000_000  # bytes
# The number of entries with details for which there is room, unless they have very many runs or long names.
_USUAL_KINDS = 1000
# Comments of the script
_COMMENT = re.compile(r"/\*.*?\*/\s*", re.DOTALL)


def html_of(report: Report, beside: t.Sequence[str] = ()) -> str:
    """The page, of at most a megabyte: if it would be larger, the healthiest sources have no details.

    report: as the role completes it.  beside: names of files with the same numbers, in the page's own directory.
    """
    most_kinds = _USUAL_KINDS
    while True:
        page = page_of(report, most_kinds)
        text = _laid_out(page, beside)
        size = len(text.encode())
        if size <= _LARGEST or most_kinds == 0:
            return text
        most_kinds = int(most_kinds * 0.9 * _LARGEST / size)


@functools.lru_cache
def _template() -> Template:
    # Its input is already escaped.
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("report.html.j2")


def _laid_out(page: dict[str, t.Any], beside: t.Sequence[str]) -> str:
    script = _COMMENT.sub("", (_TEMPLATES / "local_times.js").read_text(encoding="utf-8"))
    return _template().render(
        page=page,
        files=[
            {"href": html.escape(quote(name)), "name": html.escape(name.rpartition(".")[2].upper())} for name in beside
        ],
        script=script,
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
