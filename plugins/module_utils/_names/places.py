# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host keeps what gives it names."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS

SETTINGS = f"{CONFIG}/names.json"
MAIN = "_names.watching"
"""The module of which the program is an archive."""
PROGRAM = f"{PROGRAMS}/watching.pyz"
UNIT = "meshwork-names.service"
RESOLVER = "meshwork-resolver"
"""The template of the units of dnsmasq, one for each network that a hub resolves."""
HOSTS_FILE = "/etc/hosts"
RECORDS = "/run/systemd/resolve/static.d"
"""Where systemd-resolved looks for records until the next boot (systemd.rr(5))."""
SWITCH = "/etc/nsswitch.conf"
RESOLV_CONF = "/etc/resolv.conf"
