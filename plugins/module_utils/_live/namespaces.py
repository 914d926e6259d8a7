# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an interface is: on the host, in a network namespace, or in a container.

``inside`` says it: ``{"netns": NAME}``, ``{"container": NAME}``, or nothing for the host.
"""

from __future__ import annotations

import json
import os
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import Completed, Runner

NETNS = "/run/netns"
ENGINES = ("podman", "docker")
END = ".inside.json"
"""Of the files that say where an interface is, named after it."""


class InsideRunner(Runner):
    """Runs commands in a namespace."""

    def __init__(self, runner: Runner, place: str) -> None:
        self._runner = runner
        self._place = place

    def run(
        self, argv: Sequence[str], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """As everywhere, but there."""
        return self._runner.run(["nsenter", f"--net={self._place}", *argv], stdin, check, timeout, cwd)

    def which(self, name: str) -> str | None:
        """The host's programs are there, too."""
        return self._runner.which(name)


def container_pid(runner: Runner, name: str) -> int | None:
    """The process of a running container in the eyes of Podman or Docker; None where there is none."""
    for engine in ENGINES:
        if runner.which(engine) is not None:
            found = runner.run([engine, "inspect", "--format", "{{.State.Pid}}", name], check=False).out.strip()
            if found.isdigit() and int(found) > 0:
                return int(found)
    return None


def place_of(runner: Runner, inside: Mapping[str, str]) -> str | None:
    """The file of the namespace; None as long as there is none, because the container does not run."""
    if inside.get("netns"):
        path = f"{NETNS}/{inside['netns']}"
        return path if os.path.exists(path) else None
    pid = container_pid(runner, inside["container"])
    return f"/proc/{pid}/ns/net" if pid else None


def runner_at(runner: Runner, inside: Mapping[str, str]) -> Runner | None:
    """Runs commands there; None as long as there is no such place."""
    place = place_of(runner, inside) if inside else None
    return InsideRunner(runner, place) if place else None if inside else runner


def make_netns(runner: Runner, name: str) -> None:
    """A named namespace, with its loopback up; it is there already where somebody else made it."""
    if not os.path.exists(f"{NETNS}/{name}"):
        runner.run(["ip", "netns", "add", name])
        InsideRunner(runner, f"{NETNS}/{name}").run(["ip", "link", "set", "lo", "up"])


def identity(place: str | None) -> tuple[int, int] | None:
    """What tells a namespace from a later one at the same place; None where there is none."""
    try:
        found = os.stat(place or "")
    except OSError:
        return None
    return int(found.st_dev), int(found.st_ino)


def inside_here(directory: str = CONFIG) -> dict[str, dict[str, str]]:
    """Interface -> where it is, of those that are not on the host itself."""
    names = sorted(name for name in os.listdir(directory) if name.endswith(END)) if os.path.isdir(directory) else []
    return {name[: -len(END)]: where_is(name[: -len(END)], directory) for name in names}


def where_is(name: str, directory: str = CONFIG) -> dict[str, str]:
    """Where an interface is, by the file that its agent reads."""
    said = json.loads(io.read_text(f"{directory}/{name}{END}") or "{}")
    return {key: said[key] for key in ("netns", "container") if said.get(key)}
