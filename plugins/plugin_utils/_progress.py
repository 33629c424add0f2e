# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Runs a module and shows its progress lines on the controller.

The result of the module does not depend on anything here.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import tempfile
import threading
import typing as t

from ansible import constants
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import MOST_LINES, PIPE_VARIABLE
from ansible_collections.sailpoint.isc.plugins.module_utils._text import one_line

# Seconds: for the last lines at the end, and for the line that is being shown when a signal arrives.
_PATIENCE = 1.0
_END = "\x04"


class ProgressAction(ActionBase):  # type: ignore[misc]  # ansible carries no types
    """The action of a module with progress lines."""

    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """The result of the module."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        with self._shown(task_vars or {}):
            result.update(self._execute_module(task_vars=task_vars, wrap_async=self._task.async_val))
            if not self._task.async_val:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    def _shown(self, task_vars: dict[str, t.Any]) -> contextlib.AbstractContextManager[None]:
        # Another user has no access to the files of this one.
        if self._task.async_val or self._connection.transport != "local" or self._is_become_unprivileged():
            return contextlib.nullcontext()
        return self._showing(str(task_vars.get("inventory_hostname", "localhost")))

    @contextlib.contextmanager
    def _showing(self, host: str) -> t.Iterator[None]:
        try:
            screen = Screen(lambda line: _nobody_reads() or Display().display(f"[{host}] {line}"))
        except OSError:
            yield
            return
        given = self._task.environment
        hidden = self._task.no_log or self._task.check_mode
        told = {} if hidden else {PIPE_VARIABLE: screen.path}
        # Ansible and the module keep their files there: a module that is interrupted while it starts removes none.
        self._task.environment = [*(given or []), {"TMPDIR": screen.directory, **told}]
        shell = self._connection._shell
        remote_tmp = shell.get_option("remote_tmp")
        if not constants.DEFAULT_KEEP_REMOTE_FILES:
            shell.set_option("remote_tmp", screen.directory)
        try:
            with screen:
                yield
        finally:
            self._task.environment = given
            shell.set_option("remote_tmp", remote_tmp)


def _nobody_reads() -> bool:
    """Whether ansible-playbook prints into a pipe that nobody reads any more: a line would hang the play then."""
    poll = select.poll()
    try:
        with open(os.open(f"/proc/{os.getppid()}/fd/1", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY), "wb") as printed:
            poll.register(printed, 0)
            return any(event & select.POLLERR for _file, event in poll.poll(0))
    except OSError:  # nothing tells, as on macOS
        return False


class Screen:
    """Shows each line that is written to a named pipe. A context manager; its constructor raises OSError.

    show: shows one line.  path: of the pipe.  directory: where it is, removed at the end and by a signal.
    """

    def __init__(self, show: t.Callable[[str], object]) -> None:
        self._show = show
        self.directory = tempfile.mkdtemp(prefix="isc-", dir=constants.DEFAULT_LOCAL_TMP)
        self.path = os.path.join(self.directory, "p")
        try:
            os.mkfifo(self.path, 0o600)
            self._source = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)
            # While this is open, the reader gets no EOF when the module closes its end.
            self._mark = open(os.open(self.path, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)  # noqa: SIM115
            os.set_blocking(self._source, True)
        except OSError:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        self._closed = False
        # Held while a line is shown: a process that ends in the middle of one leaves a queue that hangs the play.
        self._busy = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._handlers: dict[int, t.Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.signal(number, self._interrupted)
        # A signal that reaches the reader would not wake up the main thread, which must handle it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            self._reader.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def __exit__(self, *_exception: object) -> None:
        if not self._closed:
            with contextlib.suppress(OSError, ValueError):  # closed by a signal
                self._mark.write(f"{_END}\n".encode())
            self._reader.join(_PATIENCE)
        self._stop()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _stop(self) -> None:
        """Nothing is shown after this, and nothing is left."""
        self._closed = True
        if self._busy.acquire(timeout=_PATIENCE):
            self._busy.release()
        self._mark.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _interrupted(self, number: int, frame: t.Any) -> None:
        self._stop()
        handler = self._handlers[number]
        if callable(handler):
            handler(number, frame)
        else:
            # Of this signal only: where both have arrived, Python complains of the other one, which has no handler.
            signal.signal(number, handler)
            os.kill(os.getpid(), number)

    def _read(self) -> None:
        with os.fdopen(self._source, encoding="utf-8", errors="replace", newline="\n") as pipe:
            for _number in range(MOST_LINES):
                line = pipe.readline().rstrip("\n")
                with self._busy:
                    if self._closed or not line or line == _END:
                        return
                    # Without control sequences, whoever has written it.
                    self._show(one_line(line, 500))
