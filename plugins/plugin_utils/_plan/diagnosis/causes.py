# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the two ends of a link do not hear each other: the first cause that the evidence shows, in the order of the packets."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from .evidence import Dialling, End
from .pairs import Pair

APPLY = "run the playbook mesh"


@dataclass(frozen=True)
class Cause:
    """``code`` for programs; what is wrong, and what to do, for people."""

    code: str
    what: str
    remedy: str


@dataclass(frozen=True)
class Case:
    """A silent link with both of its ends, and each dialling the other."""

    pair: Pair
    a: End
    b: End

    @property
    def both(self) -> tuple[tuple[End, End], tuple[End, End]]:
        """Each end, with the other."""
        return (self.a, self.b), (self.b, self.a)

    @property
    def dialled(self) -> tuple[Dialling, Dialling]:
        """Each end as it dials the other."""
        return Dialling(self.a, self.b), Dialling(self.b, self.a)

    @property
    def in_session(self) -> bool:
        """Whether both have had a handshake a short while ago."""
        return self.a.in_session and self.b.in_session


Test = Callable[[Case], Iterator[Cause]]


def no_interface(case: Case) -> Iterator[Cause]:
    """The interface is missing, or down."""
    for end, _other in case.both:
        if end.asked and end.interface is None:
            yield Cause("interface-missing", f"{end.host} has no interface {end.name}", f"{APPLY}; it starts the interface")
        elif end.interface and not end.interface["up"]:
            yield Cause("interface-down", f"the link {end.name} of {end.host} is down", f"{APPLY}; it sets the link up")


def no_peer(case: Case) -> Iterator[Cause]:
    """An end has another key than the other expects, or is no peer of the other."""
    for end, other in case.both:
        if end.interface and end.interface["public_key"] != end.node.public_key:
            live = short(end.interface["public_key"] or "none")
            what = f"{end.host} uses the key {live}, and its peers expect {short(end.node.public_key or 'none')}"
            yield Cause("other-key", what, f"{APPLY} on all hosts; it records the key and gives it to the peers")
        if end.interface and end.peer is None:
            what = f"{end.host} does not have {other.node.name} as a peer of {end.name}"
            yield Cause("peer-missing", what, f"{APPLY} on {end.host}")


def other_preshared_key(case: Case) -> Iterator[Cause]:
    """The ends have different preshared keys."""
    if case.a.sent and case.b.sent and case.a.sent["preshared"] != case.b.sent["preshared"]:
        what = f"the preshared keys of {case.a.host} and {case.b.host} differ, so no handshake completes"
        yield Cause("preshared-keys-differ", what, f"{APPLY} on both hosts")


def no_endpoint(case: Case) -> Iterator[Cause]:
    """A name does not resolve, or neither end knows where to dial the other."""
    if case.a.sent is None or case.b.sent is None or case.a.endpoint or case.b.endpoint:
        return
    for end, other in case.both:
        name = end.sent["name"] if end.sent else None
        if name and not end.sent["resolved"]:  # type: ignore[index]
            what = f"{name}, the endpoint of {other.node.name}, does not resolve on {end.host}"
            yield Cause("endpoint-unresolved", what, "correct the name, or the name servers of that host")
            return
        if name:
            what = f"{name}, the endpoint of {other.node.name}, resolves on {end.host}, but no run or unit has set it"
            yield Cause("endpoint-not-set", what, f"start meshwork-endpoints@{end.name} on {end.host}; {APPLY} installs it")
            return
    dials = next((one for one, other in case.both if other.node.endpoint_from(one.node)), None)
    if dials is not None:
        what = f"{dials.host} has no endpoint for the other end, although the plan has one"
        yield Cause("endpoint-missing", what, f"{APPLY} on {dials.host}")
    else:
        what = f"neither {case.a.host} nor {case.b.host} knows an endpoint of the other"
        yield Cause("no-endpoint", what, "set wireguard_endpoint for one of them")


def kept_back(case: Case) -> Iterator[Cause]:
    """An end that knows where to dial does not send, because of its own routes or packet filter."""
    if case.in_session:
        return
    for dialling in case.dialled:
        end = dialling.one
        if end.sent is None or not end.endpoint:
            continue
        route = end.sent["route"]
        if route["error"]:
            what = f"{end.host} cannot send to {end.endpoint}, the endpoint of {dialling.other.node.name}: {route['error']}"
            yield Cause("endpoint-unreachable", what, "correct the routes of that host, or the endpoint")
        elif route["dev"] == end.name:
            what = f"{end.host} routes {end.endpoint}, the endpoint of {dialling.other.node.name}, into the tunnel itself"
            yield Cause("endpoint-in-tunnel", what, "take that address out of allowed_ips (wireguard_excluded_ips)")
        elif not dialling.left and not end.in_session and not Dialling(dialling.other, end).left:
            what = f"no handshake leaves {end.host} for {end.endpoint}; its own packet filter drops it on the way out"
            yield Cause("blocked-on-leaving", what, f"let UDP to {end.endpoint} out of {end.host}")


