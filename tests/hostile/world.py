# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller with fake hosts, in a directory: the inventory, what runs on the hosts, and what they were sent."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.tests.hostile.lies import ROOT, Lie
from ansible_collections.meshwork.wireguard.tests.running import start

_HERE = Path(__file__).parent
_REPOSITORY = _HERE.parents[1]
_RECAP = re.compile(r"^(\S+) +: (ok=\d+ .*)$", re.MULTILINE)
_OF_HOSTS = ("fake", "home")
"""Directories that are no file of the controller's."""


@dataclass(frozen=True)
class Run:
    """What a run of a playbook has left: exit status, output, and ``sent``, host -> (module, arguments) in their order."""

    status: int
    output: str = field(repr=False)
    sent: Mapping[str, tuple[str, ...]] = field(repr=False)
    files: Mapping[str, str] = field(repr=False)

    @cached_property
    def recap(self) -> dict[str, dict[str, int]]:
        """Host -> the numbers of the recap."""
        numbers = {host: line.split() for host, line in _RECAP.findall(self.output)}
        return {host: {name: int(count) for name, count in (one.split("=") for one in line)} for host, line in numbers.items()}

    def failed(self, host: str) -> bool:
        """Whether the recap counts a failure, or the host as not reached."""
        return bool(self.recap[host]["failed"] or self.recap[host]["unreachable"])

    def said_of(self, host: str) -> str:
        """The lines of the output with which Ansible tells the failures of a host."""
        lines = [line for line in self.output.splitlines() if line.startswith(("fatal: ", "failed: "))]
        return "\n".join(line for line in lines if f"[{host}]" in line or f"[{host} ->" in line)

    def modules(self, host: str) -> list[str]:
        """The modules that the host was sent."""
        return [json.loads(line)["module"] for line in self.sent.get(host, ())]


class World:
    """``root`` is the working directory of runs. ``hosts`` are host -> variables of the inventory, in this order."""

    def __init__(self, root: Path, hosts: Mapping[str, Mapping[str, Any]], variables: Mapping[str, Any]) -> None:
        self.root = root
        self.hosts = hosts
        self._variables = variables
        for directory in (*_OF_HOSTS, "inventory"):
            (root / directory).mkdir(parents=True, exist_ok=True)
        (root / "ansible.cfg").write_text("")
        self.be()

    @property
    def inventory(self) -> Path:
        """Its file."""
        return self.root / "inventory" / "hosts.json"

    @property
    def registry(self) -> Path:
        """Its file."""
        return self.root / "inventory" / ".wireguard" / "wireguard.json"

    def know(self, keys: Mapping[str, str], removed: Mapping[str, Any]) -> None:
        """Put public keys, node -> key, and removed nodes into the registry, as if runs before had seen them."""
        registry = json.loads(self.registry.read_text())
        for node, key in keys.items():
            registry["nodes"][node]["public_key"] = key
        self.registry.write_text(json.dumps({**registry, "removed": removed}))

    def copy(self, root: Path, **variables: Any) -> World:
        """The same, with what the controller and the hosts have by now, in another directory."""
        shutil.copytree(self.root, root)
        return World(root, self.hosts, {**self._variables, **variables})

    def be(self, lies: Iterable[Lie] = (), unreachable: Iterable[str] = (), settled: Iterable[str] = ()) -> None:
        """From now on these hosts lie, these are not reached, and all others are honest. On some nothing ever differs."""
        unreachable, settled = set(unreachable), set(settled)
        told: dict[str, dict[str, Any]] = {}
        for lie in lies:
            told.setdefault(lie.host, {})[lie.module] = lie.told(self.root)
        hosts = {}
        for name, values in self.hosts.items():
            self._describe(name, told.get(name, {}), name in settled)
            connection = "nobody_there" if name in unreachable else "local"
            interpreter = str(self.root / "fake" / name / "python")
            hosts[name] = {**values, "ansible_connection": connection, "ansible_python_interpreter": interpreter}
        text = json.dumps({"wireguard": {"vars": {"ansible_pipelining": True, **self._variables}, "hosts": hosts}}, indent=1)
        self.inventory.write_text(text)

    def _describe(self, name: str, lies: Mapping[str, Any], settled: bool) -> None:
        folder = self.root / "fake" / name
        folder.mkdir(exist_ok=True)
        files = {"log": str(folder / "log"), "state": str(folder / "state")}
        description = {"name": name, **files, "settled": settled, "lies": lies}
        (folder / "description").write_text(json.dumps(description))
        command = shlex.join([sys.executable, "-I", "-S", str(_HERE / "fake_host.py"), str(folder / "description")])
        (folder / "python").write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (folder / "python").chmod(0o755)

    def run(
        self, playbook: str = "meshwork.wireguard.mesh", *options: Any, inventory: Path | None = None, **environment: str
    ) -> Run:
        """Run a playbook to its end, with another inventory if one is given."""
        for log in self.root.glob("fake/*/log"):
            log.unlink()
        words = ["ansible-playbook", playbook, "-i", inventory or self.inventory, *options]
        started = start.Run(words, self.root, {**os.environ, **self.environment, **environment}, joined=True)
        output, _none = started.communicate(timeout=300)
        (self.root / "home" / "output").write_text(output)
        return Run(started.returncode, output, self._sent(), self.files())

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a run."""
        return {
            "ANSIBLE_COLLECTIONS_PATH": str(_REPOSITORY / ".cache" / "collections"),
            "ANSIBLE_CONFIG": str(self.root / "ansible.cfg"),
            "ANSIBLE_CONNECTION_PLUGINS": str(_HERE / "connection_plugins"),
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
            "ANSIBLE_FORKS": "4",
            "ANSIBLE_HOME": str(self.root / "home"),
            "ANSIBLE_LOCAL_TEMP": str(self.root / "home" / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "HOME": str(self.root / "home"),
        }

    def _sent(self) -> dict[str, tuple[str, ...]]:
        logs = sorted(self.root.glob("fake/*/log"))
        return {log.parent.name: tuple(self._plain(log.read_text()).splitlines()) for log in logs}

    def files(self) -> dict[str, str]:
        """All files of the controller but the inventory's own: path -> text. In texts, the directory's name is :data:`ROOT`."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            place = path.relative_to(self.root)
            if path.is_file() and path != self.inventory and place.parts[0] not in _OF_HOSTS:
                found[str(place)] = self._plain(path.read_text(errors="replace"))
        return found

    def _plain(self, text: str) -> str:
        return text.replace(str(self.root), ROOT)
