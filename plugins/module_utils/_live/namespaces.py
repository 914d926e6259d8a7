# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The place of an interface: the host, a network namespace, or a container.

In ``inside`` it is ``{"netns": NAME}``, ``{"container": NAME}``, or empty for the host.
"""

from __future__ import annotations

import json
import os
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Argument, Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, NETNS

ENGINES = ("podman", "docker")
END = ".inside.json"
"""Of the agents' settings files, which are named after the interfaces."""


class InsideHost(Host):
    """The host, whose commands run in a namespace; the files are the host's."""

    def __init__(self, host: Host, place: str) -> None:
        super().__init__(host.root)
        self._host = host
        self._place = place

    def run(
        self, argv: Sequence[Argument], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """Run a command in the namespace."""
        return self._host.run(["nsenter", f"--net={self._place}", *argv], stdin, check, timeout, cwd)

    def which(self, name: str) -> str | None:
        """The path of a program; the host's programs run inside, too."""
        return self._host.which(name)


def container_pid(host: Host, name: str) -> int | None:
    """The process of a container that Podman or Docker runs; None if it does not run."""
    for engine in ENGINES:
        if host.which(engine) is not None:
            output = host.run([engine, "inspect", "--format", "{{.State.Pid}}", name], check=False).out.strip()
            if output.isdigit() and int(output) > 0:
                return int(output)
    return None


def place_of(host: Host, inside: Mapping[str, str]) -> str | None:
    """The file of the namespace; None while it does not exist, or the container does not run."""
    if inside.get("netns"):
        path = f"{NETNS}/{inside['netns']}"
        return path if host.exists(path) else None
    pid = container_pid(host, inside["container"])
    return f"/proc/{pid}/ns/net" if pid else None


def host_at(host: Host, inside: Mapping[str, str]) -> Host | None:
    """The host as seen from that place; None while it does not exist."""
    place = place_of(host, inside) if inside else None
    return InsideHost(host, place) if place else None if inside else host


def make_netns(host: Host, name: str) -> None:
    """Create a named namespace with its loopback up, unless it exists already."""
    if not host.exists(f"{NETNS}/{name}"):
        host.run(["ip", "netns", "add", name])
        InsideHost(host, f"{NETNS}/{name}").run(["ip", "link", "set", "lo", "up"])


def identity(host: Host, place: str | None) -> tuple[int, int] | None:
    """The identity of a namespace, which differs from that of a later one with its path; None if there is none."""
    try:
        status = os.stat(host.real(place) if place else "")
    except OSError:
        return None
    return int(status.st_dev), int(status.st_ino)


def inside_here(host: Host) -> dict[str, dict[str, str]]:
    """Interface -> its place, for those that are not on the host itself."""
    names = [name[: -len(END)] for name in host.names(CONFIG) if name.endswith(END)]
    return {name: where_is(host, name) for name in names}


def where_is(host: Host, name: str) -> dict[str, str]:
    """The place of an interface, from its agent's settings file."""
    settings = json.loads(host.read(f"{CONFIG}/{name}{END}") or "{}")
    return {key: settings[key] for key in ("netns", "container") if settings.get(key)}
