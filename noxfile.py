# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Makefile's targets do. Without a session named, all of `make test` runs."""

from __future__ import annotations

import argparse
import configparser
import glob
import json
import logging
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).resolve().parent))
# In CI, antsibull-nox checks how code is formatted; elsewhere it formats it.
if os.environ.get("CI") != "false":
    os.environ["CI"] = "true"

import antsibull_nox

from tests.support import proof, pythons, workspace
from tests.support.cores import CORES, Core
from tests.support.proof import Part
from tests.support.tenant import running_tenant
from tests.support.termination import end_all_on_termination

nox.needs_version = ">=2024.4.15"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["test"]

# Covered lines and branches of plugins/, in percent, below which `make test` fails.
COVERAGE_FLOOR = 95

LINTS = ("ansible-lint", "lint", "layers", "docs-check", "galaxy", "extra-checks", "license-check")

# How secrets are masked differs between these.
CORES_OF_CHAOS = ("2.16", "2.21", "2.22")
# What is most likely to differ between versions of ansible-core, or of Python.
TARGETS_OF_ENDS = ("access_token", "client", "filters")
# What depends on requests, urllib3 and jsonpatch
TESTS_OF_LIBRARIES = (
    "tests/unit/plugins/modules/test_client.py",
    "tests/unit/plugins/modules/test_task_status.py",
    "tests/unit/plugins/module_utils/_http",
    "tests/unit/plugins/module_utils/_tasks/test_patch.py",
)

ROOT = workspace.ROOT
SUPPORT = "tests/support/requirements"
logging.getLogger("findpython").setLevel(logging.WARNING)
# nox tells that it found no uv, which nothing here would use.
logging.getLogger("nox").addFilter(lambda record: "uv binary" not in record.getMessage())
PYTHONS = pythons.interpreters()
# The ansible-core that tests run on where no other is named, and the newest Python of this machine that it runs on.
CORE = next(core for core in (*CORES[-2::-1], CORES[-1]) if core.pythons(PYTHONS))
CONTROLLER = CORE.pythons(PYTHONS)[-1]

CALLERS_TENANT = os.environ.get("SAIL_BASE_URL")
workspace.enter_private_environment()
end_all_on_termination()
# Sessions lint, extra-checks, docs-check, license-check and ansible-lint
antsibull_nox.load_antsibull_nox_toml()


def environment(name: str, *requirements: str) -> Path:
    """Return the bin directory of an environment for tools."""
    workspace.lock()
    return workspace.environment(f"{name}-{CONTROLLER}", PYTHONS[CONTROLLER], list(requirements))


def core_environment(core: Core = CORE, version: str = "", *more: str, name: str = "core") -> Path:
    """Return the bin directory with an ansible-core, what modules and their tests need, and the stand-in tenant.

    Modules run on Pythons that ansible-core itself does not run on; what it needs itself is left out there.
    """
    workspace.lock()
    version = version or core.pythons(PYTHONS)[-1]
    alone = version not in core.pythons(PYTHONS)
    requirements = ["tests/unit/requirements.txt", f"{SUPPORT}/tests.txt", *more]
    name = f"{name}-{core.name}-{version}"
    return workspace.environment(name, PYTHONS[version], requirements, core.release, alone=alone)


def ansible_test(session: nox.Session, core: Core, *arguments: str) -> None:
    """Run ansible-test in the copy of the tree."""
    bin_directory = core_environment(core)
    provide_pip_bootstrap(bin_directory)
    environ = {"PATH": pythons.search_path(PYTHONS, bin_directory)}
    with session.chdir(workspace.copy_tree()):
        session.run(str(bin_directory / "ansible-test"), *arguments, external=True, env=environ)


