# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an import says: per network what a run would change, per adopted interface what stands between it and a network."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.spellings import without_secrets

from .importing import Adopted, Imports


def report(imports: Imports) -> Iterator[str]:
    """The lines. None of them repeats what looks like a key."""
    return map(without_secrets, _lines(imports))


def _lines(imports: Imports) -> Iterator[str]:
    for item in imports.networks:
        network = item.network
        hosts = [name for name, node in network.nodes.items() if node.managed]
        clients = len(network.nodes) - len(hosts)
        others = f" and {clients} unmanaged nodes" if clients else ""
        title = f"network {network.name}: {network.topology} of {len(hosts)} hosts{others}"
        yield f"{title}, {network.interface}, {', '.join(network.prefixes)}"
        for host, lines in item.differences.items():
            yield from (f"  {host}: {line}" for line in lines)
        yield from (f"  {note}" for note in item.notes)
        if not item.distance:
            yield "  a run changes nothing on the hosts"
    for one in imports.adopted:
        yield from _adopted(one)


def _adopted(one: Adopted) -> Iterator[str]:
    found = one.found
    peers = len(found.config.peers)
    yield f"adopted: {found.host}, {found.interface}, as it is, {peers} {'peer' if peers == 1 else 'peers'}, by {found.by}"
    yield from (f"  {note}" for note in found.notes)
    yield from (f"  no network, because: {line}" for line in one.why if line not in found.notes)
