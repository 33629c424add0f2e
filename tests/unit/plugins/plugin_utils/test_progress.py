# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the controller shows of a module that runs: through a real pipe."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import typing as t
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible import constants
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import pipe_writer
from ansible_collections.sailpoint.isc.plugins.plugin_utils import _progress
from ansible_collections.sailpoint.isc.plugins.plugin_utils._progress import ProgressAction, Screen


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pipes are made."""
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


def tell(screen: Screen, *lines: str) -> None:
    write = pipe_writer(screen.path)
    assert write is not None
    for line in lines:
        write(line)


def test_lines_are_shown_at_once_and_all_before_the_end(directory: Path) -> None:
    shown: list[str] = []
    arrived = threading.Event()

    def show(line: str) -> None:
        shown.append(line)
        arrived.set()

    screen = Screen(show)
    with screen:
        tell(screen, "first")
        assert arrived.wait(5)
        tell(screen, *map(str, range(100)))
    assert shown == ["first", *map(str, range(100))]
    assert list(directory.iterdir()) == []


def test_a_line_can_neither_move_the_cursor_nor_fill_the_screen() -> None:
    shown: list[str] = []
    screen = Screen(shown.append)
    with screen:
        tell(screen, "\x1b[2Jgone\rback\u202e", "x" * 3900)
    assert shown[0] == "gone back"
    assert len(shown[1]) <= 503


def test_a_reader_that_is_slow_does_not_keep_the_module_or_the_play(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_progress, "_PATIENCE", 0.05)
    stuck = threading.Event()

    def show(_line: str) -> None:
        stuck.wait(20)

    screen = Screen(show)
    with screen:
        tell(screen, *(["x" * 1000] * 200))
    stuck.set()


def test_where_no_pipe_can_be_made_that_is_an_oserror(directory: Path) -> None:
    directory.rmdir()
    with pytest.raises(OSError, match="No such file"):
        Screen(print)


def test_where_no_pipe_can_be_made_the_module_runs_all_the_same(directory: Path) -> None:
    directory.rmdir()
    action: t.Any = ProgressAction.__new__(ProgressAction)
    action._task = SimpleNamespace(environment=[{"A": "b"}], no_log=False, async_val=0, check_mode=False)
    action._connection = SimpleNamespace(transport="local", become=None)
    with action._shown({}):
        assert action._task.environment == [{"A": "b"}]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_for_the_line_that_is_shown_and_for_no_other(number: int, directory: Path) -> None:
    events: list[str] = []
    showing = threading.Event()

    def show(line: str) -> None:
        showing.set()
        time.sleep(0.1)
        events.append(line)

    def handler(_number: int, _frame: t.Any) -> None:
        events.append("handler")
        raise KeyboardInterrupt

    def interrupt(screen: Screen) -> None:
        with screen:
            tell(screen, "in the middle", "never shown")
            assert showing.wait(5)
            os.kill(os.getpid(), number)
            time.sleep(5)

    previous = signal.signal(number, handler)
    try:
        screen = Screen(show)
        with pytest.raises(KeyboardInterrupt):
            interrupt(screen)
        assert events == ["in the middle", "handler"]
        assert signal.getsignal(number) is handler
        assert list(directory.iterdir()) == []
    finally:
        signal.signal(number, previous)


def test_two_signals_that_arrive_at_once_end_it_without_a_complaint_of_python(directory: Path) -> None:
    """Of Ctrl-C and of ansible-core 2.16, which ends its workers right afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # pytest's own threads
        child = os.fork()
    if not child:
        try:
            sys.unraisablehook = lambda _what: os._exit(2)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            with Screen(print):
                signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
                os.kill(os.getpid(), signal.SIGINT)
                os.kill(os.getpid(), signal.SIGTERM)
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
                time.sleep(5)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
    assert list(directory.iterdir()) == []
