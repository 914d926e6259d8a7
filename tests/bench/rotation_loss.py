# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What new keys for a whole fleet cost: probes of every pair in each direction while every node gets one.

First nothing happens, to know what the machine loses by itself; then the naive way, new keys on all hosts in one run; then
rotations. An outage is the time in which no probe of one direction arrives.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from hosts import Fleet, fleet, run
from oneway import Directions, probing
from support import Table

from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually

NODES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta")
CONTROL = 20  # seconds
AIMS = {False: (0.05, 0.5), True: (0.5, 1.5)}
"""Whether the hosts have kernels of their own -> the median and the longest outage of a rotation, in seconds, at most."""


def members(topology: str, names: list[str]) -> dict[str, dict[str, object]]:
    """The spokes of a star have no endpoint, as behind NAT."""
    if topology == "mesh":
        return {name: {} for name in names}
    return {name: {"wireguard_hub": True} if name == names[0] else {"dialled": False} for name in names}


def naive(hosts: Fleet) -> None:
    run(hosts, "ansible-playbook", "meshwork.wireguard.mesh", "-e", "wireguard_regenerate=always")


def rotate(hosts: Fleet) -> None:
    before = hosts.public_keys()
    run(hosts, "ansible-playbook", "meshwork.wireguard.rotate")
    if kept := {*hosts.public_keys()} & {*before}:
        sys.exit(f"{len(kept)} keys have not changed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topology", choices=["mesh", "star"], default="mesh")
    parser.add_argument("--rotations", type=int, default=3)
    parser.add_argument("--kernel", action="store_true", help="four hosts with kernels of their own, 33 probes a second")
    asked = parser.parse_args()
    names = [*NODES[: 4 if asked.kernel else 6]]
    interval = 0.03 if asked.kernel else 0.01
    table = Table("event     ", "seconds", "directions", "probes", "lost", "median outage", "longest outage")

    def measured(what: str, happen: Callable[[Fleet], object]) -> Directions:
        with probing(hosts, names, interval) as found:
            start = time.monotonic()
            happen(hosts)
            seconds = time.monotonic() - start
        outages = [*found.outage.values()]
        numbers = [f"{seconds:.1f}", len(outages), sum(found.sent.values()), sum(found.lost.values())]
        table.row([what, *numbers, f"{statistics.median(outages):.2f}", f"{max(outages):.2f}"])
        return found

    with fleet(members(asked.topology, names), kernel=asked.kernel) as hosts:
        hosts.variables["wireguard_topology"] = asked.topology
        hosts.write_inventory()
        run(hosts, "ansible-playbook", "meshwork.wireguard.mesh")
        if lost := eventually(lambda: hosts.unreachable_pairs(names), []):  # spokes dial when they have something to send
            sys.exit(f"no answer before anything happened: {lost}")
        measured("nothing", lambda _hosts: time.sleep(CONTROL))
        measured("naive", naive)
        found = [measured(f"rotation {number + 1}", rotate) for number in range(asked.rotations)]
    outages = [outage for one in found for outage in one.outage.values()]
    median, longest = statistics.median(outages), max(outages)
    print(f"{len(found)} rotations: median {median:.2f} s, longest {longest:.2f} s")
    most = AIMS[asked.kernel]
    if median > most[0] or longest > most[1]:
        sys.exit(f"more than {most[0]} s in the median, or {most[1]} s at the longest")


main()
