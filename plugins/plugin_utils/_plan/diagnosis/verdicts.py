# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One verdict for each silent pair: its cause and its remedy, or what is ruled out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..explain.trace import State, state_of
from ..failover.bgp import uses_bgp
from ..model.network import Network
from .causes import TESTS, Case, Test
from .evidence import End, end_of
from .inside import at_forwarders, dropped_inside, missing_address, other_way, refused_by_allowed_ips
from .pairs import Pair, Reports, answers, hosts_of, pairs_of

UNKNOWN = "unknown"
NOT_ASKED = "one-end-not-asked"
NOBODY = "not-asked"
UNREACHABLE = "endpoint-unreachable"
"""Of a host that was not reached, it may say only that this host is down."""
PACKET_SIZE, WRONG_ROUTE = "packet-size", "wrong-route"
CONSEQUENCE = "link-silent"


@dataclass(frozen=True)
class Verdict:
    """``code``, ``what`` and ``remedy`` as in :class:`Cause`; ``ruled_out``: codes of what it is not."""

    pair: Pair
    code: str
    what: str
    remedy: str
    ruled_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        pair = {"network": self.pair.network.name, "nodes": [self.pair.a, self.pair.b]}
        return {**pair, "code": self.code, "cause": self.what, "remedy": self.remedy, "ruled_out": [*self.ruled_out]}


def silent_pairs(networks: Iterable[Network], reports: Mapping[str, Any]) -> list[Pair]:
    """The pairs without an answer in either direction, as far as one of their hosts has reported."""
    index = Reports(reports)
    return [pair for network in networks for pair in pairs_of(network) if answers(pair, index) is False]


def to_send(pairs: Iterable[Pair], first: bool) -> dict[str, list[dict[str, Any]]]:
    """Host -> the peers to which it sends, for the module ``diagnosis``: those of all first ends, or of the second ones."""
    found: dict[str, list[dict[str, Any]]] = {}
    for pair in pairs:
        name = pair.a if first else pair.b
        entry = {"interface": pair.interface_of(name), "address": pair.address_from(name)}
        entry["public_key"] = pair.network.nodes[pair.other(name)].public_key
        for host in hosts_of(pair, name):
            if entry["address"] is not None and pair.over is None:
                found.setdefault(host, []).append(entry)
    return found


def verdicts(
    networks: Iterable[Network],
    reports: Mapping[str, Any],
    sent: Mapping[str, Any],
    captured: Mapping[str, Any],
) -> list[Verdict]:
    """A verdict for each pair that is silent, and for each that loses large packets.

    :param reports: host -> result of the module ``interface_info`` with probes.
    :param sent: host -> result of the module ``diagnosis`` that has sent packets.
    :param captured: host -> its result with what it has captured.
    """
    found: list[Verdict] = []
    index = Reports(reports)
    for network in networks:
        state = state_of(network, reports)
        pairs = [(pair, answers(pair, index)) for pair in pairs_of(network)]
        silent = [pair for pair, answer in pairs if pair.over is None and not answer]
        for pair, answer in pairs:
            if answer is None:
                found.append(
                    Verdict(pair, NOBODY, "neither host was reached", "start the hosts, or correct how Ansible reaches them")
                )
            elif answer:
                found += [*_elsewhere(pair, index), *_large(pair, index)][:1]
            elif pair.over is None:
                found.append(_of_link(pair, index, state, sent, captured))
            else:
                found += _over(pair, state, silent)
    return found


def _of_link(pair: Pair, reports: Reports, state: State, sent: Mapping[str, Any], captured: Mapping[str, Any]) -> Verdict:
    case = Case(pair, *(end_of(pair, name, reports, sent, captured) for name in (pair.a, pair.b)))
    tests: tuple[Test, ...] = (
        *TESTS, missing_address, other_way, partial(refused_by_allowed_ips, state=state), dropped_inside,
    )  # fmt: skip
    missing = [end for end in (case.a, case.b) if not end.asked]
    ruled_out: list[str] = []
    hint: str | None = None
    for test in tests:
        cause = next(test(case), None)
        if cause is not None and (not missing or cause.code in _BY_ONE_END):
            return Verdict(pair, cause.code, cause.what, cause.remedy, tuple(ruled_out))
        if cause is not None and cause.code == UNREACHABLE:
            hint = cause.what
            break
        ruled_out.append(_name(test))
    if missing:
        other = next(end for end in (case.a, case.b) if end.asked)
        what = f"{missing[0].host} was not reached, so one end is not asked; {hint or _seen(other, case)}"
        return Verdict(pair, NOT_ASKED, what, f"start {missing[0].host}, or correct how Ansible reaches it", tuple(ruled_out))
    what = f"no cause was found; {_seen(case.a, case)}"
    return Verdict(pair, UNKNOWN, what, "run the playbook mesh, then doctor again", tuple(ruled_out))


