# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.gate import Hosts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.rotation import Rotation, Wish, rotation
from ansible_collections.meshwork.wireguard.tests.unit.support import key

TODAY = "2027-03-31"
NAMES = ("alpha", "beta")
NEXT = {name: key(f"next {name}") for name in NAMES}


def network(made=(), **values):
    nodes = {
        name: {
            "public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"203.0.113.{number}",
            **({"next_public_key": NEXT[name]} if name in made else {}),
        }
        for number, name in enumerate(NAMES, start=1)
    }  # fmt: skip
    return network_from_dict({"topology": "mesh", "prefixes": ["10.8.0.0/24"], "nodes": nodes, **values})


def planned(net, wish=None, since=None, dates=None, keys=None):
    entries = {net.name: {name: {"key_since": day} for name, day in (since or {}).items()}}
    files = {(name, net.interface): (dates or {}).get(name) for name in NAMES}
    found = {name: set(NEXT.values()) for name in NAMES} if keys is None else keys
    return rotation([net], entries, files, Hosts(found, set(found)), wish or Wish(hosts=NAMES), TODAY)


def ages(**said):
    return tuple(f"network wireguard: node {name}: key {text}" for name, text in said.items())


UNKNOWN = ages(alpha="of unknown age", beta="of unknown age")
READY = tuple(f"{line}; its next key is ready" for line in UNKNOWN)
CHANGE = {"wg0": ("wg0",)}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(
            planned(network()), Rotation(NAMES, {"alpha": ("wg0",), "beta": ("wg0",)}, (), (), UNKNOWN), id="make them first",
        ),
        pytest.param(
            planned(network(NAMES)),
            Rotation(
                NAMES, {}, ({"alpha": CHANGE}, {"beta": CHANGE}), (), READY, (), (), (frozenset({"alpha"}), frozenset({"beta"})),
            ),
            id="then change",
        ),
        pytest.param(
            planned(network(["alpha"]), keys={"alpha": set(), "beta": set()}),
            Rotation(
                NAMES, {"beta": ("wg0",)}, (),
                (
                    "network wireguard: node alpha cannot use its next key yet: its peer beta does not have the next key yet",
                ),
                (READY[0], UNKNOWN[1]),
            ),
            id="one is made already",
        ),
        pytest.param(
            planned(network(), keys={"alpha": set()}),
            Rotation(
                (), {}, (),
                (
                    "network wireguard: node alpha keeps its key: its peer beta has not answered",
                    "network wireguard: node beta keeps its key: beta has not answered",
                ),
                UNKNOWN,
            ),
            id="a host is down",
        ),
        pytest.param(
            planned(network(), Wish(["beta"], hosts=NAMES)), Rotation(("beta",), {"beta": ("wg0",)}, (), (), UNKNOWN[1:]),
            id="only the one that is named",
        ),
        pytest.param(
            planned(network(), Wish(hosts=["alpha"])), Rotation(("alpha",), {"alpha": ("wg0",)}, (), (), UNKNOWN[:1]),
            id="only those of the run",
        ),
    ],
)  # fmt: skip
def test_what_comes_next(found, expected):
    assert found == expected


@pytest.mark.parametrize(
    ("net", "since", "dates", "lines"),
    [
        pytest.param(network(), {"alpha": "2027-03-01"}, {"alpha": "2026-01-01"}, ["30 days old; not due"], id="as recorded"),
        pytest.param(network(), {}, {"alpha": "2026-12-31"}, ["90 days old"], id="as its file says"),
        pytest.param(network(), {}, {"alpha": "2027-01-01"}, ["89 days old; not due"], id="a day before"),
        pytest.param(network(), {}, {}, ["of unknown age"], id="unknown is old"),
        pytest.param(network(), {}, {"alpha": "2030-01-01"}, ["of unknown age"], id="a clock that is ahead"),
        pytest.param(
            network(["alpha"]),
            {"alpha": "2027-03-30"},
            {},
            ["1 day old; its next key is ready"],
            id="it has begun",
        ),
    ],
)
def test_only_old_keys(net, since, dates, lines):
    found = planned(net, Wish(["alpha"], 90, hosts=NAMES), since, dates)
    assert (found.ages, bool(found.nodes)) == (ages(alpha=lines[0]), "not due" not in lines[0])


