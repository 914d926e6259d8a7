# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is concluded from evidence; tests/integration has the same faults on real hosts."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.pairs import pairs_of, probes_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.verdicts import (
    silent_pairs,
    text_of,
    to_send,
    verdicts,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.tests.unit.support import key

A, B, C = (key(name) for name in "abc")
AT = {"a": "203.0.113.1:51820", "b": "203.0.113.2:51820"}


def network(**more):
    nodes = {
        "a": {"public_key": A, "addresses": ["10.8.0.1"], "endpoint": AT["a"], "hosts": ["a"]},
        "b": {"public_key": B, "addresses": ["10.8.0.2"], "endpoint": AT["b"], "hosts": ["b"]},
    }
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": {**nodes, **more.pop("nodes", {})}, **more})


PAIR = network()
OWN = {"a": A, "b": B}
ADDRESS = {"a": "10.8.0.1", "b": "10.8.0.2"}
OTHER = {"a": "b", "b": "a"}


class Evidence:
    """Of two hosts that are as planned, and whose packets all get lost inside the tunnel."""

    def __init__(self):
        self.reports = {name: self._report(name) for name in OWN}
        self.sent = {name: {"time": 1000.0, "filtered": 0, "peers": [self._sent(name)]} for name in OWN}
        self.captured = {name: {"packets": [], "errors": [], "inner": []} for name in OWN}

    def _report(self, name):
        other = OTHER[name]
        peer = {
            "name": other, "public_key": OWN[other], "preshared_key": False, "endpoint": AT[other], "handshake_age": 5,
            "allowed_ips": [f"{ADDRESS[other]}/32"], "received": 100, "sent": 100, "keepalive": 0,
            "probe": {"answers": False, "round_trip": None, "largest": None, "source": ADDRESS[name]},
        }  # fmt: skip
        interface = {
            "name": "wg0", "up": True, "public_key": OWN[name], "port": 51820, "mtu": 1420, "pings": {},
            "addresses": [f"{ADDRESS[name]}/24"], "routes": ["10.8.0.0/24"], "peers": [peer],
        }  # fmt: skip
        return {"time": 1000.0, "forwarding": {"ipv4": False, "ipv6": False}, "interfaces": [interface]}

    def _sent(self, name):
        other = OTHER[name]
        return {
            "interface": "wg0", "public_key": OWN[other], "answers": False, "endpoint": AT[other], "name": None, "resolved": [],
            "route": {"dev": "eth0", "error": None}, "inner_route": {"dev": "wg0", "error": None}, "preshared": None,
            "handshake_age": 5, "received": 100, "sent": 200,
        }  # fmt: skip

    def interface(self, name, /, **values):
        self.reports[name]["interfaces"][0].update(values)

    def peer(self, name, /, **values):
        self.reports[name]["interfaces"][0]["peers"][0].update(values)

    def facts(self, name, /, **values):
        self.sent[name]["peers"][0].update(values)

    def no_session(self):
        for name in OWN:
            self.facts(name, handshake_age=None)

    def handshake(self, one, *stages):
        """What both hosts have seen of a handshake that one begins: ``left``, ``arrived``, ``answered``, ``returned``."""
        self.no_session()
        other, at = OTHER[one], {"left": (one, 1, "out"), "arrived": (OTHER[one], 1, "in")}
        at |= {"answered": (other, 2, "out"), "returned": (one, 2, "in")}
        for stage in stages:
            host, kind, way = at[stage]
            remote = AT[OTHER[host]]
            self.captured[host]["packets"].append(
                {"type": kind, "way": way, "id": f"{one}{kind}", "remote": remote, "port": 51820}
            )

    def inner(self, name, way, what, source, destination):
        words = {"interface": "wg0", "way": way, "what": what, "source": ADDRESS[source], "destination": ADDRESS[destination]}
        self.captured[name]["inner"].append({**words, "count": 3})

    def told(self, net=PAIR):
        return verdicts([net], self.reports, self.sent, self.captured)


ROWS = []


def shows(code, what):
    def keep(function):
        ROWS.append(pytest.param(function, code, what, id=function.__name__))
        return function

    return keep


@shows("answers-again", "b did not answer a at first, and does by now; one of them had lost the session")
def by_now(evidence):
    evidence.facts("a", answers=True)


