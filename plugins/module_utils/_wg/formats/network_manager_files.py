# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface as a keyfile for NetworkManager. Source: nm-settings-keyfile(5), nm-settings(5)."""

from __future__ import annotations

import uuid

from ..config.conf import check_writable
from ..config.model import Config, Peer
from ..live.diff import routes_of
from ..values.names import parse_interface
from .boot_files import BootFile, heading, lines_of, name_comment, table_of


def uuid_of(name: str) -> str:
    """The connection's UUID, the same on each host and in each run."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.wireguard.meshwork"))


def network_manager_files(name: str, config: Config, stem: str, source: str) -> list[BootFile]:
    """One file.

    :param stem: its name, without the ending.
    :param source: path of the file that it is generated from.
    :raises ValueError: routes of an IP version without an address of the interface, which NetworkManager would not set; or a
        value that would be misread.
    """
    check_writable(config)
    parse_interface(name, "interface")
    lines = [heading(source)]
    lines += ["[connection]", f"id=meshwork-{name}", f"uuid={uuid_of(name)}", "type=wireguard", f"interface-name={name}"]
    lines += ["", "[wireguard]", f"private-key={config.private_key}"]
    lines += lines_of([("listen-port", config.port), ("fwmark", config.fwmark), ("mtu", config.mtu)])
    lines += ["peer-routes=false", "ip4-auto-default-route=0", "ip6-auto-default-route=0"]
    for peer in config.peers:
        lines += ["", *_peer(peer)]
    for version in (4, 6):
        lines += ["", *_addresses(version, config)]
    return [BootFile(f"{stem}.nmconnection", "\n".join(lines) + "\n", True)]


def _peer(peer: Peer) -> list[str]:
    lines = [f"[wireguard-peer.{peer.public_key}]", *name_comment(peer)]
    pairs = [
        ("endpoint", peer.endpoint),
        ("preshared-key", peer.preshared_key),
        ("preshared-key-flags", "0" if peer.preshared_key else None),
        ("persistent-keepalive", peer.keepalive),
        ("allowed-ips", "".join(f"{prefix};" for prefix in peer.allowed_ips)),
    ]
    return [*lines, *lines_of(pairs)]


def _addresses(version: int, config: Config) -> list[str]:
    """Without an address, IPv6 is ignored, not disabled: otherwise no address could be added to the running interface."""
    addresses = [address for address in config.addresses if (":" in address) == (version == 6)]
    routes = [route for route in routes_of(config) if (":" in route) == (version == 6)]
    if not addresses:
        if routes:
            raise ValueError(
                f"AllowedIPs {routes[0]}: NetworkManager sets no IPv{version} routes if the interface has no IPv{version} "
                "address; give it one, or use the backend wg-quick"
            )
        return [f"[ipv{version}]", "method=disabled" if version == 4 else "method=ignore"]
    lines = [f"[ipv{version}]", "method=manual", "route-metric=0"]
    lines += [f"address{index}={address}" for index, address in enumerate(addresses, 1)]
    table = table_of(config)
    for index, route in enumerate(routes, 1):
        lines += [f"route{index}={route}"] + ([f"route{index}_options=table={table}"] if table else [])
    return lines
