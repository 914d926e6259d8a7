# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.guarding import removals
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
    assert removals([NETWORK], live, limit, ended) == ({"alpha": "\n".join(expected)} if expected else {})
