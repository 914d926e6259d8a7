# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why packets inside the tunnel get no answer although the handshakes work."""

from __future__ import annotations

from collections.abc import Iterator

from ..explain.trace import State, walks
from ..failover.bgp import uses_bgp
from ..model.findings import PlanError
from ..model.network import Network
from .causes import APPLY, Case, Cause
from .evidence import End
from .pairs import Pair


def missing_address(case: Case) -> Iterator[Cause]:
    """An end does not have its own address."""
    for end, _other in case.both:
        if end.interface is None or uses_bgp(case.pair.network):
            continue
        live = {address.partition("/")[0] for address in end.interface["addresses"]}
        for address in end.node.addresses:
            if address not in live:
                yield Cause("address-missing", f"{end.name} of {end.host} does not have its address {address}", APPLY)


def other_way(case: Case) -> Iterator[Cause]:
    """An end's system sends packets for the other elsewhere."""
    for end, other in case.both:
        route = end.sent["inner_route"] if end.sent else {"dev": end.name, "error": None}
        address = case.pair.address_from(end.node.name)
        if route["error"]:
            what = f"{end.host} has no route to {address}, the address of {other.node.name}: {route['error']}"
            yield Cause("route-missing", what, f"{APPLY}; it restores the routes")
        elif route["dev"] != end.name:
            what = f"{end.host} routes {address}, the address of {other.node.name}, to {route['dev']} instead of {end.name}"
            yield Cause(
                "wrong-route",
                what,
                f"remove that route, which `ip route get {address}` shows; or give the network other prefixes",
            )


def refused_by_allowed_ips(case: Case, state: State) -> Iterator[Cause]:
    """AllowedIPs of an end do not accept the other's packets."""
    reason = not_carried(case.pair, state)
    if reason is not None:
        yield Cause("allowed-ips", reason, f"{APPLY}; to see each hop: the playbook explain, with wireguard_live=true")


def not_carried(pair: Pair, state: State) -> str | None:
    """Why the live AllowedIPs and routes do not carry a packet between the two there and back; None if they do."""
    if uses_bgp(pair.network):
        return None
    try:
        found = [*walks(state, pair.a, pair.b)]
    except PlanError:
        return None
    ways = (item[way] for item in found if not item["arrives"] for way in ("there", "back"))
    return next((str(way["reason"]) for way in ways if way["outcome"] not in ("delivered", "leaves")), None)


def dropped_inside(case: Case) -> Iterator[Cause]:
    """A request comes out of the tunnel, and no reply goes in."""
    for end, other in case.both:
        yield from _dropped(case, end, other)


def _dropped(case: Case, end: End, other: End) -> Iterator[Cause]:
    """:param end: asks; ``other`` does not answer."""
    there, back = case.pair.address_from(end.node.name), case.pair.address_from(other.node.name)
    if there is None or back is None or not end.captured or not other.captured:
        return
    arrives = other.inner("in", "request", back, there)
    if arrives and not other.inner("out", "reply", there, back):
        if other.filtered:
            yield _filtered(other)
        else:
            what = f"requests of {end.host} come out of {other.name} on {other.host}, whose system does not answer them"
            remedy = f"let ICMP in from {other.name} there, unless its packet filter is meant to drop it"
            yield Cause("blocked-inside", what, remedy)
    elif other.inner("out", "reply", there, back) and end.inner("in", "reply", there, back):
        if end.filtered:
            yield _filtered(end)
        else:
            what = f"replies of {other.host} come out of {end.name} on {end.host}, whose system drops them"
            yield Cause("blocked-inside", what, f"let replies in from {end.name} there")
    elif not arrives and not end.inner("out", "request", back, there):
        what = f"requests for {other.host} do not enter {end.name} on {end.host}; its packet filter drops them"
        yield Cause("blocked-inside", what, f"let packets out through {end.name} there")


def _filtered(end: End) -> Cause:
    what = f"{end.host} drops packets that come out of {end.name}, because of its reverse path filter (rp_filter)"
    return Cause("reverse-path-filter", what, f"correct the routes of {end.host}, or set rp_filter to 2 for {end.name}")


def at_forwarders(pair: Pair, state: State) -> Iterator[Cause]:
    """Why two nodes do not reach each other over forwarders, although all links answer."""
    network = pair.network
    reason = not_carried(pair, state)
    if reason is not None:
        code = "not-forwarding" if reason.endswith("does not forward") else "allowed-ips"
        yield Cause(code, reason, f"{APPLY}; to see each hop: the playbook explain, with wireguard_live=true")
    else:
        over = _hosts(network, pair.over)
        what = f"{over} gets packets of {pair.a} and {pair.b} for each other, and its system does not pass them on"
        yield Cause("blocked-while-forwarding", what, f"check the packet filter (chain FORWARD) and rp_filter of {over}")


def _hosts(network: Network, name: str | None) -> str:
    return " and ".join(network.nodes[name].hosts) if name else "a forwarder"
