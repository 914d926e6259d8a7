# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small networks, and all that a page says of them."""

from __future__ import annotations

from collections import Counter

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import Line, Picture, Shape, picture_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page import page as whole
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import Cause, answering, by_node, links_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.marked import marked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.nodes import NodeRow, PeerRow
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.page import NetworkPart, Page, page_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

MADE = (86_400.0 * 10, "root@controller", "job 7")


def node(number, **values):
    name = "habcdefgp"[number]
    known = {"public_key": key(name), "addresses": [f"10.8.0.{number + 1}"], "hosts": [name]}
    return name, {**known, **values}


STAR = network_from_dict(
    {
        "name": "office",
        "topology": "star",
        "prefixes": ["10.8.0.0/24"],
        "nodes": dict(
            [
                node(0, hub=True, endpoint="203.0.113.1:51820"),
                *(node(number) for number in range(1, 5)),
                node(5, public_key=None),
                node(8, managed=False, hosts=[]),
            ]
        ),
    }
)
SILENT = Cause("office", ("a", "h"), "blocked-on-arrival", "h does not answer a", "let it in")
AWAY = Cause("office", ("b", "h"), "one-end-not-asked", "b was not reached", "start b")
LARGE = Cause("office", ("c", "h"), "packet-size", "large packets get lost", "set wireguard_mtu")
FOLLOWS = Cause("office", ("a", "b"), "link-silent", "the link of a and h is silent", "see there")
BEHIND = Cause("office", ("b", "c"), "link-silent", "the link of b and h is silent", "see there")
OTHERS = Cause("branch", ("d", "h"), "unknown", "another network", "")
CAUSES = [SILENT, AWAY, LARGE, FOLLOWS, BEHIND, OTHERS]


def test_every_state_of_a_link():
    """Those of the star, and those that the doctor asks over the hub."""
    assert links_of(STAR, CAUSES, {"h", "a", "c", "d"}) == {
        ("a", "h"): "silent",
        ("b", "h"): "not-asked",
        ("c", "h"): "impaired",
        ("d", "h"): "up",
        ("e", "h"): "not-measured",
        ("h", "p"): "not-managed",
        ("a", "b"): "not-asked",
        ("b", "c"): "not-asked",
        ("c", "d"): "up",
        ("a", "d"): "up",
    }


@pytest.mark.parametrize(
    ("code", "reached", "state"),
    [
        (None, {"a", "h"}, "up"),
        ("packet-size", {"a", "h"}, "impaired"),
        ("not-asked", set(), "not-asked"),
        ("one-end-not-asked", {"h"}, "not-asked"),
        ("interface-down", {"a"}, "silent"),
        ("wrong-route", {"a", "h"}, "silent"),
        ("unknown", {"a", "h"}, "silent"),
        ("link-silent", {"a", "h"}, "silent"),
        ("link-silent", {"h"}, "not-asked"),
    ],
)
def test_the_state_follows_from_what_the_doctor_says(code, reached, state):
    causes = [] if code is None else [Cause("office", ("a", "h"), code, "", "")]
    assert links_of(STAR, causes, reached)["a", "h"] == state


def test_counts():
    counts = by_node({("a", "b"): "up", ("a", "c"): "silent", ("b", "c"): "impaired", ("a", "p"): "not-managed"})
    assert counts["a"] == Counter({"up": 1, "silent": 1, "not-managed": 1})
    assert {name: answering(found) for name, found in counts.items()} == {"a": (1, 2), "b": (2, 2), "c": (1, 2), "p": (0, 0)}


def test_a_picture_is_marked():
    picture = Picture(
        "n",
        (
            Shape("h", None, "hub", (), members=("h",)),
            Shape("a ... c", None, "several", ("3 nodes",), members=("a", "b", "c")),
            Shape("d", None, "node", (), members=("d",)),
        ),
        (Line("a ... c", "h", "3 links", ("h",)), Line("d", "h", "site", ("h",)), Line("d", "a ... c", "", ())),
    )
    links = {("a", "h"): "up", ("b", "h"): "silent", ("c", "h"): "not-asked", ("d", "h"): "up", ("a", "b"): "up"}
    links |= {("b", "c"): "impaired"}
    assert marked(picture, links, {"h": "running", "d": "down"}) == Picture(
        "n",
        (
            Shape("h", None, "hub", (), members=("h",), look="running"),
            Shape("a ... c", None, "several", ("3 nodes", "2 of 2 up"), members=("a", "b", "c"), look="impaired"),
            Shape("d", None, "node", (), members=("d",), look="down"),
        ),
        (
            Line("a ... c", "h", "1 of 3 up", ("h",), "silent"),
            Line("d", "h", "site", ("h",), "up"),
            Line("d", "a ... c", "", ()),
        ),
    )


PAIR = network_from_dict(
    {
        "name": "lan",
        "prefixes": ["10.8.0.0/24"],
        "nodes": dict([node(1, endpoint="198.51.100.1:51820"), node(2), node(8, managed=False, hosts=[])]),
    }
)


def peer(name, **values):
    found = {"name": name, "public_key": key(name), "preshared_key": False, "endpoint": None, "allowed_ips": [], "keepalive": 0}
    return {**found, "handshake_age": None, "received": 0, "sent": 0, "probe": None, **values}