@shows("interface-missing", "b has no interface wg0")
def no_interface(evidence):
    evidence.reports["b"]["interfaces"] = []


@shows("interface-down", "the link wg0 of b is down")
def link_down(evidence):
    evidence.interface("b", up=False)


@shows("other-key", f"b uses the key {C[:8]}..., and its peers expect {B[:8]}...")
def another_key(evidence):
    evidence.interface("b", public_key=C)


@shows("peer-missing", "b does not have a as a peer of wg0")
def no_peer(evidence):
    evidence.interface("b", peers=[])
    evidence.sent["b"]["peers"] = []


@shows("preshared-keys-differ", "the preshared keys of a and b differ, so no handshake completes")
def preshared_keys(evidence):
    evidence.facts("a", preshared="1" * 64)


@shows("endpoint-unresolved", "b.example.com:51820, the endpoint of b, does not resolve on a")
def no_name(evidence):
    evidence.facts("a", endpoint=None, name="b.example.com:51820")
    evidence.facts("b", endpoint=None)


@shows("endpoint-not-set", "b.example.com:51820, the endpoint of b, resolves on a, but no run or unit has set it")
def name_not_set(evidence):
    evidence.facts("a", endpoint=None, name="b.example.com:51820", resolved=["203.0.113.2"])
    evidence.facts("b", endpoint=None)


@shows("endpoint-missing", "a has no endpoint for the other end, although the plan has one")
def no_endpoint(evidence):
    evidence.facts("a", endpoint=None)
    evidence.facts("b", endpoint=None)


@shows("endpoint-unreachable", f"a cannot send to {AT['b']}, the endpoint of b: Network is unreachable")
def no_route(evidence):
    evidence.no_session()
    evidence.facts("a", route={"dev": None, "error": "Network is unreachable"})


@shows("endpoint-in-tunnel", f"a routes {AT['b']}, the endpoint of b, into the tunnel itself")
def loop(evidence):
    evidence.no_session()
    evidence.facts("a", route={"dev": "wg0", "error": None})


@shows("blocked-on-leaving", f"no handshake leaves a for {AT['b']}; its own packet filter drops it on the way out")
def kept_back(evidence):
    evidence.no_session()


@shows("lost-on-the-way", f"packets leave a for {AT['b']}, where it dials b, and do not arrive at b")
def lost(evidence):
    evidence.handshake("a", "left")


@shows("other-endpoint", f"a dials b at 203.0.113.9:51820, but the plan says {AT['b']}")
def endpoint_by_hand(evidence):
    evidence.handshake("a", "left")
    evidence.facts("a", endpoint="203.0.113.9:51820")
    evidence.captured["a"]["packets"][0]["remote"] = "203.0.113.9:51820"


@shows("port-closed", f"203.0.113.2 says that nothing listens at {AT['b']}, where it dials b; wg0 of b listens on 4500")
def another_port(evidence):
    evidence.handshake("a", "left")
    evidence.interface("b", port=4500)
    evidence.captured["a"]["errors"] = [{"code": "port", "sender": "203.0.113.2", "about": AT["b"]}]


@shows("port-closed", f"203.0.113.2 says that nothing listens at {AT['b']}, where it dials b; wg0 of b listens on 4500")
def another_port_of_an_open_host(evidence):
    evidence.handshake("a", "left", "arrived")
    evidence.interface("b", port=4500)
    evidence.captured["a"]["errors"] = [{"code": "port", "sender": "203.0.113.2", "about": AT["b"]}]


@shows("refused-on-the-way", f"192.0.2.1 refuses packets from a to {AT['b']}, where it dials b (filtered)")
def refused(evidence):
    evidence.handshake("a", "left")
    evidence.captured["a"]["errors"] = [{"code": "filtered", "sender": "192.0.2.1", "about": AT["b"]}]


@shows("blocked-on-arrival", "handshakes of a reach b, which does not answer; its packet filter drops them on arrival")
def not_let_in(evidence):
    evidence.handshake("a", "left", "arrived")


@shows("blocked-on-leaving", "b takes the handshakes of a, but its answers do not leave; its packet filter drops them")
def answer_not_let_out(evidence):
    evidence.handshake("a", "left", "arrived")
    evidence.facts("b", received=248)


