# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks that the guides and README.md show, run as they stand there; what they print is compared or refreshed.

A page is a script. These lines of it, comments in both languages, say what the reader does not have to see:

    tenant: NAME             from here on there is a fresh stand-in tenant with tests/docs/scenarios/NAME.yml, or with
                             what it serves by itself if the name is "default"
    tenant: NAME at ADDRESS  the same, where the page calls it so; otherwise it is called as in ADDRESS below
    file: NAME               the next block is the content of this file; in a guide the caption says so
    fails                    the last command of the next block has to fail
    any order                what the next block prints may come in another order, as with several hosts

A block of "console" is run: lines that begin with "$ " are commands, "> " goes on with one, all others are output.
Usage, from the checkout: python -m tests.docs.examples [PAGE...] writes the output anew.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from tests.support.tenant import running_tenant
from tests.support.workspace import ROOT

ADDRESS = "https://acme.api.identitynow.com"
SCENARIOS = Path(__file__).parent / "scenarios"
# What `make tenant` serves
DEFAULT = ROOT / "tests/tenant/scenarios/default.yml"
BIN = Path(sys.executable).parent
# What the directory that a page is run in is called on the page
SHOWN_HOME = "~"
MOST_SECONDS = 300
ARTIFACT = re.compile(r"sailpoint-isc-[\d.]+\.tar\.gz")
CREDENTIALS = {"SAIL_CLIENT_ID": "admin", "SAIL_CLIENT_SECRET": "admin-secret"}

_MARKER = re.compile(r"^(?:\.\. |<!-- )(tenant|file|fails|any order)(?:: (.*?))?(?: -->)?$")
_FENCE = re.compile(r"^```(\w+)$")
_DIRECTIVE = re.compile(r"^( *)\.\. code-block:: (\S+)$")
_OPTION = re.compile(r"^ +:(\w+): (.*)$")
_SEPARATOR = "\x1e"
# What differs from run to run: points in time, minutes beside hours, fractions, ids that no scenario names
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?")
_MEANWHILE = re.compile(r"\[\w+\] (\d+:)?\d+:\d\d |FAILED - RETRYING: ")
_MINUTES = re.compile(r"(?<=\d h )\d+ min\b")
_FRACTION = re.compile(r"(?<![\d.])\d+\.\d+(?![\d.])")
_ID = re.compile(r"\b[0-9a-f]{32}\b")
# The lines around a failed task, which ansible-core shows since 2.19: what is above them on the page already
_ORIGIN = re.compile(r"^Origin: .*?\n(?=fatal:|failed:)", re.DOTALL | re.MULTILINE)


@dataclasses.dataclass
class Block:
    """A block of a page. start, end: the lines of its content.  marks: what the comments before it say."""

    language: str
    start: int
    end: int
    indent: str
    lines: list[str]
    marks: list[tuple[str, str]]

    @property
    def text(self) -> str:
        return "\n".join(self.lines) + "\n"

    def marked(self, name: str) -> list[str]:
        """What the comments of this name say."""
        return [value for mark, value in self.marks if mark == name]


@dataclasses.dataclass
class Command:
    """A command of a console block and what the page says that it prints."""

    lines: list[str]
    output: list[str]

    @property
    def script(self) -> str:
        return "\n".join(line[2:] for line in self.lines)


@dataclasses.dataclass
class Run:
    """A block that was run: what it should print and what it printed."""

    block: Block
    commands: list[Command]
    status: int
    outputs: list[str]

    def fresh(self) -> list[list[str]]:
        """For each command nothing where the page shows what it printed, but for what differs from run to run."""
        return [
            [] if self._same(command.output, output) else output.strip("\n").splitlines()
            for command, output in zip(self.commands, self.outputs)
        ]

    def _same(self, shown: list[str], printed: str) -> bool:
        order = sorted if self.block.marked("any order") else list
        return order(normal("\n".join(shown))) == order(normal(printed))


