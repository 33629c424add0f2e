# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the parts of the proof side by side, a process for each core, and prints a table of what came of them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from tests.support.workspace import CACHE, ROOT

# How the tools of the parts tell of tests: the summary of pytest, and what ansible-test is about to run.
_PASSED = re.compile(r"\b(\d+) passed\b")
_OF_ANSIBLE_TEST = re.compile(r"^Running (?:sanity test|\w+ integration test)", re.MULTILINE)
_FAILED_TEST = re.compile(r"^(?:FAILED|ERROR) (tests/\S+?\.py(?:::\w+)?)", re.MULTILINE)
_FAILED_OF_ANSIBLE_TEST = re.compile(r"^\w+: The \d+ (\w+) test\(s\) listed below .*\n((?:[\w-]+\n)+)", re.MULTILINE)
# More than that are no longer to be run one by one.
_MOST_AGAIN = 10
# Lines of what a part that failed has printed
_MOST_LINES = 400


@dataclass(frozen=True)
class Part:
    """A session of nox with its arguments."""

    session: str
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        versions = [word.lstrip("-") for word in self.arguments if word[0].isdigit() or word == "--oldest"]
        return " ".join([self.session, *versions])

    @property
    def log(self) -> Path:
        return CACHE / "log" / f"{re.sub(r'[^a-z0-9.]+', '-', str(self))}.log"


@dataclass(frozen=True)
class Outcome:
    """What came of a part. tests: how many passed.  seconds: how long it took."""

    part: Part
    status: int
    seconds: float

    @property
    def text(self) -> str:
        return self.part.log.read_text(encoding="utf-8", errors="replace")

    @property
    def tests(self) -> int:
        return sum(map(int, _PASSED.findall(self.text))) + len(_OF_ANSIBLE_TEST.findall(self.text))

    @property
    def again(self) -> str:
        """The command that runs just what has failed."""
        tests = list(dict.fromkeys(_FAILED_TEST.findall(self.text)))
        for kind, names in _FAILED_OF_ANSIBLE_TEST.findall(self.text):
            tests += [f"--test {name}" if kind == "sanity" else name for name in names.split()]
        return make(self.part.session, *self.part.arguments, *(tests if len(tests) <= _MOST_AGAIN else []))


def make(session: str, *arguments: str) -> str:
    """The command that runs a session with arguments."""
    return f'make {session} ARGS="{" ".join(arguments)}"' if arguments else f"make {session}"


def run(parts: Sequence[Part]) -> bool:
    """Run parts, the first ones first, as many at the same time as there are cores; whether all of them passed."""
    begin = time.monotonic()
    workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    outcomes = []
    executor = ThreadPoolExecutor(workers)
    try:
        for future in as_completed([executor.submit(_run, part) for part in parts]):
            outcome = future.result()
            outcomes.append(outcome)
            if outcome.status:
                print("\n", *outcome.text.splitlines(keepends=True)[-_MOST_LINES:], sep="")
                print(f"All that {outcome.part} has printed is in {outcome.part.log.relative_to(ROOT)}.")
            print(_row(outcome), flush=True)
    finally:
        executor.shutdown(cancel_futures=True)
    _show(sorted(outcomes, key=lambda outcome: -outcome.seconds), time.monotonic() - begin)
    return not any(outcome.status for outcome in outcomes)


def _run(part: Part) -> Outcome:
    part.log.parent.mkdir(parents=True, exist_ok=True)
    begin = time.monotonic()
    command = [sys.executable, "-m", "nox", "--session", part.session, "--", *part.arguments]
    environ = {**os.environ, "ISC_PART": f"{crc32(str(part).encode()):08x}"[:4], "NO_COLOR": "1"}
    with part.log.open("w") as log:
        done = subprocess.run(
            command, check=False, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    return Outcome(part, done.returncode, time.monotonic() - begin)


def _show(outcomes: Sequence[Outcome], seconds: float) -> None:
    print(f"\n{'part':<20} {'tests':>6} {'seconds':>8}")
    for outcome in outcomes:
        print(_row(outcome))
    print(f"{'all':<20} {sum(outcome.tests for outcome in outcomes):>6} {seconds:>8.0f}")
    failed = [outcome for outcome in outcomes if outcome.status]
    for outcome in failed:
        print(f"{outcome.part} failed; to run just that again: {outcome.again}")
    print(f"\n{len(outcomes) - len(failed)} passed, {len(failed)} failed")


def _row(outcome: Outcome) -> str:
    verdict = "  FAILED" if outcome.status else ""
    return f"{outcome.part!s:<20} {outcome.tests or '-':>6} {outcome.seconds:>8.0f}{verdict}"
