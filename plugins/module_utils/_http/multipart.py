# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""A multipart/form-data body that is read from the disk while it is sent."""

from __future__ import annotations

import os
import typing as t
import uuid

from ansible_collections.sailpoint.isc.plugins.module_utils._text import valid_text

_BLOCK = 65536


class BrokenUpload(Exception):
    """The file is not as it was announced, and the rest of the body was not sent."""


class Multipart:
    """Fields, and a file at most, as requests sends them: piece by piece, with their length known in advance.

    Sends exactly that length, or less and raises BrokenUpload. Only one piece of 64 KiB is in memory at a time.
    """

    def __init__(self, boundary: str, fields: t.Mapping[str, str], file: str | None) -> None:
        """Raises OSError if the file cannot be opened."""
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        if file is not None:
            name = valid_text(os.path.basename(file))
            name = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            parts.append(
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: text/csv\r\n\r\n"
            )
        self._head = "".join(parts).encode()
        self._file: t.BinaryIO | None = None if file is None else open(file, "rb")  # noqa: SIM115
        self._announced = (0, 0) if self._file is None else _state(self._file)
        self._tail = (("\r\n" if file is not None else "") + f"--{boundary}--\r\n").encode()
        self._length = len(self._head) + self._announced[0] + len(self._tail)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> t.Iterator[bytes]:
        yield self._head
        if self._file is not None:
            with self._file:
                yield from self._blocks(self._file)
        yield self._tail

    def _blocks(self, file: t.BinaryIO) -> t.Iterator[bytes]:
        left = self._announced[0]
        try:
            while left and (block := file.read(min(_BLOCK, left))):
                left -= len(block)
                yield block
            changed = _state(file) != self._announced
        except OSError as error:
            raise BrokenUpload(f"the file cannot be read completely ({error.strerror})") from None
        if changed or left:
            raise BrokenUpload("the file changed while it was being sent")


def _state(file: t.BinaryIO) -> tuple[int, int]:
    """Size in bytes and time of the last change."""
    status = os.fstat(file.fileno())
    return status.st_size, status.st_mtime_ns


def new_boundary() -> str:
    """A line that no file contains by chance."""
    return f"isc-{uuid.uuid4().hex}"