def pages() -> list[Path]:
    """Every page whose examples are run."""
    return [ROOT / "README.md", *sorted((ROOT / "docs/docsite/rst").glob("*.rst"))]


def blocks(page: Path) -> list[Block]:
    """The code blocks of a page, in their order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    find = _markdown_block if page.suffix == ".md" else _rst_block
    found: list[Block] = []
    marks: list[tuple[str, str]] = []
    number = 0
    while number < len(lines):
        mark = _MARKER.match(lines[number])
        block = find(lines, number)
        number += 1
        if mark:
            marks.append((mark[1], mark[2] or ""))
        elif block:
            block.marks += marks
            marks = []
            found.append(block)
            number = block.end
    return found


def _markdown_block(lines: list[str], number: int) -> Block | None:
    opening = _FENCE.match(lines[number])
    if not opening:
        return None
    end = lines.index("```", number)
    return Block(opening[1], number + 1, end, "", lines[number + 1 : end], [])


def _rst_block(lines: list[str], number: int) -> Block | None:
    opening = _DIRECTIVE.match(lines[number])
    if not opening:
        return None
    indent = opening[1] + "   "
    marks = []
    start = number + 1
    while start < len(lines) and (option := _OPTION.match(lines[start])):
        marks += [("file", option[2])] if option[1] == "caption" else []
        start += 1
    while not lines[start].strip():
        start += 1
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(indent)):
        end += 1
    while not lines[end - 1].strip():
        end -= 1
    return Block(opening[2], start, end, indent, [line[len(indent) :] for line in lines[start:end]], marks)


def commands(block: Block) -> list[Command]:
    """The commands of a console block. Raises ValueError where it begins with something else."""
    found: list[Command] = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append(Command([line], []))
        elif not found:
            raise ValueError(f"A console block begins with output: {line}")
        elif line.startswith("> ") and not found[-1].output:
            found[-1].lines.append(line)
        else:
            found[-1].output.append(line)
    return found


def run_page(page: Path) -> list[Run]:
    """Go through a page: write its files, run its commands, and tell what they printed."""
    runs = []
    with Stage() as stage:
        for block in blocks(page):
            for tenant in block.marked("tenant"):
                stage.start_tenant(tenant)
            for name in block.marked("file"):
                stage.files[name] = block.text
            if block.language == "console":
                runs.append(stage.run(block))
    return runs


class Stage(contextlib.ExitStack):
    """A directory of somebody at home, with nothing in it but what a page puts there, and tenants to talk to."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(self.enter_context(tempfile.TemporaryDirectory(prefix="page-"))).resolve()
        # Found first: settings of the machine do not matter.
        (self.home / "ansible.cfg").touch()
        self.files: dict[str, str] = {}
        self._tenants: dict[str, str] = {}

    def start_tenant(self, what: str) -> None:
        """A fresh tenant, named as a comment of the page names it."""
        scenario, _at, address = what.partition(" at ")
        file = DEFAULT if scenario == DEFAULT.stem else SCENARIOS / f"{scenario}.yml"
        url = self.enter_context(running_tenant("--scenario", str(file)))
        self._tenants[address or ADDRESS] = url

    def write(self, name: str, text: str) -> None:
        """Put a file there, with the addresses of the tenants that there are."""
        (self.home / name).write_text(self._real(text), encoding="utf-8")

    def run(self, block: Block) -> Run:
        for name, text in self.files.items():
            self.write(name, text)
        wanted = commands(block)
        script = "".join(f"printf '{_SEPARATOR}'\n{self._real(command.script)}\n" for command in wanted)
        done = self.execute("bash", "-c", script)
        outputs = self._shown(done.stdout).split(_SEPARATOR)[1:]
        return Run(block, wanted, done.returncode, outputs)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command there to its end; all that it prints is in stdout."""
        return subprocess.run(
            command,
            check=False,
            cwd=self.home,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=MOST_SECONDS,
        )

    def environment(self) -> dict[str, str]:
        """What somebody has set who has read the page on how to get started."""
        return {
            **CREDENTIALS,
            "SAIL_BASE_URL": next(iter(self._tenants.values()), ""),
            "PATH": os.pathsep.join([str(BIN), os.environ.get("PATH", os.defpath)]),
            "HOME": str(self.home),
            "TMPDIR": str(self.home),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            # Ansible looks for "~" where the user's home really is, and modules where HOME is.
            "ANSIBLE_REMOTE_TMP": str(self.home / ".ansible/tmp"),
            "ANSIBLE_ASYNC_DIR": str(self.home / ".ansible_async"),
            "ANSIBLE_NOCOLOR": "true",
            # A play on the implied localhost is what is wanted here.
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        }

    def _real(self, text: str) -> str:
        for address, url in self._tenants.items():
            text = text.replace(address, url)
        return text

    def _shown(self, text: str) -> str:
        for address, url in self._tenants.items():
            text = text.replace(url, address)
        text = _ORIGIN.sub("", text)
        text = text.replace(str(self.home), SHOWN_HOME)
        return text.replace(os.environ["ANSIBLE_COLLECTIONS_PATH"], f"{SHOWN_HOME}/.ansible/collections")


def normal(text: str) -> list[str]:
    """Output without what differs from run to run, and without blank lines around it."""
    known = _known_ids()
    for pattern, word in ((_TIME, "TIME"), (_MINUTES, "MINUTES"), (_FRACTION, "NUMBER")):
        text = pattern.sub(word, text)
    text = _ID.sub(lambda match: match[0] if match[0] in known else "ID", text)
    # What is told while a task runs, and how often one is tried, follows the clock.
    return [line.rstrip() for line in text.strip("\n").splitlines() if not _MEANWHILE.match(line)]


def _known_ids() -> set[str]:
    return {match for file in (DEFAULT, *SCENARIOS.glob("*.yml")) for match in _ID.findall(file.read_text())}


def artifact() -> str:
    """The name of the file that `make build` makes."""
    return f"sailpoint-isc-{yaml.safe_load((ROOT / 'galaxy.yml').read_text(encoding='utf-8'))['version']}.tar.gz"


def refresh(page: Path, runs: list[Run]) -> bool:
    """Write into a page what its commands have printed, where that is not what it shows; true if it was changed.

    The file of the release gets the name that it has now.
    """
    lines = page.read_text(encoding="utf-8").splitlines()
    before = list(lines)
    for run in reversed(runs):
        content: list[str] = []
        for command, fresh in zip(run.commands, run.fresh()):
            if content and content[-1] and fresh:
                content.append("")
            content += command.lines + (["", *fresh] if fresh else command.output)
        block = run.block
        lines[block.start : block.end] = [(block.indent + line).rstrip() for line in content]
    lines = [ARTIFACT.sub(artifact(), line) for line in lines]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines != before


def wrong_ends(runs: list[Run]) -> Iterator[str]:
    """A sentence for each block that failed and should not have, or the other way round."""
    for run in runs:
        if (run.status != 0) != bool(run.block.marked("fails")):
            printed = "".join(run.outputs)
            yield f"Line {run.block.start + 1}: the last command ended with exit status {run.status}.\n{printed}"


def main(*names: str) -> int:
    """Refresh what the pages show; fail where a command does not end as its page says."""
    unknown = set(names) - {page.stem for page in pages()}
    if unknown:
        sys.exit(f"There is no page {', '.join(sorted(unknown))}.")
    problems = 0
    wanted = [page for page in pages() if not names or page.stem in names]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(run_page, wanted))
    for page, runs in zip(wanted, results):
        wrong = list(wrong_ends(runs))
        problems += len(wrong)
        changed = not wrong and refresh(page, runs)
        print(f"{page.relative_to(ROOT)}: {'not ' if wrong else '' if changed else 'nothing to be '}refreshed")
        print("\n".join(wrong), end="")
    return int(problems > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
