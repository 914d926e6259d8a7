# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes in one direction: every host sends to all others, many times a second, and each receiver knows what did not arrive."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, permutations

from hosts import Fleet

MARGIN = 1.0  # seconds before the event, and after it, so that what is lost has been missed

# ADDRESS SECONDS OTHER...: sends to the others, and prints how many, and the numbers that each of them was heard with
PROGRAM = """
import json, os, selectors, socket, sys, time
own, interval, others = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
link.bind((own, 7007))
link.setblocking(False)
ready = selectors.DefaultSelector()
ready.register(link, selectors.EVENT_READ)
number, heard, due, end = 0, {other: [] for other in others}, time.monotonic(), None
while end is None or time.monotonic() < end:
    now = time.monotonic()
    if now >= due and end is None:
        for other in others:
            try:
                link.sendto(b"%d" % number, (other, 7007))
            except OSError:
                pass
        number, due = number + 1, due + interval
        if os.path.exists("/run/oneway-end"):
            end = now + 1
    if ready.select(max(0, min(interval, due - time.monotonic()))):
        try:
            while True:
                text, (source, _port) = link.recvfrom(100)
                heard[source].append(int(text))
        except OSError:
            pass
print(json.dumps([number, heard]))
"""


@dataclass
class Directions:
    """(source, target) -> probes sent, lost, and the seconds of the longest outage; filled when the probing has ended."""

    sent: dict[tuple[str, str], int] = field(default_factory=dict)
    lost: dict[tuple[str, str], int] = field(default_factory=dict)
    outage: dict[tuple[str, str], float] = field(default_factory=dict)


@contextmanager
def probing(hosts: Fleet, names: list[str], interval: float) -> Iterator[Directions]:
    """Probe while the body runs."""
    addresses = {name: found[0] for name, found in hosts.addresses().items()}
    found = Directions()
    with ThreadPoolExecutor(len(names)) as pool:
        for name in names:
            hosts.run(name, "rm", "-f", "/run/oneway-end")
        running = {
            name: pool.submit(
                hosts.run, name, "python3", "-c", PROGRAM, addresses[name], str(interval),
                *(addresses[other] for other in names if other != name),
            )
            for name in names
        }  # fmt: skip
        try:
            time.sleep(2 * MARGIN)
            yield found
            time.sleep(MARGIN)
        finally:
            for name in names:
                hosts.run(name, "touch", "/run/oneway-end")
        said = {name: json.loads(one.result()) for name, one in running.items()}
    skipped = int(MARGIN / interval)  # not all programs begin and end at the same moment
    for source, target in permutations(names, 2):
        heard = {*said[target][1][addresses[source]]}
        missing = [number not in heard for number in range(skipped, said[source][0] - skipped)]
        found.sent[source, target], found.lost[source, target] = len(missing), sum(missing)
        found.outage[source, target] = max((len([*run]) for lost, run in groupby(missing) if lost), default=0) * interval
