# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact as `make build` makes it, and a user who has installed it.

COLLECTION_TREE names the tree it is built from.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.artifact.user import User
from tests.support.build import build
from tests.support.hand import Hand
from tests.support.tenant import running_tenant


@pytest.fixture(scope="session")
def tree() -> Path:
    """What the artifact is built from."""
    return Path(os.environ["COLLECTION_TREE"])


@pytest.fixture(scope="session")
def artifact(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact's file."""
    return build(tree, tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="session")
def user(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> User:
    """A user whose home was empty before the artifact was installed there."""
    user = User(tmp_path_factory.mktemp("user"))
    user.run("ansible-galaxy", "collection", "install", artifact, "--offline", "-p", user.collections)
    return user


@pytest.fixture(scope="session")
def tenant() -> Iterator[Hand]:
    """A stand-in tenant; each test gives it a scenario of its own."""
    with running_tenant() as url:
        yield Hand(url)
