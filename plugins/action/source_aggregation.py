# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module source_aggregation and shows its progress."""

from __future__ import annotations

from ansible_collections.sailpoint.isc.plugins.plugin_utils._progress import ProgressAction


class ActionModule(ProgressAction):
    """The action of sailpoint.isc.source_aggregation."""
