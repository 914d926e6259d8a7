# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: made fresh, removed afterwards."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet

_LOCKS = Path("/run/lock")


def _number():
    """A number that no other running tests have, and the file that holds it."""
    for number in range(220, 240):
        holder = (_LOCKS / f"meshwork-integration-{number}").open("w")
        try:
            fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder.close()
        else:
            return number, holder
    raise RuntimeError("too many labs at once")


@pytest.fixture(scope="module")
def lab_number():
    """Give a function that gives numbers for labs, for their names and subnets; each is taken until the module's tests end."""
    holders = []

    def take():
        number, holder = _number()
        holders.append(holder)
        return number

    yield take
    for holder in holders:
        holder.close()


@pytest.fixture(scope="module")
def make_fleet(tmp_path_factory, lab_number):
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image."""
    fleets = []

    def make(hosts, variables=None, image="bookworm-wireguard"):
        number = lab_number()
        network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]} if variables is None else variables
        fleet = Fleet(tmp_path_factory.mktemp("fleet"), f"it{number}", f"10.{number}.0", hosts, network, image)
        fleets.append(fleet)
        fleet.lab("up", "--fresh")
        return fleet

    yield make
    for fleet in fleets:
        fleet.lab("down")
