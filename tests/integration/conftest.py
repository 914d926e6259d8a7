# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: made fresh, removed afterwards."""

from __future__ import annotations

from itertools import count

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet

_numbers = count(220)


@pytest.fixture(scope="module")
def make_fleet(tmp_path_factory):
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image."""
    fleets = []

    def make(hosts, variables=None, image="bookworm-wireguard"):
        number = next(_numbers)
        network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]} if variables is None else variables
        fleet = Fleet(tmp_path_factory.mktemp("fleet"), f"it{number}", f"10.{number}.0", hosts, network, image)
        fleets.append(fleet)
        fleet.lab("up", "--fresh")
        return fleet

    yield make
    for fleet in fleets:
        fleet.lab("down")