def test_who_is_left_behind():
    nodes = {
        "hub": {"public_key": key("hub"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True},
        "phone": {"public_key": key("phone"), "addresses": ["10.8.0.2"], "managed": False},
        "till": {"public_key": key("till"), "addresses": ["10.8.0.3"]},
    }
    net = network_from_dict({"topology": "star", "prefixes": ["10.8.0.0/24"], "nodes": nodes})
    hosts = Hosts({"hub": set()}, {"hub"})
    found = rotation([net], {}, {}, hosts, Wish(["hub"], without=["till"], clients=True, hosts=["hub"]), TODAY)
    assert (found.make, found.blocked) == ({"hub": ("wg0",)}, ())
    start = "network wireguard: cut off from hub when its key changes:"
    assert found.cut_off == (
        f"{start} phone, until they have its new key, which is in their new files",
        f"{start} till, until a run reaches them other than through the tunnel",
    )


def test_a_name_that_no_network_has():
    with pytest.raises(PlanError, match="node bravo: is not in any network of these hosts; correct the name"):
        planned(network(), Wish(["bravo"]))


def test_spokes_with_several_interfaces_change_them_together_and_networks_side_by_side():
    hubs = {
        "topology": "star", "failover": "bgp", "prefixes": ["10.8.0.0/24"],
        "nodes": {
            name: {
                "public_key": key(name), "next_public_key": key(f"next {name}"), "addresses": [f"10.8.0.{number}"],
                "endpoint": f"203.0.113.{number}:5182{number}", "hub": name != "till", "port": 51820 + number,
            }
            for number, name in enumerate(("hub1", "hub2", "till"), start=1)
        },
    }  # fmt: skip
    till = {
        "public_key": key("till9"),
        "next_public_key": key("next till9"),
        "addresses": ["10.9.0.3"],
        "endpoint": "203.0.113.3:59",
    }
    desk = {"public_key": key("desk"), "addresses": ["10.9.0.4"], "endpoint": "203.0.113.4:59"}
    other = {"name": "office", "interface": "wg9", "prefixes": ["10.9.0.0/24"], "nodes": {"till": till, "desk": desk}}
    networks = [network_from_dict(hubs), network_from_dict(other)]
    known = {key(f"next {name}") for name in ("hub1", "hub2", "till", "till9")}
    hosts = ("desk", "hub1", "hub2", "till")
    found = rotation(networks, {}, {}, Hosts(dict.fromkeys(hosts, known), hosts), Wish(["till"], hosts=hosts), TODAY)
    assert found.shown()["rounds"] == [
        {"title": "1 of 1, 1 node left", "hosts": {"till": [
            {"key": "wg0", "names": ["wg0-hub1", "wg0-hub2"]}, {"key": "wg9", "names": ["wg9"]},
        ]}, "shared": {}},
    ]  # fmt: skip


def test_hosts_of_one_node_change_in_one_round_and_the_first_makes_the_key():
    nodes = {
        "hub": {
            "public_key": key("hub"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True, "hosts": ["h1", "h2"],
            "vrrp_addresses": {"h1": "198.51.100.1", "h2": "198.51.100.2"},
            "floating": [{"address": "203.0.113.1/24", "interface": "eth0"}],
        },
        "till": {"public_key": key("till"), "addresses": ["10.8.0.3"]},
    }  # fmt: skip
    net = {"topology": "star", "failover": "vrrp", "prefixes": ["10.8.0.0/24"], "nodes": nodes}
    hosts = ("h1", "h2", "till")

    def following():
        peers = {host: {key("next")} for host in hosts}
        known = Hosts(peers, hosts, next=dict.fromkeys([("h1", "wg0"), ("h2", "wg0")], key("next")))
        return rotation([network_from_dict(net)], {}, {}, known, Wish(["hub"], hosts=hosts), TODAY)

    assert (following().make, following().rounds) == ({"h1": ("wg0",)}, ())
    nodes["hub"]["next_public_key"] = key("next")
    change = [{"key": "wg0", "names": ["wg0"]}]
    both = {"h1": change, "h2": change}
    assert following().make == {}
    assert following().shown()["rounds"] == [{"title": "1 of 1, 1 node left", "hosts": both, "shared": both}]
