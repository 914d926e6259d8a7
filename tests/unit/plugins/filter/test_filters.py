# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters as users meet them: in templates, with the types that Ansible passes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import filter_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

from ansible_collections.meshwork.wireguard.tests.unit.support import key

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core before 2.19 has no such distinction

    def trust_as_template(text):
        return text


PREFIX = "meshwork.wireguard."
FILTERS = sorted(path.stem for path in (Path(__file__).parents[4] / "plugins" / "filter").glob("*.py"))
TEXT = f"[Interface]\nPrivateKey = {key('own')}\nAddress = 10.8.0.1/24\n\n[Peer]\n# Name = beta\nPublicKey = {key('beta')}\n"
CONFIG = {
    "private_key": key("own"),
    "addresses": ["10.8.0.1/24"],
    "peers": [{"name": "beta", "public_key": key("beta")}],
}
DOCUMENT = {
    "prefixes": ["10.8.0.0/24"],
    "nodes": {
        "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1"},
        "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"]},
    },
}
MANAGED = {**DOCUMENT, "nodes": {name: {**node, "hosts": [name]} for name, node in DOCUMENT["nodes"].items()}}
MEASURED = {"beta": {"keys": [key("beta")], "address": "10.8.0.2"}}
PAIR = {
    "prefixes": ["10.8.0.0/24"], "topology": "star", "failover": "vrrp",
    "nodes": {
        "hub": {
            "addresses": ["10.8.0.1"], "endpoint": "203.0.113.9", "hub": True, "hosts": ["hub1", "hub2"],
            "vrrp_addresses": {"hub1": "203.0.113.1", "hub2": "203.0.113.2"},
            "floating": [{"address": "203.0.113.9/24", "interface": "eth0"}],
        },
        "spoke": {"addresses": ["10.8.0.2"], "public_key": key("spoke")},
    },
}  # fmt: skip
HUBS = {
    "prefixes": ["10.8.0.0/24"], "topology": "star", "failover": "bgp",
    "nodes": {
        "hub1": {"addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hub": True},
        "hub2": {"addresses": ["10.8.0.3"], "endpoint": "203.0.113.2", "hub": True},
        "spoke": {"addresses": ["10.8.0.2"], "public_key": key("spoke")},
    },
}  # fmt: skip
ROUNDS = [{"fault": "killed", "phase": "gone", "outages": {"a": {"10.8.0.2": 0.7}}}]
MISSED = "killed, gone: worst 0.7 s, aim 0.5 s (a - 10.8.0.2)"
NOTHING = "longest outage, seconds  rounds  gone: median  worst  back: median  worst  worst between"
REPORT = {"tools_version": "1.0.20210914", "interfaces": []}
STANDING = [
    {
        "host": "alpha",
        "network": "wireguard",
        "name": "alpha",
        "managed": True,
        "handshake_age": None,
        "handshake_by": [],
        "interface": "wg0",
        "reached": True,
        "up": False,
        "implementation": None,
        "implementation_version": None,
        "tools_version": "1.0.20210914",
        "systemd_version": None,
        "clock_ahead": None,
        "key_age": None,
        "next_key": False,
        "missing_packages": [],
        "drift": [],
        "peers": [],
    },
    {
        "name": "beta",
        "network": "wireguard",
        "managed": True,
        "handshake_age": None,
        "handshake_by": [],
        "host": "beta",
        "interface": "wg0",
        "reached": False,
    },
]
STANDING_TEXT = "alpha  wg0 (wireguard)  down\nbeta  wg0 (wireguard)  not reached"
PEERS_OF_BETA = [
    {
        "name": "alpha",
        "public_key": key("alpha"),
        "allowed_ips": ["10.8.0.1/32"],
        "endpoint": "203.0.113.1:51820",
        "keepalive": 25,
    }
]

SECRET = "correct horse battery staple"
GIVEN = [{"nodes": ["alpha", "beta"], "key": key("given")}]
KEYED = [{**PEERS_OF_BETA[0], "preshared_key": key("given")}]
DERIVED = [{**PEERS_OF_BETA[0], "preshared_key": "2nKZSF4ez33nckyyqG9msJGWNbRuJYpCC64u1wrCL3w="}]
OF_INTERFACES = "[net] | interfaces('beta', {}) | map(attribute='config') | map(attribute='peers')"


def template(expression, **variables):
    """What `{{ expression }}` gives; names of filters without the collection's."""
    for name in FILTERS:
        expression = expression.replace(f"| {name}", f"| {PREFIX}{name}")
    templar = Templar(loader=DataLoader(), variables=variables)
    return templar.template(trust_as_template("{{ " + expression + " }}"))


@pytest.mark.parametrize("name", FILTERS)
def test_each_filter_is_found(name):
    assert callable(filter_loader.get(PREFIX + name).j2_function)


