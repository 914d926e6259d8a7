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
        """Create the network. Podman cannot change one: a network that differs is replaced if no container is in it.

        :param mtu: bytes.
        :raises CommandFailed: there is no Podman, it refuses, or a network that differs has containers.
        """
        if self._host.which("podman") is None:
            if not check_mode:
                raise CommandFailed("podman: not found on this host; install it")
            return result_of([HostChange("container network", "created")], None)
        current = self._inspect()
        if current is not None and _matches(current, subnets, mtu):
            return result_of([], None)
        changes: list[Change] = [HostChange("container network", "created" if current is None else "changed")]
        if not check_mode:
            if current is not None:
                self._remove()
            words = [word for subnet in subnets for word in ("--subnet", subnet)]
            six = ["--ipv6"] if any(":" in subnet for subnet in subnets) else []
            self._host.run(["podman", "network", "create", *words, *six, "--opt", f"mtu={mtu}", self._name])
        return result_of(changes, None)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Remove the network.

        :raises CommandFailed: containers are in it.
        """
        if self._host.which("podman") is None or self._inspect() is None:
            return result_of([], None)
        if not check_mode:
            self._remove()
        return result_of([HostChange("container network", "removed")], None)

    def _inspect(self) -> dict[str, Any] | None:
        done = self._host.run(["podman", "network", "inspect", self._name], check=False)
        networks: list[dict[str, Any]] = json.loads(done.out) if done.status == 0 else []
        return networks[0] if networks else None

    def _remove(self) -> None:
        inside = self._host.run(
            ["podman", "ps", "--all", "--filter", f"network={self._name}", "--format", "{{.Names}}"]
        ).out.split()
        if inside:
            raise CommandFailed(f"it must be replaced, but contains containers: {', '.join(inside)}; remove them first")
        self._host.run(["podman", "network", "rm", self._name])


def _matches(network: dict[str, Any], subnets: Sequence[str], mtu: int) -> bool:
    current = {str(ipaddress.ip_network(entry["subnet"])) for entry in network.get("subnets") or ()}
    return current == set(subnets) and (network.get("options") or {}).get("mtu") == str(mtu)