@shows("clock-went-back", "the clock of a is 3600 s behind that of b, which takes its handshakes for replays")
def clock(evidence):
    evidence.handshake("a", "left", "arrived")
    evidence.reports["b"]["time"] = 4600.0
    evidence.facts("b", handshake_age=600)


@shows("answer-lost", "b answers the handshakes of a, but no answer arrives there")
def answer_lost(evidence):
    evidence.handshake("a", "left", "arrived", "answered")


@shows("blocked-on-arrival", "answers of b reach a, which does not take them; its packet filter drops them on arrival")
def answer_not_let_in(evidence):
    evidence.handshake("a", "left", "arrived", "answered", "returned")


@shows("stale-session", "a uses a session that b no longer has, as after a restart")
def restarted(evidence):
    evidence.facts("b", handshake_age=None, endpoint=None)


@shows("address-missing", "wg0 of b does not have its address 10.8.0.2")
def no_address(evidence):
    evidence.interface("b", addresses=[])


@shows("wrong-route", "a routes 10.8.0.2, the address of b, to docker0 instead of wg0")
def docker(evidence):
    evidence.facts("a", inner_route={"dev": "docker0", "error": None})


@shows("route-missing", "a has no route to 10.8.0.2, the address of b: Network is unreachable")
def no_inner_route(evidence):
    evidence.facts("a", inner_route={"dev": None, "error": "Network is unreachable"})


@shows("allowed-ips", "b: no AllowedIPs entry of peer a contains the source 10.8.0.1")
def allowed_ips(evidence):
    evidence.peer("b", allowed_ips=["10.8.0.9/32"])


@shows("reverse-path-filter", "b drops packets that come out of wg0, because of its reverse path filter (rp_filter)")
def reverse_path(evidence):
    evidence.inner("b", "in", "request", "a", "b")
    evidence.sent["b"]["filtered"] = 3


@shows("reverse-path-filter", "a drops packets that come out of wg0, because of its reverse path filter (rp_filter)")
def reverse_path_of_replies(evidence):
    evidence.inner("b", "in", "request", "a", "b")
    evidence.inner("b", "out", "reply", "b", "a")
    evidence.inner("a", "in", "reply", "b", "a")
    evidence.sent["a"]["filtered"] = 3


@shows("blocked-inside", "requests of a come out of wg0 on b, whose system does not answer them")
def no_icmp(evidence):
    evidence.inner("b", "in", "request", "a", "b")


@shows("blocked-inside", "replies of b come out of wg0 on a, whose system drops them")
def no_reply_let_in(evidence):
    evidence.inner("b", "in", "request", "a", "b")
    evidence.inner("b", "out", "reply", "b", "a")
    evidence.inner("a", "in", "reply", "b", "a")


@shows("unknown", f"no cause was found; a has the endpoint {AT['b']} for it")
def nothing(evidence):
    for name in OWN:
        evidence.inner(name, "out", "request", name, OTHER[name])


@shows("one-end-not-asked", f"b was not reached, so one end is not asked; handshakes leave a for {AT['b']}")
def one_end(evidence):
    evidence.handshake("a", "left")
    for part in (evidence.reports, evidence.sent, evidence.captured):
        del part["b"]


@shows(
    "one-end-not-asked",
    f"b was not reached, so one end is not asked; a cannot send to {AT['b']}, the endpoint of b: nobody has 203.0.113.2 on eth0",
)
def one_end_that_nobody_answers_for(evidence):
    evidence.facts("a", route={"dev": "eth0", "error": "nobody has 203.0.113.2 on eth0"})
    for part in (evidence.reports, evidence.sent, evidence.captured):
        del part["b"]


@shows("interface-down", "the link wg0 of a is down")
def one_end_shows_it(evidence):
    evidence.interface("a", up=False)
    for part in (evidence.reports, evidence.sent, evidence.captured):
        del part["b"]


@shows("not-asked", "neither host was reached")
def nobody(evidence):
    evidence.reports.clear()


@shows("packet-size", "packets of more than 1280 bytes from a do not arrive, and wg0 sends up to 1420")
def large_packets(evidence):
    evidence.peer("a", probe={"answers": True, "round_trip": 0.01, "largest": 1280, "source": "10.8.0.1"})


