# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of ansible-core that the collection is tested with, and the Pythons that each of them runs on."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Core:
    """A version of ansible-core.

    release: the one that is installed.  oldest, newest: the Pythons of a controller.
    left_out: tests of sanity that cannot be installed, and why.
    """

    name: str
    release: str
    oldest: tuple[int, int]
    newest: tuple[int, int]
    left_out: dict[str, str] = field(default_factory=dict)

    def pythons(self, found: dict[str, str]) -> list[str]:
        """Those of the interpreters found that it runs on, oldest first."""
        return [version for version in found if self.oldest <= _number(version) <= self.newest]

    def module_pythons(self, found: dict[str, str]) -> list[str]:
        """Those of the interpreters found on which it runs modules, oldest first."""
        return [version for version in found if _number(version) <= self.newest]


CORES = (
    Core("2.16", "2.16.19", (3, 10), (3, 12)),
    Core("2.18", "2.18.18", (3, 11), (3, 13)),
    Core("2.19", "2.19.14", (3, 11), (3, 13)),
    Core("2.20", "2.20.10", (3, 12), (3, 14)),
    Core("2.21", "2.21.5", (3, 12), (3, 14)),
    Core("2.22", "2.22.0rc1", (3, 13), (3, 15), {"pylint": "its release candidate names a pylint that cannot be had"}),
)


def _number(version: str) -> tuple[int, int]:
    major, minor = version.split(".")
    return int(major), int(minor)
