# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The database of wg-meshconf, a CSV file with one node of a full mesh per line, as configurations.

Source: ``wg_meshconf/database_manager.py``. It writes a node's address with its prefix length into the others' AllowedIPs.
WireGuard clears the host bits there, although the single address is meant.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import as_loaded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import PORT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import split_lines

from ..model.findings import PlanError
from ..secrets.public_key import public_key
from .found import Found

_INTERFACE = ("ListenPort", "FwMark", "DNS", "MTU", "Table", "PreUp", "PostUp", "PreDown", "PostDown", "SaveConfig")
_NARROWED = "AllowedIPs: narrowed to single addresses; wg-meshconf writes whole networks, of which the last peer got everything"


def found_in_csv(text: str, interface: str = "wg0") -> list[Found]:
    """The nodes' interfaces.

    :param interface: its name, which is not in the file.
    :raises PlanError: an incomplete line, or one that WireGuard would not read. Secrets are not repeated.
    """
    nodes: dict[str, dict[str, str]] = {}
    for number, row in enumerate(csv.DictReader(split_lines(text.lstrip("\ufeff"))), start=2):
        values: dict[str, str] = {str(name): (value or "").strip() for name, value in row.items() if name is not None}
        name = values.get("Name", "")
        if not name or not values.get("Address"):
            raise PlanError(f"line {number}: a node needs Name and Address")
        if name in nodes:
            raise PlanError(f"line {number}: node {name} appears twice")
        nodes[name] = values
    found = []
    for name, values in nodes.items():
        try:
            key = public_key(values.get("PrivateKey", ""))
            config = as_loaded(parse_conf("\n".join(_lines(name, nodes))))
        except ValueError as error:
            raise PlanError(f"node {name}: {error}") from None
        wide = any(_is_wide(values["Address"]) for other, values in nodes.items() if other != name)
        found.append(Found(name, interface, key, config, notes=(_NARROWED,) if wide else ()))
    return found


def _is_wide(addresses: str) -> bool:
    return any("/" in address and not address.strip().endswith(("/32", "/128")) for address in addresses.split(","))


def _lines(name: str, nodes: Mapping[str, Mapping[str, str]]) -> list[str]:
    own = nodes[name]
    lines = ["[Interface]", f"Address = {own['Address']}"]
    lines += [f"{key} = {own[key].lower() if key == 'SaveConfig' else own[key]}" for key in _INTERFACE if own.get(key)]
    for other, values in nodes.items():
        if other == name:
            continue
        single = [address.strip().partition("/")[0] for address in values["Address"].split(",")]
        lines += ["[Peer]", f"# Name = {other}", f"PublicKey = {public_key(values.get('PrivateKey', ''))}"]
        lines.append(f"AllowedIPs = {', '.join([*single, *filter(None, [values.get('AllowedIPs')])])}")
        if values.get("Endpoint"):
            lines.append(f"Endpoint = {values['Endpoint']}:{values.get('ListenPort') or PORT}")
        if own.get("PersistentKeepalive"):
            lines.append(f"PersistentKeepalive = {own['PersistentKeepalive']}")
    return lines
