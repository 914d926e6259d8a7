# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WireGuard interfaces in a folder of files."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterator, Mapping, NamedTuple

from . import network_manager, networkd
from .foreign import Foreign, read_conf
from .sections import read_sections

CONF, NETDEV, NETWORK, KEYFILE = ".conf", ".netdev", ".network", ".nmconnection"


class Described(NamedTuple):
    """An interface: the name of the file without its ending, the program that reads it, and the configuration."""

    stem: str
    by: str
    foreign: Foreign


class Unreadable(ValueError):
    """A file of an interface that cannot be read. The message names file, line and cause."""


def described(files: Mapping[str, str]) -> Iterator[Described]:
    """The interfaces of some files, name -> text, sorted by the files' names.

    :raises Unreadable: the first file that cannot be read.
    """
    networks = [text for name, text in sorted(files.items()) if name.endswith(NETWORK)]
    for name, text in sorted(files.items()):
        stem, dot, ending = name.rpartition(".")
        try:
            if dot + ending == CONF:
                yield Described(stem, "wg-quick", read_conf(text))
            elif dot + ending == NETDEV and networkd.is_wireguard(text):
                device = networkd.read_networkd(text, None)
                matching = [network for network in networks if _matches(network, device.interface)]
                yield Described(stem, "systemd-networkd", networkd.read_networkd(text, "\n".join(matching)))
            elif dot + ending == KEYFILE and network_manager.is_wireguard(text):
                connection = network_manager.read_keyfile(text)
                yield Described(stem, "NetworkManager", replace(connection, interface=connection.interface or stem))
        except ValueError as error:
            raise Unreadable(f"{name}: {error}") from None


def _matches(network: str, interface: str | None) -> bool:
    sections = [section for section in read_sections(network) if section.title == "Match"]
    return any(interface in (section.last("Name") or "").split() for section in sections)
