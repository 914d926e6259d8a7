# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The network of a lab, apart from the machine's: a namespace with a bridge for each underlay, and one for ssh."""

from __future__ import annotations

import hashlib
import ipaddress
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lablib.inventory import Host, Lab, Underlay
from lablib.machine import UsageError, hardware_address, run

MANAGEMENT = "mgmt"
"""The link of ssh, on every host. It has link-local addresses alone, so that nothing a test does to routes cuts it."""


@dataclass(frozen=True)
class Link:
    """An interface of a host: its name there, the bridge it is plugged into, and by which port."""

    name: str
    bridge: str
    port: str
    mac: str
    address: str | None = None
    gateway: str | None = None


def namespace(lab: Lab) -> str:
    return f"lab-{lab.name}"


def namespace_file(lab: Lab) -> Path:
    return Path("/run/netns", namespace(lab))


def ip(lab: Lab, *words: str) -> str:
    return run("ip", "-netns", namespace(lab), *words)


def devices(lab: Lab) -> dict[str, dict[str, Any]]:
    return {link["ifname"]: link for link in json.loads(ip(lab, "-json", "-details", "link"))}


def create_network(lab: Lab) -> None:
    if not namespace_file(lab).exists():
        run("ip", "netns", "add", namespace(lab))
    # A namespace starts with the machine's choice; this one is no router between its bridges.
    run("ip", "netns", "exec", namespace(lab), "sysctl", "-qw", "net.ipv4.ip_forward=0")
    present = devices(lab)
    if MANAGEMENT not in present:
        add_bridge(lab, MANAGEMENT, "fe80::1/64")
    for underlay in lab.underlays:
        if underlay.name not in present:
            add_bridge(lab, underlay.name, f"{gateway(underlay)}/{prefix_length(underlay)}")
            print(f"underlay {underlay.name}: created", flush=True)


def add_bridge(lab: Lab, name: str, address: str) -> None:
    ip(lab, "link", "add", name, "address", hardware_address(name, ""), "type", "bridge")
    ip(lab, "address", "add", address, "dev", name, "nodad")
    ip(lab, "link", "set", name, "up")


def gateway(underlay: Underlay) -> str:
    return str(ipaddress.ip_network(underlay.subnet)[1])


def prefix_length(underlay: Underlay) -> int:
    return ipaddress.ip_network(underlay.subnet).prefixlen


def remove_network(lab: Lab) -> None:
    if namespace_file(lab).exists():
        run("ip", "netns", "delete", namespace(lab))


def links(lab: Lab, host: Host) -> list[Link]:
    """All interfaces of a host; the first one is for ssh, the second one has the default route."""
    found = [Link(MANAGEMENT, MANAGEMENT, port(MANAGEMENT, host), hardware_address(MANAGEMENT, host.name))]
    underlays = {underlay.name: underlay for underlay in lab.underlays}
    for index, (name, text) in enumerate(host.networks):
        options = dict(word.partition("=")[::2] for word in text.split(",") if word)
        unknown = set(options) - {"ip", "mac", "interface_name"}
        if "ip" not in options or unknown:
            raise UsageError(f"{host.name}: hosts of the backend kernel take {name}:ip=...[,interface_name=...][,mac=...]")
        found.append(
            Link(
                name=options.get("interface_name", f"eth{index}"),
                bridge=name,
                port=port(name, host),
                mac=options.get("mac", hardware_address(lab.network(name), host.name)),
                address=f"{options['ip']}/{prefix_length(underlays[name])}",
                gateway=gateway(underlays[name]) if index == 0 else None,
            )
        )
    return found


def management_address(host: Host) -> str:
    """The link-local address that the host's kernel makes of the hardware address."""
    octets = [int(octet, 16) for octet in hardware_address(MANAGEMENT, host.name).split(":")]
    octets[0] ^= 2
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])))


def port(bridge: str, host: Host) -> str:
    """Short enough for the kernel, and the same again for the same host."""
    return "p" + hashlib.sha256(f"{bridge} {host.name}".encode()).hexdigest()[:12]


def plug_in(lab: Lab, host: Host) -> None:
    present = devices(lab)
    for link in links(lab, host):
        if link.port in present:
            continue
        ip(lab, "tuntap", "add", link.port, "mode", "tap")
        ip(lab, "link", "set", link.port, "alias", f"{host.name} on {link.bridge}")
        ip(lab, "link", "set", link.port, "master", link.bridge, "up")


def forwards(lab: Lab, host: Host) -> bool:
    present = devices(lab)
    ports = [present[link.port]["linkinfo"]["info_slave_data"] for link in links(lab, host)[1:]]
    return all(port["state"] == "forwarding" for port in ports)


def set_forwarding(lab: Lab, host: Host, forward: bool) -> None:
    """A bridge port that is disabled drops all packets; the host notices nothing but the silence."""
    for link in links(lab, host)[1:]:
        run("bridge", "-netns", namespace(lab), "link", "set", "dev", link.port, "state", "3" if forward else "0")
