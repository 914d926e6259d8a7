# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface as files for systemd-networkd: ``.netdev``, ``.network`` and the private key. Source: systemd.netdev(5),
systemd.network(5).
"""

from __future__ import annotations

from ..config.conf import check_writable
from ..config.model import Config, Peer
from ..live.diff import routes_of
from ..values.names import parse_interface
from ..values.text import written
from .boot_files import BootFile, heading, lines_of, name_comment, table_of


def networkd_files(name: str, config: Config, stem: str, directory: str, source: str) -> list[BootFile]:
    """The files. The key comes first, because the others refer to it.

    :param stem: their name, without the ending.
    :param directory: their directory.
    :param source: path of the file that they are generated from.
    :raises ValueError: a value that would be misread.
    """
    check_writable(config)
    parse_interface(name, "interface")
    key_file = written(f"{directory}/{stem}.key", "directory", "\\", spaces=False)
    return [
        BootFile(f"{stem}.key", f"{config.private_key}\n", True),
        BootFile(f"{stem}.netdev", _netdev(name, config, key_file, source), True),
        BootFile(f"{stem}.network", _network(name, config, source), False),
    ]


def _netdev(name: str, config: Config, key_file: str, source: str) -> str:
    lines = [heading(source), "[NetDev]", f"Name={name}", "Kind=wireguard"]
    lines += lines_of([("MTUBytes", config.mtu)])
    lines += ["", "[WireGuard]", f"PrivateKeyFile={key_file}"]
    lines += lines_of([("ListenPort", config.port), ("FirewallMark", config.fwmark)])
    for peer in config.peers:
        lines += ["", *_peer(peer)]
    return "\n".join(lines) + "\n"


def _peer(peer: Peer) -> list[str]:
    lines = ["[WireGuardPeer]", *name_comment(peer)]
    pairs = [
        ("PublicKey", peer.public_key),
        ("PresharedKey", peer.preshared_key),
        ("AllowedIPs", ",".join(peer.allowed_ips)),
        ("Endpoint", peer.endpoint),
        ("PersistentKeepalive", peer.keepalive),
    ]
    return [*lines, *lines_of(pairs)]


def _network(name: str, config: Config, source: str) -> str:
    lines = [heading(source), "[Match]", f"Name={name}", ""]
    lines += ["[Link]", "RequiredForOnline=no", "", "[Network]", "LinkLocalAddressing=no", "IPv6AcceptRA=no"]
    lines += [f"Address={address}" for address in config.addresses]
    for route in routes_of(config):
        scope = None if ":" in route else "link"
        lines += ["", "[Route]", *lines_of([("Destination", route), ("Scope", scope), ("Table", table_of(config))])]
    return "\n".join(lines) + "\n"
