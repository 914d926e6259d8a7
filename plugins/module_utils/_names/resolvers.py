# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""dnsmasq on a hub: it answers for one network, at the hub's overlay addresses, and asks nobody.

Source: dnsmasq(8), 2.90.
"""

from __future__ import annotations

from typing import Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import NamedUnit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import RESOLVER
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings

_AT = "/usr/sbin/dnsmasq"
"""Its path when it is installed."""
_RIGHTS = ("CAP_NET_BIND_SERVICE",)
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_UNIT = """\
[Unit]
Description=Resolver of the WireGuard network %i
After=network.target

[Service]
DynamicUser=yes
AmbientCapabilities=CAP_NET_BIND_SERVICE
{hardening}
ExecStart={dnsmasq} --keep-in-foreground --conf-file={config}/%i.dnsmasq.conf
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
"""
UNIT_FILE = f"{UNITS}/{RESOLVER}@.service"
_LINES = """\
# Written by meshwork.wireguard.
log-facility=-
pid-file=
no-resolv
no-hosts
bind-dynamic
cache-size=0
local-ttl=60
addn-hosts={hosts}
"""


class Resolvers:
    """The resolvers of one host, one for each network of which it is a hub, named after the network."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def current(self, wanted: NamesSettings) -> bool:
        """Whether the resolvers run as they should, and no others."""
        serving = _serving(wanted)
        if self.installed() != sorted(serving):
            return False
        if not serving:
            return True
        return not self._outdated(self._files(serving)) and all(self._runs(name) for name in serving)

    def apply(self, wanted: NamesSettings) -> None:
        """Start, update and remove resolvers.

        :raises CommandFailed: systemd refuses.
        """
        serving = _serving(wanted)
        for name in self.installed():
            if name not in serving:
                self._remove(name)
        outdated = self._outdated(self._files(serving))
        for path, text in outdated.items():
            self._host.write(path, text, 0o644)
        is_over = not serving and self._host.exists(UNIT_FILE)
        if is_over:
            self._host.remove(UNIT_FILE)
        if is_over or UNIT_FILE in outdated:
            self._host.run(["systemctl", "daemon-reload"])
        for name in serving:
            unit = self._unit(name)
            state = unit.state()
            if not state.enabled:
                unit.set_enabled(True)
            if not state.active or UNIT_FILE in outdated or _conf(name) in outdated:
                unit.start()
            elif _hosts(name) in outdated:
                unit.reload()

    def installed(self) -> list[str]:
        """The networks that have a resolver here, by its files."""
        end = ".dnsmasq.conf"
        return sorted(name[: -len(end)] for name in self._host.names(CONFIG) if name.endswith(end))

    def _remove(self, name: str) -> None:
        unit = self._unit(name)
        if unit.state().known:
            unit.stop()
            unit.set_enabled(False)
        for path in (_hosts(name), _conf(name)):
            self._host.remove(path)

    def _files(self, serving: Mapping[str, NamedNetwork]) -> dict[str, str]:
        if not serving:
            return {}
        dnsmasq = self._host.which("dnsmasq") or _AT
        files = {UNIT_FILE: unit_text(_UNIT, settings(_RIGHTS, _FAMILIES), dnsmasq=dnsmasq, config=CONFIG)}
        for name, network in serving.items():
            files[_conf(name)] = conf_text(name, network)
            files[_hosts(name)] = "".join(
                f"{address} {dns_name}\n" for dns_name, addresses in network.hosts.items() for address in addresses
            )
        return files

    def _outdated(self, files: Mapping[str, str]) -> dict[str, str]:
        return {path: text for path, text in files.items() if self._host.read(path) != text}

    def _runs(self, name: str) -> bool:
        state = self._unit(name).state()
        return state.enabled and state.active

    def _unit(self, name: str) -> NamedUnit:
        return NamedUnit(self._host, f"{RESOLVER}@{name}.service")


def conf_text(name: str, network: NamedNetwork) -> str:
    """The configuration of dnsmasq for one network. It answers what it knows, and that there is nothing else in these domains."""
    lines = [f"listen-address={address}" for address in network.serves]
    lines += [f"local=/{domain}/" for domain in (network.domain, *network.zones)]
    return _LINES.format(hosts=_hosts(name)) + "".join(line + "\n" for line in lines)


def _conf(name: str) -> str:
    return f"{CONFIG}/{name}.dnsmasq.conf"


def _hosts(name: str) -> str:
    return f"{CONFIG}/{name}.dnsmasq.hosts"


def _serving(wanted: NamesSettings) -> dict[str, NamedNetwork]:
    return {name: network for name, network in wanted.networks.items() if network.serves}
