# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No module prints or logs a secret or a token, not even when the tenant tells them in its refusals."""

from __future__ import annotations

import syslog
from pathlib import Path

import pytest
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.tests.support.hand import Hand
from ansible_collections.sailpoint.isc.tests.support.leaks import KEEPER, TASKS, TELLING, leaked, prepare
from ansible_collections.sailpoint.isc.tests.support.modules import Run


@pytest.mark.parametrize("telling", TELLING)
@pytest.mark.parametrize("module", TASKS)
@pytest.mark.parametrize("credential", ["client_secret", "access_token"])
def test_a_module_leaks_neither_secrets_nor_tokens(
    tenant: Hand,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    module: str,
    telling: str,
    credential: str,
) -> None:
    monkeypatch.chdir(tmp_path)  # one keeps a file there
    logged: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda *arguments: logged.extend(map(str, arguments)))
    token = prepare(tenant, telling)
    run.connection.update(client_id=KEEPER["client_id"], client_secret=KEEPER["client_secret"], retries=0)
    if credential == "access_token":
        run.connection["access_token"] = token
    # What it prints is looked through there.
    result = run.result(module, diff=True, **TASKS[module])
    without_token = telling == "token" and credential == "client_secret"
    assert result["failed"] == (without_token or (telling == "api" and module != "access_token"))
    # The content of files is among the options of task_report, which logs nothing of them.
    assert any("Invoked with" in text for text in logged) == (module != "task_report")
    assert leaked("\n".join(logged)) is None


@pytest.mark.parametrize(("secret", "registered"), [("s3cret!", []), ("s3cret!!", ["s3cret!!"])])
def test_no_text_is_registered_that_stands_in_many_words(
    run: Run, monkeypatch: pytest.MonkeyPatch, secret: str, registered: list[str]
) -> None:
    """ansible-core 2.22 masks a registered text wherever it stands."""
    found: list[str] = []
    monkeypatch.setattr(_module, "register_secret", found.append)
    run.failing("task_wait", client_secret=secret, settle="many")
    assert found == registered
