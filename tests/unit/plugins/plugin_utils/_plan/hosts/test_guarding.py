# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.guarding import guarded, own_networks, removals
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import Interfaces
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAMES = ("alpha", "beta", "gamma")
NETWORK = network_from_dict(
    {
        "prefixes": ["10.8.0.0/24"],
        "nodes": {
            name: {"public_key": key(name), "addresses": [f"10.8.0.{index}"], "endpoint": f"203.0.113.{index}"}
            for index, name in enumerate(NAMES, start=1)
        },
    }
)


def peers(*names):
    return [Peer(key(name), name=name) for name in names]


def line(gone, live, may, names):
    return (
        f"host alpha, interface wg0: {gone} of {live} live peers would be removed, but at most {may} may be: {names}; if that "
        f"is intended, set wireguard_max_removals (in your own task, max_removals) to {gone}"
    )


@pytest.mark.parametrize(
    ("live", "limit", "expected"),
    [
        pytest.param({"alpha": {"wg0": peers("beta", "gamma")}}, None, [], id="nobody goes"),
        pytest.param({"alpha": {"wg0": peers("beta", "delta")}}, None, [], id="one always may"),
        pytest.param(
            {"alpha": {"wg0": peers("delta", "beta", "omega")}}, None, [line(2, 3, 1, "delta, omega")], id="two of three may not"
        ),
        pytest.param({"alpha": {"wg0": peers("delta", "beta", "omega")}}, 2, [], id="said that they may"),
        pytest.param({"alpha": {"wg0": peers("revoked1", "beta", "revoked2")}}, None, [], id="ended on purpose"),
        pytest.param(
            {"alpha": {"wg0": peers("revoked1", "delta", "beta", "omega")}},
            None,
            [line(2, 3, 1, "delta, omega")],
            id="and others",
        ),
        pytest.param(
            {"alpha": {"wg0": [Peer(key("x"), name="revoked1"), Peer(key("y"), name="revoked2")]}},
            None,
            [line(2, 2, 1, "revoked1, revoked2")],
            id="a host's name for a peer counts for nothing",
        ),
        pytest.param({"alpha": {"wg0": peers("delta")}}, 0, [line(1, 1, 0, "delta")], id="said that none may"),
        pytest.param({"alpha": {"wg0": [Peer(key("old"), name="beta")]}}, 0, [], id="another key of the same node"),
        pytest.param(
            {"alpha": {"wg0": [Peer(key("x")), Peer(key("y"))]}},
            None,
            [line(2, 2, 1, ", ".join(sorted(f"{key(name)[:8]}..." for name in "xy")))],
            id="without names",
        ),
        pytest.param(
            {"alpha": {"wg1": peers("delta", "omega")}, "other": {"wg0": peers("delta", "omega")}}, 0, [], id="elsewhere"
        ),
        pytest.param(
            {"alpha": {"wg0": peers(*map(str, range(10)))}}, None, [line(10, 10, 2, ", ".join(map(str, range(10))))], id="a fifth"
        ),
    ],
)
def test_removals(live, limit, expected):
    ended = frozenset({key("revoked1"), key("revoked2")})
    assert removals(Interfaces([NETWORK]), live, limit, ended) == ({"alpha": "\n".join(expected)} if expected else {})


def routed(**values):
    """A network in which beta has routes; alpha goes out through beta."""
    nodes = {
        "alpha": {"addresses": ["10.8.0.1"], "exit": "beta", **values},
        "beta": {"addresses": ["10.8.0.2"], "endpoint": "203.0.113.2", "routes": ["192.168.7.0/24", "172.16.0.0/12"]},
        "gamma": {"addresses": ["10.8.0.3"], "managed": False},
    }
    whole = {name: {"public_key": key(name), **node} for name, node in nodes.items()}
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": whole})


REMEDY = "exclude it (wireguard_excluded_ips), or narrow the routes or prefixes of the network"
TAKEN = f"of the host's own network {{}} would go into the tunnel{{}}; {REMEDY}"
CONNECTED, BEHIND = True, False


