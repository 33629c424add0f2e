# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""A file with the state of an event source, replaced atomically."""

from __future__ import annotations

import json
import os
import tempfile
import typing as t

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError

_VERSION = 1


class StateFile:
    """The state of one tenant, which is identified by its host. Raises InvalidOption if the file cannot be written."""

    def __init__(self, path: str, host: str) -> None:
        self._path = os.path.abspath(path)
        self._shown = path
        self._host = host
        self._written: str | None = None
        try:
            self._replace("", test=True)
        except OSError as error:
            raise InvalidOption(
                "state_file",
                path,
                f"it cannot be written ({error.strerror}); give another file",
            ) from None

    def read(self) -> dict[str, t.Any] | None:
        """The state, None if there is none yet. Raises InvalidOption for any other content."""
        try:
            with open(self._path, encoding="utf-8") as file:
                text = file.read()
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            raise self.spoilt() from None
        if not text.strip():
            return None
        try:
            content = json.loads(text)
            host, state, version = content["host"], content["state"], content["version"]
        except (KeyError, TypeError, ValueError):
            raise self.spoilt() from None
        if version != _VERSION or not isinstance(state, dict):
            raise self.spoilt()
        if host != self._host:
            raise InvalidOption(
                "state_file",
                self._shown,
                f"it belongs to another tenant ({host}); give each tenant its own file",
            )
        self._written = text
        return state

    def spoilt(self) -> IscError:
        """The error for a file with other content."""
        return InvalidOption(
            "state_file",
            self._shown,
            "it is not a state file of this event source; give another file, or remove this one",
        )

    def write(self, state: t.Mapping[str, t.Any]) -> str | None:
        """Replaces the file atomically if the state has changed. Returns a warning if that fails."""
        text = json.dumps({"version": _VERSION, "host": self._host, "state": state}, separators=(",", ":"))
        if text == self._written:
            return None
        try:
            self._replace(text)
        except OSError as error:
            why = f"The state cannot be written to {self._shown} ({error.strerror})"
            return f"{why}: after a restart, events are repeated."
        self._written = text
        return None

    def _replace(self, text: str, *, test: bool = False) -> None:
        directory, name = os.path.split(self._path)
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=directory)  # readable only by its owner
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if not test:
                os.replace(temporary, self._path)
        finally:
            if os.path.lexists(temporary):
                os.unlink(temporary)