@pytest.mark.parametrize(
    ("expression", "variables", "expected"),
    [
        ("text | from_conf", {"text": TEXT}, CONFIG),
        ("config | to_conf", {"config": CONFIG}, TEXT),
        ("text | from_conf | to_conf", {"text": TEXT}, TEXT),
        ("(text | from_conf).peers[0].name", {"text": TEXT}, "beta"),
        ("{'addresses': [address]} | to_conf", {"address": "10.8.0.1/24"}, "[Interface]\nAddress = 10.8.0.1/24\n"),
        ("net | peers('beta')", {"net": DOCUMENT}, PEERS_OF_BETA),
        ("net | peers(node)", {"net": json.dumps(DOCUMENT), "node": "beta"}, PEERS_OF_BETA),
        ("net | to_json | peers('beta')", {"net": DOCUMENT}, PEERS_OF_BETA),
        ("net | interfaces('gamma')", {"net": DOCUMENT}, []),
        ("[net] | interfaces('beta') | map(attribute='config') | map(attribute='peers')", {"net": DOCUMENT}, [PEERS_OF_BETA]),
        ("[net | to_json] | interfaces('beta') | map(attribute='name')", {"net": DOCUMENT}, ["wg0"]),
        ("[] | interfaces('beta')", {}, []),
        ("[net | to_json] | summary", {"net": DOCUMENT}, "wireguard (mesh, 2 nodes)"),
        ("[] | summary", {}, ""),
        ("net | peers('beta', preshared_keys=given)", {"net": DOCUMENT, "given": GIVEN}, KEYED),
        ("net | peers('beta', secret, given)", {"net": DOCUMENT, "given": GIVEN, "secret": SECRET}, KEYED),
        ("net | peers('beta', secret)", {"net": DOCUMENT, "secret": SECRET}, DERIVED),
        ("net | peers('beta', other, none, secret)", {"net": DOCUMENT, "secret": SECRET, "other": SECRET * 2}, DERIVED),
        (
            OF_INTERFACES.format("preshared_secret=other, preshared_secret_previous=secret"),
            {"net": DOCUMENT, "secret": SECRET, "other": SECRET * 2},
            [DERIVED],
        ),
        (
            OF_INTERFACES.format("network_values=values"),
            {
                "net": DOCUMENT,
                "values": {"wireguard": {"preshared_secret": SECRET * 2, "preshared_secret_previous": SECRET}},
            },
            [DERIVED],
        ),
        ("net | peers('beta', preshared_secret=none)", {"net": DOCUMENT}, PEERS_OF_BETA),
        (OF_INTERFACES.format("preshared_keys=given"), {"net": DOCUMENT, "given": GIVEN}, [KEYED]),
        (OF_INTERFACES.format("preshared_secret=secret"), {"net": DOCUMENT, "secret": SECRET}, [DERIVED]),
        (
            OF_INTERFACES.format("network_values=values"),
            {"net": DOCUMENT, "values": {"wireguard": {"preshared_secret": SECRET, "port": 1}, "office": {}}},
            [DERIVED],
        ),
        (
            OF_INTERFACES.format("network_values=values, preshared_secret=secret"),
            {"net": DOCUMENT, "values": {"wireguard": None}, "secret": SECRET},
            [PEERS_OF_BETA],
        ),
        ("([net] | status(reports)).nodes", {"net": MANAGED, "reports": {"alpha": REPORT}}, STANDING),
        ("(net | to_json | status({'alpha': report}, {})).nodes", {"net": MANAGED, "report": REPORT}, STANDING),
        ("(net | status({})).nodes | map(attribute='reached')", {"net": MANAGED}, [False, False]),
        ("(net | status({'alpha': report})).text", {"net": MANAGED, "report": REPORT}, STANDING_TEXT),
        ("(net | status({}, query=asked)).found", {"net": MANAGED, "asked": "nodes[?!reached].name"}, ["alpha", "beta"]),
        (
            "(net | status({'alpha': report}, query=asked)).found",
            {"net": MANAGED, "report": REPORT, "asked": "keys(versions.tools)"},
            ["1.0.20210914"],
        ),
        (
            "([] | status({}))",
            {},
            {"text": "", "nodes": [], "versions": {"implementation": {}, "tools": {}, "systemd": {}}, "findings": []},
        ),
        ("(net | to_json | metrics('alpha')).wg0.peers", {"net": MANAGED}, MEASURED),
        ("([net] | names('alpha')).wireguard.interfaces", {"net": MANAGED}, ["wg0"]),
        ("net | names('alpha', way='none')", {"net": MANAGED}, {}),
        ("([net] | metrics('beta', peers='none')).wg0.peers.alpha.address is none", {"net": MANAGED}, True),
        ("net | vrrp('hub2') | map(attribute='peers')", {"net": PAIR}, [["203.0.113.1"]]),
        ("net | to_json | vrrp('spoke')", {"net": PAIR}, []),
        ("[net] | bgp('spoke') | map(attribute='interfaces')", {"net": HUBS}, [["wg0-hub1", "wg0-hub2"]]),
        ("net | bgp('spoke')", {"net": PAIR}, []),
        ("(net | drill('hub1', more)).probes.spoke.targets", {"net": PAIR, "more": ["172.20.7.2"]}, ["10.8.0.1", "172.20.7.2"]),
        ("measured | outages", {"measured": []}, {"faults": {}, "missed": [], "text": NOTHING}),
        ("(measured | outages({'worst': 0.5})).missed", {"measured": ROUNDS}, [MISSED]),
        ("(net | status({}, looks)).nodes | map(attribute='host')", {"net": MANAGED, "looks": {"alpha": {}}}, ["alpha", "beta"]),
    ],
)  # fmt: skip
def test_filters(expression, variables, expected):
    found = template(expression, **variables)
    assert (list(found) if isinstance(expected, list) else found) == expected


