# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a way of giving names needs on a host. Each refusal names a way that works."""

from __future__ import annotations

import re

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import NETWORK_MANAGER, NETWORKD, SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.block import NamesRefused
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import RESOLV_CONF, SWITCH
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.records import SINCE
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.ways import way_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import HOSTS, RESOLVED, RESOLVER, NamesSettings

_STUBS = ("127.0.0.53", "127.0.0.54")
"""Where systemd-resolved listens (systemd-resolved.service(8))."""
_INSTEAD = "set wireguard_names: hosts"


def refuse(host: Host, wanted: NamesSettings) -> None:
    """Refuse what the host cannot have.

    :raises NamesRefused: with the reason and the remedy.
    """
    if not host.is_directory(SYSTEMD):
        raise NamesRefused("names: this host does not run systemd, whose unit they need; set wireguard_names: none here")
    if wanted.way == HOSTS:
        way_of(host, wanted).current(wanted.networks)  # reads the file with all its names
        return
    _refuse_without_resolved(host)
    if wanted.way == RESOLVED:
        version = _version(host)
        if version < SINCE:
            raise NamesRefused(f"names: systemd {version} here reads no files of records, systemd {SINCE} does; {_INSTEAD}")
    if wanted.way == RESOLVER:
        for network in wanted.networks.values():
            for name in network.interfaces:
                if any(host.glob(f"{directory}/05-meshwork-{name}.*") for directory in (NETWORKD, NETWORK_MANAGER)):
                    raise NamesRefused(f"names: {name} has a backend that sets its resolvers itself; {_INSTEAD}")


def refuse_without_dnsmasq(host: Host, wanted: NamesSettings) -> None:
    """Refuse to resolve for others without the program, which a run in check mode has not installed.

    :raises NamesRefused: it is not installed.
    """
    if any(network.serves for network in wanted.networks.values()) and not host.which("dnsmasq"):
        raise NamesRefused("dnsmasq: not found on this host; install it, or let meshwork.wireguard.prepare do so")


def _refuse_without_resolved(host: Host) -> None:
    if not NamedUnit(host, "systemd-resolved.service").state().active:
        raise NamesRefused(f"names: systemd-resolved does not run here; {_INSTEAD}")
    databases = re.search(r"^hosts:(.*)$", host.read(SWITCH) or "", re.MULTILINE)
    if databases and "resolve" in databases.group(1).split():
        return
    servers = re.findall(r"^nameserver\s+(\S+)", host.read(RESOLV_CONF) or "", re.MULTILINE)
    if not servers or any(server not in _STUBS for server in servers):
        raise NamesRefused(
            f"names: systemd-resolved runs here, but neither {SWITCH} nor {RESOLV_CONF} leads lookups to it; {_INSTEAD}"
        )


def _version(host: Host) -> int:
    found = re.match(r"systemd ([0-9]{1,5})", host.run(["systemctl", "--version"]).out)
    return int(found.group(1)) if found else 0
