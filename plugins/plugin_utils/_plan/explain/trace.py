# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The path of a packet and of its answer, hop by hop, or the reason why it is dropped."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import nft_table_of

from ..failover.bgp import uses_bgp
from ..hosts.isolation import entitled, keeps_apart
from ..model.findings import PlanError
from ..model.network import Network
from ..model.prefixes import PrefixTable
from ..paths.exits import outgoing
from ..paths.next_hops import next_hops
from ..topologies.graph import Graph
from ..topologies.topology import graph_of
from .trace_text import lines_of
from .views import View, differences, has_other_key, live, planned


@dataclass(frozen=True)
class Place:
    """An address or a prefix, and the node that has it or has it behind itself; None if there is no such node."""

    what: str
    node: str | None

    @property
    def version(self) -> int:
        """4 or 6."""
        return ipaddress.ip_network(self.what).version


@dataclass(frozen=True)
class Hop:
    """From a node to a peer: the AllowedIPs entry that selects the peer, and the peer's entry that accepts the source.

    ``handshake``: whether the two have had one, None if that is not known.
    """

    node: str
    peer: str
    entry: str
    accepted_by: str | None
    handshake: bool | None


@dataclass(frozen=True)
class State:
    """The state that packets meet: the graph, the plan of each node, and its live view, None if it has not reported."""

    graph: Graph
    plan: Callable[[str], View]
    live: Callable[[str], View | None]

    def view(self, name: str) -> View:
        """The live view, or else the plan."""
        return self.live(name) or self.plan(name)


@dataclass(frozen=True)
class Walk:
    """One direction. ``outcome`` is ``delivered`` (to a node), ``leaves`` (to a prefix behind a node, or at an exit), ``outside``
    (it does not enter the tunnel) or ``dropped``.
    """

    source: Place
    destination: Place
    hops: tuple[Hop, ...]
    outcome: str
    at: str | None
    reason: str

    @property
    def arrives(self) -> bool:
        """Whether the packet reaches its destination."""
        return self.outcome in ("delivered", "leaves") and self.destination.node in (self.at, None)


