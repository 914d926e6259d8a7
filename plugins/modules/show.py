#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The stub of the action plugin ``show``: documentation only."""

from __future__ import annotations

DOCUMENTATION = r"""
module: show
short_description: Print text unchanged
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Prints text line by line, without quotes and escapes, or data as JSON.
  - Runs on the controller alone; use it with C(run_once).
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  diff_mode:
    support: none
options:
  text:
    description: Text, or a list of lines. One of O(text) and O(data) is needed.
    type: raw
  data:
    description: Data to print as JSON if there is no O(text).
    type: raw
  dest:
    description: File on the controller to which O(data) is written as JSON.
    type: path
"""

EXAMPLES = r"""
- name: Show the table
  meshwork.wireguard.show:
    text: "{{ (drill_measured | meshwork.wireguard.outages).text }}"
  run_once: true
"""

RETURN = r"""
msg:
  description: The lines, or the data.
  returned: success
  type: raw
"""
