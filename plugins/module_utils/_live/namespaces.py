# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an interface is: on the host, in a network namespace, or in a container.

``inside`` says it: ``{"netns": NAME}``, ``{"container": NAME}``, or nothing for the host.
"""

from __future__ import annotations

import json
import os
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, NETNS

ENGINES = ("podman", "docker")
END = ".inside.json"
"""Of the files that say where an interface is, named after it."""


class InsideHost(Host):
    """The host, whose commands run in a namespace; the files are the host's."""

    def __init__(self, host: Host, place: str) -> None:
        super().__init__(host.root)
        self._host = host
        self._place = place

    def run(
        self, argv: Sequence[str], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """As everywhere, but there."""
        return self._host.run(["nsenter", f"--net={self._place}", *argv], stdin, check, timeout, cwd)

    def which(self, name: str) -> str | None:
        """The host's programs are there, too."""
        return self._host.which(name)


def container_pid(host: Host, name: str) -> int | None:
    """The process of a running container in the eyes of Podman or Docker; None where there is none."""
    for engine in ENGINES:
        if host.which(engine) is not None:
            found = host.run([engine, "inspect", "--format", "{{.State.Pid}}", name], check=False).out.strip()
            if found.isdigit() and int(found) > 0:
                return int(found)
    return None


def place_of(host: Host, inside: Mapping[str, str]) -> str | None:
    """The file of the namespace; None as long as there is none, because the container does not run."""
    if inside.get("netns"):
        path = f"{NETNS}/{inside['netns']}"
        return path if host.exists(path) else None
    pid = container_pid(host, inside["container"])
    return f"/proc/{pid}/ns/net" if pid else None


def host_at(host: Host, inside: Mapping[str, str]) -> Host | None:
    """The host as it is there; None as long as there is no such place."""
    place = place_of(host, inside) if inside else None
    return InsideHost(host, place) if place else None if inside else host


def make_netns(host: Host, name: str) -> None:
    """A named namespace, with its loopback up; it is there already where somebody else made it."""
    if not host.exists(f"{NETNS}/{name}"):
        host.run(["ip", "netns", "add", name])
        InsideHost(host, f"{NETNS}/{name}").run(["ip", "link", "set", "lo", "up"])


def identity(host: Host, place: str | None) -> tuple[int, int] | None:
    """What tells a namespace from a later one at the same place; None where there is none."""
    try:
        found = os.stat(host.real(place) if place else "")
    except OSError:
        return None
    return int(found.st_dev), int(found.st_ino)


def inside_here(host: Host) -> dict[str, dict[str, str]]:
    """Interface -> where it is, of those that are not on the host itself."""
    names = [name[: -len(END)] for name in host.names(CONFIG) if name.endswith(END)]
    return {name: where_is(host, name) for name in names}


def where_is(host: Host, name: str) -> dict[str, str]:
    """Where an interface is, by the file that its agent reads."""
    said = json.loads(host.read(f"{CONFIG}/{name}{END}") or "{}")
    return {key: said[key] for key in ("netns", "container") if said.get(key)}
