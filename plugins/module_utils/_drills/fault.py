# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fault on this host, made on purpose for a while. It ends on its own, even if the controller is gone."""

from __future__ import annotations

import json
import os
import shlex
from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import split_lines

FOLDER = f"{RUN}/fault"
INJECT, CLEAR = "meshwork-fault-inject", "meshwork-fault-clear"
FAULTS = ("link_down", "wireguard_stopped", "not_forwarding", "killed")
_SWITCHES = "/proc/sys/net/ipv[46]/conf/*/forwarding"


class Fault:
    """The fault of this host; one at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def inject(self, fault: str, interfaces: Sequence[str], link: str | None, seconds: int) -> bool:
        """Make the fault begin in a second, when the module has answered; return whether anything changed.

        :param seconds: after which it ends on its own; a host that is killed comes back when it has started again.
        :raises CommandFailed: the host has a fault already, or its underlay's link is not known.
        """
        if self._host.exists(self._clearing):
            raise CommandFailed("this host already has a fault; clear it first (state: absent)")
        injecting, clearing = getattr(self, "_" + fault)(interfaces, link)
        self._host.write(self._clearing, _script([*clearing, f"rm -rf {shlex.quote(FOLDER)}"]))
        script = os.path.join(FOLDER, "inject.sh")
        self._host.write(script, _script(injecting))
        if fault != "killed":
            detached.start(self._host, CLEAR, ["/bin/sh", self._clearing], seconds + 1)
        detached.start(self._host, INJECT, ["/bin/sh", script], 1)
        return True

    def clear(self) -> bool:
        """End the fault now; return whether there was one."""
        present = self._host.exists(self._clearing)
        if present:
            detached.stop(self._host, INJECT)
            detached.stop(self._host, CLEAR)
            self._host.run(["/bin/sh", self._clearing], check=False)
        return present

    @property
    def _clearing(self) -> str:
        return os.path.join(FOLDER, "clear.sh")

    def _link_down(self, interfaces: Sequence[str], link: str | None) -> tuple[list[str], list[str]]:
        name = link or self._link_of(interfaces)
        entries = self._listed(["ip", "-j", "-6", "address", "show", "dev", name])
        lost = [address for entry in entries for address in entry.get("addr_info", []) if address.get("scope") == "global"]
        clearing = [f"ip link set dev {name} up"]
        clearing += [f"ip -6 address replace {address['local']}/{address['prefixlen']} dev {name} nodad" for address in lost]
        for version in (4, 6):
            output = self._host.run(["ip", f"-{version}", "route", "show", "dev", name], check=False).out
            routes = [line.strip() for line in split_lines(output) if "proto kernel" not in line and "proto ra" not in line]
            clearing += [
                f"ip -{version} route replace {route} dev {name}" for route in sorted(routes, key=lambda text: " via " in text)
            ]
        return [f"ip link set dev {name} down"], clearing

    def _link_of(self, interfaces: Sequence[str]) -> str:
        """The link over which the peers are reached."""
        for interface in interfaces:
            for line in split_lines(self._host.run(["wg", "show", interface, "endpoints"], check=False).out):
                host = line.split("\t")[1].rpartition(":")[0].strip("[]") if "\t" in line else ""
                for entry in self._listed(["ip", "-j", "route", "get", host]) if host else []:
                    return str(entry["dev"])
        raise CommandFailed("no peer has an endpoint that shows which link to set down; give its name (link)")

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
