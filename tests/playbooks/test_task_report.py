# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Role and playbook task_report: the numbers in each of the files, harmful names, arguments, and what they refuse."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable
from xml.etree import ElementTree

import pytest

from tests.support.hand import Hand, safe_mode
from tests.support.plays import Case, Played, check, clients, hosts, role
from tests.support.zones import ZONES

# Gives the tenant a scenario, and runs a playbook that may only read.
Report = Callable[..., Played]

PLAYBOOK = "sailpoint.isc.task_report"
FILES = ["report.csv", "report.html", "report.json"]
TIME = "%Y-%m-%dT%H:%M:%SZ"

# A tenant of which all numbers are known: 20 good runs of 1 to 20 minutes, two failures before the last of them
SOURCES = [
    {"id": "s-hr", "name": "HR"},
    {"id": "s-ad", "name": "Active Directory"},
    {"id": "s-idle", "name": "Idle"},
]
RUNS = [{"id": f"hr-{n}", "source": "s-hr", "age": f"{n}h", "seconds": f"{n}m"} for n in range(1, 21)]
REASONS = ["First reason.", "Second reason."]
GROUPS = "CLOUD_GROUP_AGGREGATION"
TASKS: list[dict[str, Any]] = [
    {"id": "hr-bad-1", "source": "s-hr", "age": "90m", "seconds": 10, "ends": "ERROR", "messages": ["It is gone."]},
    {"id": "hr-bad-2", "source": "s-hr", "age": "30h", "seconds": 20, "ends": "TERMINATED"},
    {"id": "hr-groups", "source": "s-hr", "definition": GROUPS, "age": "3h", "seconds": 60, "ends": "WARNING"},
    {"id": "ad-bad-1", "source": "s-ad", "age": "1h", "seconds": 60, "ends": "TEMPERROR", "messages": REASONS},
    {"id": "ad-bad-2", "source": "s-ad", "age": "2h", "seconds": 60, "ends": "ERROR"},
    {"id": "ad-good", "source": "s-ad", "age": "3d", "seconds": 60},
    {"id": "ad-old", "source": "s-ad", "age": "20d", "seconds": 60, "ends": "ERROR"},
    {"id": "idle-old", "source": "s-idle", "age": "20d", "seconds": 60},
    {"id": "hr-overdue", "source": "s-hr", "age": "40m"},
    {"id": "hr-running", "source": "s-hr", "age": "5m"},
    {"id": "role", "definition": "CLOUD_REFRESH_ROLE", "age": "30d"},
]
KNOWN = {"sources": SOURCES, "tasks": TASKS}

# Names and messages that would do harm as HTML, as a template, in a spreadsheet or in CSV
HOSTILE_TENANT = "acme</title><script>alert(1)</script>"
HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://127.0.0.1/";"x")',
    '" onmouseover="alert(1)" x=\'\\',
    "{{ 7 * 7 }}{% raw %}",
]
# What a terminal or a reader of files would stumble over
CONTROLS = "\x1b[2JForged\x00\x07\r\nline\x9b1m\u202e</td>"
HOSTILE_MESSAGES = [
    "</td></table><img src=x onerror=alert(1)>",
    'A "quoted" one, with a comma,\nof two lines; \\ \\" &lt;',
]


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """An empty directory for files."""
    directory = tmp_path / "out"
    directory.mkdir()
    return directory


@pytest.fixture
def report(run: Callable[..., Played], tenant: Hand) -> Report:
    """Runs a playbook (task_report unless told otherwise) that may only read, after giving the tenant a scenario."""

    def report(scenario: dict[str, Any], *arguments: str, playbook: Any = PLAYBOOK, **options: Any) -> Played:
        tenant.scenario(deprecated=[], **scenario)
        with safe_mode(tenant):
            return run(playbook, *arguments, **options)

    return report


def written(directory: Path) -> list[str]:
    return sorted(file.name for file in directory.iterdir() if file.is_file())


def numbers_of(page: Path) -> dict[str, Any]:
    numbers: dict[str, Any] = json.loads(page.with_suffix(".json").read_text(encoding="utf-8"))
    return numbers