def provide_pip_bootstrap(bin_directory: Path) -> None:
    """Put the stand-in where ansible-test keeps its downloads, under each name it may ask for."""
    (source,) = bin_directory.parent.glob("lib/python*/site-packages/ansible_test/_internal/python_requirements.py")
    versions = re.findall(r"""\bpip=["'](\d[\d.]*)["']""", source.read_text())
    downloads = workspace.HOME / ".ansible" / "test" / "cache"
    downloads.mkdir(parents=True, exist_ok=True)
    for version in versions:
        shutil.copy2(ROOT / "tests/support/get_pip.py", downloads / f"get_pip_{version.replace('.', '_')}.py")


def options(session: nox.Session) -> argparse.Namespace:
    """What sessions that run on any ansible-core and any Python are told; `rest` is for the tool that they run."""
    named = {core.name: core for core in CORES}
    parser = argparse.ArgumentParser(prog="make", add_help=False, allow_abbrev=False)
    parser.add_argument("--core", choices=named, default=CORE.name)
    parser.add_argument("--python", choices=PYTHONS)
    told, rest = parser.parse_known_args(session.posargs)
    told.rest = rest
    told.core = named[told.core]
    told.python = told.python or told.core.pythons(PYTHONS)[-1]
    return told


def pytest(session: nox.Session, tests: str, *arguments: str, python: Path | None = None, **environ: str) -> None:
    """Run the tests of a directory, or those that were asked for, with the copy of the tree at hand."""
    workspace.copy_tree()
    told = options(session)
    python = python or core_environment(told.core) / "python"
    named = any(argument.startswith("tests/") for argument in told.rest)
    command = [str(python), "-m", "pytest", "-rfEs", *arguments, *told.rest, *([] if named else [tests])]
    session.run(*command, external=True, env=environ)


def prove(session: nox.Session, parts: Sequence[Part]) -> None:
    """Run parts of the proof side by side; fail if one of them fails."""
    if not proof.run(parts):
        session.error("Not all of it passed.")


@nox.session(python=False)
def test(session: nox.Session) -> None:
    """Everything that must hold, the slowest parts first."""
    ends = [core for core in (CORES[0], CORES[-1]) if core is not CORE and core.pythons(PYTHONS)]
    prove(
        session,
        [
            Part("sanity"),
            *(Part("sanity", ("--core", core.name)) for core in ends),
            Part("chaos"),
            Part("units", ("--python", CONTROLLER, "--coverage")),
            Part("playbooks"),
            Part("guides"),
            Part("eda"),
            Part("integration"),
            *(Part("integration", ("--core", core.name, *TARGETS_OF_ENDS)) for core in ends),
            *map(Part, LINTS),
            *(Part("units", ("--core", core.name)) for core in ends),
            *(Part("units", ("--python", version)) for version in PYTHONS if version != CONTROLLER),
            Part("units", ("--oldest",)),
            Part("integration", ("--python", next(iter(PYTHONS)))),
            Part("conformance"),
            Part("artifact"),
            Part("browser"),
            Part("demo"),
        ],
    )


@nox.session(python=False)
def check(session: nox.Session) -> None:
    """What a change is most likely to break: unit tests on one Python, and the linters of what has changed."""
    changed = workspace.changed_files()
    of_plays = any(name.startswith(("roles/", "playbooks/", "tests/integration/")) for name in changed)
    documented = any(name.startswith(("plugins/", "roles/", "docs/")) for name in changed)
    chosen = ["lint", "layers", "extra-checks", *["docs-check"] * documented, *["ansible-lint"] * of_plays]
    prove(session, [Part("units"), *map(Part, chosen)])


