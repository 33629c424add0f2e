# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Multipart bodies: what others read out of them, that they are as long as they say, and never in memory as a whole."""

from __future__ import annotations

import email.parser
import email.policy
import os
import typing as t
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils._http.multipart import Multipart, new_boundary
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
    ],
)
def test_no_name_of_a_file_ends_the_header(name: str, shown: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text("id\n1\n")
    multipart = Multipart("limit", {}, str(file))
    body = b"".join(multipart)
    assert len(multipart) == len(body)
    assert body.split(b"\r\n")[1] == f'Content-Disposition: form-data; name="file"; filename="{shown}"'.encode()


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
