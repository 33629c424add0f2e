# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that the playbook task_report writes, as readers see it: what is on it, at each width and colour scheme."""

from __future__ import annotations

from datetime import datetime, timedelta
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
MINUTES = "%Y-%m-%d %H:%M"


def rows(browser: Browser, section: str, within: str = "table") -> list[list[str]]:
    """The cells of the rows of the first table after a heading, without headings of columns."""
    found: list[list[str]] = browser.script(
        f"""const heading = document.querySelector("#{section}");
        const after = [...document.querySelectorAll("{within}")].find(
          (e) => heading.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING);
        return [...after.tBodies].flatMap((body) => [...body.rows]).map(
          (row) => [...row.cells].map((cell) => cell.textContent.replace(/\\s+/g, " ").trim()));"""
    )
    return found


def groups(browser: Browser, section: str) -> list[tuple[str, str, list[list[str]]]]:
    """The groups of tasks after a heading: how many, why, and the cells of their rows."""
    found: list[tuple[str, str, list[list[str]]]] = browser.script(
        f"""const found = [];
        let e = document.querySelector("#{section}").nextElementSibling;
        for (; e && e.tagName !== "H2"; e = e.nextElementSibling)
          if (e.matches(".reason")) found.push([
            e.querySelector(".count").textContent, e.querySelector(".why").textContent,
            [...e.querySelectorAll("tbody tr")].map(
              (row) => [...row.cells].map((cell) => cell.textContent.replace(/\\s+/g, " ").trim()))]);
        return found;"""
    )
    return [(group[0], group[1], group[2]) for group in found]


