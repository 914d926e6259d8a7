# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``names``: runs the module and reads its result strictly."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import HostAction


class ActionModule(HostAction):
    """Run the module on the host."""
