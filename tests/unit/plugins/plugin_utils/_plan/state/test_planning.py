# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several networks of one run."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.planning import Run, plan
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OFFICE = {"name": "office", "interface": "wg1", "prefixes": ["10.9.0.0/24"]}
MAIN = {"name": "main", "prefixes": ["10.8.0.0/24"]}


def document(common, port, *names):
    nodes = {name: {"public_key": key(name), "endpoint": "203.0.113.1", "port": port} for name in names}
    return {**common, "nodes": nodes}


def planned(office, main, prune=(), registries=None):
    described = {"office": document(OFFICE, 51821, *office), "main": document(MAIN, 51820, *main)}
    run = Run(described, {name: Asked(prune=prune) for name in described}, {}, "2026-01-31", True)
    return plan(run, registries or {"office": Registry(), "main": Registry()})


def of_all():
    first = planned(("alpha", "beta", "gamma"), ("alpha", "beta"))
    return {name: first.registries[name] for name in ("office", "main")}


@pytest.mark.parametrize(
    ("office", "main", "prune", "left"),
    [
        (("alpha", "beta"), ("alpha", "beta"), ("gamma",), {"office": ["alpha", "beta"], "main": ["alpha", "beta"]}),
        (("alpha", "gamma"), ("alpha", "beta"), ("beta",), {"office": ["alpha", "gamma"], "main": ["alpha", "beta"]}),
        (("alpha",), ("alpha", "beta"), ("beta",), {"office": ["alpha", "gamma"], "main": ["alpha", "beta"]}),
    ],
    ids=["left the only network", "left one of two", "another one that left stays"],
)
def test_a_node_is_pruned_from_the_networks_that_it_left(office, main, prune, left):
    found = planned(office, main, prune, of_all())
    assert {network.name: sorted(network.nodes) for network in found.networks} == left
    assert {name: sorted(registry.removed) for name, registry in found.registries.items()} == {"office": list(prune)}


@pytest.mark.parametrize(
    ("prune", "error"),
    [
        ("beta", "node beta: is in the inventory, so it cannot be pruned; remove it with -e wireguard_remove=beta"),
        ("delta", "node delta: is not in any network of these hosts, and never was; correct the name"),
    ],
)
def test_what_cannot_be_pruned(prune, error):
    with pytest.raises(PlanError) as raised:
        planned(("alpha", "beta"), ("alpha", "beta"), (prune,), of_all())
    assert str(raised.value) == error
