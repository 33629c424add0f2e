# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the Makefile's targets do. Without a session named, all of `make test` runs, in this order."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import nox
from nox.command import CommandFailed

sys.path.insert(0, str(Path(__file__).resolve().parent))

from tests.support import pythons, workspace
from tests.support.cores import CORES, Core
from tests.support.tenant import running_tenant
from tests.support.termination import end_all_on_termination

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "none"
nox.options.stop_on_first_error = True
nox.options.sessions = [
    "lint",
    "sanity",
    "units",
    "integration",
    "conformance",
    "artifact",
    "runner",
    "browser",
    "guides",
    "chaos",
    "ends",
    "demo",
    "coverage",
]

# Covered lines and branches of plugins/, in percent, below which `make test` fails.
COVERAGE_FLOOR = 95.0

# How secrets are masked differs between these.
CORES_OF_CHAOS = ("2.16", "2.21", "2.22")

CORE_OF_ALL_ELSE = "2.21"
TARGETS_OF_SHORT_MATRIX = ("access_token", "filter_task_ids", "pending_tasks_info")

ROOT = workspace.ROOT
SUPPORT = "tests/support/requirements"
TENANT_REQUIREMENTS = "tests/tenant/requirements.txt"
# The oldest and the newest Python for modules are those that integration runs them on.
logging.getLogger("findpython").setLevel(logging.WARNING)
# nox tells that it found no uv, which nothing here would use.
logging.getLogger("nox").addFilter(lambda record: "uv binary" not in record.getMessage())
PYTHONS = pythons.interpreters()
CONTROLLER = pythons.controller(PYTHONS)

CALLERS_TENANT = os.environ.get("SAIL_BASE_URL")
workspace.enter_private_environment()
end_all_on_termination()


def environment(name: str, *requirements: str) -> Path:
    """Return the bin directory of an environment on the controller's Python."""
    workspace.lock()
    return workspace.environment(f"{name}-{CONTROLLER}", PYTHONS[CONTROLLER], list(requirements))


def ansible_environment() -> Path:
    """Return the bin directory with ansible-core, pytest, and what the modules need."""
    return environment("ansible", f"{SUPPORT}/ansible.txt", "requirements.txt")


def core_environment(core: Core, version: str) -> Path:
    """Return the bin directory with one version of ansible-core on one Python, and what the modules need."""
    workspace.lock()
    requirements = [core.requirements, "requirements.txt"]
    return workspace.environment(f"core-{core.name}-{version}", PYTHONS[version], requirements)


def tenant_python() -> Path:
    """Return the interpreter that serves the stand-in tenant."""
    return environment("tenant", TENANT_REQUIREMENTS) / "python"


def lint_environment() -> Path:
    """Return the bin directory with the linters, and what the code that they look at imports."""
    imported = (TENANT_REQUIREMENTS, "tests/browser/requirements.txt")
    return environment("lint", f"{SUPPORT}/nox.txt", f"{SUPPORT}/lint.txt", *imported)


def ansible_test(session: nox.Session, *arguments: str, bin_directory: Path | None = None) -> None:
    """Run ansible-test in the copy of the tree; of another environment than the usual one, where one is named."""
    bin_directory = bin_directory or ansible_environment()
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


def forget_coverage(command: str) -> None:
    """Remove what earlier runs of an ansible-test command have measured."""
    for file in (workspace.COLLECTION / "tests/output/coverage").glob(f"{command}=*"):
        file.unlink()


def require(session: nox.Session, pattern: str) -> None:
    """Fail when there is nothing to run: no tests are not good tests."""
    if not any(ROOT.glob(pattern)):
        session.error(f"There is nothing at {pattern}.")


def build_artifact(session: nox.Session, directory: Path) -> Path:
    """Build the collection's artifact in a directory, always the same one of a commit, and return it."""
    command = [str(ansible_environment() / "python"), "-m", "tests.support.build", str(workspace.copy_tree())]
    with session.chdir(ROOT):
        session.run(*command, str(directory), external=True)
    return max(directory.glob("sailpoint-isc-*.tar.gz"), key=lambda file: file.stat().st_mtime)


