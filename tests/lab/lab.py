# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts for the collection, made from an inventory. See README.md beside this file."""

from __future__ import annotations

import argparse
import sys

from lablib import container, kernel
from lablib.inventory import BACKENDS, check_image, read_lab
from lablib.machine import LabError, in_parallel, locked

KINDS = {"container": container, "kernel": kernel}
HOST_COMMANDS = {
    "start": "start hosts and wait for systemd",
    "stop": "shut hosts down",
    "kill": "end hosts at once, as a power failure does",
    "cut": "drop all packets of hosts on their underlays; the hosts live on",
    "join": "undo cut",
}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab", description="Test hosts for meshwork.wireguard.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="make and start what is missing")
    up.add_argument("inventory")
    up.add_argument("--fresh", action="store_true", help="remove the lab first")
    for name, text in (("down", "remove hosts and underlays"), ("status", "show the state of each host")):
        commands.add_parser(name, help=text).add_argument("inventory")
    for name, text in HOST_COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("inventory")
        command.add_argument("hosts", nargs="+", metavar="host")
    image = commands.add_parser("image", help="build images only")
    image.add_argument("images", nargs="+", metavar="suite")
    image.add_argument("--backend", choices=BACKENDS, default="container", help="the kind of hosts they are for")
    return parser.parse_args(arguments)


def build_images(options: argparse.Namespace) -> None:
    for image in options.images:
        check_image(image)
    with KINDS[options.backend].at_work(may_end=True):
        KINDS[options.backend].ensure_images(options.images)


def work_on_lab(options: argparse.Namespace) -> None:
    lab = read_lab(options.inventory)
    hosts = KINDS[lab.backend]
    with hosts.at_work(may_end=options.command == "down"), locked(f"lab-{lab.name}"):
        if options.command == "up":
            hosts.up(lab, options.fresh)
        elif options.command == "down":
            hosts.down(lab)
            print(f"lab {lab.name}: down")
        elif options.command == "status":
            hosts.status(lab)
        else:
            picked = lab.pick(options.hosts)
            hosts.check_made(lab, picked)
            action = getattr(hosts, options.command)
            in_parallel(lambda host: action(lab, host), picked)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        if options.command == "image":
            build_images(options)
        else:
            work_on_lab(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
