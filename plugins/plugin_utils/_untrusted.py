# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Marks values of a tenant, which are never templates."""

from __future__ import annotations

import typing as t

try:
    from ansible.utils.unsafe_proxy import wrap_var
except ImportError:  # newer ansible-core, where a string is only a template if marked so

    def wrap_var(value: t.Any) -> t.Any:
        """The value as it is."""
        return value


__all__ = ["wrap_var"]
