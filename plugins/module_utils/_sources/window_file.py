# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The file with the schedules that a maintenance window has removed: read, locked, and replaced atomically.

After a crash of the process or the host, the file is either the old or the new one.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import json
import os
import tempfile
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._sources.schedules import TYPES, Slot
from ansible_collections.sailpoint.isc.plugins.module_utils._text import shown, valid_text

# The state of a schedule
SAVED = "saved"  # not removed yet
REMOVING = "removing"  # a request to remove it may have been sent
REMOVED = "removed"
RESTORED = "restored"
LEFT = "left"  # somebody else has set another one, which is kept
STATES = (SAVED, REMOVING, REMOVED, RESTORED, LEFT)

_FORMAT = "sailpoint.isc maintenance window, version 1"
_WHAT = (
    "Schedules of sources that the role sailpoint.isc.maintenance_window removes. The role with tasks_from: end "
    "restores them and then removes this file. Keep the file until then: there is no other copy."
)


@dataclasses.dataclass
class Entry:
    """A schedule and its state."""

    slot: Slot
    cron: str
    state: str = SAVED

    def as_dict(self) -> dict[str, t.Any]:
        """As in the file and in results."""
        return {**self.slot.schedule(self.cron), "state": self.state}


@dataclasses.dataclass
class Window:
    """The content of the file. tenant: the address of its API.  sources: names by ids.

    asked: the ids, names and tags of the options that selected the sources, by option.
    """

    tenant: str
    begun: str
    asked: dict[str, list[str]]
    aggregations: list[str]
    sources: dict[str, str]
    entries: list[Entry] = dataclasses.field(default_factory=list)

    def as_text(self) -> str:
        """The text of the file."""
        return valid_text(
            json.dumps(
                {
                    "format": _FORMAT,
                    "what": _WHAT,
                    "tenant": self.tenant,
                    "begun": self.begun,
                    "asked": self.asked,
                    "aggregations": self.aggregations,
                    "sources": [{"id": source_id, "name": name} for source_id, name in self.sources.items()],
                    "schedules": [entry.as_dict() for entry in self.entries],
                },
                ensure_ascii=False,
                indent=2,
            )
            + "\n"
        )

    @classmethod
    def from_text(cls, text: str) -> Window:
        """The window from the text of the file. Raises ValueError, with the reason, if it is not valid."""
        content = json.loads(text)
        if not isinstance(content, dict) or content.get("format") != _FORMAT:
            raise ValueError(f"its format is not {_FORMAT}")
        try:
            return cls(
                tenant=_text(content["tenant"]),
                begun=_text(content["begun"]),
                asked={name: [_text(value) for value in values] for name, values in content["asked"].items()},
                aggregations=[_one_of(TYPES, name) for name in content["aggregations"]],
                sources={_text(source["id"]): _text(source["name"]) for source in content["sources"]},
                entries=[
                    Entry(
                        Slot(
                            _text(entry["source_id"]),
                            _text(entry["source_name"]),
                            _one_of(TYPES, entry["aggregation"]),
                        ),
                        _text(entry["cron"]),
                        _one_of(STATES, entry["state"]),
                    )
                    for entry in content["schedules"]
                ],
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"{error} is missing or has the wrong type") from None


class WindowFile:
    """The file. Close it, or use it in a with statement: it stays locked until then.

    path: its path; a symbolic link is followed.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.realpath(path)
        self._held: int | None = None

    def __enter__(self) -> WindowFile:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._hold(None)

    def read(self) -> Window | None:
        """Its content; None if there is no file. Raises IscError if it is in use or not valid."""
        try:
            while self._held is None or not self._is(self._held):  # it may be replaced or removed before it is locked
                opened = os.open(self.path, os.O_RDWR)
                self._hold(opened)
                self._lock(opened)
            with open(self._held, encoding="utf-8", closefd=False) as file:
                return Window.from_text(file.read())
        except FileNotFoundError:
            self._hold(None)
            return None
        except OSError as error:
            raise self._unusable(f"cannot be read ({error.strerror})") from None
        except (ValueError, RecursionError) as error:
            raise self._unusable(f"is not the file of a maintenance window ({error})") from None

    def check_place(self) -> None:
        """Raises IscError as write() would if no file can be created; creates none."""
        directory = os.path.dirname(self.path)
        if not os.access(directory, os.W_OK | os.X_OK):
            raise self._unwritable(os.strerror(errno.EACCES if os.path.isdir(directory) else errno.ENOENT))

    def write(self, window: Window) -> None:
        """Writes the file atomically and durably, but never over a file that was not read before. Raises IscError."""
        directory, name = os.path.split(self.path)
        temporary = None
        try:
            new, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)  # readable only by the owner
            try:
                self._lock(new)
                with open(new, "w", encoding="utf-8", closefd=False) as file:
                    file.write(window.as_text())
                os.fsync(new)
                if self._held is None:
                    os.link(temporary, self.path)  # fails if one has been created meanwhile
                else:
                    os.replace(temporary, self.path)
                _sync(directory)
            except BaseException:
                os.close(new)
                raise
        except FileExistsError:
            raise self._unusable("was just created by another run") from None
        except OSError as error:
            raise self._unwritable(error.strerror) from None
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
        self._hold(new)

    def remove(self) -> None:
        """Removes the file. Raises IscError."""
        try:
            os.unlink(self.path)
            _sync(os.path.dirname(self.path))
        except OSError as error:
            raise IscError(
                f"{shown(self.path)} cannot be removed ({error.strerror}): all its schedules are restored, so "
                "remove it yourself."
            ) from None

    def _hold(self, file: int | None) -> None:
        """Keeps this open file in place of the one before."""
        if self._held is not None:
            os.close(self._held)
        self._held = file

    def _lock(self, file: int) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._unusable("is in use by another run (a killed run may continue for a while)") from None
        except OSError as error:
            raise self._unusable(f"cannot be locked ({error.strerror})") from None

    def _is(self, file: int) -> bool:
        """Whether the path leads to this open file."""
        try:
            return os.path.samestat(os.fstat(file), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _unwritable(self, why: str | None) -> IscError:
        return IscError(
            f"{shown(self.path)} cannot be written ({why}), so no further schedule was changed: fix this, or give "
            "another file, and run this again."
        )

    def _unusable(self, why: str) -> IscError:
        return IscError(f"{shown(self.path)} {why}, so nothing was changed: check the file, or give another one.")


def _sync(directory: str) -> None:
    """Syncs a directory to the disk, if its file system supports this."""
    opened = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(opened)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{shown(value)} is not a string")
    return value


def _one_of(known: t.Collection[str], value: object) -> str:
    if value not in known:
        raise ValueError(f"{shown(value)} is not one of {', '.join(known)}")
    return str(value)
