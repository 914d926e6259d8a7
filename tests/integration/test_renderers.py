# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renderer does not refuse, the real program reads as exactly that value: hundreds of values in one configuration each.

The renderers are called as they are, past the readers that would refuse most of these values before.
"""

from __future__ import annotations

import json
import random
import re
import string
import subprocess
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import without_dns_endpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager import read_keyfile
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager_files import network_manager_files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.bird import render_bird
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.keepalived import render_keepalived
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.drawing import dot
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.explain.picture import Picture, Shape
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.containers import container_networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import needs_x86
from ansible_collections.meshwork.wireguard.tests.unit.strange import strange_texts
from ansible_collections.meshwork.wireguard.tests.unit.support import key

STRANGE = strange_texts()
HOST = "alpha"


@pytest.fixture(scope="module")
def fleet(make_fleet):
    return make_fleet({HOST: {}}, image="bookworm-hubs")


def taken(render, values):
    """The values that a renderer does not refuse."""
    found = []
    for value in dict.fromkeys(values):
        try:
            render(value)
        except ValueError:
            continue
        found.append(value)
    return found


def link_names():
    """Names of links, the usual ones and those that a shell, a table or a glob would take for something else."""
    draw = random.Random(1)
    signs = string.ascii_letters + string.digits + "-_." * 8
    made = ("w" + "".join(draw.choices(signs, k=draw.randint(1, 14))) for _index in range(300))
    return list(dict.fromkeys(["wg0", "wg-0", "wg_0", "wg.0", *made]))


def peers():
    """Peers that hold each value in each field in which it is taken; every prefix has one peer."""
    plain = Peer(key("x"), None, ("10.8.0.9/32",), "203.0.113.9:51820", 25, "x")
    found, seen = [], set()
    for field, made in {
        "name": lambda text: text,
        "endpoint": lambda text: text,
        "allowed_ips": lambda text: (text,),
        "preshared_key": lambda text: text,
    }.items():
        for text in taken(lambda text: render_conf(Config(peers=(replace(plain, **{field: made(text)}),))), STRANGE):  # noqa: B023
            prefixes = (text,) if field == "allowed_ips" else ()
            if not seen.intersection(prefixes):
                found.append(replace(plain, **{"allowed_ips": prefixes, "public_key": key(f"{field} {text}"), field: made(text)}))
                seen.update(prefixes)
    return tuple(found)


def by_key(config):
    return {peer.public_key: replace(peer, name=None) for peer in config.peers}


def test_wg(fleet):
    config = without_dns_endpoints(Config(key("own"), peers=peers()))
    assert len(config.peers) > 100
    fleet.run(HOST, "sh", "-c", "ip link add t0 type wireguard 2>/dev/null || wireguard-go t0 >/dev/null 2>&1")
    fleet.run(HOST, "sh", "-c", "cat >/run/t0.conf && wg setconf t0 /run/t0.conf", stdin=render_conf(config))
    assert by_key(parse_conf(fleet.run(HOST, "wg", "showconf", "t0"))) == by_key(config)


@needs_x86
def test_network_manager(make_fleet):
    fleet = make_fleet({HOST: {}}, image="bookworm-managers", kind=KernelFleet)
    config = Config(key("own"), ("10.8.0.1/8", "fd00:8::1/16"), peers=without_dns_endpoints(Config(peers=peers())).peers)
    named = taken(lambda peer: network_manager_files("t0", replace(config, peers=(peer,)), "t0", "/etc/t0.conf"), config.peers)
    config = replace(config, peers=tuple(named))
    assert len(config.peers) > 100
    (file,) = network_manager_files("t0", config, "t0", "/etc/wireguard/t0.conf")
    shown = fleet.run(HOST, "nmcli", "--offline", "connection", "modify", "connection.autoconnect-priority", "1", stdin=file.text)
    found = read_keyfile(shown)
    assert (found.interface, found.config.private_key) == ("t0", key("own"))
    assert sorted(found.config.addresses) == sorted(config.addresses)
    assert by_key(found.config) == by_key(config)


def networks(names):
    node = Node("a", key("a"), ("10.8.0.1",), hosts=("a",), routes=("172.20.0.0/24",), container_subnets=("172.20.0.0/24",))
    return [Network({"a": node}, interface=name, prefixes=("10.8.0.0/24",)) for name in names]


def test_nft(fleet):
    names = taken(
        lambda name: firewalls(networks([name]), "a"), [*link_names()[:80], *(text for text in STRANGE if len(text) < 16)]
    )
    assert len(names) > 200
    entries = [*firewalls(networks(names), "a"), *container_networks(networks(names), "a")]
    tables = [entry["table"] for entry in entries]
    assert len(set(tables)) == 2 * len(names)
    text = "".join(f"table inet meshwork_{entry['table']} {{\n{entry['chains']}}}\n" for entry in entries)
    fleet.run(HOST, "sh", "-c", "ip netns add t; ip netns exec t nft -f -", stdin=text)
    listed = json.loads(fleet.run(HOST, "ip", "netns", "exec", "t", "nft", "-j", "list", "ruleset"))["nftables"]
    assert sorted(entry["table"]["name"] for entry in listed if "table" in entry) == sorted(
        f"meshwork_{table}" for table in tables
    )
    found = {}
    for entry in listed:
        if "rule" in entry:
            matched = json.dumps([part for part in entry["rule"]["expr"] if "meta" in json.dumps(part)])
            for match in json.loads(matched):
                right = match["match"]["right"]
                found.setdefault(entry["rule"]["table"], set()).update(right["set"] if isinstance(right, dict) else [right])
    assert found == {f"meshwork_{table}": {name} for table, name in zip(tables, [*names, *names], strict=True)}


BIRD = {
    "interfaces": ["wg0"], "table": 7, "number": 4200000001, "sources": ["10.8.0.3", "fd00::3"], "link_local": "fe80::3",
    "own": ["10.8.0.3/32", "fd00::3/128"], "sessions": [],
}  # fmt: skip
SESSION = {
    "name": "x", "interface": "wg0", "neighbor": "fe80::1", "number": 4200000002, "preference": 200, "accepts": ["10.8.0.1/32"],
    "announces": ["fd00::4/128"],
}  # fmt: skip


def bird(values):
    links = [value[:15].strip() for value in values]
    sessions = [
        {**SESSION, "name": value, "interface": link, "neighbor": f"fe80::{index:x}"}
        for index, (value, link) in enumerate(zip(values, links, strict=True), 16)
    ]
    return render_bird({**BIRD, "interfaces": links, "sessions": sessions}, "/run/forwards.conf")


def test_bird(fleet):
    long = ["node-01.rack-7.eu-west-1.compute.example.com", "n" * 253]
    values = taken(lambda value: bird([value]), [*STRANGE, *link_names(), *long])
    assert len(values) > 400
    text = bird(values)
    fleet.run(HOST, "sh", "-c", "echo 'define FORWARDS = true;' >/run/forwards.conf")
    done = fleet.run(HOST, "sh", "-c", "cat >/run/t.conf; bird -p -c /run/t.conf 2>&1; echo $?", stdin=text)
    assert done == "0\n"
    quoted = re.compile(r'"[^"\n]*"|to_\w+')
    assert quoted.sub("V", text) == quoted.sub("V", bird([f"v{index}" for index in range(len(values))]))


def test_keepalived(fleet):
    said = {
        "interface": "wg0", "address": fleet.underlay[HOST], "peers": ["203.0.113.12"], "priority": 150, "id": 1,
        "interval": 100, "unicast": True, "preempt": False, "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
    }  # fmt: skip
    paths = taken(lambda path: render_keepalived(said, path), [f"/run/{text}" for text in STRANGE if "/" not in text])
    names = taken(lambda name: render_keepalived({**said, "interface": name}, "/run/x"), link_names())
    assert len(paths) > 30
    pairs = list(zip(names[:250], (paths * 10)[:250], strict=True))
    texts = [render_keepalived({**said, "interface": name, "id": n}, path) for n, (name, path) in enumerate(pairs, 1)]
    fleet.run(HOST, "xargs", "-0", "touch", stdin="\0".join(paths))
    done = fleet.run(
        HOST, "sh", "-c", "cat >/run/k.conf; keepalived --config-test --use-file /run/k.conf 2>&1; echo $?", stdin="".join(texts)
    )
    assert done.split()[-1] == "0", done
    plain = [render_keepalived({**said, "id": n}, "/run/x") for n, _text in enumerate(texts, 1)]
    for text, harmless, (name, path) in zip(texts, plain, pairs, strict=True):
        meant = {path: "/run/x", name: "wg0", f"health-{name}": "health-wg0"}
        assert [meant.get(word, word) for word in text.split()] == harmless.split()


def test_graphviz():
    """On the controller, where it runs."""
    names = taken(lambda text: dot(Picture("t", (Shape(text, None, "node", ()),), ())), STRANGE)
    assert len(names) > 150
    shapes = tuple(Shape(name, None, "node", ("second",)) for name in names)
    text = dot(Picture("t", shapes, ()))
    done = subprocess.run(["dot", "-Tjson"], input=text, capture_output=True, text=True, check=True)
    drawn = [
        [part["text"] for part in node["_ldraw_"] if part["op"] == "T"]
        for node in sorted(json.loads(done.stdout)["objects"], key=lambda node: int(node["name"][1:]))
    ]
    assert drawn == [[name, "second"] for name in names]
