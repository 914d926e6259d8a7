# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WireGuard interface inside a network namespace or a container: its files, the agent that keeps it there, and its state."""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import replace
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers import inside_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.inside_agent import InsideRunner
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive, path_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import looks_into_processes, settings_in_place
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, PROGRAMS, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.services import Content, Service, Services
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.units import Unit, unit_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import DIRECTORY, backends_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live import read_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    NO_HOOKS,
    Config,
    Peer,
    check_applicable,
    check_interface_name,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import check_removals
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, Host, PeerAdded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live, compare
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint

SECONDS = 15
"""That the agent has to bring the interface where it belongs."""
_MAIN = "_containers.inside_agent"
_FORMER = f"{PROGRAMS}/inside_agent.py"
_END = ".inside.json"
_RIGHTS = ("CAP_NET_ADMIN", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE")
"""To make interfaces, to enter namespaces, and to find those of containers by their processes. Where the host may not look into
processes at all, only who has all that a process has may see its namespace (ptrace(2), "access mode checking")."""
_FAMILIES = ("AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6")
_UNIT = """\
[Unit]
Description=The WireGuard interface %i, inside a namespace or a container
After=network.target

[Service]
RuntimeDirectory=meshwork-wireguard
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=yes
# The namespaces that it makes have to be seen by all, and container engines keep their state in many places: so it has no file
# systems of its own.
{hardening}
ExecStart={python} -I {program} {config}/%i.inside.json
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
KillMode=mixed

[Install]
WantedBy=multi-user.target
"""


def inside_here(directory: str = CONFIG) -> dict[str, dict[str, str]]:
    """Interface -> where it belongs, of all on this host."""
    names = sorted(name for name in os.listdir(directory) if name.endswith(_END)) if os.path.isdir(directory) else []
    found = {}
    for name in names:
        said = json.loads(io.read_text(f"{directory}/{name}") or "{}")
        found[name[: -len(_END)]] = {key: said[key] for key in ("netns", "container") if said.get(key)}
    return found


def runner_inside(runner: Runner, where: Mapping[str, str]) -> InsideRunner | None:
    """Runs commands where an interface belongs; None while the container does not run."""
    place = inside_agent.place_of(runner, where)
    return InsideRunner(runner, place) if place else None


class Inside:
    """The interface by its name."""

    def __init__(self, runner: Runner, name: str, directory: str = DIRECTORY) -> None:
        self._runner = runner
        self._name = check_interface_name(name)
        self._path = os.path.join(directory, name + ".conf")

    def look(
        self,
        content: str,
        key_file: str,
        where: Mapping[str, str],
        check_mode: bool = True,
        isolation: str | None = None,
    ) -> dict[str, Any]:
        """``changes``, and the live ``peers``, with the names that the file has for them.

        :raises ValueError: a configuration that is refused.
        :raises CommandFailed: the host's state cannot be read.
        """
        desired, text, public = self._desired(content, key_file, check_mode)
        before = self._previous()
        there = runner_inside(self._runner, where)
        live = read_live(there, self._name, "auto") if there and self._runner.which("wg") else None
        known = {peer.public_key: peer for peer in before.peers} if before else {}
        peers = [known.get(key, Peer(key)) for key in (live.device.peers if live else ())]
        changes = self._changes(desired, text, public, where, before, live) + self._isolation(where).changes(isolation)
        return {"changes": changes, "peers": peers}

    def bring_about(
        self,
        content: str,
        key_file: str,
        where: Mapping[str, str],
        check_mode: bool,
        max_removals: int | None,
        ended: Sequence[str] = (),
        isolation: str | None = None,
    ) -> dict[str, Any]:
        """There, or as soon as the container runs.

        :raises ValueError: a configuration that is refused, or that would take too many peers away.
        :raises CommandFailed: the interface could not be brought there.
        """
        desired, text, public = self._desired(content, key_file, check_mode)
        ahead = self.look(content, key_file, where, check_mode, isolation)
        check_removals("it", ahead["peers"], desired.peers, max_removals, ended)
        result = result_of(ahead["changes"], public)
        if not ahead["changes"] or check_mode:
            return result
        for backend in backends_of(self._runner, self._name, self._path).values():
            backend.stop()
            backend.forget()
        Isolation(self._runner, self._name, systemd=True).give_up()
        self._isolation(where).apply(isolation)  # before anything can come through
        io.write_text(self._path, text)
        services = self._services(where)
        started = any(isinstance(change, Host) and change.what == "agent" for change in services.changes())
        services.apply()
        if not started:
            self._runner.run(["systemctl", "reload", f"meshwork-inside@{self._name}.service"])
        if inside_agent.place_of(self._runner, where) or where.get("netns"):
            self._wait(content, key_file, where, isolation)
        return result

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Neither there nor kept."""
        services = self._services({})
        changes = services.removals()
        if changes and io.read_text(self._path) is not None:
            changes.append(Host("file", "removed"))
        isolation = self._isolation(inside_here().get(self._name, {}))
        changes += isolation.changes(None)
        if changes and not check_mode:
            services.remove()
            isolation.apply(None)
            io.remove(self._path)
        return result_of(changes, None)

    def _desired(self, content: str, key_file: str, check_mode: bool) -> tuple[Config, str, str | None]:
        desired = parse_conf(content)
        if desired.hooks != NO_HOOKS or desired.dns or desired.table != "auto":
            raise ValueError("hooks, DNS servers and another table do nothing inside a namespace; remove them")
        key = desired.private_key or read_key(key_file)
        if key is None and not check_mode:
            raise ValueError(f"private key {key_file} is missing; make it with meshwork.wireguard.keypair")
        desired = replace(desired, private_key=key)
        known = key is not None and not (check_mode and self._runner.which("wg") is None)
        public = public_key_of(self._runner, str(key)) if known else None
        check_applicable(desired, public)
        return desired, with_private_key(content, key) if key else content, public

    def _previous(self) -> Config | None:
        text = io.read_text(self._path)
        try:
            return parse_conf(text) if text is not None else None
        except ValueError:
            return None

    def _changes(
        self,
        desired: Config,
        text: str,
        public: str | None,
        where: Mapping[str, str],
        before: Config | None,
        live: Live | None,
    ) -> list[Change]:
        found = io.read_text(self._path)
        changes: list[Change] = []
        if found is None:
            changes.append(Host("file", "created"))
        elif found != text or io.mode_of(self._path) != 0o600:
            changes.append(Host("file", "changed"))
        if Unit(self._runner, self._name).state().active:
            changes.append(Host("wg-quick", "stopped"))
        for backend in backends_of(self._runner, self._name, self._path).values():
            changes += backend.changes(None)
        changes += self._services(where).changes()
        runs = inside_agent.place_of(self._runner, where) is not None or bool(where.get("netns"))
        if live is None and runs:
            changes.append(Host("interface", "started"))
            changes += [PeerAdded(peer) for peer in desired.peers]
        elif live is not None and public is not None:
            plain = replace(desired, peers=tuple(replace(peer, endpoint=_address(peer.endpoint)) for peer in desired.peers))
            changes += [change for change in compare(plain, public, before, live, time.time()) if not change.restarts]
        return changes

    def _wait(self, content: str, key_file: str, where: Mapping[str, str], isolation: str | None) -> None:
        end = time.monotonic() + SECONDS
        while True:
            try:
                ahead = self.look(content, key_file, where, check_mode=False, isolation=isolation)
                left = [change.describe() for change in ahead["changes"]]
            except CommandFailed as failure:
                left = [str(failure)]
            if not left:
                return
            if time.monotonic() > end:
                unit = f"meshwork-inside@{self._name}.service"
                log = self._runner.run(["journalctl", "--no-pager", "--output=cat", "--lines=8", "--unit", unit], check=False)
                raise CommandFailed(
                    f"the interface is not as it should be after {SECONDS} s: {'; '.join(left)}\n{log.out.strip()}"
                )
            time.sleep(0.5)

    def _isolation(self, where: Mapping[str, str]) -> Isolation:
        there = runner_inside(self._runner, where) if where else None
        return Isolation(there or self._runner, self._name, systemd=False, there=there is not None)

    def _services(self, where: Mapping[str, str]) -> Services:
        said = {"interface": self._name, "conf": self._path, **{key: where[key] for key in where if where[key]}}
        limits = settings_in_place(_RIGHTS if looks_into_processes() else (), _FAMILIES, ["/dev/net/tun"])
        words = {"python": sys.executable, "program": path_of(_MAIN), "config": CONFIG}
        shared: dict[str, Content] = {
            f"{UNITS}/meshwork-inside@.service": unit_text(_UNIT, limits, **words),
            path_of(_MAIN): archive(_MAIN),
        }
        own = {f"{CONFIG}/{self._name}{_END}": json.dumps(said, sort_keys=True, indent=1) + "\n"}
        return Services(self._runner, self._name, [Service("meshwork-inside", "agent", own, shared, [_FORMER])])


def _address(endpoint: str | None) -> str | None:
    """A name is the agent's to resolve, so it is not compared with what is live."""
    return None if endpoint is None or parse_endpoint(endpoint, "endpoint").is_name else endpoint
