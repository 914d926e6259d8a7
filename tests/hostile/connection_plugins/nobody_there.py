# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection that nobody answers, at once."""

from __future__ import annotations

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: nobody_there
short_description: Nobody answers
description: For hosts that are not reached.
author: meshwork.wireguard contributors
options: {}
"""


class Connection(ConnectionBase):
    """No host."""

    transport = "nobody_there"

    def _connect(self) -> None:
        raise AnsibleConnectionFailure("nobody is there")

    def exec_command(self, *_args, **_options):
        self._connect()

    def put_file(self, *_args):
        self._connect()

    def fetch_file(self, *_args):
        self._connect()

    def close(self) -> None:
        """Nothing is open."""