def check_release(session: nox.Session) -> None:
    """Look at the documentation, the licences and the artifact as those do who take a release in."""
    reuse = environment("reuse", f"{SUPPORT}/reuse.txt") / "reuse"
    session.run(str(reuse), "--root", str(ROOT), "lint", "--lines", external=True)
    bin_directory = environment("release", f"{SUPPORT}/release.txt")
    environ = {"PATH": pythons.search_path(PYTHONS, bin_directory)}
    command = [str(bin_directory / "antsibull-docs"), "lint-collection-docs", "--plugin-docs"]
    with session.chdir(workspace.copy_tree()):
        session.run(*command, "--validate-collection-refs", "self", ".", external=True, env=environ)
    with tempfile.TemporaryDirectory() as directory, session.chdir(directory):
        artifact = build_artifact(session, Path(directory))
        command = [str(bin_directory / "python"), "-m", "galaxy_importer.main", str(artifact)]
        said = session.run(*command, external=True, env=environ, silent=True)
        if not isinstance(said, str) or re.search(r"\b(WARNING|ERROR)\b", said):
            session.error(f"galaxy-importer is not content:\n{said}")


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, types, YAML, changelog, metadata."""
    bin_directory = lint_environment()
    tree = workspace.copy_tree()

    def run(name: str, *arguments: str) -> None:
        session.run(str(bin_directory / name), *arguments, external=True)

    run("ruff", "check", ".")
    run("ruff", "format", "--check", ".")
    typed = ("artifact", "bench", "browser", "chaos", "demo", "docs", "runner", "support", "tenant")
    run("mypy", *(f"tests/{directory}" for directory in typed), "noxfile.py")
    run("yamllint", "--strict", ".")
    run("python", "tests/support/check_metadata.py")
    with session.chdir(workspace.COLLECTIONS):
        run("mypy", "--config-file", str(ROOT / "pyproject.toml"), "ansible_collections/sailpoint/isc/plugins")
    check_release(session)
    with session.chdir(tree):
        run("antsibull-changelog", "lint")
        session.run(
            str(bin_directory / "ansible-lint"),
            "--strict",
            external=True,
            env={"PATH": pythons.search_path(PYTHONS, bin_directory)},
        )


@nox.session
def sanity(session: nox.Session) -> None:
    """Run ansible-test sanity on every Python of this machine."""
    ansible_test(session, "sanity", "--venv", *session.posargs)


@nox.session
def units(session: nox.Session) -> None:
    """Run ansible-test units on every Python of this machine."""
    require(session, "tests/unit/**/test_*.py")
    forget_coverage("units")
    ansible_test(session, "units", "--venv", "--coverage", *session.posargs)


def write_integration_settings(tenant_url: str, *, thorough: bool) -> None:
    """Tell the integration targets where the tenant is; thorough: also to test what no other Python can change."""
    settings = {"tenant_url": tenant_url, "setup_tenant_thorough": thorough, **workspace.REMOTE_DIRECTORIES}
    lines = ["---", *(f"{name}: {json.dumps(value)}" for name, value in settings.items()), ""]
    (workspace.copy_tree() / workspace.INTEGRATION_SETTINGS).write_text("\n".join(lines))


@nox.session
def integration(session: nox.Session) -> None:
    """Run the integration targets against a stand-in tenant; those of the modules on the oldest Python as well."""
    require(session, "tests/integration/targets/*/tasks/main.yml")
    modules = {path.stem for path in ROOT.glob("plugins/modules/*.py")}
    of_modules = sorted(path.name for path in ROOT.glob("tests/integration/targets/*") if path.name in modules)
    forget_coverage("integration")
    with running_tenant(tenant_python()) as url:
        for version in dict.fromkeys([CONTROLLER, next(iter(PYTHONS))]):
            first = version == CONTROLLER
            write_integration_settings(url, thorough=first)
            targets = session.posargs or ([] if first else [*of_modules, "client"])
            # What modules do is in the coverage only once a run has ended; recording it costs half as much again.
            settings = ["--continue-on-error", *(["--coverage"] if first else [])]
            ansible_test(session, "integration", "--venv", "--python", version, *settings, *targets)


@nox.session
def matrix(session: nox.Session) -> None:
    """Run sanity, units and integration on every ansible-core; --short: what makes a difference between them."""
    wanted = [argument for argument in session.posargs if not argument.startswith("-")]
    run_matrix(session, wanted, short="--short" in session.posargs)


@nox.session
def ends(session: nox.Session) -> None:
    """Run the short matrix on the oldest and the newest ansible-core; all else runs on the one that is current."""
    run_matrix(session, [CORES[0].name, CORES[-1].name], short=True)


def run_matrix(session: nox.Session, wanted: list[str], short: bool) -> None:
    """Run the matrix, or what is wanted of it, and print what came of it as a table; fail at its end."""
    rows: list[tuple[str, ...]] = []
    with running_tenant(tenant_python()) as url:
        write_integration_settings(url, thorough=not short)
        for core in CORES:
            versions = core.pythons(PYTHONS)
            if wanted and core.name not in wanted:
                rows.append((core.name, "", "not asked for"))
            elif not versions:
                rows.append((core.name, "", "skipped: no Python for it on this machine"))
            elif short and core.name == CORE_OF_ALL_ELSE:
                rows.append((core.name, "", "skipped: all other tests run on it"))
            else:
                for version in dict.fromkeys([*([] if short else versions[:1]), versions[-1]]):
                    rows.append((core.name, version, *run_on(session, core, version, short)))
        for core in CORES:
            for test, reason in core.left_out.items():
                session.log(f"The sanity test {test} is left out on ansible-core {core.name}: {reason}.")
    print("\nansible-core  Python  sanity        units         integration   modules on other Pythons")
    for name, version, *outcomes in rows:
        print(f"{name:<12}  {version:<6}  " + "  ".join(f"{outcome:<12}" for outcome in outcomes).rstrip())
    outcomes = [outcome for _name, _version, *row in rows for outcome in row]
    if any(outcome.startswith("failed") for outcome in outcomes):
        session.error("Not all of the matrix passed.")
    if not any(outcome.startswith("passed") for outcome in outcomes):
        session.error("Nothing of the matrix was run.")


def run_on(session: nox.Session, core: Core, version: str, short: bool) -> list[str]:
    """The outcomes of each kind of test on one ansible-core with one Python of the controller.

    The last one is of modules on every other Python of this machine that this ansible-core runs them on.
    """
    others = [] if short else [python for python in core.module_pythons(PYTHONS) if python != version]
    runs = {
        "sanity": [["sanity", *(f"--skip-test={test}" for test in core.left_out)]],
        "units": [["units", *(["--python", version] if short else [])]],
        "integration": [["integration", "--python", version, *(TARGETS_OF_SHORT_MATRIX if short else ())]],
        "modules": [["integration", "--python", python, *TARGETS_OF_SHORT_MATRIX] for python in others],
    }
    outcomes = []
    for commands in runs.values():
        begin = time.monotonic()
        failed = sum(not _passes(session, command, core_environment(core, version)) for command in commands)
        outcome = f"{'failed' if failed else 'passed'} {time.monotonic() - begin:.0f} s"
        outcomes.append(outcome if commands else "not in short")
    return outcomes


def _passes(session: nox.Session, command: list[str], bin_directory: Path) -> bool:
    try:
        ansible_test(session, command[0], "--venv", *command[1:], bin_directory=bin_directory)
    except CommandFailed:
        return False
    return True


@nox.session
def coverage(session: nox.Session) -> None:
    """Report what units and integration cover of plugins/, and fail below the floor."""
    reports = workspace.COLLECTION / "tests/output/reports"
    shutil.rmtree(reports, ignore_errors=True)
    ansible_test(session, "coverage", "xml", "--requirements", "--venv", "--stub")
    session.run(sys.executable, "-m", "tests.support.coverage", str(reports), str(COVERAGE_FLOOR), external=True)


@nox.session
def conformance(session: nox.Session) -> None:
    """SailPoint's own SDK, in an environment each for its two lines, against the stand-in tenant."""
    require(session, "tests/conformance/requirements-*.txt")
    workspace.copy_tree()
    for requirements in sorted(ROOT.glob("tests/conformance/requirements-*.txt")):
        name = requirements.stem.removeprefix("requirements-")
        if any("test_sdk_" in argument and f"test_sdk_{name}" not in argument for argument in session.posargs):
            continue  # tests of the other line, which cannot even be loaded here
        bin_directory = environment(f"conformance-{name}", str(requirements.relative_to(ROOT)), TENANT_REQUIREMENTS)
        session.run(
            str(bin_directory / "python"),
            "-m",
            "pytest",
            *(session.posargs or ["tests/conformance"]),
            external=True,
        )