def test_has_its_headings(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.title().startswith("Tasks of acme, 20")
    assert browser.texts("h1") == ["Tasks of acme"]
    assert browser.texts("h2") == ["Sources", "Pending", "Failures", "Warnings", "Details of each source"]
    assert browser.texts(".figures .number") == ["2", "5", "0.4", "3", "61.5 %"]
    assert browser.texts(".figures .more")[2] == "0 in the 14d before"


def test_has_a_line_for_each_source_the_worst_first(browser: Browser, page: Path) -> None:
    browser.open(page)
    unwell = rows(browser, "sources", ".overview")
    assert [row[0] for row in unwell] == ["SAP", SCRIPT, LONG, "Workday", "Of no source"]
    sap, _script, _long, workday, _none = unwell
    assert sap[1].startswith("ERROR 20")
    assert "no success for 9 days" in sap[2]
    assert sap[3:] == ["0", "0", "2"]
    assert workday[3:] == ["1", "1", "0"]
    assert browser.texts(".lines > summary") == ["In good health: 1"]
    assert browser.texts(".lines tbody th") == [QUOTES]
    assert not browser.all(".lines tbody th")[0].is_displayed()


def test_a_line_leads_to_the_details_of_its_source(browser: Browser, page: Path) -> None:
    browser.open(page)
    links = {link.text: link for link in browser.all(".overview a")}
    place = str(links["Workday"].get_attribute("href")).partition("#")[2]
    assert not browser.all(f"#{place}")[0].is_displayed()
    links["Workday"].click()
    assert browser.all(f"#{place}")[0].is_displayed()
    assert "Cloud Account Aggregation" in browser.texts(f"#{place} h4")
    browser.unfold()
    browser.script("document.querySelector('.lines a').click()")
    assert browser.script("return location.hash") == str(browser.all(".lines a")[0].get_attribute("href"))[-9:]
    # All of them lead somewhere.
    ids = set(browser.script("return [...document.querySelectorAll('[id]')].map((e) => e.id)"))
    targets = browser.script("return [...document.querySelectorAll('a[href^=\"#\"]')].map((e) => e.hash.slice(1))")
    assert set(targets) <= ids


def test_opens_at_the_details_of_a_source(browser: Browser, page: Path) -> None:
    browser.open(page, fragment="#source-6")
    assert browser.all("#source-6")[0].is_displayed()


def test_tells_what_is_pending(browser: Browser, page: Path) -> None:
    browser.open(page)
    workday, refresh = rows(browser, "pending")
    assert workday[:2] == ["Cloud Account Aggregation", "Workday"]
    assert workday[3].startswith("overdue 2 h")
    assert workday[4:] == ["1 min 30 s", "w-6"]
    assert refresh[:2] == ["Cloud Refresh Role", "no source"]
    assert refresh[3].startswith("20 min")
    assert refresh[4:] == [NOTHING, "r-1"]


def test_tells_what_failed_and_why(browser: Browser, page: Path) -> None:
    browser.open(page)
    found = groups(browser, "failures")
    assert [(count, why, [row[1:2] + row[3:] for row in cells]) for count, why, cells in found] == [
        (
            "1",
            "</td></table><img src=http://127.0.0.1:9/x onerror=alert(1)>",
            [[SCRIPT, "ERROR", "1 min", "x-1"]],
        ),
        ("1", "C:\\w" + "longwordw" * 9 + "longword", [[LONG, "ERROR", "1 min", "x-3"]]),
        ("1", "Login failed: it is locked. Giving up.", [["SAP", "ERROR", "1 min", "sap-3"]]),
        ("1", "It was ended by hand.", [["Workday", "TERMINATED", "1 h 1 min", "w-4"]]),
        ("1", "Try again later.", [["SAP", "TEMPERROR", "1 min", "sap-2"]]),
    ]


def test_tells_what_warned_and_folds_stack_traces(browser: Browser, page: Path) -> None:
    browser.open(page)
    (_count, why, cells), (_one, short, _cells) = groups(browser, "warnings")
    assert why == "2 accounts were skipped. java.lang.Odd: it Caused by: e.F: deep"
    assert [row[-1] for row in cells] == ["x-4"]
    assert short == "2 accounts were skipped."
    (whole,) = browser.all("#warnings ~ .reason pre")
    assert not whole.is_displayed()
    lines = str(whole.get_property("textContent")).splitlines()
    assert lines[1:] == ["java.lang.Odd: it", "at a.B.c(D.java:1)", "at a.B.d(D.java:2)", "Caused by: e.F: deep"]


def test_ids_are_copied_as_a_whole(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.unfold()
    selects = browser.script("return [...document.querySelectorAll('code')].map((e) => getComputedStyle(e).userSelect)")
    assert set(selects) == {"all"}
    assert {"w-6", "x-1", "sap-3"} <= set(browser.texts("code"))


def test_tells_how_each_source_is_doing(browser: Browser, page: Path) -> None:
    browser.open(page)
    details = dict(zip(browser.texts(".source > summary"), browser.texts(".source > div")))
    workday = details["Workday 7 runs, 1 failed, 1 pending"]
    assert "Source id s-workday" in workday
    assert "Success rate 83.3 % of 6. Usually 1 min 10 s, 19 of 20 within 1 min 30 s." in workday
    sap = details["SAP 3 runs, 2 failed"]
    assert "Failures in a row 2. Success rate 33.3 % of 3." in sap
    assert '<b onclick="alert(1)">bold</b>' in browser.texts(".source h4")


def test_draws_every_run(browser: Browser, page: Path) -> None:
    browser.open(page)
    labels = [drawing.get_attribute("aria-label") for drawing in browser.all(".timeline[role=img]")]
    assert len(labels) == 8
    assert "6 runs, 1 failed, 1 pending" in labels
    shapes = [use.get_attribute("href") for use in browser.all(".timeline use")]
    assert sorted({str(shape).removeprefix("#shape-") for shape in shapes}) == [
        *("error", "other", "pending", "temperror", "terminated", "warning")
    ]
    used = browser.script("return [...document.querySelectorAll('use')].map((e) => e.getAttribute('href'))")
    known = browser.script("return [...document.querySelectorAll('[id]')].map((e) => '#' + e.id)")
    assert set(used) <= set(known)
    assert len(set(known)) == len(known)
    bars = browser.script("return [...document.querySelectorAll('.timeline .bar')].map((e) => e.getAttribute('d'))")
    assert sum(path.count("M") for path in bars) == 16


def test_places_runs_over_the_whole_width(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.unfold()
    bars = browser.script(
        """const drawing = [...document.querySelectorAll(".timeline")].find((e) => e.ariaLabel.startsWith("6 runs"));
        const whole = drawing.getBoundingClientRect(), ok = drawing.querySelector(".bar.ok").getBoundingClientRect();
        const mark = drawing.querySelector(".failed use").getBoundingClientRect();
        return [ok.left, ok.right, mark.left + mark.width / 2].map((x) => (x - whole.left) / whole.width);"""
    )
    # Of 14 days the first run was 9 days ago, the last 1 day; the one that was terminated 3 days.
    assert bars == pytest.approx([5 / 14, 13 / 14, 11 / 14], abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_fits_and_can_be_read(browser: Browser, page: Path, width: int, scheme: str) -> None:
    browser.open(page, width=width, scheme=scheme, zone="Asia/Kathmandu")
    for _folded in (True, False):
        assert browser.script("return document.documentElement.scrollWidth") == width
        assert browser.script(SPILLED) == []
        assert browser.script(FAINT_TEXTS) == []
        browser.unfold()
    background = browser.script("return getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 24, 28)") is (scheme == "dark")


@pytest.mark.parametrize("width", [1280, 400])
def test_a_tenant_of_200_sources_fits(browser: Browser, large_page: Path, width: int) -> None:
    assert large_page.stat().st_size <= 1_000_000
    browser.open(large_page, width=width, fragment="#source-200")
    assert browser.script("return document.documentElement.scrollWidth") == width
    assert browser.all("#source-200")[0].is_displayed()
    unwell, healthy = len(browser.all(".overview tbody tr")), len(browser.all(".lines tbody tr"))
    assert unwell == 201
    assert browser.texts(".lines > summary") == [f"In good health: {healthy}"]


def test_becomes_cards_where_it_is_narrow(browser: Browser, page: Path) -> None:
    browser.open(page, width=400)
    cells = browser.all("#pending ~ table tbody tr:first-child td")
    assert len({cell.location["x"] for cell in cells}) == 1
    label = browser.script("return getComputedStyle(document.querySelector('td[data-label]'), '::before').content")
    assert label == '"Source"'
    parts = "[...document.querySelectorAll('table, thead, tbody, tr, th, td')]"
    roles = browser.script(f"return {parts}.map((e) => e.role)")
    assert sorted(set(roles)) == ["cell", "columnheader", "row", "rowgroup", "rowheader", "table"]


def test_adds_the_time_of_the_reader(browser: Browser, page: Path) -> None:
    browser.open(page, zone="Asia/Kathmandu")
    (moment,) = browser.all(".about div:first-child time")
    (own,) = browser.texts(".about div:first-child .own")
    utc = str(moment.get_property("textContent")).removesuffix(own).strip()
    shown = own.replace("\u00a0", " ") if len(own) > 5 else f"{utc[:10]} {own}"
    ahead = datetime.strptime(shown, MINUTES) - datetime.strptime(utc, MINUTES)
    assert ahead == timedelta(hours=5, minutes=45)
    assert browser.texts("#zone") == ["In small beside them: Asia/Kathmandu."] or browser.texts("#zone") == [
        "In small beside them: Asia/Katmandu."
    ]


def test_no_time_is_broken(browser: Browser, page: Path) -> None:
    """The one in UTC, and the one beside it, stand on a line each at least; where there is room, on the same one."""
    for width in WIDTHS:
        browser.open(page, width=width, zone="Asia/Kathmandu")
        browser.unfold()
        broken = browser.script(
            """const lines = (node) => {
              const range = document.createRange();
              range.selectNodeContents(node);
              return new Set([...range.getClientRects()].map((box) => Math.round(box.bottom))).size;
            };
            const times = [...document.querySelectorAll("time")];
            return times.filter((e) => lines(e.firstChild) > 1).length;"""
        )
        assert broken == 0
    browser.open(page, zone="Asia/Kathmandu")
    browser.unfold()
    heights = browser.script(
        "return [...document.querySelectorAll('#pending ~ table .moment time')].map((e) => e.getClientRects().length)"
    )
    assert set(heights) == {1}


def test_has_no_second_time_where_that_is_utc(browser: Browser, page: Path) -> None:
    browser.open(page, zone="UTC")
    assert browser.all(".own") == []
    assert browser.texts("#zone") == [""]


def test_needs_no_script(browser: Browser, page: Path) -> None:
    browser.open(page, zone="Asia/Kathmandu", scripts=False, fragment="#source-1")
    assert browser.all(".own") == []
    assert browser.texts("h2")[0] == "Sources"
    # The browser itself opens what is folded where a link leads into it.
    assert browser.all("#source-1")[0].is_displayed()


def test_prints(browser: Browser, page: Path) -> None:
    browser.open(page, width=1000, scheme="dark", media="print")
    assert browser.script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.script("return getComputedStyle(document.querySelector('tbody tr')).display") == "table-row"
    # What is folded on the screen is on paper, but for the details.
    seen = "checkVisibility({contentVisibilityAuto: true, opacityProperty: true})"
    for selector, on_paper in ((".lines tbody th", True), (".reason tbody th", True), ("#source-1", False)):
        assert browser.script(f"return document.querySelector('{selector}').{seen}") is on_paper
    assert browser.script(SPILLED) == []
    assert browser.script(FAINT_TEXTS) == []
    assert browser.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["page", "empty_page"])
def test_asks_for_nothing_and_complains_of_nothing(browser: Browser, name: str, request: pytest.FixtureRequest) -> None:
    path: Path = request.getfixturevalue(name)
    browser.open(path, zone="America/New_York")
    assert set(browser.requests()) <= {path.as_uri(), "data:,"}
    assert browser.complaints() == []


def test_shows_what_a_tenant_says_as_text(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.all("script:not(:last-child), img, iframe, object, embed, link:not([href='data:,'])") == []
    assert len(browser.all("script")) == 1
    handlers = browser.script(
        """return [...document.querySelectorAll("*")].flatMap((e) => [...e.attributes]).map((a) => a.name)
        .filter((name) => name.startsWith("on") || name === "style")"""
    )
    assert handlers == []


def test_says_that_there_is_nothing(browser: Browser, empty_page: Path) -> None:
    browser.open(empty_page)
    told = ["No task has run in this span.", "Nothing is pending.", "No failures in this span."]
    assert browser.texts(".empty") == [*told, "No warnings in this span."]
    assert browser.texts(".figures .number") == ["0", "0", "0", "0", NOTHING]
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
