# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that the playbook task_report writes, as readers see it: what is on it, at each width and colour scheme."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.looking import FAINT_TEXTS, SPILLED, Browser

LONG = "Lopadotemachoselachogaleokranioleipsanodrimhypotrimmatosilphiokarabomelitokatakechymenokichlepi"
SCRIPT = "<script>alert(1)</script>"
QUOTES = '" onmouseover="alert(1)" style=\'x'
# How the page writes that there is no such number
NOTHING = "\u2013"
WIDTHS = (1280, 1000, 400)
SCHEMES = ("light", "dark")


def rows(browser: Browser, section: str) -> list[list[str]]:
    """The cells of the rows of the table that follows a heading, without headings of columns."""
    found: list[list[str]] = browser.script(
        f"""const table = document.querySelector("#{section} ~ table");
        return [...table.tBodies].flatMap((body) => [...body.rows]).map(
          (row) => [...row.cells].map((cell) => cell.innerText.replace(/\\s+/g, " ").trim()));"""
    )
    return found


def test_has_its_headings(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.title().startswith("Tasks of acme, 20")
    assert browser.texts("h1") == ["Tasks of acme"]
    assert browser.texts("h2") == ["Pending", "Failures", "Sources"]
    assert browser.texts(".figures .number") == ["2", "5", "3", "58.3 %"]
    assert [text.split(".")[0] for text in browser.texts("caption")] == [
        "What has not completed, the oldest first",
        "What ended with ERROR, TERMINATED, TEMPERROR, the newest first",
        browser.texts("caption")[2].rstrip("."),
    ]


def test_tells_what_is_pending(browser: Browser, page: Path) -> None:
    browser.open(page)
    workday, refresh = rows(browser, "pending")
    assert workday[:2] == ["Cloud Account Aggregation", "Workday"]
    assert workday[3].startswith("overdue 2 h")
    assert workday[4] == "1 min 30 s"
    assert refresh[:2] == ["Cloud Refresh Role", "no source"]
    assert refresh[3].startswith("20 min")
    assert refresh[4] == NOTHING


def test_tells_what_failed_and_why(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert [
        (source, status, after, why) for _ended, source, _task, status, after, why in rows(browser, "failures")
    ] == [
        (SCRIPT, "ERROR", "1 min", "</td></table><img src=http://127.0.0.1:9/x onerror=alert(1)>"),
        (LONG, "ERROR", "1 min", "C:\\w" + "longwordw" * 9 + "longword"),
        ("SAP", "ERROR", "1 min", "Login failed: it is locked. Giving up."),
        ("Workday", "TERMINATED", "1 h 1 min", "It was ended by hand."),
        ("SAP", "TEMPERROR", "1 min", "Try again later."),
    ]


def test_tells_how_each_source_is_doing(browser: Browser, page: Path) -> None:
    browser.open(page)
    found = rows(browser, "sources")
    places = {row[0].split(" s-")[0]: place for place, row in enumerate(found) if len(row) == 1}
    assert list(places) == [SCRIPT, LONG, "SAP", QUOTES, "Workday", "Of no source"]
    workday, sap = found[places["Workday"] + 1], found[places["SAP"] + 1]
    assert (workday[0], *workday[2:6]) == ("Cloud Account Aggregation", "0", "80 % of 5", "1 min 15 s", "1 min 30 s")
    assert sap[2:4] == ["2", "33.3 % of 3"]


def test_draws_every_run(browser: Browser, page: Path) -> None:
    browser.open(page)
    told = browser.texts(".timeline title")
    assert len(told) == 15
    assert sum("TERMINATED after 1 h 1 min. It was ended by hand." in text for text in told) == 1
    assert sum("pending for 2 h" in text and text.endswith("overdue") for text in told) == 1
    labels = [drawing.get_attribute("aria-label") for drawing in browser.all(".timeline[role=img]")]
    assert len(labels) == 8
    assert "Timeline of Cloud Account Aggregation: 5 runs, 1 failed, 1 pending" in labels
    shapes = [use.get_attribute("href") for use in browser.all(".timeline use")]
    assert sorted(set(map(str, shapes))) == ["#error", "#other", "#pending", "#temperror", "#terminated", "#warning"]
    known = browser.script("return [...document.querySelectorAll('defs [id]')].map((e) => '#' + e.id)")
    assert set(shapes) <= set(known)


def test_places_runs_by_time_and_length(browser: Browser, page: Path) -> None:
    browser.open(page)
    bars = browser.script(
        """const drawing = [...document.querySelectorAll(".timeline")].find((e) => e.ariaLabel.includes("5 runs"));
        const boxes = [...drawing.querySelectorAll(".bar")].map((e) => e.getBoundingClientRect());
        return boxes.map((box) => [box.x, box.height]);"""
    )
    lefts, heights = [left for left, _height in bars], [height for _left, height in bars]
    assert lefts == sorted(lefts)
    gaps = [later - earlier for earlier, later in zip(lefts, lefts[1:5])]
    assert gaps == pytest.approx([gaps[0]] * 4, abs=1)
    assert heights[3] == max(heights[:5])
    assert min(heights) > 2


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_fits_and_can_be_read(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.open(page, width=width, scheme=scheme)
    assert browser.script("return document.documentElement.scrollWidth") == width
    assert browser.script(SPILLED) == []
    assert browser.script(FAINT_TEXTS) == []
    background = browser.script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 24, 28)") is (scheme == "dark")


def test_becomes_cards_where_it_is_narrow(browser: Browser, page: Path) -> None:
    browser.open(page, width=400)
    cells = browser.all("#pending ~ table tbody tr:first-child td")
    assert len({cell.location["x"] for cell in cells}) == 1
    label = browser.script("return getComputedStyle(document.querySelector('td[data-label]'), '::before').content")
    assert label == '"Source"'
    parts = "[...document.querySelectorAll('table, thead, tbody, tr, th, td')]"
    roles = browser.script(f"return {parts}.map((e) => e.role)")
    assert sorted(set(roles)) == ["cell", "columnheader", "row", "rowgroup", "rowheader", "table"]


def test_prints(browser: Browser, page: Path) -> None:
    browser.open(page, width=1000, scheme="dark", media="print")
    assert browser.script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.script("return getComputedStyle(document.querySelector('tbody tr')).display") == "table-row"
    assert browser.script(SPILLED) == []
    assert browser.script(FAINT_TEXTS) == []
    assert browser.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["page", "empty_page"])
def test_asks_for_nothing_and_complains_of_nothing(browser: Browser, name: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(name)
    browser.open(path)
    assert set(browser.requests()) <= {path.as_uri(), "data:,"}
    assert browser.complaints() == []


def test_shows_what_a_tenant_says_as_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.all("script, img, iframe, object, embed, b, link:not([href='data:,'])") == []
    handlers = browser.script(
        """return [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).map((a) => a.name)
        .filter((name) => name.startsWith("on") || name === "style")"""
    )
    assert handlers == []
    assert '<b onclick="alert(1)">bold</b>' in browser.texts("#sources ~ table th")


def test_says_that_there_is_nothing(browser: Browser, empty_page: Path) -> None:
    browser.open(empty_page)
    told = ["Nothing is pending.", "No failures in this span.", "No task has run in this span."]
    assert browser.texts(".empty") == told
    assert browser.texts(".figures .number") == ["0", "0", "0", NOTHING]
    assert browser.all("table") == []
    assert browser.script(FAINT_TEXTS) == []


def test_links_the_numbers(browser: Browser, page: Path) -> None:
    browser.open(page)
    links = [str(link.get_attribute("href")) for link in browser.all("footer a")]
    assert links == [page.with_suffix(suffix).as_uri() for suffix in (".csv", ".json")]
    assert all(page.with_suffix(suffix).is_file() for suffix in (".csv", ".json"))


def test_would_notice(browser: Browser, tmp_path: Path) -> None:
    """The checks above see what they look for: a request, a complaint, a faint text, a box that is too wide."""
    page = tmp_path / "bad.html"
    page.write_text(
        "<p style='color: #999; width: 2000px'>faint</p><img src='http://127.0.0.1:9/x.png'><script>nowhere()</script>"
    )
    browser.open(page, width=400)
    assert browser.script(SPILLED) != []
    assert browser.script(FAINT_TEXTS) == ["faint: 2.85"]
    assert "http://127.0.0.1:9/x.png" in browser.requests()
    assert any("nowhere" in text for text in browser.complaints())
