# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places inside the checkout in which everything is made, and the environment commands run in there.

Parts of the proof that run at the same time have a HOME and a copy of the tree each; environments are shared.
"""

from __future__ import annotations

import ast
import configparser
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
# Sockets lie in there, and their paths must be short.
HOME = CACHE / os.environ.get("ISC_PART", "work")
TEMPORARY = HOME / "tmp"
LOGS = HOME / "log"
COLLECTIONS = HOME / "collections"
COLLECTION = COLLECTIONS / "ansible_collections" / "sailpoint" / "isc"

# Ansible looks the home of a host's user up, whatever HOME says; these are the variables that keep it away from there.
REMOTE_DIRECTORIES = {
    "ansible_remote_tmp": str(HOME / ".ansible" / "tmp"),
    "ansible_async_dir": str(HOME / ".ansible_async"),
}

INTEGRATION_SETTINGS = "tests/integration/integration_config.yml"
# What belongs to the copy of the tree alone.
KEPT_IN_COPY = (".git", "tests/output")

# Settings of the caller that would reach the tools or the modules under test.
NOT_INHERITED = re.compile(r"(ANSIBLE|COVERAGE|GIT|PIP|PYTHON|SAIL|XDG)_?\w*|VIRTUAL_ENV|\w+_proxy", re.IGNORECASE)

_lock: IO[str] | None = None


def enter_private_environment() -> None:
    """Give this process and all it starts a HOME, a TMPDIR and pip settings inside the checkout."""
    settings = _pip_settings()
    for name in list(os.environ):
        if NOT_INHERITED.fullmatch(name):
            del os.environ[name]
    for directory in (HOME, TEMPORARY, LOGS):
        directory.mkdir(parents=True, exist_ok=True)
    # An empty one of our own keeps those of the machine and of the caller out.
    configuration = HOME / "ansible.cfg"
    configuration.touch()
    os.environ.update(
        HOME=str(HOME),
        TMPDIR=str(TEMPORARY),
        # What lies there is no part of the checkout's repository, which may be another user's.
        GIT_CEILING_DIRECTORIES=str(TEMPORARY),
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0="safe.directory",
        GIT_CONFIG_VALUE_0="*",
        LC_ALL="C.UTF-8",
        ANSIBLE_CONFIG=str(configuration),
        ANSIBLE_HOME=str(HOME / ".ansible"),
        ANSIBLE_COLLECTIONS_PATH=str(COLLECTIONS),
        ANSIBLE_REMOTE_TMP=REMOTE_DIRECTORIES["ansible_remote_tmp"],
        ANSIBLE_ASYNC_DIR=REMOTE_DIRECTORIES["ansible_async_dir"],
    )
    _write_pip_settings(settings)


def lock() -> None:
    """Wait until no other run works in this copy of the tree, then keep it until this process ends."""
    global _lock
    if _lock is not None:
        return
    _lock = _locked(HOME / "lock", "Another run is at work in this checkout; waiting for it to end.")
    # Now nobody else needs what runs that were killed have left there.
    shutil.rmtree(TEMPORARY, ignore_errors=True)
    TEMPORARY.mkdir(parents=True)
    for log in LOGS.glob("tenant-*.log"):
        log.unlink()


def unlock() -> None:
    """Let other runs work; for commands that run until somebody stops them."""
    global _lock
    if _lock is not None:
        _lock.close()
        _lock = None


def copy_tree() -> Path:
    """Bring the copy that lies where ansible looks for a collection up to date, and return it.

    ansible-test insists on a real directory .../ansible_collections/sailpoint/isc. Files that have not changed are not
    written again, so that what depends on their age stays valid.
    """
    wanted = tracked_files()
    COLLECTION.mkdir(parents=True, exist_ok=True)
    # Without a repository of its own it would be taken for a part of the checkout that git ignores.
    if not (COLLECTION / ".git").exists():
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(COLLECTION)], check=True)
    for name in wanted:
        source, target = ROOT / name, COLLECTION / name
        if not _same(source, target):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.unlink(missing_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    _remove_all_but(wanted)
    return COLLECTION


def tracked_files() -> list[str]:
    """Names of the checkout's files, also of those that are not committed yet, without what git ignores."""
    names = sorted(_git("ls-files", "-z", "--cached", "--others", "--exclude-standard"))
    return [name for name in names if (ROOT / name).is_symlink() or (ROOT / name).is_file()]


def _locked(file: Path, message: str = "") -> IO[str]:
    """An open file that no other process has locked; the message is shown where one has."""
    file.parent.mkdir(parents=True, exist_ok=True)
    opened = file.open("w")
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if message:
            print(message, flush=True)
        fcntl.flock(opened, fcntl.LOCK_EX)
    return opened