@nox.session(python=False)
def matrix(session: nox.Session) -> None:
    """Sanity, units, integration and playbooks on every ansible-core, or on those that are named."""
    unknown = set(session.posargs) - {core.name for core in CORES}
    if unknown:
        session.error(f"There is no ansible-core {', '.join(sorted(unknown))} in tests/support/cores.py.")
    parts = []
    for core in CORES:
        if not core.pythons(PYTHONS):
            session.log(f"ansible-core {core.name} is left out: there is no Python for it on this machine.")
        elif not session.posargs or core.name in session.posargs:
            parts.append(Part("sanity", ("--core", core.name)))
            parts.append(Part("playbooks", ("--core", core.name)))
            for version in core.module_pythons(PYTHONS):
                parts += [Part(name, ("--core", core.name, "--python", version)) for name in ("integration", "units")]
        for test, reason in core.left_out.items():
            session.log(f"The sanity test {test} is left out on ansible-core {core.name}: {reason}.")
    prove(session, parts)


@nox.session(python=False)
def sanity(session: nox.Session) -> None:
    """ansible-test sanity on every Python of this machine."""
    told = options(session)
    left_out = [f"--skip-test={test}" for test in told.core.left_out]
    ansible_test(session, told.core, "sanity", "--venv", *left_out, *told.rest)


@nox.session(python=False)
def units(session: nox.Session) -> None:
    """Unit tests on one Python, modules against the stand-in tenant included; --coverage tells what they cover.

    --oldest: on the oldest Python, with the oldest libraries that modules may find, and only what depends on those.
    """
    told = options(session)
    tests = [argument for argument in told.rest if argument.startswith("tests/")]
    if "--oldest" in told.rest:
        told.rest.remove("--oldest")
        told.python = next(iter(PYTHONS))
        tests = tests or list(TESTS_OF_LIBRARIES)
        bin_directory = core_environment(told.core, told.python, f"{SUPPORT}/oldest.txt", name="oldest")
    else:
        bin_directory = core_environment(told.core, told.python)
    if not tests:
        # Plugins of the controller are for Pythons that ansible-core runs on.
        everywhere = ("tests/unit/plugins/modules", "tests/unit/plugins/module_utils")
        tests = ["tests/unit"] if told.python in told.core.pythons(PYTHONS) else list(everywhere)
    arguments = [argument for argument in told.rest if argument not in tests]
    if "--coverage" in arguments:
        arguments[arguments.index("--coverage")] = f"--cov-fail-under={COVERAGE_FLOOR}"
        arguments += ["--cov=plugins", "--cov-branch", "--cov-report=term-missing:skip-covered"]
    with session.chdir(workspace.copy_tree()):
        command = [
            str(bin_directory / "python"),
            "-m",
            "pytest",
            "--import-mode=importlib",
            "--numprocesses=4",
            "--dist=worksteal",
        ]
        session.run(*command, *arguments, *tests, external=True, env={"PYTHONPATH": str(workspace.COLLECTIONS)})


@nox.session(python=False)
def integration(session: nox.Session) -> None:
    """ansible-test integration against a stand-in tenant, modules on one Python."""
    told = options(session)
    with running_tenant(python=core_environment() / "python") as url:
        settings = {"tenant_url": url, **workspace.REMOTE_DIRECTORIES}
        lines = ["---", *(f"{name}: {json.dumps(value)}" for name, value in settings.items()), ""]
        (workspace.copy_tree() / workspace.INTEGRATION_SETTINGS).write_text("\n".join(lines))
        command = ["integration", "--venv", "--python", told.python, "--continue-on-error", *told.rest]
        ansible_test(session, told.core, *command)


@nox.session(python=False)
def playbooks(session: nox.Session) -> None:
    """Roles and playbooks against a stand-in tenant, run as Automation Platform does."""
    pytest(session, "tests/playbooks", "--numprocesses=2")


@nox.session(python=False)
def conformance(session: nox.Session) -> None:
    """SailPoint's own SDK, in an environment each for its two lines, against the stand-in tenant."""
    workspace.copy_tree()
    for requirements in sorted(ROOT.glob("tests/conformance/requirements-*.txt")):
        name = requirements.stem.removeprefix("requirements-")
        if any("test_sdk_" in argument and f"test_sdk_{name}" not in argument for argument in session.posargs):
            continue  # tests of the other line, which cannot even be loaded here
        needed = [str(requirements.relative_to(ROOT)), "tests/tenant/requirements.txt"]
        pytest(session, "tests/conformance", python=environment(f"conformance-{name}", *needed) / "python")


