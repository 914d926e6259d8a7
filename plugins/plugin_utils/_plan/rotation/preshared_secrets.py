# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secret a pair's preshared key comes from, while a network changes from its previous secret to a new one.

A pair changes with the key of one of its nodes: that node's next key is given to peers with the preshared key of the new secret,
so a handshake has either both old keys or both new ones. The registry keeps what has happened, with ids of secrets.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ..model.findings import PlanError, shown
from ..model.network import Network, Node
from ..topologies.topology import graph_of
from .node_keys import keys_in

BASE, ID, NEXT_ID = "preshared_base", "preshared_secret_id", "next_preshared_secret_id"
"""Keys of a registry, and of the entry of a node in it."""
IDS = (ID, NEXT_ID)
LABEL = b"meshwork.wireguard preshared secret"
"""Separates the ids from anything else that is derived from the same secret."""
_VARIABLE = "wireguard_preshared_secret"
_NAMED = 5


@lru_cache(maxsize=256)
def secret_id(secret: str, network: str) -> str:
    """The id of a network's secret, 16 hexadecimal digits. It is public, so it takes long to compute (scrypt, RFC 7914)."""
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    salt = b"\0".join([LABEL, network.encode()])
    return Scrypt(salt=salt, length=8, n=2**14, r=8, p=1).derive(secret.encode()).hex()


@dataclass(frozen=True)
class Secrets:
    """A network's secrets: the one in use, or the new one and the previous one. ``keyed``: pairs of nodes, in sorted order, that
    have a key of their own.
    """

    secret: str | None = field(default=None, repr=False)
    previous: str | None = field(default=None, repr=False)
    keyed: Collection[tuple[str, str]] = ()

    def ids(self, network: str) -> Ids:
        """Their ids."""
        new, previous = (secret and secret_id(secret, network) for secret in (self.secret, self.previous))
        return Ids(new or None, previous or None)


@dataclass(frozen=True)
class Ids:
    """Of the secret in use or the new one, and of the previous one."""

    new: str | None = None
    previous: str | None = None


def recorded_ids(network: Network) -> set[str]:
    """The ids that a network has."""
    nodes = network.nodes.values()
    found = {network.preshared_base, *(i for n in nodes for i in (n.preshared_secret_id, n.next_preshared_secret_id))}
    return {one for one in found if one is not None}


def uses_new(network: Network, new: str, a: Node, b: Node) -> bool:
    """Whether a pair's keys come from the new secret."""
    return new in (network.preshared_base, a.preshared_secret_id, b.preshared_secret_id)


def node_ids(before: Mapping[str, Any], after: Mapping[str, Any], ids: Ids, base: str | None) -> tuple[str | None, str | None]:
    """The ids of a node, after its host has answered: of the secret that all its pairs have come to, and of the one that they
    come to with its next key.

    A host that uses an older key again, such as one that was restored, has the preshared keys of that time, so the node loses
    what the newer key had brought.

    :param before: the registry's entry of the node.
    :param after: the entry with the keys of now, and the ids of before.
    :param base: of the network.
    """
    old, now = keys_in(before), keys_in(after)
    given, upcoming = after.get(ID), after.get(NEXT_ID)
    if None not in (old.public, now.public) and now.public == old.next:
        given, upcoming = upcoming or given, None
    elif now.public in old.retired:
        return None, given if now.next is not None and now.next == old.public else None
    if now.next is None:
        upcoming = None
    elif now.next != old.next:
        upcoming = ids.new if ids.previous is not None and ids.new not in (base, given) else None
    return given, upcoming


