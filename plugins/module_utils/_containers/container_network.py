# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network of Podman with given subnets and MTU."""

from __future__ import annotations

import ipaddress
import json
from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, HostChange


class ContainerNetwork:
    """The network by its name."""

    def __init__(self, host: Host, name: str) -> None:
        self._host = host
        self._name = name

    def bring_about(self, subnets: Sequence[str], mtu: int, check_mode: bool) -> dict[str, Any]:
        """There, as wanted. Podman cannot change a network: one that differs is made anew, if no container is in it.

        :param mtu: bytes.
        :raises CommandFailed: there is no Podman, it refuses, or containers are in a network that differs.
        """
        if self._host.which("podman") is None:
            if not check_mode:
                raise CommandFailed("podman: not found on this host; install it")
            return result_of([HostChange("container network", "created")], None)
        found = self._inspect()
        if found is not None and _matches(found, subnets, mtu):
            return result_of([], None)
        changes: list[Change] = [HostChange("container network", "created" if found is None else "changed")]
        if not check_mode:
            if found is not None:
                self._remove()
            words = [word for subnet in subnets for word in ("--subnet", subnet)]
            six = ["--ipv6"] if any(":" in subnet for subnet in subnets) else []
            self._host.run(["podman", "network", "create", *words, *six, "--opt", f"mtu={mtu}", self._name])
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Not there.

        :raises CommandFailed: containers are in it.
        """
        if self._host.which("podman") is None or self._inspect() is None:
            return result_of([], None)
        if not check_mode:
            self._remove()
        return result_of([HostChange("container network", "removed")], None)

    def _inspect(self) -> dict[str, Any] | None:
        done = self._host.run(["podman", "network", "inspect", self._name], check=False)
        found: list[dict[str, Any]] = json.loads(done.out) if done.status == 0 else []
        return found[0] if found else None

    def _remove(self) -> None:
        inside = self._host.run(
            ["podman", "ps", "--all", "--filter", f"network={self._name}", "--format", "{{.Names}}"]
        ).out.split()
        if inside:
            raise CommandFailed(f"containers are in it, and it has to be made anew: {', '.join(inside)}; remove them first")
        self._host.run(["podman", "network", "rm", self._name])


def _matches(found: dict[str, Any], subnets: Sequence[str], mtu: int) -> bool:
    there = {str(ipaddress.ip_network(entry["subnet"])) for entry in found.get("subnets") or ()}
    return there == set(subnets) and (found.get("options") or {}).get("mtu") == str(mtu)
