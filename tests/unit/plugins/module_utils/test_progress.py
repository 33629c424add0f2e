# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module tells while it works, with a clock that the tests turn."""

from __future__ import annotations

import contextlib
import functools
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import MOST_LINES, SILENT, Progress, pipe_writer


class Told:
    """The lines, and the clock that they are told by."""

    def __init__(self, interval: float = 60, redacted: t.Callable[[str], str] = str) -> None:
        self.time = 1000.0
        self.lines: list[str] = []
        self.progress = Progress(self.lines.append, interval, redacted, lambda: self.time)

    def fill(self, *texts: str) -> None:
        """What is followed says these texts, one each."""
        with contextlib.ExitStack() as stack:
            for text in texts:
                stack.enter_context(self.progress.following(functools.partial(str, text)))
            self.progress.fill()


@pytest.mark.parametrize(
    ("seconds", "elapsed"), [(0, "0:00"), (59.9, "0:59"), (754, "12:34"), (3599, "59:59"), (3723, "1:02:03")]
)
def test_a_line_begins_with_the_time_since_the_start(seconds: float, elapsed: str) -> None:
    told = Told()
    told.time += seconds
    told.progress.tell("HR System: started")
    assert told.lines == [f"{elapsed} HR System: started"]


def test_a_pause_is_filled_once_an_interval() -> None:
    told = Told(interval=60)
    told.time += 59
    told.fill("early")
    told.time += 1
    told.fill("one", "two")
    told.time += 30
    told.progress.tell("an event")
    told.time += 59
    told.fill("early again")
    told.time += 1
    told.fill("three")
    assert [line.split(" ", 1)[1] for line in told.lines] == ["one", "two", "an event", "three"]


def test_where_there_is_nothing_to_fill_a_pause_with_the_next_is_an_interval_away() -> None:
    told = Told(interval=10)
    told.time += 10
    told.fill()
    assert told.progress.seconds_left() == 10


def test_a_request_may_fail_while_a_pause_is_filled_and_others_tell_what_happens_meanwhile() -> None:
    told = Told(interval=10)
    told.time += 10

    def state() -> str:
        told.progress.failing("requests fail")
        told.progress.failing("requests fail")
        told.progress.succeeding("requests succeed")
        told.progress.succeeding("requests succeed")
        return "pending"

    with told.progress.following(state):
        told.progress.fill()
    told.time += 10
    told.progress.fill()
    assert [line.split(" ", 1)[1] for line in told.lines] == ["requests fail", "requests succeed", "pending"]


def test_after_so_many_lines_one_says_that_no_more_follow() -> None:
    told = Told()
    for number in range(MOST_LINES + 10):
        told.progress.tell(f"line {number}")
    assert len(told.lines) == MOST_LINES == 500
    assert "no more progress" in told.lines[-1]
    assert not told.progress.told


@pytest.mark.parametrize("progress", [SILENT, Progress(print, 0)])
def test_nothing_is_told_where_nobody_wants_it(progress: Progress, capsys: pytest.CaptureFixture[str]) -> None:
    progress.tell("x")
    with progress.following(lambda: pytest.fail("nobody asked")):
        progress.fill()
    assert not progress.told
    assert progress.seconds_left() == float("inf")
    assert capsys.readouterr().out == ""


def test_what_a_tenant_says_is_one_clean_line_without_secrets() -> None:
    told = Told(redacted=lambda text: text.replace("s3cret", "********"))
    told.progress.tell("\x1b[31mHR\r\nSystem\u202e s3cret " + "x" * 10_000)
    assert told.lines[0].startswith("0:00 HR System ******** xxx")
    assert len(told.lines[0]) < 450


def test_a_pipe_that_nobody_reads_takes_nothing_and_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    assert pipe_writer(str(path)) is None
    assert pipe_writer(str(tmp_path / "none")) is None
    assert pipe_writer(None) is None


def test_a_pipe_is_written_line_by_line_and_never_blocks(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    write = pipe_writer(str(path))
    assert write is not None
    write("first ä")
    assert os.read(reader, 100).decode() == "first ä\n"
    for _number in range(1000):
        write("x" * 1000)  # more than a pipe holds
    os.close(reader)
    write("nobody reads")
