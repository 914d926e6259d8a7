#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``registry_store``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: registry_store
short_description: Show, restore and copy the registries of a store
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Shows the registries in a directory or store, or their history, writes an older revision back, or copies them elsewhere.
  - Restoring and copying write a new revision. Nodes that were removed since then stay removed, so that their keys and addresses
    are not given to others. A registry of another network or beginning is never replaced.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
options:
  path:
    description: Directory or address of the registries, see O(meshwork.wireguard.registry#module:path).
    type: str
  network:
    description: Name of a network. If not set, all that the store has.
    type: str
  history:
    description: Show who changed what, and when, the newest first. A directory keeps no history; git does.
    type: bool
    default: false
  restore:
    description: A revision of the history to write back.
    type: str
  copy_to:
    description: Directory or address to copy the registries to.
    type: str
"""

EXAMPLES = r"""
- name: Move the registries from files to PostgreSQL
  meshwork.wireguard.registry_store:
    copy_to: postgresql://db.example.com/ops#fleet
  run_once: true
"""

RETURN = r"""
networks:
  description: The names of the networks.
  returned: success
  type: list
  elements: str
entries:
  description: Network names, each with its changes, C(revision), C(time), C(who), C(run) and C(summary).
  returned: with O(history)
  type: dict
text:
  description: The same for people, as lines.
  returned: success
  type: list
  elements: str
"""