@shows("wrong-route", "a sends packets for 10.8.0.2, the address of b, from 192.0.2.7, and so not through wg0")
def only_the_tunnel_answers(evidence):
    evidence.peer("a", probe={"answers": True, "round_trip": 0.01, "largest": 1420, "source": "192.0.2.7"})


@shows("wrong-route", "a sends packets for 10.8.0.2, the address of b, nowhere: it has no route")
def nothing_but_the_tunnel(evidence):
    evidence.peer("a", probe={"answers": True, "round_trip": 0.01, "largest": 1420, "source": None})


@pytest.mark.parametrize(("change", "code", "what"), ROWS)
def test_one_cause_for_each_fault(change, code, what):
    evidence = Evidence()
    change(evidence)
    (verdict,) = evidence.told()
    assert (verdict.code, verdict.what) == (code, what)
    assert verdict.remedy
    assert verdict.to_dict()["nodes"] == ["a", "b"]


def test_what_answers_has_no_cause():
    """An answer in one direction is enough: the other end's packet filter may drop requests."""
    evidence = Evidence()
    evidence.peer("b", probe={"answers": True, "round_trip": 0.01, "largest": 1420, "source": "10.8.0.2"})
    assert evidence.told() == []
    assert silent_pairs([PAIR], evidence.reports) == []


def test_the_same_endpoint_twice():
    evidence = Evidence()
    evidence.handshake("a", "left")
    third = {"c": {"public_key": C, "addresses": ["10.8.0.3"], "endpoint": AT["b"], "hosts": ["c"]}}
    found = {(verdict.pair.a, verdict.pair.b): verdict for verdict in evidence.told(network(nodes=third))}
    assert found["a", "b"].code == "same-endpoint"
    assert found["a", "b"].what == f"b and c have the same endpoint {AT['b']}; only one of them can get packets there"


STAR = network_from_dict(
    {
        "prefixes": ["10.8.0.0/24", "fd00::/64"],
        "topology": "star",
        "nodes": {
            "hub": {"public_key": A, "addresses": ["10.8.0.1", "fd00::1"], "endpoint": AT["a"], "hub": True, "hosts": ["hub"]},
            "s1": {"public_key": B, "addresses": ["10.8.0.2"], "hosts": ["s1"]},
            "s2": {"public_key": C, "addresses": ["10.8.0.3", "fd00::3"], "hosts": ["s2"]},
            "phone": {"public_key": key("phone"), "addresses": ["10.8.0.9"], "managed": False},
            "new": {"addresses": ["10.8.0.8"], "hosts": ["new"]},
        },
    }
)


def test_who_sends_to_whom():
    """Not to unmanaged nodes, and not to those without a key. The two spokes reach each other over the hub."""
    assert [(pair.a, pair.b, pair.over) for pair in pairs_of(STAR)] == [
        ("hub", "s1", None),
        ("hub", "s2", None),
        ("s1", "s2", "hub"),
    ]
    assert probes_of([STAR]) == {
        "hub": {"probes": {"wg0": {B: "10.8.0.2", C: "10.8.0.3"}}, "pings": {}},
        "s1": {"probes": {"wg0": {A: "10.8.0.1"}}, "pings": {"wg0": ["10.8.0.3"]}},
        "s2": {"probes": {"wg0": {A: "10.8.0.1"}}, "pings": {"wg0": ["10.8.0.2"]}},
    }


def test_the_ends_send_one_after_the_other():
    pairs = [*pairs_of(STAR)]
    to = {name: {"interface": "wg0", "public_key": OWN_KEYS[name], "address": at} for name, at in STAR_AT.items()}
    assert to_send(pairs, first=True) == {"hub": [to["s1"], to["s2"]]}
    assert to_send(pairs, first=False) == {"s1": [to["hub"]], "s2": [to["hub"]]}


OWN_KEYS = {"hub": A, "s1": B, "s2": C}
STAR_AT = {"hub": "10.8.0.1", "s1": "10.8.0.2", "s2": "10.8.0.3"}


ANSWERS = {"answers": True, "largest": 1420}


