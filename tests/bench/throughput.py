# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tunnel of this collection against one made by hand with ``wg set`` and ``ip``, measured with iperf3.

Both are between the same two hosts, with the same implementation and MTU, on ports of their own. They take turns, and who
begins alternates; rounds are many and short, because a machine that does other things too lets some of them down. Given is
the median of each, and the median of the rounds' ratios, which has to be ``LEAST`` or more. iperf3 is installed in the
hosts, from Debian's mirrors.
"""

from __future__ import annotations

import argparse
import json
import sys
from statistics import median

from hosts import INTERFACE, Fleet, fleet, run
from support import Table

ROUNDS, SECONDS = 20, 2
QUICK = (5, 1)
LEAST = 0.98
BY_HAND = "byhand"
PORT = 51821
ENDS = {"alpha": "10.9.0.1", "beta": "10.9.0.2"}

INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends iperf3"
# wg-quick, too, takes wireguard-go where the kernel has no WireGuard
MAKE = """
umask 077
wg genkey >/run/{name}.key
ip link add {name} type wireguard 2>/dev/null || wireguard-go {name} >/dev/null 2>&1
wg set {name} listen-port {port} private-key /run/{name}.key
ip address add {address}/24 dev {name}
ip link set {name} mtu {mtu} up
wg pubkey </run/{name}.key
"""


def make_by_hand(hosts: Fleet) -> None:
    mtu = hosts.run("alpha", "cat", f"/sys/class/net/{INTERFACE}/mtu").strip()
    keys = {
        host: hosts.run(host, "sh", "-ec", MAKE.format(name=BY_HAND, port=PORT, address=address, mtu=mtu)).strip()
        for host, address in ENDS.items()
    }
    for host, other in (("alpha", "beta"), ("beta", "alpha")):
        peer = ["peer", keys[other], "allowed-ips", f"{ENDS[other]}/32", "endpoint", f"{hosts.underlay[other]}:{PORT}"]
        hosts.run(host, "wg", "set", BY_HAND, *peer)


def megabits(hosts: Fleet, address: str, seconds: int) -> float:
    """What the receiver got in a second."""
    said = hosts.run("alpha", "iperf3", "--json", "--time", str(seconds), "--client", address)
    return float(json.loads(said)["end"]["sum_received"]["bits_per_second"]) / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK[0]} rounds of {QUICK[1]} seconds, and no limit")
    quick = parser.parse_args().quick
    count, seconds = QUICK if quick else (ROUNDS, SECONDS)
    with fleet({name: {} for name in ENDS}) as hosts:
        for host in ENDS:
            hosts.run(host, "sh", "-ec", INSTALL)
        run(hosts, "ansible-playbook", "meshwork.wireguard.mesh")
        make_by_hand(hosts)
        hosts.run("beta", "iperf3", "--server", "--daemon")
        ways = {"collection": hosts.addresses()["beta"][0], "by hand": ENDS["beta"]}
        rates: dict[str, list[float]] = {way: [] for way in ways}
        table = Table("round", *(f"{way} Mbit/s" for way in ways), "ratio")
        ratios: list[float] = []
        for number in range(count):
            for way in list(ways)[:: 1 if number % 2 else -1]:
                rates[way].append(megabits(hosts, ways[way], seconds))
            ratios.append(rates["collection"][-1] / rates["by hand"][-1])
            table.row([number + 1, *(f"{rates[way][-1]:.0f}" for way in ways), f"{ratios[-1]:.3f}"])
        table.row(["median", *(f"{median(rates[way]):.0f}" for way in ways), f"{median(ratios):.3f}"])
    if not quick and median(ratios) < LEAST:
        sys.exit(f"the collection's tunnel has less than {LEAST} of the throughput")


main()
