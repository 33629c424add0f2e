# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Roles and playbooks of the collection against the stand-in tenant: what they do, and what they show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.support.hand import SECRETS, Hand
from tests.support.plays import Played, play
from tests.support.tenant import running_tenant


@pytest.fixture(scope="session")
def tenant_url() -> Iterator[str]:
    with running_tenant() as url:
        yield url


@pytest.fixture
def tenant(tenant_url: str) -> Hand:
    """The stand-in tenant, with nothing in it."""
    hand = Hand(tenant_url)
    hand.scenario()
    return hand


@pytest.fixture
def credentials(tenant: Hand) -> dict[str, str]:
    """What a user sets in the environment."""
    return {"SAIL_BASE_URL": tenant.url, "SAIL_CLIENT_ID": "admin", "SAIL_CLIENT_SECRET": SECRETS["admin"]}


@pytest.fixture
def run(credentials: dict[str, str], tmp_path: Path) -> Callable[..., Played]:
    """Runs a playbook with the tenant's credentials in the environment; see `play` for the arguments."""

    def run(playbook: Any, *arguments: str, environ: dict[str, str] | None = None, **options: Any) -> Played:
        # From ansible-core 2.21 modules tell what they were given only when asked; before they always did.
        settings = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_INJECT_INVOCATION": "1"}
        environ = {**settings, **(credentials if environ is None else environ)}
        return play(tmp_path, playbook, *arguments, environ=environ, **options)

    return run