def changed_secrets(network: Network, secrets: Secrets, complete: bool = True) -> Network:
    """The network with the ids that are needed. Its own says to which secret all pairs have come, so that nobody leaves out the
    previous one too early. When all have come to the new one, the nodes' ids go, and without a previous secret also the
    network's.

    :param complete: False: nodes may be missing, so it is not known whether all pairs have.
    :raises PlanError: the secrets are not those that the network is changing between, or the previous one is still needed.
    """
    if not _active(network, secrets):
        return network
    ids = secrets.ids(network.name)
    _refuse_others(network, ids)
    if not complete:
        return network
    pairs = [pair for pair in _pairs(network) if pair not in secrets.keyed]
    left = [pair for pair in pairs if ids.new is None or not uses_new(network, ids.new, *(network.nodes[one] for one in pair))]
    if ids.previous is None and left:
        names = ", ".join(f"{a} - {b}" for a, b in left[:_NAMED]) + (f" and {len(left) - _NAMED} more" if left[_NAMED:] else "")
        raise PlanError(
            f"network {network.name}: {names} still use the previous preshared secret; set {_VARIABLE}_previous to it until "
            "meshwork.wireguard.rotate has changed their keys"
        )
    if ids.previous is None or network.preshared_base == ids.new or (pairs and not left):
        return _with_ids(network, ids.new if ids.previous is not None else None, {})
    return replace(network, preshared_base=ids.previous) if pairs and network.preshared_base is None else network


def _active(network: Network, secrets: Secrets) -> bool:
    return secrets.previous is not None or bool(recorded_ids(network))


def _refuse_others(network: Network, ids: Ids) -> None:
    nodes = {name: (node.preshared_secret_id, node.next_preshared_secret_id) for name, node in network.nodes.items()}
    strange = sorted(name for name, its in nodes.items() if any(one not in (None, ids.new) for one in its))
    if strange:
        raise PlanError(
            f"network {network.name}: {shown('node', strange)} changed to another preshared secret than {_VARIABLE}; set "
            f"that one, and {_VARIABLE}_previous to the one before it, until meshwork.wireguard.rotate has changed all keys"
        )
    if network.preshared_base not in (None, ids.new, ids.previous) and (ids.previous or ids.new is None):
        raise PlanError(
            f"network {network.name}: its preshared secret is neither {_VARIABLE} nor {_VARIABLE}_previous; set "
            f"{_VARIABLE}_previous to the one that is used now"
        )


def _pairs(network: Network) -> Iterator[tuple[str, str]]:
    """The linked nodes that have keys, each pair in sorted order."""
    graph = graph_of(network)
    for name, node in network.nodes.items():
        for other in sorted(graph.neighbours(name)) if not node.pending else ():
            if name < other and not network.nodes[other].pending:
                yield name, other


def _with_ids(network: Network, base: str | None, ids: Mapping[str, tuple[str | None, str | None]]) -> Network:
    nodes = {}
    for name, node in network.nodes.items():
        given, upcoming = ids.get(name, (None, None))
        same = (node.preshared_secret_id, node.next_preshared_secret_id) == (given, upcoming)
        nodes[name] = node if same else replace(node, preshared_secret_id=given, next_preshared_secret_id=upcoming)
    return replace(network, nodes=nodes, preshared_base=base)


def answered(
    network: Network, before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]], secrets: Secrets
) -> Network:
    """The network with the nodes' ids after their hosts have answered.

    :param before, after: entries of the registry, see :func:`node_ids`.
    """
    if not _active(network, secrets):
        return network
    ids = secrets.ids(network.name)
    found = {
        name: node_ids(before.get(name, {}), after[name], ids, network.preshared_base) for name in network.nodes if name in after
    }
    return _with_ids(network, network.preshared_base, found)


def entries_with_ids(network: Network, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The registry's entries with the ids of the network's nodes. Others keep theirs as long as the network has any."""
    needed = bool(recorded_ids(network))
    return {
        name: entry if needed and name not in network.nodes else _entry(network.nodes.get(name), entry)
        for name, entry in entries.items()
    }


def _entry(node: Node | None, entry: Mapping[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in entry.items() if key not in IDS}
    its = {ID: node.preshared_secret_id, NEXT_ID: node.next_preshared_secret_id} if node else {}
    return {**rest, **{key: value for key, value in its.items() if value is not None}}


def restored(older: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
    """An older entry of a node with the ids of the present one, which says to which secret its pairs have come since."""
    rest = {key: value for key, value in older.items() if key not in IDS}
    same = older.get("next_public_key") == present.get("next_public_key")
    return {**rest, **{key: present[key] for key in IDS if key in present and (key == ID or same)}}