def trace(networks: Iterable[Network], source: str, destination: str, reports: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The path there and back, for each IP version that both ends have.

    :param source: name of a node, or an address or prefix. So is ``destination``, which may also be beyond the network.
    :param reports: host -> result of the module ``interface_info``; hosts without one are assumed to be as planned.
    :raises PlanError: no network has both, or they have no IP version in common.
    """
    network, pairs = _pairs(list(networks), source, destination)
    if uses_bgp(network):
        raise PlanError(
            f"network {network.name}: BIRD chooses among its hubs at run time, so the plan has no paths; ask BIRD on a host: "
            f"birdc -s /run/meshwork-wireguard/{network.interface}.bird.ctl show route for {pairs[0][1].what}"
        )
    state = state_of(network, reports or {})
    result = [_both_ways(state, *pair) for pair in pairs]
    pending = [name for name, node in network.nodes.items() if node.pending]
    views = ((name, state.live(name)) for name in network.nodes)
    reported = {name: view for name, view in views if view is not None}
    differing = [line for name, view in reported.items() for line in differences(state.plan(name), view, pending)]
    unseen = [name for name in network.nodes if name not in reported] if reports is not None else []
    return {
        "network": network.name,
        "arrives": all(item["arrives"] for item in result),
        "traces": result,
        "differences": differing,
        "pending": pending,
        "not_asked": unseen,
        "text": lines_of(result, differing, pending, unseen),
    }


def state_of(network: Network, reports: Mapping[str, Any]) -> State:
    """The state of a network. The views are made on first use, so it serves for many packets.

    :param reports: host -> result of the module ``interface_info``.
    """
    graph = graph_of(network)
    return State(graph, planned(graph), live(network, reports))


def walks(state: State, source: str, destination: str) -> Iterator[dict[str, Any]]:
    """The ``traces`` of :func:`trace` between two nodes.

    :raises PlanError: they have no IP version in common.
    """
    _network, pairs = _pairs([state.graph.network], source, destination)
    return (_both_ways(state, *pair) for pair in pairs)


def _pairs(networks: list[Network], source: str, destination: str) -> tuple[Network, list[tuple[Place, Place]]]:
    for network in networks:
        places = [_places(network, what) for what in (source, destination)]
        if all(places):
            pairs = [(a, b) for a in places[0] for b in places[1] if a.version == b.version]
            one_each = list({a.version: (a, b) for a, b in reversed(pairs)}.values())[::-1]
            if not one_each:
                raise PlanError(f"{source} and {destination} have no IP version in common in network {network.name}")
            return network, one_each
    outward = _outward(networks, source, destination)
    if outward is not None:
        return outward
    unknown = [what for what in (source, destination) if not any(_places(network, what) for network in networks)]
    names = ", ".join(network.name for network in networks) or "none"
    if not unknown:
        raise PlanError(f"{source} and {destination} are in different networks ({names}); networks are not connected")
    raise PlanError(f"'{unknown[0]}' is neither a node nor an address or prefix of a network; networks: {names}")


def _outward(networks: list[Network], source: str, destination: str) -> tuple[Network, list[tuple[Place, Place]]] | None:
    """A node's traffic to beyond all networks, in the first network that takes it; or else in the first that has the node."""
    beyond = _prefix(destination)
    if beyond is None or any(_places(network, destination) or _holds_a_part(network, beyond) for network in networks):
        return None
    there = Place(beyond, None)
    members = [(network, place) for network in networks for place in _places(network, source) if place.node is not None]
    starts = [(network, place) for network, place in members if place.version == there.version]
    if members and not starts:
        version = f"IPv{there.version}"
        what = f"{source} has no {version} address in network {members[0][0].name}, so no peer takes its packets to {beyond}"
        raise PlanError(f"{what}; give the network an {version} prefix")
    for network, place in starts:
        if any(ipaddress.ip_network(beyond).subnet_of(net) for net in _sent(network, str(place.node), there.version)):
            return network, [(place, there)]
    return next(((network, [(place, there)]) for network, place in starts), None)


def _sent(network: Network, name: str, version: int) -> list[Any]:
    nets = map(ipaddress.ip_network, outgoing(network.nodes[name]))
    return [net for net in nets if net.version == version]


def _holds_a_part(network: Network, prefix: str) -> bool:
    own = [*network.prefixes, *(own for node in network.nodes.values() for own in (*node.addresses, *node.routes))]
    return next((True for _found in _inside(own, prefix)), False)


def _inside(prefixes: Iterable[str], outer: str) -> Iterator[str]:
    table = PrefixTable([(outer, "")])
    return (prefix for prefix in prefixes if table.longest(prefix))


def _prefix(what: str) -> str | None:
    """An address or a prefix in canonical spelling; None for other texts."""
    try:
        prefix = ipaddress.ip_network(what.strip(), strict=False)
        given = ipaddress.ip_interface(what.strip()).ip
    except ValueError:
        return None
    if given != prefix.network_address:  # an address with the length of its prefix
        prefix = ipaddress.ip_network(given)
    return str(prefix.network_address) if prefix.prefixlen == prefix.max_prefixlen else str(prefix)


def _places(network: Network, what: str) -> list[Place]:
    if what in network.nodes:
        node = network.nodes[what]
        if not node.numbered:
            raise PlanError(f"node {what}: has no address (wireguard_addresses: none); ask for one of its routes")
        if not node.addresses:
            raise PlanError(f"node {what}: has no address yet; give its registry, or set wireguard_addresses")
        return [Place(address, what) for address in node.addresses]
    spelled = _prefix(what)
    if spelled is None:
        return []
    owned = ((own, node.name) for node in network.nodes.values() for own in (*node.addresses, *node.routes))
    owner = PrefixTable(owned).longest(spelled)
    if owner is not None:
        return [Place(spelled, owner[1])]
    inside = PrefixTable((own, network.name) for own in network.prefixes).longest(spelled)
    return [Place(spelled, None)] if inside else []


def _both_ways(state: State, source: Place, destination: Place) -> dict[str, Any]:
    there = walk(state, source, destination)
    if not _is_beyond(state, destination):
        back = walk(state, source=destination, destination=source)
    elif there.outcome == "leaves":
        back = walk(state, destination, source, entering=there.at)
    elif there.outcome == "outside":
        back = Walk(destination, source, (), "outside", there.at, f"{there.at} gets the answer outside the tunnel, too")
    else:
        back = Walk(destination, source, (), "dropped", None, "the packet has not left the network, so there is no answer")
    return {
        "source": vars(source),
        "destination": vars(destination),
        "arrives": there.arrives and back.arrives,
        "there": _to_dict(there),
        "back": _to_dict(back),
    }


def _to_dict(path: Walk) -> dict[str, Any]:
    return {
        "outcome": path.outcome,
        "at": path.at,
        "reason": path.reason,
        "path": [hop.node for hop in path.hops] + ([path.at] if path.arrives else []),
        "hops": [vars(hop) for hop in path.hops],
    }


def _is_beyond(state: State, place: Place) -> bool:
    """Whether it is beyond the network. Addresses of the network that no node has are not."""
    overlay = PrefixTable((prefix, "") for prefix in state.graph.network.prefixes)
    return place.node is None and overlay.longest(place.what) is None


def walk(state: State, source: Place, destination: Place, entering: str | None = None) -> Walk:
    """Send one packet.

    :param entering: the node at which it enters the network, if the source is beyond it.
    """
    hops: list[Hop] = []

    def ends(outcome: str, at: str | None, reason: str) -> Walk:
        return Walk(source, destination, tuple(hops), outcome, at, reason)

    at = entering or source.node
    if at is None:
        return ends("dropped", None, f"no node has {source.what}")
    while len(hops) <= len(state.graph.network.nodes):
        here = state.view(at)
        arrived = _arrived(here, destination)
        if arrived is not None:
            return ends(*arrived)
        entry = here.table.longest(destination.what)
        if entry is None and _is_beyond(state, destination) and not here.missing:
            return ends(*_beyond(state, here, source, destination, bool(hops)))
        refused = _why_not_sent(state, here, source, destination, entry, bool(hops) or entering is not None)
        if entry is None or refused:
            return ends("dropped", at, f"{at}: {refused}")
        peer = state.view(entry[1])
        source_entry = peer.table.longest(source.what)
        known = here.peers.get(peer.name)
        accepted = source_entry[0] if source_entry and source_entry[1] == at else None
        hops.append(Hop(at, peer.name, entry[0], accepted, known.handshake if known else None))
        if hops[-1].accepted_by is None:
            return ends("dropped", peer.name, f"{peer.name}: {_why_not_accepted(peer, at, source, source_entry)}")
        at = peer.name
    return ends("dropped", at, f"{at}: a loop")


def _arrived(here: View, destination: Place) -> tuple[str, str, str] | None:
    """How the packet ends here: the node has the address, or has it behind itself and no longer AllowedIPs entry contains it."""
    if here.missing:
        return None
    if destination.what in here.addresses:
        return "delivered", here.name, ""
    local, entry = here.local.longest(destination.what), here.table.longest(destination.what)
    if local and (not entry or _length(local[0]) >= _length(entry[0])):
        elsewhere = "" if destination.node in (here.name, None) else f", and {destination.what} behind {destination.node}"
        return "leaves", here.name, f"{local[0]} lies behind {here.name}{elsewhere}"
    return None


def _beyond(state: State, here: View, source: Place, destination: Place, transit: bool) -> tuple[str, str, str]:
    """How a packet for a destination beyond the network ends at a node that sends it to none of its peers."""
    sent = [prefix for prefixes in here.allowed_ips.values() for prefix in prefixes]
    part = next(_inside(sent, destination.what), None)
    if part is not None:
        raise PlanError(
            f"node {here.name}: only parts of {destination.what} go into the tunnel, such as {part}; ask for an address"
        )
    if not transit:
        excluded = PrefixTable((prefix, "") for prefix in state.graph.network.nodes[here.name].excluded_ips)
        hole = excluded.longest(destination.what)
        why = f"wireguard_excluded_ips {hole[0]} contain it" if hole else f"no AllowedIPs entry contains {destination.what}"
        return "outside", here.name, f"{why}; {here.name} sends it by its own routes"
    if destination.version not in here.forwards:
        return "dropped", here.name, f"{here.name}: does not forward"
    lets_out = PrefixTable((prefix, "") for prefix in entitled(state.graph, here.name))
    if state.graph.network.nodes[here.name].managed and not lets_out.longest(source.what):
        return "dropped", here.name, f"{here.name}: is not the exit of {source.node} (wireguard_exit)"
    return (
        "leaves",
        here.name,
        f"{destination.what} leaves the network at {here.name}, which must masquerade {source.what} (the role firewall does)",
    )


def _why_not_sent(
    state: State, here: View, source: Place, destination: Place, entry: tuple[str, str] | None, transit: bool
) -> str:
    """Why the node does not send the packet to the entry's peer; empty if it does."""
    if here.missing:
        return here.missing
    if entry is None:
        return _why_no_entry(state.graph, here, destination)
    prefix, peer = entry
    if transit and destination.version not in here.forwards:
        return "does not forward"
    if transit and _is_kept_apart(state.graph, here.name, source, destination):
        table = f"meshwork_isolation_{nft_table_of(state.graph.network.interface)}"
        return f"spokes are isolated from each other (table inet {table})"
    if _length(prefix) and not here.routes_to(destination.what):
        return f"its system has no route for {destination.what} into the interface"
    if peer not in state.graph.network.nodes:
        return f"AllowedIPs {prefix} belongs to the peer with key {peer}, which is not a node"
    with_other_key = [name for name in (here.name, peer) if has_other_key(state.plan(name), state.view(name))]
    if with_other_key:
        return f"AllowedIPs {prefix} chose peer {peer}, but {with_other_key[0]} has another key than its peers expect"
    if peer in here.peers and not here.peers[peer].dialled:
        return f"AllowedIPs {prefix} chose peer {peer}, which it cannot dial and which has not sent anything yet"
    return ""


def _is_kept_apart(graph: Graph, hub: str, source: Place, destination: Place) -> bool:
    one, other = source.node or "", destination.node or ""
    return {one, other} <= graph.isolated and keeps_apart(graph, hub) and other not in graph.neighbours(one)


def _length(prefix: str) -> int:
    return ipaddress.ip_network(prefix).prefixlen


def _why_no_entry(graph: Graph, here: View, destination: Place) -> str:
    nobody = f"no AllowedIPs entry contains {destination.what}"
    if destination.node is None:
        return f"{nobody}; no node has it"
    if {here.name, destination.node} <= graph.isolated:
        return f"{nobody}; spokes are isolated from each other (wireguard_isolate_spokes)"
    if destination.node not in next_hops(graph, here.name):
        return f"{nobody}; no path of links over forwarding nodes leads to {destination.node}"
    if graph.network.nodes[destination.node].pending:
        return f"{nobody}; node {destination.node} is pending: no run has seen its public key yet"
    return nobody


def _why_not_accepted(peer: View, sender: str, source: Place, source_entry: tuple[str, str] | None) -> str:
    if peer.missing:
        return peer.missing
    if sender not in peer.allowed_ips:
        return f"{sender} is not one of its peers"
    if source_entry is None:
        return f"no AllowedIPs entry of peer {sender} contains the source {source.what}"
    return f"its AllowedIPs entry {source_entry[0]} expects the source {source.what} from peer {source_entry[1]}"
