# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks do on each host: from the plan, what it recorded, and what the host answered when it was looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..failover.bgp import BGP, interface_names
from ..failover.vrrp import VRRP
from ..model.network import Network
from .recording import Left, Recorded

Looks = Mapping[str, Mapping[str, Any]]
"""Host -> what the module ``prepare`` has answered there; hosts that it has not looked at are not in it."""


def keys_in(looks: Looks) -> dict[tuple[str, str], str | None]:
    """(host, interface) -> public key, None where it has none."""
    return {
        (host, interface): str(key) if key else None
        for host, look in looks.items()
        for interface, key in (look.get("keys") or {}).items()
    }


def live_peers(looks: Looks) -> dict[str, set[str]]:
    """Host -> the public keys of the peers that it has."""
    return {
        host: {peer["public_key"] for interface in look["interfaces"].values() for peer in interface["peers"]}
        for host, look in looks.items()
        if look.get("interfaces") is not None
    }


def steps_of(
    hosts: Iterable[str], networks: Sequence[Network], recorded: Sequence[Recorded], looks: Looks, digest: str, present: bool
) -> dict[str, dict[str, Any]]:
    """Host -> its steps, JSON-ready.

    ``interfaces`` (names), ``unsettled`` (those on which something differs, or on which nothing is known to be the same),
    ``failover`` (the ways of nodes that it is part of, or was), ``vrrp``, ``bgp`` (as it answered), ``stale``
    (interfaces that no network has any more), ``settled`` (nothing is to be done), ``left`` (what it had for removed nodes),
    ``make_keys``, ``foreign_keys`` (public keys that it must not have) and ``refused`` (why it is not believed, or null).

    :param digest: of the networks; what a host answered to another plan says nothing of this one.
    :param present: whether interfaces are to be up; otherwise nothing is known to be the same.
    """
    names, ways = _interfaces(networks), _failover(networks)
    left: dict[str, Left] = {}
    for one in recorded:
        for host, what in one.left.items():
            left[host] = left.get(host, Left()).and_of(what)
    refused = {host: why for one in recorded for host, why in one.refused.items()}
    given = {host for one in recorded for host in one.given}
    foreign: dict[str, list[str]] = {}
    for one in recorded:
        for host, keys in one.foreign.items():
            foreign.setdefault(host, []).extend(keys)
    found = {}
    for host in sorted({*hosts, *names, *left}):
        look = looks.get(host, {})
        same = look.get("settled") or [] if present and look.get("plan") == digest else []
        vrrp, bgp, stale = (list(look.get(key) or []) for key in ("vrrp", "bgp", "stale"))
        unsettled = [name for name in names.get(host, []) if name not in same]
        failover = [*ways.get(host, []), *([VRRP] if vrrp else []), *([BGP] if bgp else [])]
        found[host] = {
            "interfaces": names.get(host, []),
            "unsettled": unsettled,
            "failover": sorted(set(failover)),
            "vrrp": vrrp,
            "bgp": bgp,
            "stale": stale,
            "settled": not (unsettled or failover or stale),
            "left": {key: list(some) for key, some in vars(left[host]).items()} if host in left else {},
            "make_keys": host not in given,
            "foreign_keys": foreign.get(host, []),
            "refused": refused.get(host),
        }
    return found


def _failover(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> how nodes that it is part of fail over; hosts without are not in it."""
    found: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            if network.failover and node.managed and (node.shared or network.failover != VRRP):
                for host in node.hosts:
                    found.setdefault(host, []).append(network.failover)
    return found


def _interfaces(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> the names of its interfaces; to know these alone, no host has to read whole networks."""
    found: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            for host in node.hosts if node.managed else ():
                found.setdefault(host, []).extend(interface_names(network, node))
    return found
