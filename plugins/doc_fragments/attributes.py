# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes that every module declares."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment sailpoint.isc.attributes; attributes.info for modules that change nothing."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying the tenant.
    support: full
  diff_mode:
    description: Returns details on what has changed (or would change in C(check_mode)) when in diff mode.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run changes nothing.
  action_group:
    description: Use C(group/sailpoint.isc.isc) in C(module_defaults) to set the connection options of this module.
    support: full
    membership:
      - sailpoint.isc.isc
"""

    INFO = r"""
attributes:
  check_mode:
    details: This module only reads.
  diff_mode:
    support: N/A
    details: This module changes nothing.
  idempotent:
    support: full
    details: This module changes nothing.
"""
