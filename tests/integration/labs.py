# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests: made fresh, removed afterwards, with names and subnets that no other running tests have."""

from __future__ import annotations

import contextlib
import fcntl
import platform
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet

needs_x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="User-Mode Linux needs an x86-64 machine")

_LOCKS = Path("/run/lock")

VERSIONS = ("bookworm-wireguard", "trixie-wireguard", "sid-wireguard")
"""Images with three versions of wireguard-go and of systemd, and two of the tools."""


def differing(hosts):
    """The hosts (name -> variables or None), each with the next of the versions."""
    return {
        host: {**(values or {}), "lab_image": VERSIONS[index % len(VERSIONS)]}
        for index, (host, values) in enumerate(hosts.items())
    }


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


@contextlib.contextmanager
def labs(make_directory):
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image, kind of fleet.

    :param make_directory: makes a directory whose name begins as it is told.
    """
    fleets, holders = [], []

    def make(hosts, variables=None, image="bookworm-wireguard", kind=Fleet):
        number, holder = _number()
        holders.append(holder)
        network = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]} if variables is None else variables
        fleet = kind(make_directory("fleet"), f"it{number}", f"10.{number}.0", hosts, network, image)
        fleets.append(fleet)
        fleet.lab("up", "--fresh")
        return fleet

    try:
        yield make
    finally:
        for fleet in fleets:
            fleet.lab("down")
        for holder in holders:
            holder.close()
