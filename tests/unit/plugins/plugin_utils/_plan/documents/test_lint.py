# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

# ruff: noqa: E501, ISC004 - the messages are a table, whole and one to a line
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import lint
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import CODES
from ansible_collections.meshwork.wireguard.tests.unit.support import key

KNOWN = {"public_key": key("k"), "endpoint": "198.18.0.9"}


def net(nodes=None, **values):
    """A sound network of three; ``nodes`` adds keys to them, or nodes."""
    whole = {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"198.18.0.{number}"}
        for number, name in enumerate("abc", start=1)
    }
    for name, extra in (nodes or {}).items():
        whole[name] = {k: v for k, v in {**whole.get(name, {"public_key": key(name)}), **extra}.items() if v is not None}
    return {"prefixes": ["10.8.0.0/24"], "nodes": whole, **values}


def other(**values):
    """Another network of host a."""
    nodes = {"a": {"public_key": key("A"), "endpoint": "198.18.0.1", "port": 51821}, "z": {"public_key": key("z")}}
    return {"name": "office", "interface": "wg1", "prefixes": ["10.9.0.0/24"], "nodes": nodes, **values}


NOT_A_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
STAR = {"topology": "star", "isolate_spokes": True}
EXAMPLES = [
    ("invalid-value", [net({"b": {"public_key": "x"}})], [], f"node b.public_key: {NOT_A_KEY}"),
    ("host-bits", [net({"b": {"routes": ["172.20.1.5/24"]}})], [], "node b.routes[0]: '172.20.1.5/24' has host bits set; "
        "write 172.20.1.0/24"),
    ("interface-name", [net(interface="wg/0")], [], "network.interface: 'wg/0' is not a valid interface name; use 1 to 15 of "
                                                    "A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"),
    ("no-prefixes", [net({n: {"addresses": None} for n in "abc"}, prefixes=[])], [], "network wireguard: has no prefixes; "
        "set wireguard_prefixes, for example to ['10.8.0.0/24']"),
    ("address-outside", [net({"b": {"addresses": ["10.9.0.1"]}})], [], "node b: address 10.9.0.1 is in no prefix of network "
                                                                       "wireguard (10.8.0.0/24); change the address, or add "
                                                                       "its prefix"),
    ("reserved-address", [net({"b": {"addresses": ["10.8.0.255"]}})], [], "node b: address 10.8.0.255 is an end of prefix 10.8.0.0/24; "
        "give it one between"),
    ("duplicate-address", [net({"b": {"addresses": ["10.8.0.1"]}})], [], "node b: address 10.8.0.1 is already a's; "
        "give b another or remove a"),
    ("address-in-route", [net({"b": {"routes": ["10.8.0.0/30"]}, "c": {"addresses": ["10.8.0.9"]}})], [],
        "node a: its address 10.8.0.1 is inside b's route 10.8.0.0/30, so b would look for it there; narrow the route, or give "
        "a another address (wireguard_addresses)"),
    ("own-key", [net({"b": {"public_key": key("a")}})], [], f"node b: public key {key('a')} is already a's; "
        "give b another or remove a"),
    (
        "duplicate-key",
        [net({"c": {"public_key": key("a")}, "b": {"hub": True}}, topology="star")],
        [],
        f"node c: public key {key('a')} is already a's; give c another or remove a",
    ),
    ("same-route", [net({n: {"routes": ["172.20.1.0/24"]} for n in "ab"})], [], "node b: route 172.20.1.0/24 is already a's; "
        "give b another or remove a"),
    ("same-prefix", [net({"b": {"routes": ["10.8.0.1/32"]}})], [], "node b: route 10.8.0.1/32 is a's address; "
        "give b another or remove a"),
    (
        "open-isolation",
        [net({"a": {"hub": True, "routes": ["0.0.0.0/0"]}}, **STAR)],
        [],
        "node b: 10.8.0.2 is inside hub a's route 0.0.0.0/0, so isolated spokes can reach it; narrow the route, or filter "
        "packets on a instead of wireguard_isolate_spokes",
    ),
    (
        "unenforced-isolation",
        [net({"a": {"hub": True, "managed": False}}, **STAR)],
        [],
        "node a: a hub of isolated spokes, but unmanaged, so the owner of a spoke can reach other spokes through it; make a "
        "drop packets from one spoke to another",
    ),
    ("no-address", [net({"b": {"addresses": "none"}}, container_prefixes=["10.200.0.0/16"])], [], "node b: has no address, but a "
        "container network needs one; remove wireguard_addresses: none"),
    ("port-zero", [net({"b": {"port": 0, "endpoint": "198.18.0.2:5"}})], [], "node b: has an endpoint, but no fixed port; set "
                                                                             "wireguard_port to 1 to 65535"),
    (
        "shared-endpoint",
        [net({"b": {"endpoint": "198.18.0.1"}})],
        [],
        "node b: endpoint 198.18.0.1:51820 is already a's; give one of them another port (wireguard_port)",
    ),
    (
        "endpoint-in-tunnel",
        [net({"b": {"endpoint": "10.8.0.77"}})],
        [],
        "node b: endpoint 10.8.0.77:51820 is inside the overlay's prefix 10.8.0.0/24; use an address outside the tunnel, or give "
        "the network another prefix",
    ),
    (
        "endpoint-in-allowed-ips",
        [net({"b": {"allowed_ips": ["198.18.0.0/31"], "exit": "a"}})],
        [],
        "node b: it dials a at 198.18.0.1:51820, which is inside 198.18.0.0/31 of what it sends to a, so the tunnel's own packets "
        "would be routed into the tunnel; add 198.18.0.1/32 to its wireguard_excluded_ips",
    ),
    (
        "endpoint-not-excluded",
        [net({"b": {"allowed_ips": ["198.18.0.0/31"], "exit": "a", "managed": False}})],
        [],
        "node b: it dials a at 198.18.0.1:51820, which is inside what it sends into the tunnel; WireGuard's applications for "
        "phones and desktops cope with that, but wg-quick does not; for wg-quick, add 198.18.0.1/32 to its excluded_ips",
    ),
    (
        "endpoint-in-route",
        [net({"b": {"routes": ["198.18.0.0/24"]}})],
        ["endpoint-behind-peer", "endpoint-behind-peer"],
        "node b: its route 198.18.0.0/24 contains its endpoint 198.18.0.2:51820, so packets to it would go into the tunnel; "
        "narrow the route so that the endpoint is outside",
    ),
    (
        "endpoint-behind-peer",
        [net({"b": {"routes": ["198.18.0.3/32"]}})],
        [],
        "node c: its endpoint 198.18.0.3:51820 is inside b's route 198.18.0.3/32, so b's peers dial it through b; narrow b's "
        "route if that is not intended",
    ),
    (
        "management-in-tunnel",
        [net({"b": {"routes": ["192.0.2.0/24"]}, "c": {"management": "192.0.2.7"}})],
        [],
        "node c: it is managed at 192.0.2.7, which is inside b's route 192.0.2.0/24; narrow b's route, or let the controller "
        "reach the host at another address",
    ),
    ("topology", [net(topology="star")], [], "network wireguard: a star needs at least one hub; set wireguard_hub: true on a "
                                             "node"),
    (
        "unknown-node",
        [net(links=[["a", "x"]])],
        [],
        "network wireguard: a link names 'x', which is neither a node nor a group of the inventory; correct wireguard_links",
    ),
    ("self-link", [net(links=[["b", "b"]])], [], "network wireguard: a link is between b and itself; correct wireguard_links"),
    (
        "empty-group",
        [net(links=[["a", "shops"], ["shops", "shops"]], groups={"shops": ["elsewhere"]})],
        [],
        "network wireguard: group shops in a link has no members in the network; add hosts to it, or remove the link from "
        "wireguard_links",
    ),
    (
        "vrrp",
        [net({"a": {"hosts": ["a1", "a2"], "vrrp_addresses": {"a1": "198.18.1.1", "a2": "198.18.1.2"}}}, failover="vrrp")],
        [],
        "node a: it is on hosts a1, a2, but has no floating address; set wireguard_floating: [{address: 203.0.113.10/24, "
        "interface: eth0}]",
    ),
    (
        "bgp",
        [net({"a": {"hub": True}}, topology="star", failover="bgp")],
        [],
        "network wireguard: wireguard_failover is bgp, but it has fewer than two hubs; set wireguard_hub: true on two nodes or "
        "more",
    ),
    (
        "exit",
        [net({"b": {"allowed_ips": ["0.0.0.0/0"], "exit": "d"}})],
        [],
        "node b: its allowed_ips need an exit, one of its peers (a, c), but d is not one of them; set wireguard_exit to one of "
        "them",
    ),
    (
        "inside",
        [net({"b": {"netns": "lab", "dns": ["192.0.2.53"], "hooks": {"post_up": ["true"]}}})],
        [],
        "node b: interface in netns lab: not supported there: hooks, dns; remove that, or leave the interface on the host",
    ),
    (
        "no-site",
        [net({n: {"site_endpoint": "10.0.0.1"} for n in "b"})],
        [],
        "node b: has a site endpoint but no site, so no node dials it at 10.0.0.1:51820; set wireguard_site, or remove "
        "wireguard_site_endpoint",
    ),
    (
        "no-dns-name",
        [net({"a_1": {"addresses": ["10.8.0.9"], "endpoint": "198.18.0.9"}}, domain="vpn.example")],
        [],
        "node a_1: its name begins with no DNS label, so it has no name in vpn.example; begin its name with 1 to 63 of "
        "A-Z a-z 0-9 - that are no address",
    ),
    (
        "same-dns-name",
        [net({n: {"addresses": [f"10.8.0.{at}"], "endpoint": f"198.18.0.{at}"} for n, at in (("B.x", 8), ("b.y", 9))}, domain="vpn")],
        [],
        "nodes B.x, b, b.y: would all be b.vpn, so none of them is; give them names that differ before the first dot",
    ),
    (
        "endpoint-in-domain",
        [net({"b": {"endpoint": "b.vpn.Example:51820"}}, domain="vpn.example")],
        [],
        "node b: its endpoint b.vpn.Example:51820 is a name in vpn.example, which the nodes then look up in the tunnel; set "
        "wireguard_domain to another domain",
    ),
    (
        "undialable-link",
        [net({n: {"endpoint": None} for n in "bc"}, links=[["b", "c"]])],
        [],
        "the link b - c of network wireguard: neither b nor c can be dialled; give one of them an endpoint (wireguard_endpoint)",
    ),
    (
        "one-way-link",
        [net({"b": {"endpoint": None, "keepalive": 0}})],
        ["no-endpoint"],
        "node b: a, c cannot dial it, and it sends no keepalives, so they reach it only after it has sent something; remove "
        "wireguard_keepalive, or give it an endpoint (wireguard_endpoint)",
    ),
    (
        "forwarding-off",
        [net({n: {"endpoint": None} for n in "bc"})],
        ["no-endpoint"],
        "nodes b and c cannot reach each other: a between them does not forward; let it forward (wireguard_forward: true on "
        "a), or give b or c an endpoint that the other can dial (wireguard_endpoint)",
    ),
    (
        "unreachable",
        [net(links=[["a", "b"]], topology="custom")],
        [],
        "nodes a and c cannot reach each other: no path of links connects them; add a link to wireguard_links",
    ),
    ("interface-clash", [net(), other(interface="wg0")], ["no-endpoint"], "host a: networks wireguard and office both use interface wg0; "
        "give one of them another interface"),
    (
        "port-clash",
        [net(), other(nodes={"a": {"public_key": key("A"), "endpoint": "198.18.0.1"}})],
        [],
        "host a: networks wireguard and office both use port 51820; give one of them another port",
    ),
    (
        "network-overlap",
        [net(), other(prefixes=["10.8.0.0/24"])],
        ["no-endpoint"],
        "host a: networks wireguard and office both have 10.8.0.0/24; give one of them another prefix, or remove the route",
    ),
    (
        "network-nested",
        [net(), other(prefixes=["10.8.0.0/16"])],
        ["no-endpoint"],
        "host a: 10.8.0.0/24 of network wireguard lies in 10.8.0.0/16 of network office; the longer one wins; choose others if "
        "that is not intended",
    ),
    (
        "pending",
        [net({"b": {"public_key": None}})],
        [],
        "network wireguard: pending, so not peers of any node yet: b; a run that reaches their hosts adds them",
    ),
    (
        "hook-order",
        [net({name: {"hooks": {"pre_up": ["true"]}} for name in "abc"})],
        [],
        "network wireguard: PreUp runs before the interface exists on a, and afterwards on b, depending on their tools; use "
        "PostUp (post_up in wireguard_hooks), or commands that work in both cases",
    ),
    (
        "no-endpoint",
        [net({"b": {"endpoint": None}})],
        [],
        "network wireguard: without wireguard_endpoint, so they dial the others but cannot be dialled: b",
    ),
    (
        "no-effect",
        [net(isolate_spokes=True)],
        [],
        "network wireguard: wireguard_isolate_spokes has no effect in topology mesh; remove it, or set wireguard_topology to star",
    ),
]  # fmt: skip


