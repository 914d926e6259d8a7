# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Forwarding: the kernel's switches, live and for the next boot."""

from __future__ import annotations

import json
from typing import Iterable

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SWITCHES, SWITCHES_AT_BOOT
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import HostChange

_SWITCH = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


def switched_on(host: Host) -> dict[str, bool]:
    """Whether the host forwards packets, by IP version, as ``ipv4`` and ``ipv6``."""
    return {f"ipv{version}": _live(host, switch) == "1" for version, switch in _SWITCH.items()}


class Forwarding:
    """The forwarding that one interface needs. Other parts of the system may need it, too: it is never switched off live."""

    def __init__(self, host: Host, interface: str) -> None:
        self._host = host
        self._own_redirects = f"net/ipv4/conf/{interface}/send_redirects"
        self._file = f"{SWITCHES_AT_BOOT}/90-wireguard-{interface}.conf"

    def changes(self, wanted: bool, versions: Iterable[int], by_others: bool = False) -> list[HostChange]:
        """The changes that :meth:`apply` would make.

        :param versions: IP versions of the interface's addresses.
        :param by_others: accept forwarding that another program has switched on.
        """
        before = self._host.read(self._file)
        if not wanted:
            return [HostChange("forwarding", "removed")] if before is not None else []
        if before is None and by_others and all(self._live(_SWITCH[version]) == "1" for version in set(versions)):
            return []
        settings = self._settings(versions)
        live = all(self._live(name) == value for name, value in settings.items()) and self._live(self._own_redirects) != "1"
        if before is None:
            return [HostChange("forwarding", "created")]
        return [] if live and before == _text(settings) else [HostChange("forwarding", "changed")]

    def apply(self, wanted: bool, versions: Iterable[int]) -> None:
        """Write the file for the next boot and the live switches."""
        if not wanted:
            self._host.remove(self._file)
            return
        settings = self._settings(versions)
        self._host.write(self._file, _text(settings), mode=0o644)
        for name, value in settings.items():
            if self._live(name) != value:
                self._host.run(["sysctl", "-q", "-w", f"{name}={value}"])
        if self._live(self._own_redirects) == "1":
            self._host.run(["sysctl", "-q", "-w", f"{self._own_redirects}=0"])

    def saved(self) -> str | None:
        """The file for the next boot; None if there is none."""
        return self._host.read(self._file)

    def restore(self, text: str | None) -> None:
        """Restore the file. The live switches stay: other parts of the system may need them by now."""
        if text is None:
            self._host.remove(self._file)
        else:
            self._host.write(self._file, text, mode=0o644)

    def _settings(self, versions: Iterable[int]) -> dict[str, str]:
        settings: dict[str, str] = {}
        if 6 in set(versions):
            # A forwarding host ignores router advertisements, and drops its default route when forwarding begins, unless
            # accept_ra is set before (ip-sysctl). With slashes, because names of links may contain dots (sysctl.d).
            settings.update({f"net/ipv6/conf/{name}/accept_ra": "2" for name in self._advertised()})
        settings.update({_SWITCH[version]: "1" for version in sorted(set(versions))})
        if 4 in set(versions):
            # A packet from peer to peer leaves through the interface that it came from, so the kernel would send wrong redirects.
            # WireGuard in the kernel switches them off itself; the tun device of a userspace one inherits the default.
            scopes = [f"net.ipv4.conf.{scope}.send_redirects" for scope in ("all", "default")]
            settings.update({name: "0" for name in scopes if self._live(name)})
        return settings

    def _advertised(self) -> list[str]:
        done = self._host.run(["ip", "-j", "-6", "route", "show", "default", "proto", "ra"], check=False)
        routes = json.loads(done.out) if done.status == 0 and done.out.strip() else []
        return sorted({route["dev"] for route in routes if "dev" in route})

    def _live(self, name: str) -> str:
        return _live(self._host, name)


def _live(host: Host, name: str) -> str:
    path = name if "/" in name else name.replace(".", "/")
    return (host.read(f"{SWITCHES}/{path}") or "").strip()


def _text(settings: dict[str, str]) -> str:
    return "".join("{} = {}\n".format(*item) for item in settings.items())
