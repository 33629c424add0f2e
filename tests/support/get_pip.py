# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stand-in for the pip bootstrap that ansible-test would download: everything comes from where pip is told to look.

ansible-test runs it with the requirements (pip==X.Y) among its arguments, without the caller's TMPDIR.
"""

from __future__ import annotations

import os
import subprocess
import sys

environ = {**os.environ, "TMPDIR": os.path.expanduser("~/tmp")}
wanted = [argument for argument in sys.argv[1:] if "==" in argument]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL, env=environ)
subprocess.check_call([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *wanted], env=environ)