REPORTS = {"a": {"tools_version": "1.0.20210914"}, "b": {"tools_version": "1.0.20260223"}, "c": {"tools_version": None}}


def test_versions_without_a_setting_or_a_difference_say_nothing():
    hooks = {name: {"hooks": {"pre_up": ["true"]}} for name in "ab"}
    same = dict.fromkeys("abc", REPORTS["b"])
    unmanaged = {"a": hooks["a"], "b": {**hooks["b"], "managed": False}}
    assert [lint([net(*nodes)], reports) for nodes, reports in (
        ([], REPORTS), ([hooks], {}), ([hooks], {"a": REPORTS["a"]}), ([hooks], same), ([unmanaged], REPORTS),
    )] == [[]] * 5  # fmt: skip


def test_a_sound_network():
    assert lint([net()]) == []


def test_a_route_of_a_spoke_with_further_links_opens_the_isolation_too():
    nodes = {"a": {"hub": True, "endpoint": "198.18.0.1"}, "b": {}, "c": {"routes": ["10.8.0.0/16"]}, "d": {}}
    found = lint([net(nodes, links=[["c", "b"], ["c", "d"]], **STAR)])
    assert [str(one) for one in found if one.code == "open-isolation"] == [
        "node b: 10.8.0.2 is inside node c's route 10.8.0.0/16, so isolated spokes can reach it; narrow the route, or filter "
        "packets on c instead of wireguard_isolate_spokes"
    ]


