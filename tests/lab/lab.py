# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts for the collection: containers with systemd, made from an inventory. See README.md beside this file."""

from __future__ import annotations

import argparse
import fcntl
import sys

from lablib import hosts
from lablib.images import check_image, ensure_image
from lablib.inventory import read_lab
from lablib.podman import LabError, check_machine, locked, release_holder

HOST_COMMANDS = {
    "start": (hosts.start, "start hosts and wait for systemd"),
    "stop": (hosts.stop, "shut hosts down"),
    "kill": (hosts.kill, "end hosts at once, as a power failure does"),
    "cut": (hosts.cut, "drop all packets of hosts on their underlays; the hosts live on"),
    "join": (hosts.join, "undo cut"),
}


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lab", description="Test hosts for meshwork.wireguard.")
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", help="make and start what is missing")
    up.add_argument("inventory")
    up.add_argument("--fresh", action="store_true", help="remove the lab first")
    for name, text in (("down", "remove hosts and underlays"), ("status", "show the state of each host")):
        commands.add_parser(name, help=text).add_argument("inventory")
    for name, (_action, text) in HOST_COMMANDS.items():
        command = commands.add_parser(name, help=text)
        command.add_argument("inventory")
        command.add_argument("hosts", nargs="+", metavar="host")
    commands.add_parser("image", help="build images only").add_argument("images", nargs="+", metavar="suite")
    return parser.parse_args(arguments)


def build_images(images: list[str]) -> None:
    for image in images:
        check_image(image)
    hosts.in_parallel(ensure_image, images)


def work_on_lab(options: argparse.Namespace) -> None:
    lab = read_lab(options.inventory)
    with locked(f"lab-{lab.name}"):
        if options.command == "up":
            hosts.up(lab, options.fresh)
        elif options.command == "down":
            hosts.down(lab)
            print(f"lab {lab.name}: down")
        elif options.command == "status":
            hosts.status(lab)
        else:
            action = HOST_COMMANDS[options.command][0]
            picked = lab.pick(options.hosts)
            hosts.check_made(lab, picked)
            hosts.in_parallel(lambda host: action(lab, host), picked)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    try:
        check_machine()
        with locked("users", fcntl.LOCK_SH) as users:
            if options.command == "image":
                build_images(options.images)
            else:
                work_on_lab(options)
            if options.command in ("down", "image"):
                release_holder(users)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return error.status
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