def changed_files() -> set[str]:
    """Names of the files that differ from the last commit; where none does, of those that it has changed."""
    differing = _git("diff", "--name-only", "-z", "HEAD") | _git("ls-files", "-z", "--others", "--exclude-standard")
    return differing or _git("diff-tree", "--no-commit-id", "--name-only", "-r", "-z", "HEAD")


def _git(*arguments: str) -> set[str]:
    """The names that a command of git lists."""
    listed = subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return set(listed.split("\0")) - {""}


def environment(name: str, python: str, requirements: list[str], core: str = "", *, alone: bool = False) -> Path:
    """Return the bin directory of the virtual environment `name`, made again when its requirements have changed.

    core: a release of ansible-core to install there.  alone: without what it needs itself, and on any Python; modules
    run with no more than that.
    """
    install = [f"--requirement={ROOT / file}" for file in requirements]
    steps = [install + [f"ansible-core=={core}"] * bool(core and not alone)]
    if core and alone:
        steps.append(["--no-deps", "--ignore-requires-python", f"ansible-core=={core}"])
    with _locked(CACHE / "venv" / f"{name}.lock"):
        return _environment(CACHE / "venv" / name, python, requirements, steps)


def _environment(directory: Path, python: str, requirements: list[str], steps: list[list[str]]) -> Path:
    stamp = directory / "made-from"
    wanted = hashlib.sha256()
    # Scripts of an environment know where it lies: in a moved checkout it has to be made again.
    for part in (str(directory), python, str(steps), *((ROOT / file).read_text() for file in requirements)):
        wanted.update(part.encode() + b"\0")
    if not (stamp.exists() and stamp.read_text() == wanted.hexdigest()):
        print(f"Preparing the environment {directory.name} with {python}", flush=True)
        subprocess.run([python, "-m", "venv", "--clear", str(directory)], check=True)
        install = [str(directory / "bin" / "python"), "-m", "pip", "install", "--disable-pip-version-check"]
        for step in steps:
            subprocess.run([*install, *step], check=True)
        stamp.write_text(wanted.hexdigest())
    return directory / "bin"


def _same(source: Path, target: Path) -> bool:
    if source.is_symlink() or target.is_symlink() or not target.is_file():
        return False
    old, new = target.stat(), source.stat()
    return (old.st_size, old.st_mtime_ns, old.st_mode) == (new.st_size, new.st_mtime_ns, new.st_mode)


def _remove_all_but(wanted: list[str]) -> None:
    keep = {*wanted, INTEGRATION_SETTINGS}
    for directory, _names, files in os.walk(COLLECTION, topdown=False):
        relative = Path(directory).relative_to(COLLECTION)
        if any(relative.is_relative_to(kept) for kept in KEPT_IN_COPY):
            continue
        for file in files:
            if (relative / file).as_posix() not in keep:
                (Path(directory) / file).unlink()
        if relative.parts and not os.listdir(directory):
            os.rmdir(directory)


def _pip_settings() -> dict[str, str]:
    """What the caller's pip is set to, by files and environment: tools that drop the environment must find it too."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, str] = {}
    from_environment: dict[str, str] = {}
    for line in listed.splitlines():
        key, value = line.split("=", 1)
        section, option = key.split(".", 1)
        if section == ":env:":
            from_environment[option.lstrip(".")] = ast.literal_eval(value)
        else:
            found[key] = ast.literal_eval(value)
    found = {key: value for key, value in found.items() if key.split(".", 1)[1] not in from_environment}
    found.update({f"global.{option}": value for option, value in from_environment.items()})
    proxy = next((os.environ[name] for name in ("https_proxy", "HTTPS_PROXY") if os.environ.get(name)), None)
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
    if proxy:
        found.setdefault("global.proxy", proxy)
    if bundle:
        found.setdefault("global.cert", bundle)
    found["global.cache-dir"] = str(CACHE / "pip")
    found["install.quiet"] = "2"
    return found


def _write_pip_settings(settings: dict[str, str]) -> None:
    parser = configparser.RawConfigParser()
    for key, value in settings.items():
        section, option = key.split(".", 1)
        if not parser.has_section(section):
            parser.add_section(section)
        parser.set(section, option, value)
    file = HOME / ".config" / "pip" / "pip.conf"
    file.parent.mkdir(parents=True, exist_ok=True)
    # An index may be named with its password.
    with open(file, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as stream:
        parser.write(stream)
