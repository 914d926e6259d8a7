# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings beside what a test does, and the outages between their answers."""

from __future__ import annotations

import contextlib
import itertools
import re
import subprocess
import time

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB


def eventually(look, expected, seconds=30):
    """What a look gives as soon as it is what is expected, or in the end."""
    end = time.monotonic() + seconds
    found = look()
    while found != expected and time.monotonic() < end:
        time.sleep(0.5)
        found = look()
    return found


class Outages(list):
    """The longest outages between answers in seconds, filled when the pings have ended; ``lost`` as many counts of lost
    packets."""

    def __init__(self):
        super().__init__()
        self.lost = []


@contextlib.contextmanager
def pinging(fleet, *pairs):
    """Ping twenty times a second from the host to the address of each pair, until the block has ended; gives the outages."""
    # Without a route ping ends at once, with 2; that is an outage like others. Its own -w would end it with the first ICMP error.
    script = "while timeout -s INT 900 ping -D -n -i 0.05 {0}; [ $? = 2 ]; do sleep 0.05; done >/run/pinging-{0} 2>&1"
    pings = [
        subprocess.Popen(
            [LAB / "podman", "exec", f"{fleet.name}-{host}", "sh", "-c", script.format(address)], stdin=subprocess.DEVNULL
        )
        for host, address in pairs
    ]
    found = Outages()
    try:
        time.sleep(2)
        yield found
        time.sleep(1)
    finally:
        for host, address in pairs:
            fleet.run(host, "pkill", "-INT", "-f", f"^ping -D .*{address}", check=False)
        for ping, (host, address) in zip(pings, pairs, strict=True):
            ping.wait(timeout=30)
            output = fleet.run(host, "cat", f"/run/pinging-{address}")
            answers = [
                (float(at), int(seq)) for at, seq in re.findall(r"^\[([0-9.]+)\] \d+ bytes.*icmp_seq=(\d+)", output, re.MULTILINE)
            ]
            assert len(answers) > 1, f"{host} to {address}: {output[-2000:]}"
            found.append(max(after[0] - before[0] for before, after in itertools.pairwise(answers)))
            found.lost.append(answers[-1][1] - answers[0][1] + 1 - len({seq for _at, seq in answers}))