def test_every_code_has_an_example():
    assert sorted(code for code, *_rest in EXAMPLES) == sorted(CODES)


@pytest.mark.parametrize(("code", "documents", "besides", "message"), EXAMPLES, ids=[code for code, *_rest in EXAMPLES])
def test_findings(code, documents, besides, message):
    found = lint(documents, REPORTS)
    assert sorted(finding.code for finding in found if finding.code != code) == sorted(besides)
    (finding,) = (finding for finding in found if finding.code == code)
    assert str(finding) == message
    assert finding.severity == CODES[code][0]
    assert set(finding.nodes) <= {name for document in documents for name in document["nodes"]}


def test_site_endpoints_without_a_site():
    nodes = {name: {"site_endpoint": "10.0.0.1", "endpoint": None} for name in "bc"}
    found = lint([net({"a": {"forward": True}, **nodes})])
    assert [(finding.code, finding.nodes) for finding in found] == [
        ("no-site", ("b",)), ("no-site", ("c",)), ("no-endpoint", ("b", "c")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("homes", "circles"),
    [
        ({"b": "a", "c": "b"}, []),
        ({"b": "c", "c": "b"}, [(("b", "c"), "b, c, b")]),
        ({"a": "b", "b": "c", "c": "a"}, [(("a", "b", "c"), "a, b, c, a")]),
        ({"b": "c", "c": "d", "d": "c"}, [(("c", "d"), "c, d, c")]),
        ({"b": "c", "c": "b", "d": "e", "e": "d"}, [(("b", "c"), "b, c, b"), (("d", "e"), "d, e, d")]),
    ],
)
def test_circles_in_a_tree(homes, circles):
    nodes = {
        name: {"endpoint": f"198.18.1.{ord(name)}", "addresses": [f"10.8.0.{ord(name)}"]} for name in {"a", "b", "c", *homes}
    }
    for name, home in homes.items():
        nodes[name]["home"] = home
    assert [(finding.code, finding.nodes, str(finding)) for finding in lint([net(nodes, topology="tree")])] == [
        (
            "topology",
            names,
            f"network wireguard: a cycle of parents in the tree (wireguard_home): {way}; set wireguard_home of one of them to a "
            "node nearer to the root",
        )
        for names, way in circles
    ]


EXCLUDED = "except over links that wireguard_links excludes; exclude fewer, or add another link to wireguard_links"
LINKS = [
    (net({"a": {"hub": True}}, topology="star", links=[{"nodes": ["a", "b"], "exclude": True}]),
     f"nodes a and b cannot reach each other: no path of links connects them {EXCLUDED}"),
    (net({"b": {"home": "a"}, "c": {"home": "b"}}, topology="tree", links=[{"nodes": ["b", "c"], "exclude": True}, ["a", "b"]]),
     f"nodes a and c cannot reach each other: no path of links connects them {EXCLUDED}"),
    (net({"a": {"endpoint": None}, "b": {"endpoint": None}}, links=[{"nodes": ["a", "c"], "exclude": True}, {"nodes": ["b", "c"], "exclude": True}]),
     f"nodes a and b cannot reach each other: no path of links connects them {EXCLUDED}"),
    (net({"a": {"endpoint": None}, "b": {"endpoint": None}, "c": {"endpoint": None}}, links=[{"nodes": ["a", "b"], "exclude": True}]),
     "nodes a and b cannot reach each other: no path of links connects them; give one of them an endpoint "
     "(wireguard_endpoint), or link both to a forwarding node (wireguard_forward: true)"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), LINKS)
def test_links_that_are_missing_or_excluded(document, message):
    assert str(lint([document])[0]) == message


def test_errors_come_first_and_none_is_hidden_by_another():
    broken = net({"a": {"addresses": ["10.9.0.1"]}, "b": {"routes": ["172.20.1.0/24"]}, "c": {"routes": ["172.20.1.0/24"]}})
    codes = [finding.code for finding in lint([net({"b": {"public_key": None}}, name="x", interface="wg7"), broken])]
    assert codes[:2] == ["address-outside", "same-route"]
    assert "pending" in codes[2:]


def test_several_unreadable_nodes():
    found = lint([net({"a": {"port": "x"}, "b": {"colour": 1}}, topology=7)])
    assert [(finding.code, finding.nodes) for finding in found] == [
        ("invalid-value", ()), ("invalid-value", ("a",)), ("invalid-value", ("b",)),
    ]  # fmt: skip


def test_a_host_that_announces_its_own_lan_in_two_networks():
    lan = {"routes": ["172.20.1.0/24"]}
    second = other()
    second["nodes"]["a"].update(lan)
    assert [finding.code for finding in lint([net({"a": lan}), second])] == ["no-endpoint"]


@pytest.mark.parametrize(
    ("prefix", "address", "message"),
    [
        ("10.8.0.0/24", "10.8.0.0", "address 10.8.0.0 is an end of prefix 10.8.0.0/24; give it one between"),
        ("10.8.0.0/23", "10.8.0.255", None),
        ("10.8.0.0/31", "10.8.0.0", None),
        ("10.8.0.0/32", "10.8.0.0", None),
        ("fd00:8::/64", "fd00:8::", "address fd00:8:: is the first address of prefix fd00:8::/64; give it a later one"),
        ("fd00:8::/64", "fd00:8::ffff:ffff:ffff:ffff", None),
        ("fd00:8::/127", "fd00:8::", None),
    ],
)
def test_reserved_addresses(prefix, address, message):
    found = lint([{"prefixes": [prefix], "nodes": {"a": {"addresses": [address]}}}])
    found = [str(finding) for finding in found if finding.code == "reserved-address"]
    assert found == ([f"node a: {message}"] if message else [])
