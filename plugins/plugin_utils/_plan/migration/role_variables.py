# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the role ``githubixx.ansible_role_wireguard``, as the configurations that it makes from them.

Source: the role's ``templates/etc/wireguard/wg.conf.j2`` and ``defaults/main.yml``, version 18.3.0. Public keys are on the hosts,
so each one is replaced by a placeholder made from the host's name.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, InvalidConfig
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import as_loaded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import PORT

from ..model.findings import PlanError
from .found import Found

VARIABLES = tuple(
    "wireguard_" + name
    for name in (
        "address", "addresses", "allowed_ips", "as_spoke", "dc", "dns", "endpoint", "fwmark", "interface", "mtu",
        "persistent_keepalive", "port", "postdown", "postup", "predown", "preup", "save_config", "table", "unmanaged_peers",
    )
)  # fmt: skip
"""The role's variables that are read."""
_HOOKS = {"PreUp": "preup", "PostUp": "postup", "PreDown": "predown", "PostDown": "postdown"}


def same_names(hosts: Mapping[str, Mapping[str, Any]], known: Collection[str]) -> dict[str, list[str]]:
    """Host -> its variables of the role whose names are the collection's, too, with another meaning.

    :param known: the names of the collection's variables.
    """
    return {host: [name for name in VARIABLES if name in values and name in known] for host, values in hosts.items()}


def placeholder(host: str) -> str:
    """Stands for the public key of a host until a run has seen it."""
    return base64.b64encode(hashlib.sha256(f"public key of {host}".encode()).digest()).decode()


def found_by_role(hosts: Mapping[str, Mapping[str, Any]]) -> list[Found]:
    """The hosts' interfaces.

    :param hosts: the hosts of the role's play, each with its variables.
    :raises PlanError: a host whose configuration WireGuard would not read.
    """
    found = []
    for host, values in hosts.items():
        text = "\n".join([*_interface(values), *_peers(host, hosts), *_unmanaged(values)])
        try:
            config: Config = as_loaded(parse_conf(text))
        except (ValueError, InvalidConfig) as error:
            raise PlanError(f"host {host}: the role's configuration cannot be read: {error}") from None
        found.append(Found(host, str(values.get("wireguard_interface") or "wg0"), placeholder(host), config))
    return found


def _interface(values: Mapping[str, Any]) -> Iterable[str]:
    yield "[Interface]"
    if values.get("wireguard_address"):
        yield f"Address = {values['wireguard_address']}"
    for address in values.get("wireguard_addresses") or ():
        yield f"Address = {address}"
    if values.get("wireguard_endpoint"):
        yield f"ListenPort = {values.get('wireguard_port', PORT)}"
    for name in ("DNS", "FwMark", "MTU", "Table"):
        if f"wireguard_{name.lower()}" in values:
            yield f"{name} = {values[f'wireguard_{name.lower()}']}"
    for name, variable in _HOOKS.items():
        for command in values.get(f"wireguard_{variable}") or ():
            yield f"{name} = {command}"
    if "wireguard_save_config" in values:
        yield f"SaveConfig = {str(values['wireguard_save_config']).lower()}"


def _peers(host: str, hosts: Mapping[str, Mapping[str, Any]]) -> Iterable[str]:
    own = hosts[host]
    for name, other in hosts.items():
        spokes = _true(own.get("wireguard_as_spoke")) and _true(other.get("wireguard_as_spoke"))
        if name == host or spokes or not (other.get("wireguard_endpoint") or own.get("wireguard_endpoint")):
            continue
        yield from ("[Peer]", f"# Name = {name}", f"PublicKey = {placeholder(name)}")
        if "wireguard_allowed_ips" in other:
            yield f"AllowedIPs = {other['wireguard_allowed_ips']}"
        else:
            single = [other.get("wireguard_address")] if own.get("wireguard_address") else []
            listed = (other.get("wireguard_addresses") or ()) if own.get("wireguard_addresses") else ()
            for address in [*filter(None, single), *listed]:
                yield f"AllowedIPs = {str(address).partition('/')[0]}"
        if "wireguard_persistent_keepalive" in other and other.get("wireguard_endpoint"):
            yield f"PersistentKeepalive = {other['wireguard_persistent_keepalive']}"
        endpoint = _endpoint(name, own, other)
        if endpoint:
            yield f"Endpoint = {endpoint}"


def _endpoint(name: str, own: Mapping[str, Any], other: Mapping[str, Any]) -> str | None:
    here, there = own.get("wireguard_dc"), other.get("wireguard_dc")
    if here and there and here["name"] != there["name"]:
        return f"{there['endpoint']}:{there['port']}"
    if "wireguard_port" not in other and other.get("wireguard_endpoint") == "":
        return None
    port = other.get("wireguard_port", own.get("wireguard_port", PORT))
    return f"{other.get('wireguard_endpoint') or name}:{port}"


def _unmanaged(values: Mapping[str, Any]) -> Iterable[str]:
    for name, peer in (values.get("wireguard_unmanaged_peers") or {}).items():
        yield from ("[Peer]", f"# Name = {name}", f"PublicKey = {peer['public_key']}")
        for key, option in (
            ("PresharedKey", "preshared_key"),
            ("AllowedIPs", "allowed_ips"),
            ("Endpoint", "endpoint"),
            ("PersistentKeepalive", "persistent_keepalive"),
        ):
            if option in peer:
                yield f"{key} = {peer[option]}"


def _true(value: Any) -> bool:
    return value is True or str(value).lower() in ("true", "yes", "on", "1")
