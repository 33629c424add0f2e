# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential types of the collection, filled as Automation Platform does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.nativetypes import NativeEnvironment
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.support.hand import SECRETS
from tests.support.workspace import ROOT

FILES = ROOT / "extensions/automation_platform"


def inputs_for(url: str) -> dict[str, str]:
    """The inputs of a credential for the stand-in tenant, those that are not required left empty."""
    fields = [field["id"] for field in yaml.safe_load((FILES / "credential_inputs.yml").read_text())["fields"]]
    return {**dict.fromkeys(fields, ""), "base_url": url, "client_id": "admin", "client_secret": SECRETS["admin"]}


def environment_of(inputs: Mapping[str, str]) -> dict[str, str]:
    """The environment that the controller makes of a credential. Fields that are empty are no variables there."""
    sandbox = ImmutableSandboxedEnvironment()
    given = {name: value for name, value in inputs.items() if value}
    templates = _injectors("controller")["env"]
    return {name: sandbox.from_string(template).render(**given) for name, template in templates.items()}


def variables_of(inputs: Mapping[str, str]) -> dict[str, Any]:
    """The variables that an event-driven activation gets of a credential. Fields that are empty may be missing."""
    native = NativeEnvironment(undefined=StrictUndefined)
    given = {name: value for name, value in inputs.items() if value}
    templates = _injectors("event_driven")["extra_vars"]
    return {name: native.from_string(template).render(**given) for name, template in templates.items()}


def _injectors(kind: str) -> Any:
    return yaml.safe_load((FILES / f"credential_injectors_{kind}.yml").read_text(encoding="utf-8"))