@pytest.mark.parametrize(
    ("expression", "variables", "message"),
    [
        ("text | from_conf", {"text": "[Interface]\nPort = 1\n"}, "from_conf: line 2: unknown key 'Port' in [Interface]"),
        ("config | to_conf", {"config": {"port": 70000}}, "to_conf: config.port: '70000' is not a port (0 to 65535)"),
        ("'text' | to_conf", {}, "to_conf: config: must be a mapping"),
        ("net | peers('gamma')", {"net": DOCUMENT}, "peers: network wireguard: has no node 'gamma'; it has alpha, beta"),
        ("'{' | peers('beta')", {}, "peers: network: not JSON: "),
        ("7 | peers('beta')", {}, "peers: network: must be a network document, or a list of them, not 7"),
        ("[] | peers('beta')", {}, "peers: takes one network document, not 0 (none); pass only one"),
        ("none | interfaces('beta')", {}, "interfaces: network: must be a network document, or a list of them, not None"),
        ("[7] | vrrp('beta')", {}, "vrrp: network: must be a network document, or a list of them, not 7"),
        ("true | trace('a', 'b')", {}, "trace: network: must be a network document, or a list of them, not True"),
        ("'{' | status({})", {}, "status: network: not JSON: "),
        ("net | status(7)", {"net": MANAGED}, "status: reports: must be a mapping from host names"),
        ("net | status({}, 'x')", {"net": MANAGED}, "status: prepared: must be a mapping from host names"),
        ("net | lint(7)", {"net": MANAGED}, "lint: reports: must be a mapping from host names"),
        ("7 | lint", {}, "lint: network: must be a network document, or a list of them, not 7"),
        ("[none] | lint", {}, "lint: network: must be a network document, or a list of them, not None"),
        ("[net, 7] | to_graph", {"net": DOCUMENT}, "to_graph: network: must be a network document, or a list of them, not 7"),
        ("[] | to_graph", {}, "to_graph: takes one network document, not 0 (none); pass only one"),
        (
            "[net, net] | to_graph",
            {"net": DOCUMENT},
            "to_graph: takes one network document, not 2 (wireguard, wireguard); pass only one",
        ),
        (
            "net | to_graph('png')",
            {"net": DOCUMENT},
            "to_graph: unknown picture format 'png'; known are mermaid, dot, svg",
        ),
        ("[] | to_hosts", {}, "to_hosts: takes one network document, not 0 (none); pass only one"),
        (
            "net | to_zone('8.10.in-addr.arpa')",
            {"net": DOCUMENT},
            "to_zone: network wireguard: has no zone 8.10.in-addr.arpa; it has wireguard.internal, 0.8.10.in-addr.arpa",
        ),
        ("net | to_zone(serial=-1)", {"net": DOCUMENT}, "to_zone: serial: '-1' is not a number from 0 to 4294967295"),
        (
            "net | peers('beta', preshared_secret='too short')",
            {"net": DOCUMENT},
            "peers: network wireguard: wireguard_preshared_secret is shorter than 16 characters; ",
        ),
        (
            "net | interfaces('beta', preshared_secret='too short')",
            {"net": DOCUMENT},
            "interfaces: network wireguard: wireguard_preshared_secret is shorter than 16 characters; ",
        ),
        (
            "net | metrics('alpha', 'x')",
            {"net": MANAGED},
            "metrics: wireguard_metrics_peers: 'x' is not one of managed, all, none",
        ),
        ("net | drill('hub9')", {"net": PAIR}, "drill: host hub9: is in no network; correct drill_hub"),
        (
            "net | trace('spoke', 'hub1')",
            {"net": HUBS},
            "trace: network wireguard: BIRD chooses among its hubs at run time, so the plan has no paths; ask BIRD on a host: ",
        ),
        ("{'nodes': {}} | interfaces('beta')", {}, "interfaces: network wireguard: has no prefixes; "),
        (
            "net | interfaces('alpha')",
            {"net": [DOCUMENT, {**DOCUMENT, "name": "office"}]},
            "interfaces: host alpha: networks wireguard and office both use interface wg0; ",
        ),
    ],
)
def test_errors(expression, variables, message):
    with pytest.raises(AnsibleError) as caught:
        template(expression, **variables)
    assert PREFIX + message in str(caught.value)


