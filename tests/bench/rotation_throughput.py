# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of a hub's throughput while its key changes, with many peers of which one carries a stream.

iperf3 tells every tenth of a second what came through. Given are the median before the run begins, the least second while
it runs, and the longest time without a packet. The hosts share the processors with Ansible, so the same run in check mode, in
which no key changes, stands beside it.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from hosts import Fleet, fleet, run
from support import Table, key

INSTALL = "apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends iperf3"
HUB, SPOKE = "alpha", "beta"
STEP = 0.1  # seconds
BEFORE = 5  # seconds


def stream(hosts: Fleet, seconds: int) -> list[float]:
    """Megabits of each step, as the receiver had them."""
    address = hosts.addresses()[HUB][0]
    words = ["iperf3", "--json", "--interval", str(STEP), "--time", str(seconds), "--reverse", "--client", address]
    said = json.loads(hosts.run(SPOKE, *words))
    return [interval["sum"]["bits_per_second"] / 1e6 for interval in said["intervals"]]


def measured(table: Table, what: str, hosts: Fleet, seconds: int, *words: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(stream, hosts, seconds)
        time.sleep(BEFORE)
        took = run(hosts, "ansible-playbook", "meshwork.wireguard.rotate", *words).seconds
        rates = running.result()
    begin, end = int((BEFORE - 1) / STEP), int((BEFORE + took + 1) / STEP)
    before, during = statistics.median(rates[int(1 / STEP) : begin]), rates[begin:end]
    size = int(1 / STEP)
    least = min(statistics.mean(during[start : start + size]) for start in range(len(during) - size + 1))
    silence = max((len([*group]) for silent, group in groupby(rate == 0 for rate in during) if silent), default=0) * STEP
    table.row([what, f"{took:.1f}", f"{before:.0f}", f"{least:.0f}", f"{least / before:.2f}", f"{silence:.1f}"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=90, help="of the stream; longer than a run")
    asked = parser.parse_args()
    with fleet({HUB: {"wireguard_hub": True}, SPOKE: {"dialled": False}}) as hosts:
        clients = {f"c{number:03}": {"public_key": key(f"c{number}")} for number in range(asked.peers - 1)}
        hosts.variables |= {"wireguard_topology": "star", "wireguard_clients": clients}
        hosts.write_inventory()
        for host in (HUB, SPOKE):
            hosts.run(host, "sh", "-ec", INSTALL)
        run(hosts, "ansible-playbook", "meshwork.wireguard.mesh")
        hosts.run(HUB, "iperf3", "--server", "--daemon")
        table = Table("run       ", "seconds", "Mbit/s before", "least second", "ratio", "silent seconds")
        words = ("-e", f"wireguard_rotate={HUB}", "-e", "wireguard_rotate_clients=true")
        measured(table, "check mode", hosts, asked.seconds, *words, "--check")
        measured(table, "rotation", hosts, asked.seconds, *words)


main()
