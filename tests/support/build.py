# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the collection's artifact: a commit always gives the same bytes, wherever, whenever and by whom it is built.

ansible-galaxy lists files in the order in which the directory holds them, and notes when they were written and when the
artifact was built. All times become that of the commit, or what SOURCE_DATE_EPOCH says in seconds.

Usage, from the checkout, with ansible-core: python -m tests.support.build TREE DIRECTORY
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from tests.support.workspace import ROOT

GALAXY = Path(sys.executable).parent / "ansible-galaxy"
# Where ansible-galaxy puts them: whoever reads an artifact reads these first.
FIRST = ("MANIFEST.json", "FILES.json")


def build(tree: Path, directory: Path) -> Path:
    """Build the artifact of the collection in `tree`, and return its file in `directory`."""
    with tempfile.TemporaryDirectory() as temporary:
        command = [str(GALAXY), "collection", "build", "--output-path", temporary, str(tree)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        (made,) = Path(temporary).glob("*.tar.gz")
        file = directory / made.name
        file.write_bytes(_compressed(_repacked(made, seconds_of_the_commit())))
    return file


def seconds_of_the_commit() -> int:
    """When the commit that is checked out was made, or what SOURCE_DATE_EPOCH says."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    command = ["git", "log", "--max-count=1", "--format=%ct"]
    return int(given or subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def _repacked(artifact: Path, seconds: int) -> bytes:
    """The tar in an artifact, with all that depends on the machine made even."""
    contents: dict[str, bytes] = {}
    with tarfile.open(artifact) as tar:
        members = {member.name: member for member in tar.getmembers()}
        for name, member in members.items():
            stream = tar.extractfile(member) if member.isreg() else None
            contents[name] = stream.read() if stream else b""
    _list_in_order(contents)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name in (*FIRST, *sorted(set(members) - set(FIRST))):
            even = tarfile.TarInfo(name)
            even.type, even.linkname = members[name].type, members[name].linkname
            even.mode = 0o755 if even.isdir() or members[name].mode & 0o100 else 0o644
            even.size, even.mtime = len(contents[name]), seconds
            tar.addfile(even, io.BytesIO(contents[name]))
    return packed.getvalue()


def _list_in_order(contents: dict[str, bytes]) -> None:
    """Sort the list of files, whose checksum is in the manifest."""
    files = json.loads(contents["FILES.json"])
    files["files"].sort(key=lambda file: file["name"])
    contents["FILES.json"] = _json(files)
    manifest = json.loads(contents["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents["FILES.json"]).hexdigest()
    contents["MANIFEST.json"] = _json(manifest)


def _json(content: Any) -> bytes:
    return json.dumps(content, indent=1).encode()


def _compressed(content: bytes) -> bytes:
    """Without the name and the time that the header may carry."""
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=9, mtime=0) as packed:
        packed.write(content)
    return stream.getvalue()


if __name__ == "__main__":
    print(build(*map(Path, sys.argv[1:3])))
