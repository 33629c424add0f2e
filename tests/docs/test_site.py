# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site that was built into docs/build: whole in itself, without a link into nowhere, and readable."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
import yaml

from tests.browser.looking import FAINT_TEXTS, Browser
from tests.docs.site import BUILD
from tests.support.workspace import ROOT

GUIDES = [
    guide
    for section in yaml.safe_load((ROOT / "docs/docsite/extra-docs.yml").read_text())["sections"]
    for guide in section["toctree"]
]
# What a browser loads by itself, as attributes of elements
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
REFERENCE = ("collection/task_wait_module", "collection/clear_stuck_tasks_role", "collection/task_health_filter")
VIEWS = [(1280, "light"), (400, "dark")]


class Page(HTMLParser):
    """The ids of a page, where its links lead, and what it loads."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        relation = found.get("rel", "")
        if tag in LOADED and LOADED[tag] in found and relation not in ("index", "search", "next", "prev", "author"):
            self.loaded.append(found[LOADED[tag]])


@pytest.fixture(scope="module")
def site() -> dict[Path, Page]:
    """Every page of the site."""
    return {file: Page(file) for file in sorted(BUILD.rglob("*.html"))}


def test_has_a_page_for_everything(site: dict[Path, Page]) -> None:
    plugins = [f"{file.stem}_module" for file in ROOT.glob("plugins/modules/*.py")]
    plugins += [f"{file.stem}_filter" for file in ROOT.glob("plugins/filter/*.yml")]
    plugins += [f"{file.parent.name}_role" for file in ROOT.glob("roles/*/meta")]
    wanted = {f"collection/{name}.html" for name in plugins} | {f"collection/docsite/{name}.html" for name in GUIDES}
    assert {file.name.removesuffix(".rst") for file in ROOT.glob("docs/docsite/rst/*.rst")} == set(GUIDES)
    assert wanted <= {file.relative_to(BUILD).as_posix() for file in site}
    first = {urldefrag(link).url for link in site[BUILD / "index.html"].links}
    assert wanted <= first


def test_has_no_link_into_nowhere(site: dict[Path, Page]) -> None:
    assert [f"{file.relative_to(BUILD)}: {link}" for file, link in dead_links(site)] == []


def dead_links(site: dict[Path, Page]) -> Iterator[tuple[Path, str]]:
    """The links of pages to places that the site does not have."""
    for file, page in site.items():
        for link in page.links:
            target, fragment = urldefrag(link)
            if urlsplit(target).scheme:
                continue
            aim = (file.parent / unquote(target)).resolve() if target else file
            there = site[aim].ids if aim in site else None
            if not aim.is_file() or (fragment and there is not None and unquote(fragment) not in there):
                yield file, link


def test_notices_a_dead_link(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    file.write_text('<p id="here"><a href="#here">1</a><a href="#there">2</a><a href="gone.html">3</a></p>')
    assert [link for _file, link in dead_links({file: Page(file)})] == ["#there", "gone.html"]


def test_loads_nothing_from_elsewhere(site: dict[Path, Page]) -> None:
    loaded = {address for page in site.values() for address in page.loaded}
    assert [address for address in loaded if urlsplit(address).scheme or address.startswith("//")] == []
    styles = [file.read_text(encoding="utf-8") for file in BUILD.rglob("*.css")]
    assert [address for text in styles for address in re.findall(r"url\(['\"]?((?:https?:)?//[^)]*)", text)] == []


def test_is_about_nothing_that_does_not_exist(site: dict[Path, Page]) -> None:
    """The collection is not published, so that no page may send readers to it."""
    assert [file for file, page in site.items() if any("galaxy.ansible.com" in link for link in page.links)] == []


@pytest.mark.parametrize(
    ("page", "title", "headings"),
    [
        ("index", "Ansible collection sailpoint.isc", ["Guides", "Modules", "Filters", "About"]),
        ("collection/docsite/guide_errors", "Errors and what to do", ["How to read a failure", "Waiting", "Warnings"]),
        ("collection/task_wait_module", "sailpoint.isc.task_wait module", ["Synopsis", "Parameters", "Return Values"]),
    ],
)
def test_has_its_headings(browser: Browser, page: str, title: str, headings: list[str]) -> None:
    browser.open(BUILD / f"{page}.html")
    (heading,) = browser.texts("h1")
    assert heading.startswith(title)
    assert set(headings) <= {text.rstrip("#¶") for text in browser.texts("h2")}


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
@pytest.mark.parametrize("page", ["index", *(f"collection/docsite/{guide}" for guide in GUIDES), *REFERENCE])
def test_fits_and_can_be_read(browser: Browser, page: str, width: int, scheme: str) -> None:
    browser.open(BUILD / f"{page}.html", width=width, scheme=scheme)
    assert browser.complaints() == []
    assert [address for address in browser.requests() if urlsplit(address).scheme not in ("file", "data")] == []
    assert browser.script("return document.documentElement.scrollWidth") == width
    assert browser.script(FAINT_TEXTS) == []
    # What the theme has to say to authors
    assert "Furo" not in browser.texts("article")[0]
