# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are on a host: first what is the collection's own, then what others have there."""

from __future__ import annotations

UNITS = "/etc/systemd/system"
CONFIG = "/etc/meshwork-wireguard"
PROGRAMS = "/usr/local/lib/meshwork-wireguard"
RUN = "/run/meshwork-wireguard"
"""What is gone after a reboot; closed to others, because the locks are in it, and secrets for as long as a command reads them."""

WIREGUARD = "/etc/wireguard"
SYSTEMD = "/run/systemd/system"
"""It is there where systemd runs (sd_booted(3)); and units, and what is added to them, until the next boot."""
NETWORKD = "/etc/systemd/network"
NETWORKD_UNTIL_BOOT = "/run/systemd/network"
NETWORKD_STATES = "/run/systemd/netif/links"
"""What sd-network(3) reads: a file for each link that it has noticed, named after its number."""
NETWORK_MANAGER = "/etc/NetworkManager/system-connections"
OPENRC = "/etc/init.d"
OPENRC_AT_BOOT = "/etc/runlevels/default"
NETNS = "/run/netns"
LINKS = "/sys/class/net"
SWITCHES = "/proc/sys"
"""The kernel's."""
SWITCHES_AT_BOOT = "/etc/sysctl.d"