def star_reports(silent=()):
    """All links answer but some; the spokes get no answer from each other."""

    def interface(name, others):
        allowed = {"hub": "10.8.0.0/24"}
        peers = [
            {
                "public_key": OWN_KEYS[other], "endpoint": "203.0.113.7:1", "handshake_age": 5, "received": 1, "sent": 1,
                "allowed_ips": [allowed.get(other, f"{STAR_AT[other]}/32")],
                "probe": {**ANSWERS, "round_trip": None if {name, other} & {*silent} else 0.01, "source": STAR_AT[name]},
            }
            for other in others
        ]  # fmt: skip
        pings = {STAR_AT[other]: None for other in ("s1", "s2") if "hub" not in (name, other) and name != other}
        return {
            "name": "wg0", "up": True, "public_key": OWN_KEYS[name], "port": 51820, "mtu": 1420, "pings": pings,
            "addresses": STAR.nodes[name].addresses, "routes": ["10.8.0.0/24"], "peers": peers,
        }  # fmt: skip

    links = {"hub": ("s1", "s2"), "s1": ("hub",), "s2": ("hub",)}
    return {
        name: {"time": 1000.0, "forwarding": {"ipv4": True, "ipv6": True}, "interfaces": [interface(name, others)]}
        for name, others in links.items()
    }


@pytest.mark.parametrize(
    ("change", "code", "what"),
    [
        (
            lambda reports: reports["hub"].update(forwarding={"ipv4": False, "ipv6": False}),
            "not-forwarding",
            "hub: does not forward",
        ),
        (
            lambda _reports: None,
            "blocked-while-forwarding",
            "hub gets packets of s1 and s2 for each other, and its system does not pass them on",
        ),
        (
            lambda reports: reports["hub"]["interfaces"][0]["peers"][1].update(allowed_ips=["10.8.0.77/32"]),
            "allowed-ips",
            "hub: no AllowedIPs entry contains 10.8.0.3",
        ),
    ],
)
def test_links_answer_but_not_over_the_hub(change, code, what):
    reports = star_reports()
    change(reports)
    (verdict,) = verdicts([STAR], copy.deepcopy(reports), {}, {})
    assert (verdict.pair.title, verdict.code, verdict.what) == ("s1 and s2", code, what)


def test_a_silent_link_explains_what_goes_over_it():
    found = {verdict.pair.title: verdict for verdict in verdicts([STAR], star_reports(silent=["s1"]), {}, {})}
    assert {title: verdict.code for title, verdict in found.items()} == {"hub and s1": "unknown", "s1 and s2": "link-silent"}
    assert found["s1 and s2"].what == "the link of hub and s1 is silent"
    assert text_of([*found.values()], 3).split("\n") == [
        "1 of 3 pairs answer",
        "",
        f"hub and s1 (wireguard): {found['hub and s1'].what}",
        f"  {found['hub and s1'].remedy}",
        f"  ruled out: {', '.join(name.replace('_', ' ') for name in found['hub and s1'].ruled_out)}",
        "",
        "1 more, because a link on their path is silent: s1 and s2",
    ]


def test_text_for_people():
    evidence = Evidence()
    one_end(evidence)
    assert text_of(evidence.told(), 1).split("\n") == [
        "0 of 1 pairs answer",
        "",
        f"a and b (wireguard): b was not reached, so one end is not asked; handshakes leave a for {AT['b']}",
        "  start b, or correct how Ansible reaches it",
        (
            "  ruled out: answers again, no interface, no peer, other preshared key, no endpoint, kept back, wrong clock, "
            "lost on the way, stale session, missing address, other way, refused by allowed ips, dropped inside"
        ),
    ]


def test_pairs_of_a_host_that_was_not_reached_are_named_together():
    reports = {name: {} if name == "hub" else report for name, report in star_reports(silent=["s1", "s2"]).items()}
    assert text_of(verdicts([STAR], reports, {}, {}), 3).split("\n") == [
        "0 of 3 pairs answer",
        "",
        "2 pairs (wireguard): hub was not reached, so one end is not asked: hub and s1, hub and s2",
        "  start hub, or correct how Ansible reaches it",
        "",
        "1 more, because a link on their path is silent: s1 and s2",
    ]
