# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: made fresh, removed afterwards."""

from __future__ import annotations

import fcntl
import platform
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet

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


_NEEDS_X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="User-Mode Linux needs an x86-64 machine")


@pytest.fixture(scope="module", params=[Fleet, pytest.param(KernelFleet, marks=_NEEDS_X86)], ids=["containers", "kernels"])
def kind(request):
    """Both kinds of hosts, for what differs between the kernel's WireGuard and one in userspace."""
    return request.param


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
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image, kind of hosts."""
    fleets = []

    def make(hosts, variables=None, image="bookworm-wireguard", kind=Fleet):
        number = lab_number()
        network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]} if variables is None else variables
        fleet = kind(tmp_path_factory.mktemp("fleet"), f"it{number}", f"10.{number}.0", hosts, network, image)
        fleets.append(fleet)
        fleet.lab("up", "--fresh")
        return fleet

    yield make
    for fleet in fleets:
        fleet.lab("down")
