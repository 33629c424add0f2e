# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Report coverage of plugins/ from the XML files that ansible-test writes, and fail below a floor.

Usage: python -m tests.support.coverage REPORTS FLOOR
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

CONDITIONS = re.compile(r"\((\d+)/(\d+)\)")


class Coverage(NamedTuple):
    """Lines and branches of a file: how many there are and were run, and the numbers of the lines that fall short."""

    total: int = 0
    covered: int = 0
    short: tuple[int, ...] = ()

    @property
    def percent(self) -> float:
        """The covered share in percent; 100 when there is nothing to cover."""
        return 100.0 * self.covered / self.total if self.total else 100.0


def read(reports: Path) -> dict[str, Coverage]:
    """Return the coverage of each file of plugins/ by the Cobertura reports in a directory."""
    # coverage.xml knows only what was run; coverage=stub-*.xml has every file, with nothing of it run.
    found: dict[str, Coverage] = {}
    for report in [reports / "coverage.xml", *sorted(reports.glob("coverage=stub-*.xml"))]:
        for element in ElementTree.parse(report).iter("class"):
            name = element.get("filename", "")
            if name.startswith("plugins/") and name not in found:
                found[name] = _file(element)
    return found


def _file(element: ElementTree.Element) -> Coverage:
    total, covered, short = 0, 0, []
    for line in element.iter("line"):
        conditions = CONDITIONS.search(line.get("condition-coverage", ""))
        met, all_conditions = (int(conditions[1]), int(conditions[2])) if conditions else (0, 0)
        run = int(line.get("hits", "0")) > 0
        total += 1 + all_conditions
        covered += run + met
        if not run or met < all_conditions:
            short.append(int(line.get("number", "0")))
    return Coverage(total, covered, tuple(short))


def main(reports: str, floor: str) -> int:
    """Print the table; return 1 when the total is below `floor` percent."""
    files = read(Path(reports))
    for name, coverage in sorted(files.items()):
        print(f"{coverage.percent:6.1f} %  {name}  {' '.join(map(str, coverage.short))}".rstrip())
    if any(name.startswith("plugins/modules/") and not coverage.covered for name, coverage in files.items()):
        print("What modules do is in here only once a whole run of integration has come to its end.")
    whole = Coverage(sum(file.total for file in files.values()), sum(file.covered for file in files.values()))
    print(f"{whole.percent:6.1f} %  of {whole.total} lines and branches; at least {float(floor):g} % are wanted")
    return int(whole.percent < float(floor))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
