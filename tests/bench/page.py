# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts what was measured between the words of docs/benchmarks.md, and draws docs/benchmarks.svg."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.bench import growth, plot
from tests.support.workspace import ROOT

PAGE = ROOT / "docs/benchmarks.md"
PLOT = ROOT / "docs/benchmarks.svg"
MACHINE = """```console
$ {command}
```

Medians of {rounds} rounds in turn (of {slow_rounds} for the uri loop and the SDK), {cores} cores that had a load of
{load} by other work at the start, Python {python}, {versions}."""
LINES = {
    "uri loop": "ansible.builtin.uri",
    "SDK script": "script on the SDK",
    "task_status_info, two fields": "task_status_info",
    "floor": "floor + do-nothing play",
}


def line(goal: Any) -> str:
    """One row of the table of goals, for the terminal."""
    verdict = "    " if goal.figure <= goal.most else "MISS"
    figures = f"{goal.figure:8.{goal.digits}f} (at most {goal.most:.{goal.digits}f})"
    return f"{verdict} {figures}  {goal.work}: {goal.measure}"


def write(found: dict[str, Any]) -> None:
    """Replaces the parts of the page that were measured; the others stay as they are."""
    text = PAGE.read_text(encoding="utf-8")
    for part, body in _parts(found):
        before, begin, rest = text.partition(f"<!-- begin {part} -->\n")
        _old, end, after = rest.partition(f"<!-- end {part} -->\n")
        if not end:
            raise RuntimeError(f"{PAGE} has no place for {part}.")
        text = f"{before}{begin}\n{body}\n\n{end}{after}"
    PAGE.write_text(text, encoding="utf-8")
    if "growth" in found:
        lines = {
            label: [(int(size), row[name]) for size, row in _with_floor(found["growth"]).items() if name in row]
            for name, label in LINES.items()
        }
        drawing = plot.log_log("Seconds to list all tasks, 50 ms latency", "tasks", lines)
        PLOT.write_text(drawing, encoding="utf-8")


def _parts(found: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if {"lists", "single", "memory", "report", "long"} <= found.keys():
        versions = ", ".join(f"{name} {number}" for name, number in found["about"]["versions"].items())
        yield "about", MACHINE.format(**{**found["about"], "versions": versions})
        header = ["Work", "Measure", "Goal: at most", "Measured"]
        rows = [
            [work, measure, f"{most:.{digits}f}", f"**{figure:.{digits}f}**" + " (missed)" * (figure > most)]
            for work, measure, figure, most, digits in found["goals"]
        ]
        yield "goals", _table(header, rows)
    if "lists" in found:
        settings = found["lists"]
        ways: dict[str, float] = next(iter(settings.values()), {})
        seconds = [[way, *(f"{of[way]:.2f} s" for of in settings.values())] for way in ways]
        yield "lists", _table(["Whole process", *settings], seconds)
    if "memory" in found:
        rows = [[name, f"{mebibytes:.0f} MiB"] for name, mebibytes in found["memory"].items()]
        yield "memory", _table(["The module's own process", "Peak"], rows)
    if "single" in found:
        rows = [
            [name, f"{of['run'] * 1000:.0f} ms", f"{of['added'] * 1000:.0f} ms"] for name, of in found["single"].items()
        ]
        yield "single", _table(["One task", "ansible-playbook as a whole", "What it adds to a play"], rows)
    if "growth" in found:
        names = [name for name in found["growth"][str(growth.SIZES[0])] if name != "MiB"]
        rows = [
            [f"{int(size):,}", *(f"{of[name]:.2f} s" if name in of else "" for name in names), f"{of['MiB']:.0f} MiB"]
            for size, of in found["growth"].items()
        ]
        yield "growth", _table(["Tasks", *names, "peak of task_status_info"], rows)
    if "waits" in found:
        rows = [
            [f"{int(number):,}", str(of["requests"]), f"{of['cpu']:.2f} s", f"{of['delay']:.1f} s"]
            for number, of in found["waits"].items()
        ]
        yield "waits", _table(["Tasks waited for", "Requests", "CPU of the module", "Noticed after"], rows)
    if "tenants" in found:
        rows = [[name, f"{seconds:.1f} s"] for name, seconds in found["tenants"].items()]
        yield "tenants", _table(["Play", "Seconds"], rows)


def _with_floor(sizes: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    return {size: {**of, "floor": of["floor, 8 connections"] + of["do-nothing playbook"]} for size, of in sizes.items()}


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