@pytest.mark.parametrize("text", [TEXT.replace("PrivateKey = ", "PrivateKey "), TEXT.replace(key("own"), key("own")[:-2])])
def test_no_secret_in_an_error(text):
    with pytest.raises(AnsibleError) as caught:
        template("text | from_conf", text=text)
    assert key("own")[:20] not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"preshared_keys": [{"nodes": ["alpha", "beta"], "key": SECRET}]},
        {"preshared_keys": [SECRET]},
        {"preshared_keys": SECRET},
        {"preshared_secret": SECRET[:10]},
        {"preshared_secret": SECRET, "preshared_secret_previous": SECRET},
        {"preshared_secret_previous": SECRET},
        {"preshared_secret": {SECRET: SECRET}},
        {"preshared_secret": [object(), SECRET]},
    ],
)
def test_no_preshared_secret_in_an_error(values):
    arguments = ", ".join(f"{name}={name}" for name in values)
    for expression in (f"net | peers('beta', {arguments})", f"net | interfaces('beta', {arguments})"):
        with pytest.raises(AnsibleError) as caught:
            template(expression, net=DOCUMENT, **values)
        assert SECRET[:10] not in str(caught.value)


@pytest.fixture
def hostvars(tmp_path):
    """Give a function: an inventory (as YAML would be) -> the variable `hostvars`."""

    def make(inventory):
        path = tmp_path / "hosts.yml"
        path.write_text(yaml.safe_dump(inventory))
        loader = DataLoader()
        manager = InventoryManager(loader, [str(path)])
        variables = VariableManager(loader, manager)
        return HostVars(manager, variables, loader)

    return make


def group(**hosts):
    values = {"wireguard_prefixes": ["10.8.0.{{ 0 }}/24"], "number": 203}
    return {"wireguard": {"vars": values, "hosts": hosts}, "others": {"hosts": {"z": {}}}}


ALPHA = {"wireguard_endpoint": "{{ number }}.0.113.1"}
NODES = {"alpha": {"endpoint": "203.0.113.1:51820"}, "beta": {}}


def test_network(hostvars):
    """Values that are templates themselves are read as what they give."""
    found = template("vars_of | network", vars_of=hostvars(group(alpha=ALPHA, beta=None)))
    assert found == {
        "version": 1,
        "name": "wireguard",
        "interface": "wg0",
        "topology": "mesh",
        "prefixes": ["10.8.0.0/24"],
        "nodes": NODES,
    }


def test_network_with_its_registry(hostvars):
    values = hostvars(group(alpha=ALPHA, beta=None))
    fresh = template("vars_of | network('wireguard', '')", vars_of=values)
    assert fresh["nodes"] == {
        "alpha": {"endpoint": "203.0.113.1:51820", "addresses": ["10.8.0.1"]},
        "beta": {"addresses": ["10.8.0.2"]},
    }
    known = {"beta": {"public_key": key("beta"), "addresses": ["10.8.0.7"]}}
    registry = json.dumps({"network": "wireguard", "version": 1, "nodes": known})
    found = template("vars_of | network(registry=text)", vars_of=values, text=registry)
    assert found["nodes"]["beta"] == known["beta"]


@pytest.mark.parametrize(
    ("inventory", "expression", "message"),
    [
        (group(alpha=ALPHA), "vars_of | network('office')", "network: the inventory has no network 'office'; it has wireguard"),
        ({"all": {"hosts": {"a": {}}}}, "vars_of | network", "network: the inventory has no network 'wireguard'; it has none"),
        (
            group(alpha={"wireguard_topology": "star"}, beta={}),
            "vars_of | network",
            "network: network wireguard: wireguard_topology is 'star' on alpha and None on beta; ",
        ),
        (group(alpha={"wireguard_port": "x"}), "vars_of | network", "network: node alpha.port: 'x' is not a port (0 to 65535)"),
        (group(alpha={}), "vars_of | network(registry='{')", "network: registry wireguard: cannot be read; "),
    ],
)
def test_network_errors(hostvars, inventory, expression, message):
    with pytest.raises(AnsibleError) as caught:
        template(expression, vars_of=hostvars(inventory))
    assert PREFIX + message in str(caught.value)
