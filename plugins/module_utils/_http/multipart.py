# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A multipart/form-data body that is read from the disk while it is sent."""

from __future__ import annotations

import os
import typing as t
import uuid

_BLOCK = 65536


class Multipart:
    """Fields, and a file at most, as requests sends them: piece by piece, with their length known in advance."""

    def __init__(self, boundary: str, fields: t.Mapping[str, str], file: str | None) -> None:
        """Raises OSError where the file cannot be opened."""
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        if file is not None:
            name = os.path.basename(file).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
            parts.append(
                f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
                "Content-Type: text/csv\r\n\r\n"
            )
        self._head = "".join(parts).encode()
        self._file: t.BinaryIO | None = None if file is None else open(file, "rb")  # noqa: SIM115
        self._tail = (("\r\n" if file is not None else "") + f"--{boundary}--\r\n").encode()
        size = 0 if self._file is None else os.fstat(self._file.fileno()).st_size
        self._length = len(self._head) + size + len(self._tail)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> t.Iterator[bytes]:
        yield self._head
        if self._file is not None:
            with self._file:
                while block := self._file.read(_BLOCK):
                    yield block
        yield self._tail


def new_boundary() -> str:
    """A line that no file holds by chance."""
    return f"isc-{uuid.uuid4().hex}"
