# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred pings a second through every tunnel between some hosts, and how many got no answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations

from hosts import Fleet

INTERVAL = 0.01  # seconds
LEAST = 1_000  # probes on each tunnel
MARGIN = 1.0  # seconds before and after the event, and what is not looked at in the end: answers may still be on their way
FOLDER = "/run/probes"

# Each ping has a file, and its process a line in `pids`, of this host alone. `ping` counts the first probe as 1.
START = """
mkdir -p {folder}; cd {folder}; rm -f *
for address in {addresses}; do
    ping -n -W 5 -i {interval} "$address" >"$address" 2>&1 </dev/null &
    echo $! >>pids
done
"""
STOP = "cd {folder}; kill -INT $(cat pids); while kill -0 $(cat pids) 2>/dev/null; do sleep 0.1; done; tail -n +1 *.*"


@dataclass
class Probes:
    """Tunnel -> probes sent, and those without an answer; filled when the probing has ended."""

    sent: dict[frozenset[str], int] = field(default_factory=dict)
    lost: dict[frozenset[str], int] = field(default_factory=dict)

    def losses(self, hosts: set[str]) -> int:
        """Lost on the tunnels that begin or end at one of these hosts."""
        return sum(count for tunnel, count in self.lost.items() if tunnel & hosts)


@contextmanager
def probing(hosts: Fleet, names: list[str]) -> Iterator[Probes]:
    """Probe while the body runs, and at least until every tunnel has had ``LEAST`` probes or so."""
    addresses = {name: found[0] for name, found in hosts.addresses().items()}
    targets = {source: [other for one, other in combinations(names, 2) if one == source] for source in names[:-1]}
    for source, others in targets.items():
        words = " ".join(addresses[other] for other in others)
        hosts.run(source, "sh", "-c", START.format(folder=FOLDER, interval=INTERVAL, addresses=words))
    begun = time.monotonic()
    time.sleep(MARGIN)
    probes = Probes()
    yield probes
    # where the machine is busy ping is late, so half as long again
    time.sleep(max(MARGIN, 1.5 * LEAST * INTERVAL + MARGIN - (time.monotonic() - begun)))
    for source, others in targets.items():
        said = hosts.run(source, "sh", "-c", STOP.format(folder=FOLDER))
        for other, text in zip(others, _sections(said, [addresses[other] for other in others]), strict=True):
            tunnel = frozenset((source, other))
            probes.sent[tunnel], probes.lost[tunnel] = count(text)


def _sections(said: str, addresses: list[str]) -> list[str]:
    """The file of each address, from what ``tail`` printed of all."""
    parts = re.split(r"^==> (\S+) <==$", said, flags=re.MULTILINE) if len(addresses) > 1 else ["", addresses[0], said]
    files = dict(zip(parts[1::2], parts[2::2], strict=True))
    return [files[address] for address in addresses]


def count(text: str) -> tuple[int, int]:
    """Probes sent, without the last ones, and how many of them had no answer, in what ``ping`` printed."""
    summary = re.search(r"^(\d+) packets transmitted", text, re.MULTILINE)
    if not summary:
        raise ValueError(f"ping did not end as it should: {text[-500:]}")
    sent = int(summary.group(1)) - int(MARGIN / 2 / INTERVAL)
    answered = {int(number) for number in re.findall(r"icmp_seq=(\d+) ttl", text)}
    return sent, sent - sum(number <= sent for number in answered)
