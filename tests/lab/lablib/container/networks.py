# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The underlays: networks of podman, and hosts cut off from them."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from lablib.container.podman import podman, podman_json
from lablib.inventory import Lab
from lablib.machine import LabError, hardware_address, run

LABEL = "meshwork-lab"


def lab_networks(lab: str) -> list[str]:
    return podman("network", "ls", "--quiet", "--filter", f"label={LABEL}={lab}").split()


def create_networks(lab: Lab) -> None:
    present = lab_networks(lab.name)
    for underlay in lab.underlays:
        name = lab.network(underlay.name)
        if name not in present:
            internal = ["--internal"] if underlay.internal else []
            label = f"{LABEL}={lab.name}"
            podman("network", "create", "--subnet", underlay.subnet, "--label", label, *internal, name)
            print(f"underlay {underlay.name}: created", flush=True)


def keep_bridge_addresses(lab: Lab) -> None:
    """Give bridges hardware addresses of their own: one takes on those of its ports, and another one when a host comes or goes.

    The others would send to the old one for a while.
    """
    for underlay in lab.underlays:
        name = lab.network(underlay.name)
        bridge = podman_json("network", "inspect", name)[0]["network_interface"]
        if Path("/sys/class/net", bridge).exists():
            run("ip", "link", "set", bridge, "address", hardware_address(name, ""))


def remove_networks(lab: str) -> None:
    for name in lab_networks(lab):
        tidy_network(name)
        podman("network", "rm", name)


def tidy_network(name: str) -> None:
    """Let podman take away the bridge and the packet filter rules of containers that were killed behind its back.

    It does so when the last container of a network ends in order: one that does nothing is enough.
    """
    bridge = podman_json("network", "inspect", name)[0]["network_interface"]
    if not Path("/sys/class/net", bridge).exists():
        return
    images = podman("images", "--quiet", "localhost/meshwork-host").split()
    with contextlib.suppress(LabError):
        if images:
            podman("run", "--rm", "--network", name, images[0], "true")
    if Path("/sys/class/net", bridge).exists():
        run("ip", "link", "delete", bridge)


@dataclass(frozen=True)
class Port:
    """Where a host is plugged into the bridge of an underlay."""

    device: str
    forwards: bool


def host_ports(container: str) -> list[Port]:
    """The peer of each underlay interface of a running container, found by the address podman gave that interface."""
    facts = podman_json("inspect", container)[0]
    if not facts["State"]["Running"]:
        raise LabError(f"{container} does not run: start it first")
    addresses = {network["MacAddress"] for network in facts["NetworkSettings"]["Networks"].values()}
    inside = json.loads(run("nsenter", "--target", str(facts["State"]["Pid"]), "--net", "ip", "-json", "link"))
    outside = {link["ifindex"]: link for link in json.loads(run("ip", "-json", "-details", "link"))}
    plugged = [link for link in inside if "link_netnsid" in link and link.get("address") in addresses]
    ports = [outside[link["link_index"]] for link in plugged]
    return [Port(port["ifname"], port["linkinfo"]["info_slave_data"]["state"] == "forwarding") for port in ports]


def set_forwarding(container: str, forwards: bool) -> None:
    """A bridge port that is disabled drops all packets; the host notices nothing but the silence."""
    for port in host_ports(container):
        run("bridge", "link", "set", "dev", port.device, "state", "3" if forwards else "0")