def live(*peers, **values):
    found = {"name": "wg0", "up": True, "implementation": "kernel", "implementation_version": None, "drift": None, "pings": {}}
    report = {"tools_version": "1.0.20210914", "tools_features": [], "systemd_version": "252", "time": MADE[0]}
    return {**report, "interfaces": [{**found, "peers": [*peers], **values}]}


PROBE = {"answers": True, "round_trip": 0.002, "largest": 1420, "source": "10.8.0.2"}
REPORTS = {
    "a": live(
        peer("b", endpoint="192.0.2.7:4000", handshake_age=5, received=100, sent=10, probe=PROBE),
        peer("p", endpoint="192.0.2.8:4001", handshake_age=70, received=1, sent=2),
        drift=["~ MTU 1300 -> 1420"],
    ),
}
LOOKED = {
    "a": {
        "packages": ["nftables"],
        "key_dates": {"wg0": "1970-01-08"},
        "next_keys": {"wg0": key("next")},
        "interfaces": {"wg0": {"changes": ["+ peer c"]}},
    }
}
UNREACHED = Cause("lan", ("a", "b"), "one-end-not-asked", "b was not reached", "start b")
MEMBERS = picture_of(graph_of(PAIR))
NODES = (
    NodeRow(
        "a", "lan", "a", "wg0", "running", {"not-asked": 1, "not-managed": 1}, 5, "198.51.100.1:51820", 101, 12, "kernel",
        "1.0.20210914", 3,
        (
            "package nftables is missing", "it has a next key, but uses the old one", "a run would change: + peer c",
            "differs from its file: ~ MTU 1300 -> 1420",
        ),
    ),
    NodeRow("b", "lan", "b", "wg0", "not-asked", {"not-asked": 1}, 5, "192.0.2.7:4000"),
    NodeRow("p", "lan", None, None, "not-managed", {"not-managed": 1}, 70, "192.0.2.8:4001"),
)  # fmt: skip
PEERS = (
    PeerRow("a", "lan", "b", "192.0.2.7:4000", 5, 100, 10, True, 0.002),
    PeerRow("a", "lan", "p", "192.0.2.8:4001", 70, 1, 2, None, None),
)


def test_whole():
    links = {("a", "b"): "not-asked", ("a", "p"): "not-managed"}
    assert page_of([PAIR], {**REPORTS, "b": {"unreachable": True}}, LOOKED, [UNREACHED, OTHERS], MADE) == Page(
        *MADE,
        networks=(
            NetworkPart(
                name="lan",
                topology="mesh",
                counts={"not-asked": 1, "not-managed": 1},
                silent=(),
                impaired=(),
                unasked=(UNREACHED,),
                following=(),
                picture=marked(MEMBERS, links, {"a": "running", "b": "not-asked", "p": "not-managed"}),
                names=("a", "b"),
                matrix={"not-asked": ((0, 1, 1), (1, 0, 1))},
            ),
        ),
        nodes=NODES,
        peers=PEERS,
        all_peers=2,
        notes=(),
    )


def test_sentences_are_sorted_by_what_was_measured():
    reports = {name: live() for name in "hacd"}
    (part,) = page_of([STAR], reports, {}, CAUSES, MADE).networks
    assert (part.silent, part.impaired, part.unasked, part.following) == ((SILENT,), (LARGE,), (AWAY,), (FOLLOWS, BEHIND))


@pytest.mark.parametrize(
    ("report", "state"),
    [
        (live(), "running"),
        (live(up=False), "down"),
        ({**live(), "interfaces": []}, "down"),
        ({"unreachable": True}, "not-asked"),
    ],
)
def test_the_state_of_a_node(report, state):
    page = page_of([PAIR], {"a": report}, {}, [], MADE)
    assert (page.nodes[0].state, page.networks[0].picture.shapes[0].look) == (state, state)


def test_a_node_on_two_hosts_runs_where_one_does():
    shared = network_from_dict(
        {
            "prefixes": ["10.8.0.0/24"],
            "failover": "vrrp",
            "nodes": {
                "h": {
                    "public_key": key("h"),
                    "addresses": ["10.8.0.1"],
                    "endpoint": "203.0.113.10:51820",
                    "hosts": ["h1", "h2"],
                    "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
                    "vrrp_addresses": {"h1": "203.0.113.11", "h2": "203.0.113.12"},
                }
            },
        }
    )
    page = page_of([shared], {"h1": {"unreachable": True}, "h2": live()}, {}, [], MADE)
    assert [(row.host, row.state) for row in page.nodes] == [("h1", "not-asked"), ("h2", "running")]
    assert page.networks[0].picture.shapes[0].look == "running"


def test_too_many_peers(monkeypatch):
    """Only those without an answer are shown."""
    monkeypatch.setattr(whole, "MOST_PEERS", 2)
    silent = peer("b", probe={**PROBE, "round_trip": None})
    page = page_of([PAIR], {"a": live(silent, peer("p"), peer("x", probe=PROBE))}, {}, [], MADE)
    assert (page.all_peers, [row.name for row in page.peers]) == (3, ["b"])
