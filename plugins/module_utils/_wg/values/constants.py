# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers that the plan and the hosts share."""

from __future__ import annotations

PORT = 51820
"""WireGuard's usual UDP port."""
KEEPALIVE = 25
"""Seconds: below the 30 s after which NAT boxes forget a UDP mapping (RFC 4787 REQ-5 asks for 2 minutes, many keep less)."""
TABLE = 0x6D000000
"""Base of the numbers of routing tables and marks of hubs that fail over; the port is in the lower bits."""
RULE_PRIORITY = 5181
"""Priority of the rule for WireGuard's packets on VRRP hosts. The rule with the next number drops packets without a route."""
SILENCE = 135
"""Seconds without a handshake after which a name is resolved again: a bit above REKEY_AFTER_TIME (WireGuard paper, 6.1)."""
WRITTEN = "# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run."
"""The first line of files that are written whole."""
