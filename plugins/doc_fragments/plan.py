# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several modules take of the plan that the module ``registry`` returns."""

from __future__ import annotations


class ModuleDocFragment:
    """Parts of the plan."""

    DOCUMENTS = r"""
options:
  networks:
    description: The network documents, as M(meshwork.wireguard.registry) returns them.
    type: list
    elements: raw
    required: true
"""
    ENDED = r"""
options:
  ended:
    description:
      - Public keys of nodes that are removed on purpose, as M(meshwork.wireguard.registry) returns them. Peers with these keys do
        not count for O(max_removals).
    type: list
    elements: str
    default: []
"""
