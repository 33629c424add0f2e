# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Sphinx is told. The sources lie in one directory: index.rst, and below collection/ what antsibull-docs makes."""

from __future__ import annotations

import re
import zlib
from pathlib import Path

from sphinx.application import Sphinx

project = "sailpoint.isc"
project_copyright = "2026, the sailpoint.isc contributors"
html_title = "Ansible collection sailpoint.isc"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_use_index = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
highlight_language = "yaml+jinja"
pygments_style = "default"
extensions = ["myst_parser", "sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
default_role = "any"
nitpicky = True
smartquotes_action = "D"
# index.rst takes the place of the generated index; no plugin reads its options from the environment by itself.
exclude_patterns = ["doctrees", "collection/index.rst", "collection/environment_variables.rst"]

# Where the pages of Ansible are to which generated pages refer: an inventory of our own, as a build fetches nothing.
_ANSIBLE = "https://docs.ansible.com/ansible/latest/"
_ANSIBLE_PAGES = {
    "action_plugins": "plugins/action.html",
    "ansible_collections.ansible.builtin.uri_module": "collections/ansible/builtin/uri_module.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
_INVENTORY = Path(__file__).parent / "ansible.inv"
intersphinx_mapping = {"ansible": (_ANSIBLE, str(_INVENTORY))}

_KINDS = {"Modules": "module", "Roles": "role", "Filters": "filter"}
_ABOUT = ("benchmarks.md", "chaos.md", "CHANGELOG.md")
# The theme shows the contents of a page beside it.
_CONTENTS = re.compile(r"^\.\. contents::\n(?: +:.*\n)*", re.MULTILINE)


def setup(app: Sphinx) -> None:
    """Called by Sphinx before it reads anything."""
    head = b"# Sphinx inventory version 2\n# Project: ansible\n# Version:\n# The remainder is compressed using zlib.\n"
    rows = (f"{label} std:label -1 {page} -\n" for label, page in _ANSIBLE_PAGES.items())
    _INVENTORY.write_bytes(head + zlib.compress("".join(rows).encode()))
    app.connect("source-read", _fit_in)


def _fit_in(app: Sphinx, docname: str, source: list[str]) -> None:
    """Fill in the lists of the first page; take the contents out of the others."""
    if docname == app.config.root_doc:
        source[0] = _with_lists(source[0], Path(app.srcdir))
    else:
        source[0] = _CONTENTS.sub("", source[0])


def _with_lists(page: str, sources: Path) -> str:
    """The page with every plugin, as the generated index describes it, and the pages in Markdown that there are."""
    index = (sources / "collection/index.rst").read_text(encoding="utf-8")
    for title, kind in _KINDS.items():
        found = list(re.finditer(rf"^\* :ansplugin:`(\w+) {kind} <.*", index, re.MULTILINE))
        lines = [match[0] for match in found]
        entries = [f"{match[1]} <collection/{match[1]}_{kind}>" for match in found]
        page = page.replace(f"@{kind}s@", "\n".join([*lines, "", *_contents(title, entries)]))
    names = [Path(name).stem for name in _ABOUT if (sources / name).exists()]
    lines = [f"* :doc:`{name}`" for name in names]
    return page.replace("@about@", "\n".join([*lines, "", *_contents("About", names)]))


def _contents(caption: str, entries: list[str]) -> list[str]:
    """What is to be seen beside every page."""
    return [".. toctree::", "   :hidden:", f"   :caption: {caption}", "", *(f"   {entry}" for entry in entries)]
