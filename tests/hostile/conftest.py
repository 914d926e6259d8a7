# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds to tell lies in."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.lies import FIRST
from ansible_collections.meshwork.wireguard.tests.hostile.world import World

HONEST = {
    "alpha": {"wireguard_endpoint": "203.0.113.1", "wireguard_hub": True},
    "beta": {"wireguard_endpoint": "203.0.113.2", "wireguard_routes": ["172.20.2.0/24"]},
}
SECRET = "what only the controller knows"


@pytest.fixture(scope="session")
def make_world(tmp_path_factory):
    """Give a function that makes a world of alpha and beta, and of hosts that lie: some lies, variables of the inventory."""

    def make(lies=(), **variables):
        hosts = {lie.host: {"wireguard_endpoint": f"198.51.100.{number}"} for number, lie in enumerate(lies, 1)}
        first = {lie.host: hosts[lie.host] for lie in FIRST if lie.host in hosts}
        root = tmp_path_factory.mktemp("world") / "controller"
        world = World(root, {**first, **HONEST, **hosts}, {"wireguard_prefixes": ["10.8.0.0/22"], **variables})
        (root / "secret.txt").write_text(SECRET)
        return world

    return make
