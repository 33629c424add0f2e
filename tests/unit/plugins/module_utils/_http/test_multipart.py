# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multipart bodies: what others read out of them, that they are as long as they say, and never in memory as a whole."""

from __future__ import annotations

import email.parser
import email.policy
import io
import os
import tracemalloc
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.multipart import BrokenUpload, Multipart, new_boundary
from hypothesis import given
from hypothesis import strategies as st


def parts_of(body: bytes, boundary: str) -> list[t.Any]:
    """The parts of a body, read by the standard library."""
    head = f'Content-Type: multipart/form-data; boundary="{boundary}"\r\n\r\n'.encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
    return list(message.iter_parts())


@given(st.dictionaries(st.text("abcXYZ", min_size=1), st.text("xyz 0123456789", max_size=20), max_size=3))
def test_fields_are_read_back_and_the_length_is_what_comes(fields: dict[str, str]) -> None:
    boundary = new_boundary()
    multipart = Multipart(boundary, fields, None)
    body = b"".join(multipart)
    assert len(multipart) == len(body)
    if fields:
        read = {
            part.get_param("name", header="content-disposition"): part.get_payload()
            for part in parts_of(body, boundary)
        }
        assert read == fields


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 300_000])
def test_a_file_comes_whole_in_pieces_and_after_the_fields(size: int, tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    content = os.urandom(size)
    file.write_bytes(content)
    multipart = Multipart("limit", {"disableOptimization": "true"}, str(file))
    pieces = list(multipart)
    body = b"".join(pieces)
    assert len(multipart) == len(body)
    assert max(map(len, pieces)) <= 65536
    assert body.startswith(
        b'--limit\r\nContent-Disposition: form-data; name="disableOptimization"\r\n\r\ntrue\r\n--limit\r\n'
    )
    assert body.endswith(b"Content-Type: text/csv\r\n\r\n" + content + b"\r\n--limit--\r\n")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain.csv", "plain.csv"),
        ('a "quoted" one.csv', "a %22quoted%22 one.csv"),
        ("two\r\nlines.csv", "two%0D%0Alines.csv"),
        ("für alle.csv", "für alle.csv"),
        ("cut \udce4.csv", "cut \ufffd.csv"),
    ],
)
def test_no_name_of_a_file_ends_the_header(name: str, shown: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("id\n1\n")
    multipart = Multipart("limit", {}, str(file))
    body = b"".join(multipart)
    assert len(multipart) == len(body)
    assert body.split(b"\r\n")[1] == f'Content-Disposition: form-data; name="file"; filename="{shown}"'.encode()


def grow(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"one more\n")


def shrink(file: Path) -> None:
    os.truncate(file, 190_000)


def empty(file: Path) -> None:
    os.truncate(file, 0)


def rewrite(file: Path) -> None:
    file.write_bytes(b"y" * 200_000)
    os.utime(file, ns=(0, 0))


@pytest.mark.parametrize("change", [grow, shrink, empty, rewrite])
@pytest.mark.parametrize("pieces_before", [0, 1, 2, 4])
def test_of_a_file_that_changes_while_it_is_sent_no_more_is_sent_than_was_announced(
    change: t.Callable[[Path], None], pieces_before: int, tmp_path: Path
) -> None:
    file = tmp_path / "accounts.csv"
    file.write_bytes(b"x" * 200_000)
    multipart = Multipart("limit", {}, str(file))
    pieces = iter(multipart)
    sent = [next(pieces) for _number in range(pieces_before)]
    change(file)
    with pytest.raises(BrokenUpload, match="the file changed while it was being sent"):
        sent.extend(pieces)
    # The end of the body is not sent, so that nobody takes it for whole.
    assert len(b"".join(sent)) <= len(multipart) - len(b"\r\n--limit--\r\n")


def test_a_file_that_cannot_be_read_to_its_end_says_why(tmp_path: Path) -> None:
    class Broken(io.FileIO):
        def read(self, _size: int | None = -1) -> t.NoReturn:
            raise OSError(5, "Input/output error")

    file = tmp_path / "accounts.csv"
    file.write_text("id\n")
    multipart = Multipart("limit", {}, str(file))
    multipart._file = t.cast(t.BinaryIO, Broken(file))
    with pytest.raises(BrokenUpload, match=r"^the file cannot be read completely \(Input/output error\)$"):
        list(multipart)


def test_half_a_gigabyte_takes_no_more_memory_than_a_few_pieces(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.touch()
    os.truncate(file, 500 * 2**20)  # holes, which take no room on the disk
    multipart = Multipart("limit", {}, str(file))
    tracemalloc.start()
    try:
        sent = sum(map(len, multipart))
        _current, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sent == len(multipart) > 500 * 2**20
    assert peak < 2**20


def test_a_file_is_closed_once_it_was_sent(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text("id\n")
    multipart = Multipart("limit", {}, str(file))
    list(multipart)
    assert multipart._file is not None
    assert multipart._file.closed


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Multipart("limit", {}, str(tmp_path / "nothing.csv"))


def test_every_boundary_is_another() -> None:
    assert len({new_boundary() for _number in range(50)}) == 50