@pytest.mark.parametrize(
    ("network", "routes", "expected"),
    [
        pytest.param(routed(), {"192.168.1.0/24": CONNECTED}, [], id="elsewhere"),
        pytest.param(routed(), {"192.168.7.0/24": CONNECTED}, [("all", "192.168.7.0/24", " to beta")], id="its LAN"),
        pytest.param(routed(), {"192.168.7.0/24": BEHIND}, [("all", "192.168.7.0/24", " to beta")], id="all behind a router"),
        pytest.param(
            routed(),
            {"192.168.0.0/16": CONNECTED, "172.16.0.0/12": CONNECTED},
            [("all", "172.16.0.0/12", " to beta"), ("prefix 192.168.7.0/24", "192.168.0.0/16", " to beta")],
            id="a part, and all of another",
        ),
        pytest.param(routed(), {"192.168.0.0/16": BEHIND, "10.0.0.0/8": BEHIND}, [], id="the overlay lies behind another router"),
        pytest.param(routed(), {"10.0.0.0/8": CONNECTED}, [("prefix 10.8.0.0/24", "10.0.0.0/8", "")], id="all in its LAN"),
        pytest.param(routed(), {"192.168.7.128/25": CONNECTED}, [], id="a longer route wins"),
        pytest.param(routed(allowed_ips=["0.0.0.0/0"]), {"192.168.1.0/24": CONNECTED}, [], id="a full tunnel"),
        pytest.param(routed(allowed_ips=["0.0.0.0/1", "128.0.0.0/1"], excluded_ips=["203.0.113.0/24"]),
                     {"192.168.1.0/24": CONNECTED}, [], id="halves"),
        pytest.param(
            routed(allowed_ips=["192.168.0.0/16"]), {"192.168.0.0/16": CONNECTED}, [("all", "192.168.0.0/16", " to beta")],
            id="what it sends to its exit",
        ),
        pytest.param(routed(allowed_ips=["192.168.0.0/16"], excluded_ips=["192.168.0.0/17"]), {"192.168.0.0/17": CONNECTED}, [
            ("prefix 192.168.7.0/24", "192.168.0.0/17", " to beta")], id="excluded, but a route of another node"),
        pytest.param(routed(table="off"), {"192.168.7.0/24": CONNECTED}, [], id="without routes"),
        pytest.param(routed(table="7"), {"192.168.7.0/24": CONNECTED}, [], id="in a table of its own"),
        pytest.param(routed(netns="lab"), {"192.168.7.0/24": CONNECTED}, [], id="in a namespace"),
    ],
)  # fmt: skip
def test_own_networks(network, routes, expected):
    found = list(own_networks(Interfaces([network]), {"alpha": routes, "other": {"192.168.7.0/24": CONNECTED}, "gamma": routes}))
    assert found == [f"host alpha, interface wg0: {which} {TAKEN.format(route, owner)}" for which, route, owner in expected]


ONE_SIDE = (
    "network wireguard: preshared keys change on one side only, because the other host is not in this run: {}; within 3 minutes "
    "these links fail until it has the keys, too"
)


def look(*peers, preshared=(), routes=()):
    """What ``prepare`` returned of a host."""
    found = [{"name": name, "public_key": key(name)} for name in peers]
    own = [{"prefix": prefix, "connected": True} for prefix in routes]
    return {"interfaces": {"wg0": {"peers": found, "preshared": list(preshared)}}, "routes": own}


@pytest.mark.parametrize(
    ("looks", "limit", "refused", "warnings"),
    [
        pytest.param({}, None, {}, [], id="before any host was asked"),
        pytest.param({"alpha": {"failed": True}, "beta": {}, "gamma": look("alpha", "beta")}, None, {}, [], id="nobody loses"),
        pytest.param({"alpha": look("x", "y", "beta"), "beta": look("alpha")}, None, {"alpha": line(2, 3, 1, "x, y")}, [],
                     id="a host stops itself alone"),
        pytest.param({"alpha": look("x", "y", "beta"), "beta": look("alpha")}, 2, {}, [], id="so many may go"),
        pytest.param(
            {"alpha": look(routes=["10.8.0.0/24"]), "beta": look()},
            None,
            {},
            [f"host alpha, interface wg0: all {TAKEN.format('10.8.0.0/24', '')}"],
            id="a network of its own",
        ),
        pytest.param({name: look(preshared={*NAMES} - {name}) for name in NAMES}, None, {}, [], id="all pairs change"),
        pytest.param({"alpha": look(preshared=["beta", "gamma"])}, None, {}, [ONE_SIDE.format("alpha - beta, alpha - gamma")],
                     id="only one host is in this run"),
        pytest.param(
            {"alpha": look(preshared=["beta"]), "beta": {"unreachable": True}, "gamma": look(preshared=["alpha", "beta"])},
            None,
            {},
            [ONE_SIDE.format("alpha - beta, beta - gamma")],
            id="one was not reached",
        ),
    ],
)  # fmt: skip
def test_guarded(looks, limit, refused, warnings):
    assert guarded([NETWORK], looks, limit) == (refused, warnings)
