# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pings beside what a test does, and the gaps between their answers."""

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


class Gaps(list):
    """The longest gaps between answers in seconds, filled when the pings have ended."""


@contextlib.contextmanager
def pinging(fleet, *pairs):
    """Ping twenty times a second from the host to the address of each pair, until the block has ended; gives the gaps."""
    # Without a route ping ends at once, with 2; that is a gap like others.
    script = "while ping -D -n -i 0.05 -w 900 {}; [ $? = 2 ]; do sleep 0.05; done"
    pings = [
        subprocess.Popen(
            [LAB / "podman", "exec", f"{fleet.name}-{host}", "sh", "-c", script.format(address)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for host, address in pairs
    ]
    found = Gaps()
    try:
        time.sleep(2)
        yield found
        time.sleep(1)
    finally:
        for host, address in pairs:
            fleet.run(host, "pkill", "-INT", "-f", f"^ping -D .*{address}", check=False)
        for ping in pings:
            output, _errors = ping.communicate(timeout=30)
            answers = [float(at) for at in re.findall(r"^\[([0-9.]+)\] \d+ bytes", output, re.MULTILINE)]
            found.append(max((after - before for before, after in itertools.pairwise(answers)), default=999.0))
