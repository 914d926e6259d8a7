# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role githubixx.ansible_role_wireguard on hosts that this collection's fleet has already.

It gets an interface, a port and addresses of its own, and nothing but variables and tags of its documentation:

- ``wireguard_interface``, ``wireguard_port``, ``wireguard_address``, ``wireguard_endpoint``; all else is its default.
- ``--skip-tags wg-install``: no packages, no ``modprobe``. The hosts have the packages, and containers load no modules.
- The play gathers no facts; the role does so itself.

A node's addresses are IPv4 alone, as in the fleet that it is compared with. The controller has to have community.general
and ansible.utils, as it has with the package ``ansible``.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from hosts import Fleet, Took, run

NAME = "githubixx.ansible_role_wireguard"
HELP = f"where the role {NAME} is: `ansible-galaxy role install --roles-path DIRECTORY {NAME}` puts it into DIRECTORY/{NAME}"
INTERFACE = "wg1"
PLAY = "role.yml"


def other_fleet(hosts: Fleet, role: Path, members: list[str]) -> Fleet:
    """The same hosts under the role's inventory, with the same connection."""
    directory = hosts.directory / "role"
    directory.mkdir()
    found = {host: {"wireguard_address": f"10.9.0.{number}/24"} for number, host in enumerate(members, 1)}
    subnet = next(iter(hosts.underlay.values())).rpartition(".")[0]
    same = Fleet(directory, hosts.name, subnet, found, {"wireguard_interface": INTERFACE, "wireguard_port": "51821"})
    if any(same.underlay[host] != hosts.underlay[host] for host in members):
        raise ValueError("the members have to be the first of the fleet's hosts")
    play = [{"hosts": "wireguard", "gather_facts": False, "roles": [{"role": str(role.resolve())}]}]
    (directory / PLAY).write_text(yaml.safe_dump(play), encoding="utf-8")
    return same


def apply(hosts: Fleet) -> Took:
    return run(hosts, "ansible-playbook", PLAY, "--skip-tags", "wg-install")
