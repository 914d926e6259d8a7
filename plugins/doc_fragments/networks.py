# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What filters that take network documents take."""

from __future__ import annotations


class ModuleDocFragment:
    """Parts of the filters' documentation."""

    DOCUMENTATION = r"""
options:
  _input:
    description: A network document or a list of them, as mappings or as JSON texts.
    type: raw
    required: true
"""
    HOST = r"""
options:
  host:
    description: The host's inventory name.
    type: str
    required: true
"""