def wrong_clock(case: Case) -> Iterator[Cause]:
    """The clock of one end went back, so that the other takes its initiations for replays."""
    for dialling in case.dialled:
        end, other = dialling.one, dialling.other
        if not dialling.arrived or dialling.answered or end.sent_at is None or other.sent_at is None or other.sent is None:
            continue
        behind = round(other.report.get("time", 0) - end.report.get("time", 0))
        age = other.sent["handshake_age"]
        if behind > _SKEW and age is not None and age < behind:
            what = f"the clock of {end.host} is {behind} s behind that of {other.host}, which takes its handshakes for replays"
            yield Cause("clock-went-back", what, f"set the clock of {end.host}, for example with systemd-timesyncd")


_SKEW = 10


def lost_on_the_way(case: Case) -> Iterator[Cause]:
    """A handshake leaves, and does not arrive, or the answer does not."""
    if case.in_session:
        return
    tried = [dialling for dialling in case.dialled if dialling.left]
    for dialling in sorted(tried, key=lambda one: (bool(one.arrived), bool(one.answered), one.returned), reverse=True):
        end, other = dialling.one, dialling.other
        to = f"{end.endpoint}, where it dials {other.node.name}"
        if not dialling.arrived:
            yield _not_arrived(case, dialling, to)
        elif not dialling.answered and other.has_received:
            what = f"{other.host} takes the handshakes of {end.host}, but its answers do not leave; its packet filter drops them"
            yield Cause("blocked-on-leaving", what, f"let UDP to {dialling.sources} out of {other.host}")
        elif not dialling.answered:
            what = f"handshakes of {end.host} reach {other.host}, which does not answer; its packet filter drops them on arrival"
            yield Cause("blocked-on-arrival", what, f"let UDP port {other.node.port} in on {other.host} (wireguard_firewalls)")
        elif not dialling.returned:
            what = f"{other.host} answers the handshakes of {end.host}, but no answer arrives there"
            yield Cause("answer-lost", what, f"let UDP from {other.host} back to {end.host} through the firewalls between them")
        else:
            what = f"answers of {other.host} reach {end.host}, which does not take them; its packet filter drops them on arrival"
            yield Cause("blocked-on-arrival", what, f"let UDP port {end.node.port} in on {end.host} (wireguard_firewalls)")
        return


def _not_arrived(case: Case, dialling: Dialling, to: str) -> Cause:
    end, other = dialling.one, dialling.other
    shared = _with_the_same_endpoint(case.pair, other, end)
    if shared:
        what = f"{other.node.name} and {shared} have the same endpoint {end.endpoint}; only one of them can get packets there"
        return Cause("same-endpoint", what, "give them different ports (wireguard_port), and forward each on their router")
    planned = other.node.endpoint_from(end.node)
    if planned and end.endpoint and _moved(planned, end.endpoint):
        what = f"{end.host} dials {other.node.name} at {end.endpoint}, but the plan says {planned}"
        return Cause("other-endpoint", what, f"{APPLY} on {end.host}, or correct wireguard_endpoint of {other.node.name}")
    for error in dialling.errors:
        if error["code"] == "port":
            what = f"{error['sender']} says that nothing listens at {to}"
            port = other.interface["port"] if other.interface else None
            there = f"; {other.name} of {other.host} listens on {port}" if port else ""
            return Cause("port-closed", what + there, "correct wireguard_endpoint or wireguard_port")
        what = f"{error['sender']} refuses packets from {end.host} to {to} ({error['code']})"
        return Cause("refused-on-the-way", what, "let UDP pass there, or correct wireguard_endpoint")
    what = f"packets leave {end.host} for {to}, and do not arrive at {other.host}"
    return Cause("lost-on-the-way", what, "a firewall or a router between them drops UDP, or wireguard_endpoint is wrong")


def _with_the_same_endpoint(pair: Pair, end: End, dialling: End) -> str | None:
    own = end.node.endpoint_from(dialling.node)
    others = (node for node in pair.network.nodes.values() if node.name not in (end.node.name, dialling.node.name))
    return next((node.name for node in others if own and node.endpoint_from(dialling.node) == own), None)


def _moved(planned: str, live: str) -> bool:
    """Whether the live endpoint is not the planned one. A planned name may resolve to anything."""
    try:
        endpoint = parse_endpoint(planned, "endpoint")
        return not endpoint.is_name and ipaddress.ip_address(endpoint.host) is not None and str(endpoint) != live
    except ValueError:
        return False


def stale_session(case: Case) -> Iterator[Cause]:
    """One end uses a session that the other has lost."""
    for end, other in case.both:
        if end.in_session and not other.in_session:
            what = f"{end.host} uses a session that {other.host} no longer has, as after a restart"
            yield Cause("stale-session", what, f"wait 3 minutes, or restart {end.name} on {end.host}")


def answers_again(case: Case) -> Iterator[Cause]:
    """It answers by now, as WireGuard gives up a lost session after 15 seconds."""
    for end, other in case.both:
        if end.sent and end.sent["answers"]:
            what = f"{other.host} did not answer {end.host} at first, and does by now; one of them had lost the session"
            yield Cause(
                "answers-again", what, "nothing, unless it comes back: then look for restarts, and set wireguard_keepalive"
            )


TESTS: tuple[Test, ...] = (
    answers_again,
    no_interface,
    no_peer,
    other_preshared_key,
    no_endpoint,
    kept_back,
    wrong_clock,
    lost_on_the_way,
    stale_session,
)
"""Of a handshake, in order."""
