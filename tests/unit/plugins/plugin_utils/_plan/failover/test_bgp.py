# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.bird import render_bird
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_interface
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.bgp import (
    as_number,
    interface_names,
    link_local,
    towards,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.failover.bird import bird_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import files_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.topologies.topology import graph_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    "hub1": {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True},
    "hub2": {"addresses": ["10.8.0.2"], "endpoint": "203.0.113.2:4000", "hub": True},
    "till": {"addresses": ["10.8.0.3"], "routes": ["172.20.3.0/24"], "home": "hub2"},
    "desk": {"addresses": ["10.8.0.4"], "home": "hub1"},
}
LOCAL = {name: link_local(name) for name in NODES}


def network(nodes=None, **values):
    whole = {
        name: {"public_key": key(name), **NODES.get(name, {}), **extra} for name, extra in {**NODES, **(nodes or {})}.items()
    }
    document = {"topology": "star", "failover": "bgp", "prefixes": ["10.8.0.0/24"], "nodes": whole}
    return network_from_dict({**document, **values})


def peers(host, **values):
    """Interface -> port, and per peer its AllowedIPs without the link-local address, its endpoint and its keepalive."""
    found = {}
    for entry in interfaces_of([network(**values)], host):
        assert (entry["key"], entry["config"]["table"], entry["needs"]) == ("wg0", "off", ["bgp"])
        assert entry["config"]["addresses"] == [f"{NODES[host]['addresses'][0]}/32", f"{LOCAL[host]}/64"]
        assert entry["config"]["hooks"] == {"post_up": ["sysctl -q -w net/ipv4/conf/%i/rp_filter=2"]}
        found[entry["name"]] = (entry["config"]["port"], {})
        for peer in entry["config"]["peers"]:
            *prefixes, last = peer["allowed_ips"]
            assert last == f"{LOCAL[peer['name']]}/128"
            found[entry["name"]][1][peer["name"]] = (prefixes, peer.get("endpoint"), peer.get("keepalive", 0))
    return found


EVERYTHING = ["10.8.0.0/24", "172.20.3.0/24"]


def test_interfaces():
    assert peers("till") == {
        "wg0-hub1": (51821, {"hub1": (["10.8.0.0/24"], "203.0.113.1:51820", 25)}),
        "wg0-hub2": (51822, {"hub2": (["10.8.0.0/24"], "203.0.113.2:4000", 25)}),
    }
    assert peers("hub1") == {
        "wg0": (51820, {"desk": (["10.8.0.4/32"], None, 0), "till": (["10.8.0.3/32", "172.20.3.0/24"], None, 0)}),
        "wg0-hub2": (51822, {"hub2": (EVERYTHING, "203.0.113.2:51821", 0)}),
    }


def test_isolated_spokes_reach_hubs_alone():
    assert peers("desk", isolate_spokes=True)["wg0-hub1"][1]["hub1"][0] == ["10.8.0.1/32", "10.8.0.2/32"]
    (bird,) = bird_of([network(isolate_spokes=True)], "desk")
    assert [session["accepts"] for session in bird["sessions"]] == [["10.8.0.1/32", "10.8.0.2/32"]] * 2
    (bird,) = bird_of([network(isolate_spokes=True)], "hub1")
    assert {session["name"]: session["announces"] for session in bird["sessions"]} == {
        "hub2": ["10.8.0.4/32", "10.8.0.1/32", "10.8.0.2/32", "10.8.0.3/32", "172.20.3.0/24"],
        "desk": ["10.8.0.1/32", "10.8.0.2/32"],
        "till": ["10.8.0.1/32", "10.8.0.2/32"],
    }


def test_who_believes_whom():
    (till,) = bird_of([network()], "till")
    assert (till["own"], till["forwards"], till["table"]) == (["10.8.0.3/32", "172.20.3.0/24"], [], 0x6D00CA6C)
    assert [(s["name"], s["interface"], s["preference"], s["accepts"], s["announces"]) for s in till["sessions"]] == [
        ("hub1", "wg0-hub1", 100, ["10.8.0.4/32", "10.8.0.1/32", "10.8.0.2/32"], []),
        ("hub2", "wg0-hub2", 200, ["10.8.0.4/32", "10.8.0.1/32", "10.8.0.2/32"], []),
    ]
    (hub,) = bird_of([network()], "hub1")
    assert (hub["interfaces"], hub["forwards"]) == (["wg0", "wg0-hub2"], [4])
    assert {s["name"]: s["accepts"] for s in hub["sessions"]} == {
        "hub2": ["10.8.0.4/32", "10.8.0.2/32", "10.8.0.3/32", "172.20.3.0/24"],
        "desk": ["10.8.0.4/32"],
        "till": ["10.8.0.3/32", "172.20.3.0/24"],
    }
    assert bird_of([network(failover="none")], "till") == []


def test_a_pending_node_has_no_session():
    (hub,) = bird_of([network({"desk": {"public_key": None}})], "hub1")
    assert [session["name"] for session in hub["sessions"]] == ["hub2", "till"]


def test_every_spoke_is_linked_to_every_hub():
    graph = graph_of(network())
    assert {name: graph.neighbours(name) for name in NODES} == {
        "hub1": ("desk", "hub2", "till"), "hub2": ("desk", "hub1", "till"), "till": ("hub1", "hub2"), "desk": ("hub1", "hub2"),
    }  # fmt: skip


