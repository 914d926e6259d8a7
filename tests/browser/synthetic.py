# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of hosts as a run collects them, with some faults, and the page that the collection makes of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._page.page import page_html
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.pairs import Pair, probes_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.verdicts import silent_pairs, verdicts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.links import Cause
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.page.page import Page, page_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

PLACES = ("ams", "fra", "nyc", "sin", "syd")
NOW = 1_900_000_000.0


def mesh(count: int) -> dict[str, Any]:
    """The document of a mesh. A large one has a phone that is linked to all."""
    names = [f"{PLACES[number % len(PLACES)]}{number // len(PLACES) + 1:02}" for number in range(count)]
    nodes = {
        name: {
            "public_key": key(name),
            "addresses": [f"10.8.{number // 250}.{number % 250 + 1}"],
            "endpoint": f"198.51.{100 + number // 250}.{number % 250 + 1}:51820",
            "hosts": [name],
        }
        for number, name in enumerate(names)
    }
    phone = {"phone": {"public_key": key("phone"), "addresses": ["10.8.9.1"], "managed": False, "hosts": []}}
    nodes |= phone if count > 20 else {}
    return {"name": "backbone", "topology": "mesh", "prefixes": ["10.8.0.0/16"], "nodes": nodes}


def page(count: int) -> Page:
    """The page of such a mesh: one host was not reached, and of the others, some pairs are silent, or lose large packets."""
    network = network_from_dict(mesh(count))
    names = [name for name, node in network.nodes.items() if node.managed]
    away, full = names[len(names) // 2], names[1]
    probes = probes_of([network])
    reports = {name: _report(network, name, probes[name]["probes"]["wg0"], away, full) for name in names if name != away}
    looks = {name: _look(number) for number, name in enumerate(names) if name != away}
    silent = silent_pairs([network], reports)
    told = {name: _sent(network, name, silent) for name in reports}
    seen = {name: _seen(network, name, silent) for name in reports}
    found = [verdict.to_dict() for verdict in verdicts([network], reports, told, seen)]
    causes = [Cause(one["network"], tuple(one["nodes"]), one["code"], one["cause"], one["remedy"]) for one in found]
    return page_of([network], reports, looks, causes, (NOW, "root@controller", "job 4711"))


def html_of(page: Page) -> str:
    """The file of a page."""
    text, warnings = page_html(page)
    assert warnings == []
    return text


def hostile(text: str) -> Page:
    """A small page with this text wherever a host or an inventory could put one, also where readers would refuse it."""
    whole = page(20)
    (part,) = whole.networks
    shapes = tuple(replace(shape, name=shape.name + text, lines=(text,)) for shape in part.picture.shapes)
    lines = tuple(replace(line, a=line.a + text, b=line.b + text, label=text) for line in part.picture.lines)
    picture = replace(part.picture, title=text, shapes=shapes, lines=lines)
    causes = (Cause(text, (text, text), text, text, text),)
    part = replace(
        part, name=text, topology=text, silent=causes, impaired=causes, unasked=causes, following=causes, picture=picture,
        names=tuple(name + text for name in part.names),
    )  # fmt: skip
    node = replace(
        whole.nodes[0], name=text, network=text, host=text, endpoint=text, implementation=text, tools=text, differences=(text,)
    )
    peer = replace(whole.peers[0], host=text, network=text, name=text, endpoint=text)
    return replace(whole, who=text, run=text, networks=(part, part), nodes=(node,), peers=(peer,), notes=(text,))


def _silent(a: str, b: str, count: int) -> bool:
    return int.from_bytes(key(min(a, b) + max(a, b)).encode()[:3], "big") % max(50, count) == 0


def _sent(network: Any, name: str, silent: list[Pair]) -> dict[str, Any]:
    """What a host knows of the peers of silent pairs: all is as planned, and no handshake has completed."""
    others = [network.nodes[pair.other(name)] for pair in silent if name in (pair.a, pair.b)]
    routes = {"route": {"dev": "eth0", "error": None}, "inner_route": {"dev": "wg0", "error": None}}
    known = {"interface": "wg0", "answers": False, "name": None, "resolved": [], "preshared": None, "handshake_age": None}
    counts = {"received": 0, "sent": 10**12}
    peers = [{**known, **routes, **counts, "public_key": other.public_key, "endpoint": other.endpoint} for other in others]
    return {"time": NOW, "filtered": 0, "peers": peers}


def _seen(network: Any, name: str, silent: list[Pair]) -> dict[str, Any]:
    """The handshakes of both ends of silent pairs: they arrive, and are not answered."""
    packets = []
    for pair in (pair for pair in silent if name in (pair.a, pair.b)):
        remote = network.nodes[pair.other(name)].endpoint
        for way, sender in (("out", name), ("in", pair.other(name))):
            packets.append({"type": 1, "way": way, "id": f"{sender} {pair.title}", "remote": remote, "port": 51820})
    return {"packets": packets, "errors": [], "inner": []}


def _report(network: Any, name: str, probes: dict[str, str], away: str, full: str) -> dict[str, Any]:
    nodes = network.nodes
    peers = [_peer(nodes[name], other, probes, away, full, len(nodes)) for other in nodes.values() if other.name != name]
    live = {
        "name": "wg0", "up": True, "public_key": nodes[name].public_key, "port": 51820, "mtu": 1420, "pings": {}, "fwmark": 0,
        "addresses": [f"{nodes[name].addresses[0]}/16"], "routes": ["10.8.0.0/16"], "peers": peers, "implementation": "kernel",
        "implementation_version": None, "drift": ["~ MTU 1380 -> 1420"] if name == full else [],
    }  # fmt: skip
    tools = "1.0.20250521" if name.startswith("nyc") else "1.0.20210914"
    report = {"tools_version": tools, "tools_features": [], "systemd_version": "252", "time": NOW}
    return {**report, "forwarding": {"ipv4": False, "ipv6": False}, "interfaces": [live]}


def _peer(node: Any, other: Any, probes: dict[str, str], away: str, full: str, count: int) -> dict[str, Any]:
    silent = other.name == away or _silent(node.name, other.name, count)
    seed = int.from_bytes(key(node.name + other.name).encode()[:3], "big")
    largest = 1300 if full in (node.name, other.name) and seed % 8 == 0 else 1420
    answer = {"answers": True, "round_trip": seed % 90_000 / 1e6 + 0.001, "largest": largest, "source": node.addresses[0]}
    probe = {"answers": False, "round_trip": None, "largest": None, "source": node.addresses[0]} if silent else answer
    return {
        "name": other.name, "public_key": other.public_key, "preshared_key": False, "keepalive": 0,
        "endpoint": other.endpoint or "203.0.113.77:40112", "allowed_ips": [f"{other.addresses[0]}/32"],
        "handshake_age": seed % 100 + (900 if silent else 0), "received": seed * 97, "sent": seed * 89,
        "probe": probe if other.public_key in probes else None,
    }  # fmt: skip


def _look(number: int) -> dict[str, Any]:
    changes = ["+ peer fra02", "~ port 51821 -> 51820"] if number % 17 == 3 else []
    return {"packages": [], "key_dates": {"wg0": f"2030-0{number % 2 + 1}-10"}, "interfaces": {"wg0": {"changes": changes}}}
