# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Thousands of peers, all with preshared keys, added to a running interface, given other preshared keys, and removed.

The module ``interface`` makes each change. Then ``wg`` makes the same change by hand on a second interface, with a file that has
all peers: ``wg addconf`` adds them, ``wg syncconf`` changes them, ``wg setconf`` removes them. Given are the seconds of the run
of Ansible, those of its commands of ``wg`` that change something and that read the live state, those of ``wg`` by hand, and two
ratios to it: of the run's commands, and of the whole run.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
import time
from pathlib import Path

from hosts import INTERFACE, Fleet, fleet
from support import Table

COUNTS = (5000, 20000, 50000)
MOST = 4.0
"""Times of ``wg`` by hand that the run's commands may take, where it takes more than ``FLOOR`` seconds."""
FLOOR = 1.0
HOST = "alpha"
KEY_FILE = f"/etc/wireguard/{INTERFACE}.key"
BY_HAND = "byhand"
TOOK = "/run/wg-took"
WRAPPED = f"""#!/bin/sh
begin=$(date +%s%N)
/usr/bin/wg "$@"
status=$?
echo "$1 $(($(date +%s%N) - begin))" >>{TOOK}
exit $status
"""
# wg-quick, too, takes wireguard-go where the kernel has no WireGuard
MAKE = f"""
ip link add {BY_HAND} type wireguard 2>/dev/null || wireguard-go {BY_HAND} >/dev/null 2>&1
cat >/usr/local/sbin/wg
chmod 0755 /usr/local/sbin/wg
"""


def key(name: str) -> str:
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def peers(count: int, generation: int) -> str:
    """The sections of peers; each generation has other preshared keys."""
    return "".join(
        f"[Peer]\nPublicKey = {key(f'peer {n}')}\nPresharedKey = {key(f'{generation} {n}')}\n"
        f"AllowedIPs = 10.{8 + n // 65536}.{n // 256 % 256}.{n % 256}/32\nEndpoint = 198.18.0.1:{n}\n"
        for n in range(256, 256 + count)
    )


def play(hosts: Fleet, content: str, removed: int = 0) -> dict[str, float]:
    """Bring the interface to the configuration; seconds: ``run``, ``set`` (also ``addconf``) and ``show``."""
    conf = Path(hosts.directory) / "wanted.conf"
    conf.write_text(f"[Interface]\nAddress = 10.8.0.1/14\nListenPort = 51820\n{content}", encoding="utf-8")
    arguments = {
        "name": INTERFACE,
        "content": f"{{{{ lookup('ansible.builtin.file', '{conf}') }}}}",
        "private_key_file": KEY_FILE,
        "max_removals": removed,
    }
    path = Path(hosts.directory) / "play.yml"
    task = {"meshwork.wireguard.interface": arguments}
    path.write_text(json.dumps([{"hosts": HOST, "gather_facts": False, "tasks": [task]}]), encoding="utf-8")
    hosts.run(HOST, "rm", "-f", TOOK)
    begin = time.perf_counter()
    done = hosts.ansible("ansible-playbook", str(path))
    found = {"run": time.perf_counter() - begin, "set": 0.0, "show": 0.0}
    if done.returncode:
        sys.exit(f"{(done.stdout + done.stderr)[-3000:]}")
    for line in hosts.run(HOST, "cat", TOOK).splitlines():
        verb, nanoseconds = line.split()
        if verb in ("set", "addconf", "show"):
            found["show" if verb == "show" else "set"] += int(nanoseconds) / 1e9
    return found


def by_hand(hosts: Fleet, verb: str, content: str) -> float:
    hosts.run(HOST, "sh", "-c", "umask 077; cat >/run/wanted.conf", stdin=content)
    begin = time.perf_counter()
    hosts.run(HOST, "/usr/bin/wg", verb, BY_HAND, "/run/wanted.conf")
    return time.perf_counter() - begin


def expect(hosts: Fleet, generation: int, count: int) -> None:
    """End the benchmark unless both interfaces have exactly these peers, with these keys."""
    wanted = {key(f"peer {n}"): key(f"{generation} {n}") for n in range(256, 256 + count)}
    for interface in (INTERFACE, BY_HAND):
        rows = [line.split() for line in hosts.run(HOST, "/usr/bin/wg", "show", interface, "preshared-keys").splitlines()]
        if {row[0]: row[1] for row in rows} != wanted:
            sys.exit(f"{interface} has {len(rows)} peers, not these {count}, or other preshared keys")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("counts", nargs="*", type=int, default=COUNTS, help="of peers")
    parser.add_argument("--kernel", action="store_true", help="on a host with WireGuard in its kernel")
    options = parser.parse_args()
    slow = []
    with fleet({HOST: {}}, kernel=options.kernel) as hosts:
        hosts.module(HOST, "keypair", {"path": KEY_FILE})
        hosts.run(HOST, "sh", "-ec", MAKE, stdin=WRAPPED)
        play(hosts, "")
        table = Table("peers", "change", "run s", "set s", "show s", "by hand s", "set ratio", "run ratio")
        for count in options.counts:
            for change, verb, generation, left in (
                ("add", "addconf", 1, count),
                ("re-key", "syncconf", 2, count),
                ("remove", "setconf", 2, 0),
            ):
                content = peers(left, generation)
                took = play(hosts, content, count)
                hand = by_hand(hosts, verb, content)
                expect(hosts, generation, left)
                ratios = took["set"] / hand, took["run"] / hand
                table.row([count, change, *(f"{took[name]:.2f}" for name in took), f"{hand:.2f}", *(f"{r:.2f}" for r in ratios)])
                if hand > FLOOR and ratios[0] > MOST:
                    slow.append(f"{change} {count}: {ratios[0]:.2f}")
    if slow:
        sys.exit(f"the run's commands take more than {MOST} times as long as wg by hand: {', '.join(slow)}")


if __name__ == "__main__":
    main()