_BY_ONE_END = frozenset(
    {
        "interface-missing",
        "interface-down",
        "other-key",
        "peer-missing",
        "endpoint-in-tunnel",
        "blocked-on-leaving",
    }
)
"""Causes that a single end shows."""


def _name(test: Test) -> str:
    return str(getattr(test, "__name__", None) or test.func.__name__)  # type: ignore[attr-defined]


def _seen(end: End, case: Case) -> str:
    dialling = next(one for one in case.dialled if one.one is end)
    if dialling.left:
        return f"handshakes leave {end.host} for {end.endpoint}"
    return f"{end.host} has {'the endpoint ' + end.endpoint if end.endpoint else 'no endpoint'} for it"


def _over(pair: Pair, state: State, silent: list[Pair]) -> Iterator[Verdict]:
    ends = {pair.a, pair.b}
    behind = [link for link in silent if ends & {link.a, link.b}]
    if behind:
        what = f"the link of {behind[0].title} is silent"
        yield Verdict(pair, CONSEQUENCE, what, "see there")
    else:
        for cause in at_forwarders(pair, state):
            yield Verdict(pair, cause.code, cause.what, cause.remedy)


def _elsewhere(pair: Pair, reports: Reports) -> Iterator[Verdict]:
    """A pair whose tunnel answers, while the system of an end sends packets for the other elsewhere."""
    for name in (pair.a, pair.b) if pair.over is None and not uses_bgp(pair.network) else ():
        node, interface, other = pair.network.nodes[name], pair.interface_of(name), pair.network.nodes[pair.other(name)]
        for host in hosts_of(pair, name) if node.table == "auto" else ():
            probe = (reports.peer(host, interface, other.public_key) or {}).get("probe")
            entry = reports.interface(host, interface)
            if probe and entry and probe["round_trip"] is not None:
                own = {address.partition("/")[0] for address in entry["addresses"]}
                if probe["source"] not in own:
                    address = pair.address_from(name)
                    way = (
                        f"from {probe['source']}, and so not through {interface}"
                        if probe["source"]
                        else "nowhere: it has no route"
                    )
                    what = f"{host} sends packets for {address}, the address of {other.name}, {way}"
                    yield Verdict(pair, WRONG_ROUTE, what, f"remove the route that `ip route get {address}` shows there")


def _large(pair: Pair, reports: Reports) -> Iterator[Verdict]:
    """A pair that answers, but not to packets of the size that its interface sends."""
    for name in (pair.a, pair.b) if pair.over is None else ():
        for host in hosts_of(pair, name):
            key, interface = pair.network.nodes[pair.other(name)].public_key, pair.interface_of(name)
            entry, peer = reports.interface(host, interface), reports.peer(host, interface, key)
            largest = peer["probe"]["largest"] if peer and peer["probe"] else None
            if entry and largest is not None and largest < entry["mtu"]:
                sent = f"{entry['name']} sends up to {entry['mtu']}"
                what = f"packets of more than {largest} bytes from {host} do not arrive, and {sent}"
                yield Verdict(pair, PACKET_SIZE, what, f"set wireguard_mtu: {largest} for both, or let fragments and ICMP pass")
                return


def text_of(found: list[Verdict], count: int) -> str:
    """For people: how many pairs answer, and each that does not, with its cause and its remedy.

    Pairs that a host which was not reached has in common are named together.
    """
    silent = [verdict for verdict in found if verdict.code != PACKET_SIZE]
    follow = [verdict for verdict in found if verdict.code == CONSEQUENCE]
    lines = [f"{count - len(silent)} of {count} pairs answer"]
    together: dict[tuple[str, ...], list[Verdict]] = {}
    for verdict in (one for one in found if one not in follow):
        apart = () if verdict.code in (NOT_ASKED, NOBODY) else (verdict.pair.title, verdict.what)
        together.setdefault((verdict.code, verdict.pair.network.name, verdict.remedy, *apart), []).append(verdict)
    for group in together.values():
        first = group[0]
        if len(group) > 1:
            what = first.what.partition(";")[0]
            titles = ", ".join(one.pair.title for one in group)
            lines += ["", f"{len(group)} pairs ({first.pair.network.name}): {what}: {titles}", f"  {first.remedy}"]
            continue
        lines += ["", f"{first.pair.title} ({first.pair.network.name}): {first.what}", f"  {first.remedy}"]
        if first.code in (UNKNOWN, NOT_ASKED) and first.ruled_out:
            lines.append(f"  ruled out: {', '.join(name.replace('_', ' ') for name in first.ruled_out)}")
    if follow:
        lines += [
            "",
            f"{len(follow)} more, because a link on their path is silent: {', '.join(one.pair.title for one in follow)}",
        ]
    return "\n".join(lines)