def test_rendered_files():
    assert [path for path, _text in files_of(network()) if path.startswith("nodes/")] == [
        "nodes/desk/wg0-hub1.conf", "nodes/desk/wg0-hub2.conf", "nodes/hub1/wg0.conf", "nodes/hub1/wg0-hub2.conf",
        "nodes/hub2/wg0.conf", "nodes/hub2/wg0-hub1.conf", "nodes/till/wg0-hub1.conf", "nodes/till/wg0-hub2.conf",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "values", "message"),
    [
        ({}, {"topology": "mesh"}, "set wireguard_topology: star, without wireguard_links, or another wireguard_failover"),
        ({}, {"links": [["till", "desk"]]}, "set wireguard_topology: star, without wireguard_links"),
        ({"hub2": {"hub": False}}, {}, "set wireguard_hub: true on two nodes or more"),
        ({"hub2": {"endpoint": None}}, {}, "node hub2: spokes dial all hubs, but this hub has no endpoint or no fixed port"),
        ({"till": {"routes": ["0.0.0.0/0"]}}, {}, "use full tunnels only in networks without wireguard_failover: bgp"),
    ],
)
def test_refused(nodes, values, message):
    with pytest.raises(PlanError) as caught:
        network({name: {**NODES[name], **extra} for name, extra in nodes.items()}, **values)
    assert message in str(caught.value)


def test_names_that_are_too_long():
    long = network({"hub-in-frankfurt": {"addresses": ["10.8.0.9"], "endpoint": "203.0.113.9", "hub": True}})
    name = towards(long, "hub-in-frankfurt")
    assert (len(name), name[:4]) == (10, "wg0-")
    assert interface_names(long, long.nodes["till"]) == [name, "wg0-hub1", "wg0-hub2"]


def test_names_that_no_interface_can_have():
    at = network({"h@b": {"addresses": ["10.8.0.9"], "endpoint": "203.0.113.9", "hub": True}})
    assert parse_interface(towards(at, "h@b"), "interface") == "wg0-aa3265"


@given(st.text(min_size=1, max_size=20))
def test_numbers_of_names(name):
    assert ipaddress.ip_address(link_local(name)) in ipaddress.ip_network("fe80::/64")
    assert 4200000000 <= as_number(name) <= 4294967294
    assert (link_local(name), as_number(name)) == (link_local(name), as_number(name))


SAID = {
    "interfaces": ["wg0-hub1"], "table": 7, "number": 4200000001, "sources": ["10.8.0.3", "fd00::3"], "link_local": "fe80::3",
    "own": ["10.8.0.3/32", "fd00::3/128"],
    "sessions": [
        {
            "name": "hub-1", "interface": "wg0-hub1", "neighbor": "fe80::1", "number": 4200000002, "preference": 200,
            "accepts": ["10.8.0.1/32", "10.8.0.4/32"], "announces": ["fd00::4/128"],
        }
    ],
}  # fmt: skip


def test_bird_configuration():
    assert render_bird(SAID, "/run/forwards.conf") == BIRD


@pytest.mark.parametrize("name", ["node-01.rack-7.eu-west-1.compute.example.com", "n" * 253, "n" * 252 + "-"])
def test_symbols_of_bird_have_no_more_than_64_characters(name):
    text = render_bird({**SAID, "sessions": [{**SAID["sessions"][0], "name": name}]}, "/run/forwards.conf")
    (symbol,) = re.findall(r"^protocol bgp (\S+) \{$", text, re.MULTILINE)
    assert re.fullmatch("to_[0-9a-f]{32}_", symbol)
    assert f'description "{name}";' in text


@pytest.mark.parametrize("name", ['x"', 'a";debug all;#', "a\nb", "a\u2028b", ""])
def test_what_would_leave_a_text_of_bird_is_refused(name):
    with pytest.raises(ValueError, match=r"^name: "):
        render_bird({**SAID, "sessions": [{**SAID["sessions"][0], "name": name}]}, "/run/forwards.conf")


BIRD = """\
# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.
include "/run/forwards.conf";
router id 250.86.234.1;
protocol device {
  scan time 10;
}
protocol bfd {
  accept ipv6 direct;
  strict bind yes;
  interface "wg0-hub1" {
    interval 100 ms;
    multiplier 3;
  };
}
protocol static own4 {
  ipv4;
  route 10.8.0.3/32 unreachable;
}
protocol kernel kernel4 {
  kernel table 7;
  scan time 10;
  ipv4 {
    import none;
    export filter { if source = RTS_BGP then { krt_prefsrc = 10.8.0.3; accept; } reject; };
  };
}
protocol static own6 {
  ipv6;
  route fd00::3/128 unreachable;
}
protocol kernel kernel6 {
  kernel table 7;
  scan time 10;
  ipv6 {
    import none;
    export filter { if source = RTS_BGP then { krt_prefsrc = fd00::3; accept; } reject; };
  };
}
protocol bgp to_hub_2d_1 {
  description "hub-1";
  local fe80::3 as 4200000001;
  neighbor fe80::1 as 4200000002;
  interface "wg0-hub1";
  strict bind yes;
  bfd yes;
  connect delay time 1;
  connect retry time 2;
  error wait time 1, 4;
  hold time 30;
  ipv4 {
    next hop self yes;
    extended next hop yes;
    import filter { if net ~ [ 10.8.0.1/32, 10.8.0.4/32 ] then { bgp_local_pref = 200; if bgp_path.len = 1 then bgp_local_pref = 300; accept; } reject; };
    export filter { if source = RTS_STATIC then accept; reject; };
  };
  ipv6 {
    next hop self yes;
    import filter { reject; };
    export filter { if source = RTS_STATIC then accept; if FORWARDS && source = RTS_BGP && net ~ [ fd00::4/128 ] then accept; reject; };
  };
}
"""  # noqa: E501 - a filter is one line
