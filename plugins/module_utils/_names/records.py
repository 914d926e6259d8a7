# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as resource records in JSON, as systemd-resolved reads them (systemd.rr(5), from systemd 261 on)."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Mapping, Sequence

_TYPES = {4: 1, 6: 28}
"""IP version -> type of an address record: A, AAAA."""
_POINTER = 12
SINCE = 261
"""The version of systemd that first reads them."""


def records_text(hosts: Mapping[str, Sequence[str]]) -> str:
    """The text of a file: for each address, its record, and the pointer from it to the name."""
    records: list[dict[str, Any]] = []
    for name, addresses in sorted(hosts.items()):
        for address in map(ipaddress.ip_address, addresses):
            records.append({"key": {"type": _TYPES[address.version], "name": name}, "address": str(address)})
            records.append({"key": {"type": _POINTER, "name": address.reverse_pointer}, "name": name})
    return json.dumps(records, indent=1) + "\n"