def build_artifact(session: nox.Session, directory: Path) -> Path:
    """Build the collection's artifact in a directory, always the same one of a commit, and return it."""
    command = [str(core_environment() / "python"), "-m", "tests.support.build", str(workspace.copy_tree())]
    with session.chdir(ROOT):
        session.run(*command, str(directory), external=True)
    return max(directory.glob("sailpoint-isc-*.tar.gz"), key=lambda file: file.stat().st_mtime)


@nox.session(python=False)
def build(session: nox.Session) -> None:
    """Build the collection's artifact."""
    build_artifact(session, ROOT)


@nox.session(python=False)
def changelog(session: nox.Session) -> None:
    """Turn the fragments into a release's entry of CHANGELOG.md."""
    bin_directory = environment("changelog", f"{SUPPORT}/changelog.txt")
    environ = {"PATH": pythons.search_path(PYTHONS, bin_directory)}
    tree = workspace.copy_tree()
    # In the copy, because elsewhere it would look at a copy of its own, of the whole checkout with all environments.
    with session.chdir(tree):
        session.run(str(bin_directory / "antsibull-changelog"), "release", *session.posargs, external=True, env=environ)
    shutil.copy2(tree / "CHANGELOG.md", ROOT)
    shutil.copy2(tree / "changelogs/changelog.yaml", ROOT / "changelogs")
    for fragment in (ROOT / "changelogs/fragments").glob("*.yml"):
        if not (tree / fragment.relative_to(ROOT)).exists():
            fragment.unlink()


@nox.session(python=False)
def layers(session: nox.Session) -> None:
    """Imports of module_utils go one way: aggregations, tasks, HTTP."""
    collection = workspace.copy_tree()
    command = [str(environment("layers", f"{SUPPORT}/layers.txt") / "lint-imports"), "--config", "pyproject.toml"]
    session.run(*command, external=True, env={"PYTHONPATH": str(collection.parents[2])})


@nox.session(python=False)
def galaxy(session: nox.Session) -> None:
    """The artifact as Galaxy looks at it when it imports one; ansible-lint has a session of its own."""
    bin_directory = environment("galaxy", f"{SUPPORT}/galaxy.txt")
    environ = {"PATH": pythons.search_path(PYTHONS, bin_directory), "GALAXY_IMPORTER_RUN_ANSIBLE_LINT": "false"}
    with tempfile.TemporaryDirectory() as directory, session.chdir(directory):
        command = [str(bin_directory / "python"), "-m", "galaxy_importer.main"]
        artifact = build_artifact(session, Path(directory))
        said = session.run(*command, str(artifact), external=True, env=environ, silent=True)
        if not isinstance(said, str) or re.search(r"\b(WARNING|ERROR)\b", said):
            session.error(f"galaxy-importer is not content:\n{said}")
    lint_event_sources(session, bin_directory)


def lint_event_sources(session: nox.Session, bin_directory: Path) -> None:
    """What galaxy-importer runs on event sources, but in its container only."""
    (settings,) = bin_directory.parent.glob("lib/python*/site-packages/galaxy_importer/ansible_test/**/eda/tox.ini")
    parser = configparser.ConfigParser()
    parser.read(settings)
    with session.chdir(workspace.copy_tree()):
        for name in ("ruff", "pylint-event-source"):
            command = parser[f"testenv:{name}"]["commands"].removeprefix("- ").replace("{posargs}/", "")
            tool, *arguments = shlex.split(command)
            files = [file for word in arguments if "*" in word for file in sorted(glob.glob(word))]
            options = [word for word in arguments if "*" not in word]
            # Ours would have ruff take other things for an error.
            session.run(str(bin_directory / tool), *options, *files, *["--isolated"] * (tool == "ruff"), external=True)


