# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Breaking this host on purpose, for a while: what is broken mends by itself, whatever becomes of the controller."""

from __future__ import annotations

import json
import os
import shlex
from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import split_lines

FOLDER = f"{RUN}/breakage"
BREAK, MEND = "meshwork-break", "meshwork-mend"
WAYS = ("link_down", "wireguard_stopped", "not_forwarding", "killed")
_SWITCHES = "/proc/sys/net/ipv[46]/conf/*/forwarding"


class Breakage:
    """What is broken on this host; one thing at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def break_it(self, way: str, interfaces: Sequence[str], link: str | None, seconds: int) -> bool:
        """In a second, so that the module has answered before; whether it was not broken yet.

        :param seconds: after which it mends by itself; a host that is killed comes back by its own start.
        :raises CommandFailed: there is no way to find out what to break.
        """
        if self._host.exists(self._mending):
            raise CommandFailed("this host is broken already; mend it first")
        breaking, mending = getattr(self, "_" + way)(interfaces, link)
        self._host.write(self._mending, _script([*mending, f"rm -rf {shlex.quote(FOLDER)}"]))
        breaker = os.path.join(FOLDER, "break.sh")
        self._host.write(breaker, _script(breaking))
        if way != "killed":
            detached.start(self._host, MEND, ["/bin/sh", self._mending], seconds + 1)
        detached.start(self._host, BREAK, ["/bin/sh", breaker], 1)
        return True

    def mend(self) -> bool:
        """Now; whether it was broken."""
        there = self._host.exists(self._mending)
        if there:
            detached.stop(self._host, BREAK)
            detached.stop(self._host, MEND)
            self._host.run(["/bin/sh", self._mending], check=False)
        return there

    @property
    def _mending(self) -> str:
        return os.path.join(FOLDER, "mend.sh")

    def _link_down(self, interfaces: Sequence[str], link: str | None) -> tuple[list[str], list[str]]:
        name = link or self._link_of(interfaces)
        shown = self._listed(["ip", "-j", "-6", "address", "show", "dev", name])
        lost = [address for entry in shown for address in entry.get("addr_info", []) if address.get("scope") == "global"]
        back = [f"ip link set dev {name} up"]
        back += [f"ip -6 address replace {address['local']}/{address['prefixlen']} dev {name} nodad" for address in lost]
        for version in (4, 6):
            there = self._host.run(["ip", f"-{version}", "route", "show", "dev", name], check=False).out
            routes = [line.strip() for line in split_lines(there) if "proto kernel" not in line and "proto ra" not in line]
            back += [
                f"ip -{version} route replace {route} dev {name}" for route in sorted(routes, key=lambda text: " via " in text)
            ]
        return [f"ip link set dev {name} down"], back

    def _link_of(self, interfaces: Sequence[str]) -> str:
        """The link over which the peers are reached."""
        for interface in interfaces:
            for line in split_lines(self._host.run(["wg", "show", interface, "endpoints"], check=False).out):
                host = line.split("\t")[1].rpartition(":")[0].strip("[]") if "\t" in line else ""
                for entry in self._listed(["ip", "-j", "route", "get", host]) if host else []:
                    return str(entry["dev"])
        raise CommandFailed("no peer's endpoint tells which link to set down; name it")

    @staticmethod
    def _wireguard_stopped(interfaces: Sequence[str], _link: str | None) -> tuple[list[str], list[str]]:
        units = " ".join(f"wg-quick@{name}.service" for name in interfaces)
        return [f"systemctl stop {units}"], [f"systemctl start {units}"]

    def _not_forwarding(self, _interfaces: Sequence[str], _link: str | None) -> tuple[list[str], list[str]]:
        switches = sorted(self._host.glob(_SWITCHES), key=lambda path: "/all/" not in path)
        before = [f"echo {(self._host.read(path) or '0').strip()} >{path}" for path in switches]
        return [f"echo 0 >{path}" for path in switches if "/all/" in path], before

    @staticmethod
    def _killed(_interfaces: Sequence[str], _link: str | None) -> tuple[list[str], list[str]]:
        return ["systemctl reboot --force --force"], []

    def _listed(self, argv: list[str]) -> list[Any]:
        done = self._host.run(argv, check=False)
        return list(json.loads(done.out)) if done.status == 0 and done.out.strip() else []


def _script(lines: Sequence[str]) -> str:
    return "\n".join([*lines, ""])
