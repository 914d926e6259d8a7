# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths on a host: first the collection's own, then those of other programs."""

from __future__ import annotations

UNITS = "/etc/systemd/system"
CONFIG = "/etc/meshwork-wireguard"
PROGRAMS = "/usr/local/lib/meshwork-wireguard"
RUN = "/run/meshwork-wireguard"
"""Lost at a reboot; for root only, because it contains the locks, and secrets while a command reads them."""

STATE = "/var/lib/meshwork-wireguard"
"""What programs remember; it outlasts a reboot."""

REPLACED = ".replaced-by-meshwork"
"""The end of the names of files of other programs that the collection has replaced. They may contain keys."""

WIREGUARD = "/etc/wireguard"
SYSTEMD = "/run/systemd/system"
"""It exists if systemd runs (sd_booted(3)); it contains units and drop-ins until the next boot."""
NETWORKD = "/etc/systemd/network"
NETWORKD_UNTIL_BOOT = "/run/systemd/network"
NETWORKD_BUILT_IN = "/usr/lib/systemd/network"
NETWORKD_STATES = "/run/systemd/netif/links"
"""The files that sd-network(3) reads: one for each known link, named after its number."""
NETWORK_MANAGER = "/etc/NetworkManager/system-connections"
NETWORK_MANAGER_UNTIL_BOOT = "/run/NetworkManager/system-connections"
OPENRC = "/etc/init.d"
OPENRC_AT_BOOT = "/etc/runlevels/default"
NETNS = "/run/netns"
USERSPACE = "/var/run/wireguard"
"""The sockets of implementations in userspace."""
LINKS = "/sys/class/net"
SWITCHES = "/proc/sys"
"""The kernel's."""
SWITCHES_AT_BOOT = "/etc/sysctl.d"