@nox.session
def build(session: nox.Session) -> None:
    """Build the collection's artifact."""
    build_artifact(session, ROOT)


@nox.session
def changelog(session: nox.Session) -> None:
    """Turn the fragments into a release's entry of CHANGELOG.md."""
    bin_directory = lint_environment()
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


def run_pytest(session: nox.Session, python: Path, tests: str, **environ: str) -> None:
    """Run the tests of a directory, or those that were asked for, with the copy of the tree and a tenant at hand."""
    workspace.copy_tree()
    command = [str(python), "-m", "pytest", "-rs", *(session.posargs or [f"tests/{tests}"])]
    session.run(*command, external=True, env={"TENANT_PYTHON": str(tenant_python()), **environ})


@nox.session
def artifact(session: nox.Session) -> None:
    """Build the collection, install it on its own, and run it."""
    require(session, "tests/artifact/test_*.py")
    builder = environment("builder", f"{SUPPORT}/execution-environment.txt") / "ansible-builder"
    python = ansible_environment() / "python"
    run_pytest(session, python, "artifact", COLLECTION_TREE=str(workspace.COLLECTION), ANSIBLE_BUILDER=str(builder))


@nox.session
def runner(session: nox.Session) -> None:
    """Run the demo's playbook as Automation Platform does, by ansible-runner."""
    requirements = [f"{SUPPORT}/ansible.txt", "requirements.txt", "tests/runner/requirements.txt"]
    run_pytest(session, environment("runner", *requirements) / "python", "runner")


