# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps that tasks run on each host, from the plan, from what it recorded, and from the host's answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from ..failover.bgp import BGP, interface_names
from ..failover.vrrp import VRRP
from ..model.network import Network
from .adoption import Answer
from .recording import Left, Recorded

Looks = Mapping[str, Mapping[str, Any]]
"""Host -> result of the module ``prepare``; without hosts on which it has not run."""


ON_HOST = ("metrics", "names")
"""What a host may have besides its interfaces."""


def keys_in(looks: Looks) -> dict[tuple[str, str], str | None]:
    """(host, interface) -> public key, None if it has none."""
    return {
        (host, interface): str(key) if key else None
        for host, look in looks.items()
        for interface, key in (look.get("keys") or {}).items()
    }


def next_keys_in(looks: Looks) -> dict[tuple[str, str], str | None]:
    """(host, interface) -> public key of its next key, None if it has none."""
    return {
        (host, interface): str(key) if key else None
        for host, look in looks.items()
        for interface, key in (look.get("next_keys") or {}).items()
    }


def key_dates_in(looks: Looks) -> dict[tuple[str, str], str | None]:
    """(host, interface) -> the day on which the file of its key was written, None if there is none."""
    return {(host, name): day for host, look in looks.items() for name, day in (look.get("key_dates") or {}).items()}


def live_peers(looks: Looks) -> dict[str, set[str]]:
    """Host -> the public keys of its live peers."""
    return {
        host: {peer["public_key"] for interface in look["interfaces"].values() for peer in interface["peers"]}
        for host, look in looks.items()
        if look.get("interfaces") is not None
    }


def live_in(looks: Looks) -> dict[str, dict[str, Answer]]:
    """Host -> interface -> its live state; without hosts that did not answer."""
    return {
        host: {
            name: Answer(
                _plain(found.get("addresses", ())),
                tuple(peer["public_key"] for peer in found["peers"]),
                named=tuple((peer["name"], peer["public_key"]) for peer in found["peers"] if peer["name"] is not None),
            )
            for name, found in (look.get("interfaces") or {}).items()
        }
        for host, look in looks.items()
        if look.get("keys") is not None
    }


def live_of_others(infos: Looks) -> dict[str, dict[str, Answer]]:
    """As :func:`live_in`, from results of the module ``interface_info`` on hosts that are not in this run."""
    return {host: {one["name"]: Answer(_plain(one["addresses"])) for one in info["interfaces"]} for host, info in infos.items()}


def _plain(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(address.partition("/")[0] for address in addresses)


def steps_of(
    hosts: Iterable[str],
    networks: Sequence[Network],
    recorded: Sequence[Recorded],
    looks: Looks,
    digest: str,
    present: bool,
    single: Mapping[str, Collection[str]],
    losing: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, dict[str, Any]]:
    """Host -> its steps, JSON-ready.

    ``interfaces`` (names), ``unsettled`` (interfaces that differ from the plan or may differ), ``failover`` (kinds that its nodes
    use or used), ``vrrp``, ``bgp`` (as the host answered), ``metrics``, ``names`` (the state that they get, or null if they stay
    as they are), ``stale`` (interfaces that no longer belong to any network), ``settled`` (nothing to do), ``left`` (what to
    remove for removed nodes), ``make_keys``, ``foreign_keys`` (public keys that it must not have) and ``refused`` (why its
    answers are rejected or it would lose too many peers, or null).

    :param digest: of the networks. Answers about another plan do not count.
    :param present: whether interfaces should be up; otherwise all of them may differ.
    :param losing: hosts that would lose too many peers -> which.
    :param single: host -> interfaces that the inventory describes one by one; they are never stale.
    """
    names, kinds = interfaces_by_host(networks), _failover(networks)
    left: dict[str, Left] = {}
    for one in recorded:
        for host, part in one.left.items():
            left[host] = left.get(host, Left()).and_of(part)
    refused = {host: why for one in recorded for host, why in one.refused.items()}
    given = {host for one in recorded for host in one.given}
    foreign: dict[str, list[str]] = {}
    for one in recorded:
        for host, keys in one.foreign.items():
            foreign.setdefault(host, []).extend(keys)
    steps = {}
    for host in sorted({*hosts, *names, *left}):
        look = looks.get(host, {})
        matching = look.get("settled") or [] if present and look.get("plan") == digest else []
        vrrp, bgp, stale = (list(look.get(key) or []) for key in ("vrrp", "bgp", "stale"))
        stale = [name for name in stale if name not in single.get(host, ())]
        unsettled = [name for name in names.get(host, []) if name not in matching]
        on_host = {name: _on_host(look.get(name), bool(names.get(host)), look.get("plan") == digest) for name in ON_HOST}
        failover = [*kinds.get(host, []), *([VRRP] if vrrp else []), *([BGP] if bgp else [])]
        steps[host] = {
            "interfaces": names.get(host, []),
            "unsettled": unsettled,
            "failover": sorted(set(failover)),
            "vrrp": vrrp,
            "bgp": bgp,
            **on_host,
            "stale": stale,
            "settled": not (unsettled or failover or any(on_host.values()) or stale),
            "left": {key: list(some) for key, some in vars(left[host]).items()} if host in left else {},
            "make_keys": host not in given,
            "foreign_keys": foreign.get(host, []),
            "refused": refused.get(host, losing.get(host)),
        }
    return steps


def _on_host(answer: str | None, has_interfaces: bool, of_this_plan: bool) -> str | None:
    """What to do about one of ``ON_HOST``: ``present``, ``absent``, or None for nothing.

    :param answer: of the host, about another plan if not ``of_this_plan``.
    """
    if answer is None:
        return None
    if answer == "absent" or not has_interfaces:
        return "absent"
    return None if answer == "settled" and of_this_plan else "present"


def _failover(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> how its nodes fail over; without hosts that have none of these."""
    kinds: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            if network.failover and node.managed and (node.shared or network.failover != VRRP):
                for host in node.hosts:
                    kinds.setdefault(host, []).append(network.failover)
    return kinds


def interfaces_by_host(networks: Iterable[Network]) -> dict[str, list[str]]:
    """Host -> the names of its interfaces, so that no task has to read whole networks for them."""
    names: dict[str, list[str]] = {}
    for network in networks:
        for node in network.nodes.values():
            for host in node.hosts if node.managed else ():
                names.setdefault(host, []).extend(interface_names(network, node))
    return names