@nox.session(python=False)
def artifact(session: nox.Session) -> None:
    """Build the collection, install it on its own, and run it."""
    builder = environment("builder", f"{SUPPORT}/execution-environment.txt") / "ansible-builder"
    pytest(session, "tests/artifact", COLLECTION_TREE=str(workspace.COLLECTION), ANSIBLE_BUILDER=str(builder))


@nox.session(python=False)
def browser(session: nox.Session) -> None:
    """The report in a headless browser, where the machine has one."""
    pytest(session, "tests/browser", python=docs_python())


def docs_python() -> Path:
    """Return the interpreter that builds the documentation, runs what is in it, and looks at its pages."""
    return core_environment(CORE, "", f"{SUPPORT}/docs.txt", "tests/browser/requirements.txt", name="docs") / "python"


@nox.session(python=False)
def docs(session: nox.Session) -> None:
    """Build the documentation site; with --update, first refresh what its playbooks print."""
    python, arguments = str(docs_python()), list(session.posargs)
    workspace.copy_tree()
    if "--update" in arguments:
        arguments.remove("--update")
        session.run(python, "-m", "tests.docs.examples", *arguments, external=True)
        workspace.copy_tree()
    elif arguments:
        session.error("The documentation is built as a whole; after --update, names of pages may follow.")
    session.run(python, "-m", "tests.docs.site", external=True)


@nox.session(python=False)
def guides(session: nox.Session) -> None:
    """Build the documentation site, run every playbook that it shows, and look at its pages."""
    workspace.copy_tree()
    session.run(str(docs_python()), "-m", "tests.docs.site", external=True)
    pytest(session, "tests/docs", python=docs_python())


@nox.session(python=False)
def chaos(session: nox.Session) -> None:
    """Every module against a tenant that misbehaves; secrets in all that comes out."""
    named = [core for core in CORES if core.name in CORES_OF_CHAOS and core.pythons(PYTHONS)]
    cores = "\n".join(f"{core.name}={core_environment(core) / 'python'}" for core in named)
    # Most of them wait most of the time.
    pytest(session, "tests/chaos", "--numprocesses=8", "--dist=worksteal", CHAOS_CORES=cores)


@nox.session(python=False)
def eda(session: nox.Session) -> None:
    """Rulebooks with the event source, run by ansible-rulebook against a stand-in tenant, where there is Java."""
    if shutil.which("java") is None:
        session.log("Left out: ansible-rulebook needs Java 17 or newer, and there is none on this machine.")
        return
    python = core_environment(CORE, "", f"{SUPPORT}/eda.txt", name="eda") / "python"
    pytest(session, "tests/eda", "--numprocesses=2", python=python)


@nox.session(python=False)
def demo(session: nox.Session) -> None:
    """Wait for aggregations of a stand-in tenant as a user would."""
    if CALLERS_TENANT:
        session.log("SAIL_BASE_URL is ignored: the demo brings its own tenant. README.md says how to use yours.")
    workspace.copy_tree()
    session.run(str(core_environment() / "python"), "-m", "tests.demo.demo", external=True)


@nox.session(python=False)
def tenant(session: nox.Session) -> None:
    """Serve the stand-in tenant until Ctrl-C."""
    python = str(environment("tenant", "tests/tenant/requirements.txt") / "python")
    workspace.unlock()
    session.run(python, "-m", "tests.tenant", *session.posargs, external=True)


@nox.session(python=False)
def bench(session: nox.Session) -> None:
    """Measure what the modules cost, beside what users do today."""
    workspace.copy_tree()
    python = str(core_environment(CORE, "", "tests/bench/requirements.txt", name="bench") / "python")
    session.run(python, "-m", "tests.bench.bench", *session.posargs, external=True)