@nox.session
def browser(session: nox.Session) -> None:
    """Look at the report in a headless browser, where the machine has one."""
    requirements = [f"{SUPPORT}/ansible.txt", "requirements.txt", "tests/browser/requirements.txt"]
    run_pytest(session, environment("browser", *requirements) / "python", "browser")


def docs_python() -> Path:
    """Return the interpreter of the environment that builds the documentation, runs what is in it, and looks at it."""
    with_ansible = (f"{SUPPORT}/ansible.txt", "requirements.txt")
    return environment("docs", *with_ansible, f"{SUPPORT}/docs.txt", "tests/browser/requirements.txt") / "python"


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation site; with --update, first refresh what its playbooks print."""
    python, arguments = str(docs_python()), list(session.posargs)
    if "--update" in arguments:
        arguments.remove("--update")
        workspace.copy_tree()
        session.run(python, "-m", "tests.docs.examples", str(tenant_python()), *arguments, external=True)
    elif arguments:
        session.error("The documentation is built as a whole; after --update, names of pages may follow.")
    workspace.copy_tree()
    session.run(python, "-m", "tests.docs.site", external=True)


@nox.session
def guides(session: nox.Session) -> None:
    """Build the documentation site, run every playbook that it shows, and look at its pages."""
    python = docs_python()
    workspace.copy_tree()
    session.run(str(python), "-m", "tests.docs.site", external=True)
    run_pytest(session, python, "docs")


@nox.session
def chaos(session: nox.Session) -> None:
    """Run every module against a tenant that misbehaves, and look for secrets in all that comes out."""
    workspace.copy_tree()
    with_ansible, with_tenant = ansible_environment() / "python", tenant_python()
    arguments = []
    for core in CORES:
        versions = core.pythons(PYTHONS)
        if core.name in CORES_OF_CHAOS and versions:
            arguments.append(f"--core={core.name}={core_environment(core, versions[-1]) / 'python'}")
        elif core.name in CORES_OF_CHAOS:
            session.log(f"There is no Python here for ansible-core {core.name}.")
    command = [str(with_ansible), "-m", "tests.chaos.chaos", str(with_tenant), *arguments, *session.posargs]
    session.run(*command, external=True)


@nox.session
def demo(session: nox.Session) -> None:
    """Wait for aggregations of a stand-in tenant as a user would."""
    if CALLERS_TENANT:
        session.log("SAIL_BASE_URL is ignored: the demo brings its own tenant. README.md says how to use yours.")
    workspace.copy_tree()
    with_ansible, with_tenant = ansible_environment() / "python", tenant_python()
    session.run(str(with_ansible), "-m", "tests.demo.demo", str(with_tenant), external=True)


@nox.session
def tenant(session: nox.Session) -> None:
    """Serve the stand-in tenant until Ctrl-C."""
    python = tenant_python()
    workspace.unlock()
    session.run(str(python), "-m", "tests.tenant", *session.posargs, external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure what the modules cost, beside what users do today."""
    workspace.copy_tree()
    requirements = [f"{SUPPORT}/ansible.txt", "requirements.txt", "tests/bench/requirements.txt"]
    python, with_tenant = environment("bench", *requirements) / "python", tenant_python()
    session.run(str(python), "-m", "tests.bench.bench", str(with_tenant), *session.posargs, external=True)
