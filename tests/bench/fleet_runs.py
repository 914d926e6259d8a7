# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs over real hosts: this collection against a bare ``ansible -m ping``, and against a well-known role.

The hosts are containers that have the packages already. Every run uses Ansible's defaults (five forks) and pipelining. What is
repeated is repeated in rounds - ping, second run, ping, second run - and its median is given, so that what else the
machine does meets both. ``x ping`` is wall-clock over that of the ping, ``CPU`` the controller's seconds, which others
disturb less. After each run the live peers are checked.

The last line of each size is judged, unless it is --quick: the second run has to take at most ``MOST`` times as long as the
ping and, with --role, the role's second run at least ``LEAST`` times as long as ours. Get the role, which is no part of this
collection, with `ansible-galaxy role install`; other_role.py says with which variables it runs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

import other_role
from hosts import Fleet, Took, expect_peers, fleet, run
from support import Table

SIZES = (10, 25)
QUICK = (4,)
ROUNDS = 3
MOST = 2.5
LEAST = 5


def ping(hosts: Fleet) -> Took:
    return run(hosts, "ansible", "wireguard", "-m", "ansible.builtin.ping")


def mesh(hosts: Fleet) -> Took:
    return run(hosts, "ansible-playbook", "meshwork.wireguard.mesh")


class Report:
    """The table of one size, in which the ping is the unit."""

    def __init__(self, count: int, floor: float) -> None:
        self._table = Table("hosts", "run                    ", "seconds", "x ping", "CPU s", "modules per host", "changed")
        self._count, self._floor = count, floor

    def row(self, what: str, *took: Took) -> float:
        """Of several runs the median. Gives its seconds."""
        seconds = median(one.seconds for one in took)
        times = [f"{seconds:.1f}", f"{seconds / self._floor:.2f}", f"{median(one.cpu for one in took):.1f}"]
        self._table.row([self._count, what, *times, f"{took[-1].modules:.1f}", len(took[-1].changed)])
        return seconds


def rounds(*actions: Callable[[], Took]) -> list[list[Took]]:
    """Each action's runs; the actions take turns."""
    turns = [[action() for action in actions] for _round in range(ROUNDS)]
    return [list(runs) for runs in zip(*turns, strict=True)]


def measure(count: int, role: Path | None) -> list[float]:
    """Second run over ping and, where the role is here, the role's second run over ours."""
    names = [f"n{number:02}" for number in range(count + 1)]
    *members, newcomer = names
    with fleet({name: {} for name in names}) as hosts:
        hosts.write_inventory(without={newcomer})
        first = mesh(hosts)
        expect_peers(hosts, set(members))
        pings, seconds = rounds(lambda: ping(hosts), lambda: mesh(hosts))
        report = Report(count, median(one.seconds for one in pings))
        floor = report.row("ansible -m ping", *pings)
        report.row("first run", first)
        second = report.row("second run", *seconds)
        if any(one.changed for one in seconds):
            sys.exit("a second run changed something")
        hosts.write_inventory()
        report.row("add a node", mesh(hosts))
        expect_peers(hosts, set(names))
        report.row(
            "remove a node", run(hosts, "ansible-playbook", "meshwork.wireguard.remove", "-e", f"wireguard_remove={newcomer}")
        )
        expect_peers(hosts, set(members))
        ratios = [second / floor]
        if role:
            other = other_role.other_fleet(hosts, role, members)
            report.row("the role's first run", other_role.apply(other))
            expect_peers(hosts, set(members), other_role.INTERFACE)
            ratios.append(report.row("the role's second run", other_role.apply(other)) / second)
    verdict = f"{count} hosts: the second run takes {ratios[0]:.2f} times as long as the ping (at most {MOST})"
    print(verdict + (f", the role's {ratios[1]:.1f} times as long as ours (at least {LEAST})" if role else ""), end="\n\n")
    return ratios


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK[0]} hosts, and no limit")
    parser.add_argument("--role", type=Path, metavar="PATH", help=other_role.HELP)
    parser.add_argument("sizes", nargs="*", type=int, metavar="HOSTS", help=f"how many; {SIZES} if not given")
    args = parser.parse_args()
    if args.role is None:
        print("Without --role PATH the rows of the other role are left out (--help says how to get it).")
    elif not (args.role / "tasks/main.yml").is_file():
        sys.exit(f"{args.role} is not a role; --role wants {other_role.HELP}")
    found = [measure(count, args.role) for count in args.sizes or (QUICK if args.quick else SIZES)]
    slow = any(second > MOST or not all(times >= LEAST for times in rest) for second, *rest in found)
    if slow and not args.quick:
        sys.exit("a limit is missed")


main()