def rows_of(page: Path) -> list[dict[str, str]]:
    with page.with_suffix(".csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ids(tasks: list[dict[str, Any]]) -> list[str]:
    return [task["task_id"] for task in tasks]


def part(found: dict[str, Any], keys: str) -> list[Any]:
    return [found[key] for key in keys.split()]


def tokens(tenant: Hand) -> int:
    return sum(entry["operation"] == "token" for entry in tenant.log())


@pytest.mark.parametrize("version", ["beta", "v2025"])
def test_each_file_has_the_numbers_of_the_records(
    report: Report, tenant: Hand, credentials: dict[str, str], version: str
) -> None:
    scenario = {"tenant": "acme", "sources": SOURCES, "tasks": TASKS + RUNS}
    environ = {**credentials, "SAIL_API_VERSION": version}
    played = report(scenario, "-e", "path=report.html", environ=environ)
    assert played.rc == 0
    # A relative path starts where the playbook was started.
    assert written(played.directory) == FILES
    page = played.directory / "report.html"
    assert f"The page is {page};" in played.shown
    assert tokens(tenant) == 1
    # Pending, completed, and what failed in the two weeks before
    assert [(entry["version"], entry["body"]) for entry in tenant.sent()] == [(version, None)] * 3
    check_numbers(numbers_of(page), tenant.url)
    check_rows(rows_of(page), set(tenant.records()))


def check_numbers(found: dict[str, Any], url: str) -> None:
    assert part(found, "tenant base_url newer_than source_ids") == ["acme", url, "14d", []]
    assert (datetime.strptime(found["created"], TIME) - datetime.strptime(found["since"], TIME)).days == 14
    assert found["fail_on"] == ["ERROR", "TERMINATED", "TEMPERROR"]
    assert found["counts"] == {
        "pending": 3,
        "overdue": 1,
        "completed": 26,
        "failed": 4,
        "success_rate": 22 / 26,
        "sources": 2,
        "failing_sources": 1,
        "warned": 1,
        "failures_a_day": 0.29,
        "failures_a_day_before": 0.07,
    }
    assert [(task["task_id"], task["overdue"]) for task in found["pending"]] == [
        ("role", False),
        ("hr-overdue", True),
        ("hr-running", False),
    ]
    assert found["pending"][1]["p95_seconds"] == 19 * 60
    # It has been pending for 40 minutes, and not for much longer.
    assert 2400 <= found["pending"][1]["seconds"] < 3600
    assert ids(found["failed"]) == ["ad-bad-1", "hr-bad-1", "ad-bad-2", "hr-bad-2"]
    assert found["failed"][0]["messages"] == REASONS
    assert len(found["sources"]) == 4
    ad, hr = (source for source in found["sources"] if source["kind"] == "CLOUD_ACCOUNT_AGGREGATION")
    assert part(ad, "source_id runs failures_in_a_row") == ["s-ad", 3, 2]
    assert ids([ad["last_success"], ad["last_failure"]]) == ["ad-good", "ad-bad-1"]
    assert part(hr, "source_id runs successes failures failures_in_a_row") == ["s-hr", 22, 20, 2, 0]
    assert part(hr, "median_seconds p95_seconds") == [630, 1140]
    assert set(ids(hr["tasks"])) == {"hr-bad-1", "hr-bad-2", *(run["id"] for run in RUNS)}
    assert len(hr["tasks"]) == 22


def check_rows(rows: list[dict[str, str]], known: set[str]) -> None:
    by_id = {row["task_id"]: row for row in rows}
    assert len(rows) == len(by_id) == 29
    assert set(by_id) <= known
    hr = by_id["hr-1"]
    assert part(hr, "task_name kind") == ["Cloud Account Aggregation", "CLOUD_ACCOUNT_AGGREGATION"]
    assert part(hr, "source_id source_name completion_status") == ["s-hr", "HR", "SUCCESS"]
    assert part(hr, "seconds overdue messages") == ["60.0", "", ""]
    assert part(hr, "runs successes failures failures_in_a_row") == ["22", "20", "2", "0"]
    assert part(hr, "median_seconds p95_seconds") == ["630.0", "1140.0"]
    assert float(hr["success_rate"]) == 20 / 22
    assert part(hr, "last_success last_failure") == [hr["completed"], by_id["hr-bad-1"]["completed"]]
    assert by_id["ad-bad-1"]["messages"] == "First reason. Second reason."
    assert part(by_id["hr-overdue"], "overdue completion_status completed") == ["true", "", ""]
    assert by_id["hr-running"]["overdue"] == "false"
    assert part(by_id["role"], "source_id p95_seconds") == ["", ""]


def test_harmful_names_are_text_in_the_page_and_whole_in_json_and_csv(report: Report, out: Path) -> None:
    page = out / "report.html"
    ended = {"seconds": 60, "ends": "ERROR"}
    odd = {"uniqueName": None, "launched": None, "completionStatus": "<i>ODD</i>"}
    tasks: list[dict[str, Any]] = [
        {"id": "t-1", "source": "s-0", "age": "1h", **ended, "messages": HOSTILE_MESSAGES},
        {"id": "t-2", "source": "s-1", "age": "2h", **ended, "messages": ["-1+1"]},
        {"id": "t-3", "source": "s-2", "age": "3h", **ended, "ends": "WARNING", "messages": ["x" + "&" * 100]},
        {"id": "t-4", "source": "s-3", "age": "4h", "seconds": 60},
        {"id": "t-5", "source": "s-0", "age": "1m", "uniqueName": "<b onclick='alert(1)'>"},
        {"id": "t-7", "source": "s-0", "age": "6h", **ended, "uniqueName": CONTROLS, "messages": [CONTROLS]},
        {"id": "t-6", "source": "s-3", "age": "5h", **odd},
    ]
    sources = [{"id": f"s-{n}", "name": name} for n, name in enumerate(HOSTILE_NAMES)]
    played = report({"tenant": HOSTILE_TENANT, "sources": sources, "tasks": tasks}, "-e", f"path={page}")
    assert played.rc == 0
    html = page.read_text(encoding="utf-8")
    assert re.findall(r"<(?:script|img|b|i)\b.*(?:alert|onclick|src)|=.alert", html) == []
    for text in (
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "&quot; onmouseover=&quot;alert(1)&quot; x=&#x27;\\",
        "&amp;lt;",
        HOSTILE_NAMES[3],
        ">x" + "&amp;" * 100 + "</span>",
        "Forged line&lt;/td&gt;",
    ):
        assert text in html
    numbers = numbers_of(page)
    assert numbers["tenant"] == HOSTILE_TENANT
    assert {source["source_name"] for source in numbers["sources"]} == set(HOSTILE_NAMES)
    assert numbers["failed"][0]["messages"] == HOSTILE_MESSAGES
    by_id = {row["task_id"]: row for row in rows_of(page)}
    assert len(by_id) == 7
    # A spreadsheet would take the second name, and its message, for a formula.
    shown = [HOSTILE_NAMES[0], f"'{HOSTILE_NAMES[1]}", *HOSTILE_NAMES[2:]]
    assert [by_id[f"t-{n}"]["source_name"] for n in range(1, 5)] == shown
    assert by_id["t-1"]["messages"] == " ".join(HOSTILE_MESSAGES).replace("\n", " ")
    assert part(by_id["t-7"], "task_name messages") == ["Forged line</td>", "Forged line</td>"]
    assert [task["messages"] for task in numbers["failed"] if task["task_id"] == "t-7"] == [[CONTROLS]]
    for name in written(out):
        text = (out / name).read_text(encoding="utf-8")
        assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert by_id["t-2"]["messages"] == "'-1+1"
    assert by_id["t-6"]["completion_status"] == "<I>ODD</I>"


def test_writes_the_formats_that_are_asked_for(report: Report, out: Path) -> None:
    (out / "isc.prom").write_text("old\n")
    (out / "isc.prom").chmod(0o600)
    given = f"path={out}/isc.html formats='prom, junit,md' newer_than=60d fail_on='ERROR, TEMPERROR'"
    played = report(KNOWN, "-e", given)
    assert played.rc == 0
    assert written(out) == ["isc.junit.xml", "isc.md", "isc.prom"]
    assert f"The report is {out}/isc.prom; the same data is next to it as .junit.xml and .md." in played.shown
    assert (out / "isc.prom").stat().st_mode & 0o777 == 0o644
    metrics = (out / "isc.prom").read_text(encoding="utf-8")
    labels = 'tenant="acme",source="Active Directory",source_id="s-ad",kind="CLOUD_ACCOUNT_AGGREGATION"'
    assert f"sailpoint_isc_tasks_failures_in_a_row{{{labels}}} 2\n" in metrics
    assert metrics.endswith("# EOF\n")
    suite = ElementTree.parse(out / "isc.junit.xml").getroot()[0]
    failed = {case.get("classname"): failure.get("message") for case in suite for failure in case.iter("failure")}
    assert failed == {"Active Directory (s-ad)": "First reason. Second reason.", "HR (s-hr)": "It is gone."}
    assert "| Active Directory | TEMPERROR 20" in (out / "isc.md").read_text(encoding="utf-8")
    # A span of which the one before is not kept as a whole is compared with nothing.
    assert played.fact("task_report_result")["counts"]["failures_a_day_before"] is None


def test_the_module_alone(report: Report, credentials: dict[str, str], out: Path) -> None:
    """Its path may contain a variable of the environment, as any path."""
    path = " $REPORTS/report.html"
    tasks = [
        {"name": "Report", "sailpoint.isc.task_report": {"path": path, "formats": "json"}, "register": "written"},
        {
            "name": "Count",
            "ansible.builtin.debug": {"msg": "{{ (written.report | from_json).counts.pending }} wait"},
        },
    ]
    plays = [{"name": "Report", "hosts": "localhost", "gather_facts": False, "tasks": tasks}]
    played = report(KNOWN, playbook=plays, environ={**credentials, "REPORTS": str(out)})
    assert played.rc == 0
    assert "3 wait" in played.shown
    assert written(out) == ["report.json"]


def test_a_template_in_a_message_stays_text(report: Report, out: Path) -> None:
    tasks = [{"id": "t-1", "age": "1h", "ends": "ERROR", "messages": ["{{ 7 * 6 }}{{ lookup('pipe', 'id') }}"]}]
    show = {"name": "Show it", "ansible.builtin.debug": {"msg": "Found {{ task_report_result.failed[0].messages }}"}}
    play = {"name": "Report", "hosts": "localhost", "gather_facts": False, "roles": ["sailpoint.isc.task_report"]}
    plays = [{**play, "vars": {"task_report_path": f"{out}/report.html"}, "post_tasks": [show]}]
    played = report({"tasks": tasks}, playbook=plays)
    assert played.rc == 0
    assert "{{ 7 * 6 }}" in played.shown
    assert "uid=" not in played.shown


def test_says_that_there_is_nothing_to_tell(report: Report, out: Path) -> None:
    page = out / "report.html"
    assert report({}, "-e", f"path={page}").rc == 0
    assert written(out) == FILES
    html = page.read_text(encoding="utf-8")
    for text in ("Nothing is pending.", "No failures in this span.", "No task has run in this span."):
        assert text in html
    assert "<table" not in html
    found = numbers_of(page)
    assert part(found["counts"], "completed success_rate") == [0, None]
    assert found["sources"] == rows_of(page) == []


@pytest.mark.parametrize("zone", ZONES.values(), ids=ZONES)
def test_ages_are_the_same_in_every_zone(report: Report, credentials: dict[str, str], zone: str) -> None:
    usual = [{"id": f"usual-{n}", "source": "s-hr", "age": f"{n}h", "seconds": "20m"} for n in (8, 9, 10)]
    pending = [
        {"id": "young", "source": "s-hr", "age": "10m"},
        {"id": "overdue", "source": "s-hr", "age": "30m"},
    ]
    bad = {"source": "s-hr", "age": "7h", "seconds": 60, "completionStatus": "ERROR"}
    odd = [
        # As other servers write the time at which it ended; it is told in UTC.
        {"id": "with-offset", **bad, "launched": "2026-05-17T23:00:00+05:45", "completed": "2026-05-17T23:30:00+05:45"},
        {"id": "without-zone", **bad, "completed": "2026-05-17T17:00:00.123456"},
        {"id": "in-milliseconds", **bad, "completed": 1779037200000},
    ]
    scenario = {"sources": SOURCES, "tasks": [*usual, *pending, *odd]}
    environ = {**credentials, "TZ": zone}
    played = report(scenario, "-e", "path=report.html newer_than=12h", environ=environ)
    assert played.rc == 0
    found = numbers_of(played.directory / "report.html")
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    created, since = (datetime.strptime(found[key], TIME) for key in ("created", "since"))
    assert ((created - since).total_seconds(), (now - created).total_seconds() < 600) == (12 * 3600, True)
    assert [(task["task_id"], task["overdue"]) for task in found["pending"]] == [("overdue", True), ("young", False)]
    assert [task["seconds"] // 600 for task in found["pending"]] == [3, 1]
    ended = {task["task_id"]: task["completed"] for task in found["failed"]}
    assert ended == {
        "with-offset": "2026-05-17T17:45:00.000Z",
        "without-zone": "2026-05-17T17:00:00.123Z",
        "in-milliseconds": "2026-05-17T17:00:00.000Z",
    }
    html = (played.directory / "report.html").read_text(encoding="utf-8")
    for text in (">2026-05-17 17:45</time>", f">{created:%Y-%m-%d %H:%M}</time> UTC", "<span>10 min"):
        assert text in html


def test_check_mode_writes_nothing_and_says_so(report: Report) -> None:
    played = report(KNOWN, "--check", "-e", "path=report.html")
    assert played.rc == 0
    assert written(played.directory) == []
    assert f"nothing was written. The page would be {played.directory}/report.html" in played.shown
    assert "The page is" not in played.shown


def test_variables_say_what_the_report_is_about(report: Report, out: Path) -> None:
    told = "fatal:.*Set the path of the page, which ends with .html"
    cases = {
        "whole": Case({"path": f"{out}/report.html"}),
        "no-path": Case({}, [told], fails=True),
        "no-page": Case({"path": f"{out}/report.csv"}, [told], fails=True),
    }
    given = """newer_than=1d source_ids="HR, Idle" fail_on=WARNING"""
    check(report(KNOWN, "-e", given, hosts={name: case.given for name, case in cases.items()}), cases)
    assert written(out) == FILES
    page = out / "report.html"
    found = numbers_of(page)
    assert part(found, "source_ids fail_on") == [["s-hr", "s-idle"], ["WARNING"]]
    assert sorted(row["task_id"] for row in rows_of(page)) == ["hr-bad-1", "hr-groups", "hr-overdue", "hr-running"]
    assert ids(found["failed"]) == ["hr-groups"]
    assert "Nothing has run in this span of 1 source: Idle." in page.read_text(encoding="utf-8")


def test_playbook_says_what_is_wrong_and_writes_nothing(report: Report) -> None:
    cases: list[tuple[str, dict[str, str] | None, str]] = [
        # Ansible ends a value that has no quotes at a blank.
        ("source_ids=s-hr, s-idle", None, "source_ids is .*s-hr,.*: it is not a complete list"),
        ("fail_on=BAD", None, "value of task_report_fail_on must be one or more of: SUCCESS"),
        ("newer_than=1d", {}, "No tenant is set: set SAIL_BASE_URL"),
    ]
    for given, environ, told in cases:
        played = report({}, "-e", f"path=report.html {given}", environ=environ)
        check(played, {"localhost": Case({}, [f"fatal:.*{told}"], fails=True)})
        assert played.rc == 2
        assert written(played.directory) == []


def test_role_in_a_play_of_ones_own(report: Report, tenant: Hand, out: Path) -> None:
    """The connection comes from module_defaults, check mode is a keyword, and all that can be is shown."""
    v1 = {"api_version": "v1"}
    told = f"nothing was written. The page would be {out}/checked.html"
    paths = {name: {"task_report_path": f"{out}/{name}.html"} for name in ("own", "checked")}
    cases = {
        "own": Case({**paths["own"], "task_report_source_ids": ["s-ad"]}, connection=v1),
        "checked": Case({**paths["checked"], "check_keyword": True}, [told], connection=v1),
        "no-page": Case(
            {"task_report_path": "report.json"},
            ["task_report_path is report.json: give a path that ends with .html"],
            fails=True,
        ),
        "page": Case(
            {"task_report_path": f"{out}/directory.html"},
            [f"{out}/directory.html is a directory: change task_report_path"],
            fails=True,
        ),
        "csv": Case({"task_report_path": f"{out}/link.html"}, [f"{out}/link.csv is a directory"], fails=True),
        "near": Case(
            {**paths["own"], "task_report_source_id": "s-ad"},
            ["task_report_source_id is not a variable of this role: did you mean task_report_source_ids"],
            fails=True,
        ),
        **{
            name: Case(
                {**paths["own"], "task_report_newer_than": given}, [f"newer_than is .*{given}.*: give a"], fails=True
            )
            for name, given in {"soon": "soon", "zero": "0s", "zeros": "00.00 w", "number": 14}.items()
        },
    }
    for directory in ("directory.html", "elsewhere"):
        (out / directory).mkdir()
    (out / "link.csv").symlink_to(out / "elsewhere")
    scenario = {**KNOWN, "clients": clients(cases)}
    playbook = role("task_report")
    played = report(scenario, "-vvvv", playbook=playbook, hosts=hosts(cases, tenant.url), environ={})
    check(played, cases)
    assert written(out) == ["own.csv", "own.html", "own.json"]
    found = played.fact("left", "own")
    assert numbers_of(out / "own.html") == found
    assert ids(found["failed"]) == ["ad-bad-1", "ad-bad-2"]
    for name, case in cases.items():
        asked = [] if case.fails else ["token", "list", "list", "list"]
        assert [entry["operation"] for entry in tenant.log() if entry["client_id"] == name] == asked
    assert {entry["version"] for entry in tenant.sent()} == {"v1"}
