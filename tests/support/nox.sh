#!/bin/sh
# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Run nox, with all arguments of this script, in the checkout's own .venv, which is made when it is missing or out of date.

set -eu
cd "$(dirname "$0")/../.."

requirements=tests/support/requirements/nox.txt

usable() {
    # A name on PATH proves nothing: it may be a version manager's stand-in for a version that is not active.
    "$1" -c 'import sys, ensurepip, ssl, venv; sys.exit(sys.version_info < (3, 11))' </dev/null >/dev/null 2>&1
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3 python; do
        if usable "$name"; then
            command -v "$name"
            return
        fi
    done
    echo "Python 3.11 or newer, with its venv module, is needed and was not found on PATH." >&2
    return 2
}

if ! { cmp -s "$requirements" .venv/requirements.txt && .venv/bin/python -c 'import nox' >/dev/null 2>&1; }; then
    python=$(find_python)
    echo "Preparing .venv with $python"
    "$python" -m venv --clear .venv
    PIP_CACHE_DIR="$PWD/.cache/pip" .venv/bin/python -m pip install \
        -qq --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" .venv/requirements.txt
fi

exec .venv/bin/python -m nox "$@"
