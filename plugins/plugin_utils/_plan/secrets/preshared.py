# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Preshared keys: derived from a network's secret for every pair, or given for single links.

They are secret, and the network document is public. So they are kept separately, and added only to the peers of one host.
"""

from __future__ import annotations

import base64
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key

from ..documents.inventory import KEYS, PREFIX, PREVIOUS, SECRET, Inventory, hosts_of, secret_values
from ..failover.bgp import interface_names
from ..model.findings import PlanError
from ..model.network import Network, Node
from ..rotation.preshared_secrets import Secrets, recorded_ids, secret_id, uses_new
from ..topologies.topology import graph_of

LABEL = b"meshwork.wireguard preshared key"
"""Separates the keys from anything else that is derived from the same secret (``info`` in RFC 5869)."""
SHORTEST = 16
"""Characters of a secret. The owner of one pair's key could find a shorter one by trying."""


@dataclass(frozen=True)
class Preshared:
    """The source of a network's preshared keys. ``keys`` has those of single links, by the nodes' names in sorted order.
    ``previous`` is the secret of the pairs that have not come to ``secret`` yet.
    """

    secret: str | None = field(default=None, repr=False)
    keys: Mapping[tuple[str, str], str] = field(default_factory=dict, repr=False)
    previous: str | None = field(default=None, repr=False)

    @property
    def secrets(self) -> Secrets:
        """What decides which pairs have come to the new secret."""
        return Secrets(self.secret, self.previous, frozenset(self.keys))

    def of(self, network: Network, name: str, peers: Iterable[Peer]) -> tuple[Peer, ...]:
        """The peers of a node, each with its preshared key, if there is one, and with the one that comes with the node's next
        key, if that is another.
        """
        changing = self.previous is not None and self.secret is not None and bool(recorded_ids(network))
        new = secret_id(str(self.secret), network.name) if changing else None
        node = network.nodes[name]
        changes = new is not None and node.next_public_key is not None and node.next_preshared_secret_id == new
        found = []
        for peer in peers:
            other = network.nodes[str(peer.name)]
            staged = peer.follows is not None and other.next_preshared_secret_id == new
            has_new = self.previous is None or (new is not None and (staged or uses_new(network, new, node, other)))
            key = self._between(network, name, other.name, self.secret if has_new else self.previous)
            upcoming = self._between(network, name, other.name, self.secret) if changes and not has_new else None
            found.append(replace(peer, preshared_key=key, next_preshared_key=upcoming if upcoming != key else None))
        return tuple(found)

    def _between(self, network: Network, a: str, b: str, secret: str | None) -> str | None:
        """The key of two nodes. It stays as it is when one of them gets another public key."""
        given, (one, other) = self.keys.get(_pair(a, b)), (_identity(network.nodes[name]) for name in (a, b))
        if given is not None or secret is None or one is None or other is None:
            return given
        return _derived(secret, network.name, one, other)


def _identity(node: Node) -> str | None:
    return node.preshared_id or node.public_key


def _pair(a: str, b: str) -> tuple[str, str]:
    return (a, b) if a < b else (b, a)


