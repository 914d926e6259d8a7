# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change costs the tunnels: a hundred pings a second on each, while something happens to a node.

``others`` are the tunnels between nodes that the event is not about, of which none may lose a probe; ``own`` those of the
nodes that it is about. A probe that has no answer is lost. First nothing happens, to know what the machine loses
by itself; in the end a host's service is restarted by hand, which is how a change is applied that is not made live.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

from hosts import Fleet, fleet, run
from probes import LEAST, probing
from support import Table

NODES = ("alpha", "beta", "gamma", "delta", "epsilon")
QUICK = NODES[:4]
NEWCOMER = "zeta"
BEHIND = "192.168.77.0/24"


def apply(hosts: Fleet) -> None:
    if not run(hosts, "ansible-playbook", "meshwork.wireguard.mesh").changed:
        sys.exit("the event changed nothing")


def add(hosts: Fleet) -> None:
    hosts.write_inventory()
    apply(hosts)


def remove(hosts: Fleet) -> None:
    run(hosts, "ansible-playbook", "meshwork.wireguard.remove", "-e", f"wireguard_remove={NEWCOMER}")
    if hosts.peers("alpha") != sorted(set(hosts.members) - {"alpha", NEWCOMER}):
        sys.exit(f"{NEWCOMER} is still there")


def move(hosts: Fleet) -> None:
    hosts.members["beta"]["wireguard_routes"] = hosts.members["alpha"].pop("wireguard_routes")
    hosts.write_inventory(without={NEWCOMER})
    apply(hosts)


def resize(hosts: Fleet) -> None:
    hosts.members["alpha"]["wireguard_mtu"] = 1380
    hosts.write_inventory(without={NEWCOMER})
    apply(hosts)


def restart(hosts: Fleet) -> None:
    hosts.run("alpha", "systemctl", "restart", "wg-quick@wg0")


# each row: what happens, the nodes that it is about, how
EVENTS: list[tuple[str, set[str], Callable[[Fleet], object]]] = [
    ("nothing", set(), lambda _hosts: time.sleep(LEAST / 100)),
    (f"add {NEWCOMER}", {NEWCOMER}, add),
    (f"remove {NEWCOMER}", {NEWCOMER}, remove),
    ("a prefix moves from alpha to beta", {"alpha", "beta"}, move),
    ("the MTU of alpha changes", {"alpha"}, resize),
    ("by hand: restart alpha's service", {"alpha"}, restart),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {len(QUICK)} nodes")
    nodes = list(QUICK if parser.parse_args().quick else NODES)
    total = 0
    with fleet({name: {} for name in [*nodes, NEWCOMER]}) as hosts:
        hosts.members["alpha"]["wireguard_routes"] = [BEHIND]
        hosts.write_inventory(without={NEWCOMER})
        apply(hosts)
        if lost := hosts.unreachable_pairs(nodes):
            sys.exit(f"no answer before anything happened: {lost}")
        table = Table("event                            ", "seconds", "others", "least probes", "others lost", "own", "own lost")
        for what, about, happen in EVENTS:
            with probing(hosts, nodes) as probes:
                start = time.monotonic()
                happen(hosts)
                seconds = time.monotonic() - start
            own = [tunnel for tunnel in probes.sent if tunnel & about]
            others = sum(probes.lost.values()) - probes.losses(about)
            lost = probes.losses(about) if own else ""
            table.row([what, f"{seconds:.1f}", len(probes.sent) - len(own), min(probes.sent.values()), others, len(own), lost])
            total += others
            if min(probes.sent.values()) < LEAST:
                sys.exit(f"fewer than {LEAST} probes on a tunnel")
    if total:
        sys.exit("an event cost others packets")


main()
