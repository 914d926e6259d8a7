# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as an inventory describes it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lablib.machine import LabError, UsageError, require, run

BACKENDS = ("container", "kernel")
KINDS = ("", "-wireguard", "-hubs", "-containers", "-managers", "-openrc", "-names")
ALPINE = "alpine"
IMAGES = [*(suite + kind for suite in ("bookworm", "trixie", "sid") for kind in KINDS), ALPINE, "controller"]


@dataclass(frozen=True)
class Underlay:
    """A network between the hosts."""

    name: str
    subnet: str
    internal: bool


@dataclass(frozen=True)
class Host:
    """A test host; its networks are pairs of an underlay and the options for it.

    ``wireguard``: a kernel of its own has it. ``systemd``: a container runs it. ``memory``: megabytes for a kernel of its own.
    """

    name: str
    image: str
    networks: tuple[tuple[str, str], ...]
    wireguard: bool = True
    systemd: bool = True
    memory: int = 256


@dataclass(frozen=True)
class Lab:
    """All test hosts and underlays of an inventory; the backend says what kind of hosts they are."""

    name: str
    backend: str
    hosts: tuple[Host, ...]
    underlays: tuple[Underlay, ...]

    def container(self, host: str) -> str:
        return f"{self.name}-{host}"

    def network(self, underlay: str) -> str:
        return f"{self.name}-{underlay}"

    def pick(self, names: list[str]) -> list[Host]:
        known = {host.name: host for host in self.hosts}
        unknown = [name for name in names if name not in known]
        if unknown:
            raise UsageError(f"no such test host: {', '.join(unknown)} (the inventory has {', '.join(known)})")
        return [known[name] for name in names]


def read_lab(inventory: str) -> Lab:
    if not os.path.exists(inventory):
        raise UsageError(f"no such inventory: {inventory}")
    listing = listed(inventory)
    hosts = {name: v for name, v in listing["_meta"]["hostvars"].items() if "lab_networks" in v}
    if not hosts:
        raise UsageError(f"no host in {inventory} has the variable lab_networks: see tests/lab/README.md")
    return build_lab(hosts)


def listed(inventory: str) -> dict[str, Any]:
    """What `ansible-inventory --list` shows. A file with this text is taken as it is: Ansible takes a second to start."""
    if inventory.endswith(".json"):
        shown: dict[str, Any] = json.loads(Path(inventory).read_text(encoding="utf-8"))
        if "_meta" in shown:
            return shown
    command = os.environ.get("LAB_ANSIBLE_INVENTORY", "ansible-inventory")
    require(command, "ansible-core; or name one in LAB_ANSIBLE_INVENTORY")
    try:
        shown = json.loads(run(command, "-i", inventory, "--list"))
    except LabError as error:
        raise UsageError(f"cannot read the inventory {inventory}: {error}") from error
    return shown


def build_lab(hosts: dict[str, dict[str, Any]]) -> Lab:
    names = {str(v.get("lab_name", "")) for v in hosts.values()}
    if len(names) != 1 or names == {""}:
        raise UsageError("lab_name must be set, to the same text on every test host")
    backends = {v.get("lab_backend", "container") for v in hosts.values()}
    if len(backends) != 1 or not backends <= set(BACKENDS):
        raise UsageError(f"lab_backend must be the same on every test host, one of: {', '.join(BACKENDS)}")
    underlays: dict[str, Underlay] = {}
    for variables in hosts.values():
        for name, options in variables.get("lab_underlays", {}).items():
            underlays[name] = Underlay(name, options["subnet"], bool(options.get("internal", False)))
    made = tuple(build_host(name, variables, underlays) for name, variables in hosts.items())
    return Lab(names.pop(), backends.pop(), made, tuple(underlays.values()))


def build_host(name: str, variables: dict[str, Any], underlays: dict[str, Underlay]) -> Host:
    networks = []
    for network in variables["lab_networks"]:
        underlay, _colon, options = network.partition(":")
        if underlay not in underlays:
            raise UsageError(f"{name}: the underlay {underlay} of lab_networks is not in lab_underlays")
        networks.append((underlay, options))
    image = os.environ.get("LAB_IMAGE") or variables.get("lab_image", "bookworm")
    check_image(image)
    flags = [bool(variables.get(flag, True)) for flag in ("lab_kernel_wireguard", "lab_systemd")]
    return Host(name, image, tuple(networks), *flags, int(variables.get("lab_memory", Host.memory)))


def is_foreign(image: str) -> bool:
    """Whether it is the name of somebody's image, which is fetched, and not one of those that are built here."""
    return "/" in image


def check_image(image: str) -> None:
    if image not in IMAGES and not is_foreign(image):
        raise UsageError(f"no such image: {image} (there are {', '.join(IMAGES)}, and REGISTRY/NAME:TAG)")