def _derived(secret: str, network: str, a: str, b: str) -> str:
    """HKDF-SHA256 (RFC 5869) without salt. Neither a network's name nor a key has a NUL, so no two pairs have the same info."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    info = b"\0".join([LABEL, *(part.encode() for part in (network, *sorted((a, b))))])
    return base64.b64encode(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())).decode()


def read_preshared(what: str, secret: Any, keys: Any, previous: Any = None) -> Preshared:
    """Read the values of the variables. White space around a secret is removed, because files end with a line break.

    :param what: names the network in errors, which repeat neither the secret nor a key.
    :param secret: text; None and an empty text mean none.
    :param keys: list of ``{"nodes": [NAME, NAME], "key": KEY}``, or None.
    :param previous: as ``secret``, the one before it.
    :raises PlanError: a value that cannot be read, a secret that is too short, a previous one that is none, or two keys for one
        link.
    """
    text, before = _secret(f"{what}: {PREFIX}{SECRET}", secret), _secret(f"{what}: {PREFIX}{PREVIOUS}", previous)
    if before is not None and text in (None, before):
        how = "is set without" if text is None else "is the same as"
        raise PlanError(
            f"{what}: {PREFIX}{PREVIOUS} {how} {PREFIX}{SECRET}; set the new secret there, or remove {PREFIX}{PREVIOUS}"
        )
    return Preshared(text, _keys(f"{what}: {PREFIX}{KEYS}", keys), before)


def _secret(what: str, value: Any) -> str | None:
    if not isinstance(value, str | None):
        raise PlanError(f"{what} must be text; put it in quotes")
    text = (value or "").strip()
    if text and len(text) < SHORTEST:
        raise PlanError(f"{what} is shorter than {SHORTEST} characters; make one with `openssl rand -base64 32`")
    return text or None


def _keys(what: str, value: Any) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    if not isinstance(value, list | None):
        raise PlanError(f"{what}: must be a list of links, each {{nodes: [alpha, beta], key: KEY}}")
    for index, entry in enumerate(value or ()):
        place = f"{what}[{index}]"
        # A misplaced value may be a key, so it is not repeated.
        if not isinstance(entry, Mapping) or set(entry) != {"nodes", "key"}:
            raise PlanError(f"{place}: must have nodes and key, like {{nodes: [alpha, beta], key: KEY}}")
        try:
            key = parse_key(str(entry["key"]), f"{place}.key")
        except ValueError as error:
            raise PlanError(str(error)) from None
        nodes = entry["nodes"]
        if not isinstance(nodes, list) or len({str(node) for node in nodes}) != 2 or len(nodes) != 2:
            raise PlanError(f"{place}.nodes: must name two nodes, like [alpha, beta]")
        pair = _pair(*map(str, nodes))
        if pair in found:
            raise PlanError(f"{place}: the link {pair[0]} - {pair[1]} already has a key; remove one")
        found[pair] = key
    return found


def preshared_for(
    names: Iterable[str], secret: Any, keys: Any, network_values: Any, previous: Any = None
) -> dict[str, Preshared]:
    """A host's preshared keys: network name -> their source.

    :param network_values: the variable ``wireguard_networks``. The networks in it have their own values; ``secret``, ``keys`` and
        ``previous`` are for all other networks.
    :raises PlanError: as :func:`read_preshared`.
    """
    own = network_values if isinstance(network_values, Mapping) else {}
    found = {}
    for name in names:
        values = (own[name] or {}) if name in own else {SECRET: secret, KEYS: keys, PREVIOUS: previous}
        found[name] = read_preshared(f"network {name}", values.get(SECRET), values.get(KEYS), values.get(PREVIOUS))
    return found


def check_preshared(inventory: Inventory, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, Preshared]:
    """The source of each network's keys, on which all members must agree: hosts with different secrets cannot communicate.

    :param documents: as ``inventory.documents`` returns them.
    :raises PlanError: two members of a network have different values, or as :func:`read_preshared`.
    """
    found: dict[str, Preshared] = {}
    for name, document in documents.items():
        first: tuple[str, Mapping[str, Any]] | None = None
        for host in hosts_of(document):
            values = secret_values(inventory, host, name)
            if first is None:
                first = (host, values)
            for key in (SECRET, PREVIOUS, KEYS) if values != first[1] else ():
                _check_agreement(name, key, first, (host, values))
        agreed = first[1] if first else {}
        found[name] = read_preshared(f"network {name}", agreed.get(SECRET), agreed.get(KEYS), agreed.get(PREVIOUS))
    return found


def _check_agreement(network: str, key: str, a: tuple[str, Mapping[str, Any]], b: tuple[str, Mapping[str, Any]]) -> None:
    having = [host for host, values in (a, b) if values.get(key)]
    if a[1].get(key) == b[1].get(key) or not having:
        return
    missing = [host for host in (a[0], b[0]) if host not in having]
    how = f"is set on {having[0]} but not on {missing[0]}" if missing else f"differs between {a[0]} and {b[0]}"
    raise PlanError(
        f"network {network}: {PREFIX}{key} {how}; it must be the same on all members of the network: set it in group_vars"
    )


def preshared_warnings(network: Network, preshared: Preshared, ended: Container[str] = ()) -> list[str]:
    """Warnings about given keys without effect.

    :param ended: nodes that the network had.
    :raises PlanError: a key for a node that the network does not have.
    """
    if not preshared.keys:
        return []
    unlinked = []
    graph = graph_of(network)
    what = f"network {network.name}: {PREFIX}{KEYS}"
    for a, b in preshared.keys:
        if a in ended or b in ended:
            continue
        for name in (a, b):
            if name not in network.nodes:
                raise PlanError(
                    f"{what} names '{name}', which is not a node of the network; correct the name, or remove the entry"
                )
        if b not in graph.neighbours(a):
            unlinked.append(f"{a} - {b}")
    if not unlinked:
        return []
    return [f"{what} has keys for nodes that are not linked: {', '.join(unlinked)}; remove the entries, or link the nodes"]


def half_changed(
    networks: Iterable[Network], changed: Mapping[tuple[str, str], Iterable[str]], running: Container[str]
) -> list[str]:
    """A warning per network in which a run changes the preshared keys of pairs on one side only.

    :param changed: (host, interface) -> names of the peers whose preshared key changes there.
    :param running: the hosts of the run, whether anything changes on them or not. If nothing does, they had the key before.
    """
    warnings = []
    for network in networks:
        pairs = set()
        for name, node in network.nodes.items():
            for host in node.hosts:
                pairs |= {
                    _pair(name, peer)
                    for interface in interface_names(network, node)
                    for peer in changed.get((host, interface), ())
                    if not _runs(network, peer, running)
                }
        if pairs:
            names = ", ".join(f"{a} - {b}" for a, b in sorted(pairs))
            warnings.append(
                f"network {network.name}: preshared keys change on one side only, because the other host is not in this run: "
                f"{names}; within 3 minutes these links fail until it has the keys, too"
            )
    return warnings


def _runs(network: Network, name: str, running: Container[str]) -> bool:
    node = network.nodes.get(name)
    return node is not None and node.managed and all(host in running for host in node.hosts)
