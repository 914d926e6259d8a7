# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an honest host answers to each module, in the shape that the module documents. Standard library only."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable

_TOOLS = {"implementation": "kernel", "kernel": True, "tools_version": "1.0.20210914", "userspace_version": None}


def key(name: str) -> str:
    """The same key for the same name, in the canonical spelling."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


class State:
    """What a host remembers: ``interfaces``, name -> its configuration, ``prepared``, the same for changes pending, what it
    measures, if it does, and the names that it has.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self.interfaces: dict[str, str] = {}
        self.prepared: dict[str, str] = {}
        self.metrics: dict | None = None
        self.names: dict | None = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as stream:
                vars(self).update(json.load(stream))

    def write(self) -> None:
        """For the next module."""
        with open(self._path, "w", encoding="utf-8") as stream:
            json.dump(
                {"interfaces": self.interfaces, "prepared": self.prepared, "metrics": self.metrics, "names": self.names}, stream
            )


def config_of(content: str) -> dict:
    """A configuration as the option ``config`` of the module interface has it."""
    config: dict = {"peers": []}
    name = None
    for line in content.splitlines():
        setting, _equals, value = (part.strip() for part in line.partition("="))
        if setting == "# Name":
            name = value
        elif setting == "PublicKey":
            config["peers"].append({"name": name, "public_key": value})
        elif setting == "AllowedIPs":
            config["peers"][-1]["allowed_ips"] = value.split(", ")
        elif setting == "Endpoint":
            config["peers"][-1]["endpoint"] = value
        elif setting == "PersistentKeepalive":
            config["peers"][-1]["keepalive"] = int(value)
        elif setting == "Address":
            config["addresses"] = value.split(", ")
        elif setting == "ListenPort":
            config["port"] = int(value)
        elif setting == "MTU":
            config["mtu"] = int(value)
    return config


def _peers(content: str) -> list[dict]:
    return [{"name": peer["name"], "public_key": peer["public_key"]} for peer in config_of(content)["peers"]]


def _install(_host: str, _arguments: dict, _state: State) -> dict:
    return {**_TOOLS, "changed": False, "packages": [], "manager": "apt", "hint": ""}


def _prepare(host: str, arguments: dict, state: State) -> dict:
    contents = json.loads(arguments["contents"])
    there = state.interfaces
    differing = {name: content for name, content in contents.items() if there.get(name) != content}
    return {
        **_install(host, arguments, state),
        "keys": {entry.get("key") or entry["name"]: key(host) for entry in arguments["interfaces"]},
        "interfaces": {
            name: {
                "changes": ["~ file: changed"] * (name in differing),
                "peers": _peers(there.get(name, "")),
                "preshared": [],
                "addresses": [],
            }
            for name in contents
        },
        "settled": [name for name in contents if name not in differing],
        "plan": arguments.get("plan"),
        "vrrp": [],
        "bgp": [],
        "metrics": _pending_metrics(json.loads(arguments.get("metrics") or "null"), state.metrics),
        "names": _pending_names(arguments.get("names"), state.names),
        "next_keys": {},
        "key_dates": {},
        "stale": [],
        "routes": [{"prefix": "192.0.2.0/24", "connected": True}],
        "diff": {"prepared": ""},
    }


def _pending_metrics(wanted: dict | None, there: dict | None) -> str | None:
    if wanted is None:
        return None if there is None else "absent"
    return "settled" if wanted == there else "present"


def _pending_names(wanted: str | None, there: dict | None) -> str | None:
    """By the digest of the text that the module names would write."""
    if not wanted:
        return None if there is None else "absent"
    text = json.dumps(there, sort_keys=True, indent=1) + "\n"
    return "settled" if hashlib.sha256(text.encode()).hexdigest() == wanted else "present"


def _names(_host: str, arguments: dict, state: State) -> dict:
    wanted = {key: arguments[key] for key in ("way", "networks")} if arguments["state"] == "present" else None
    changed = state.names != wanted
    if not arguments["_ansible_check_mode"]:
        state.names = wanted
    return _changed(changed)


def _metrics(_host: str, arguments: dict, state: State) -> dict:
    wanted = None
    if arguments["state"] == "present":
        wanted = {key: arguments[key] for key in ("interfaces", "directory", "key_directory")}
        wanted["interval"] = int(arguments["interval"])
    changed = state.metrics != wanted
    if not arguments["_ansible_check_mode"]:
        state.metrics = wanted
    return _changed(changed)


def _changed(changed: bool) -> dict:
    what = [{"kind": "host", "what": "file", "how": "changed"}] * changed
    return {"changed": changed, "changes": what, "diff": {"prepared": "~ file: changed\n" * changed}}


def _interface(host: str, arguments: dict, state: State) -> dict:
    name, content = arguments["name"], arguments.get("content")
    wanted = None if arguments.get("state") == "absent" else content
    changed = state.interfaces.get(name) != wanted
    only_prepare = changed and bool(arguments.get("pending"))
    if only_prepare:
        state.prepared[name] = content
    elif changed and not arguments["_ansible_check_mode"]:
        state.interfaces.pop(name, None)
        if wanted is not None:
            state.interfaces[name] = wanted
    public = key(host) if wanted is not None else None
    return {**_changed(changed), "pending": "1" if only_prepare else "", "restarted": False, "public_key": public}


def _rollback(_host: str, arguments: dict, state: State) -> dict:
    prepared = list(arguments["pending"])
    if arguments["state"] == "armed":
        state.interfaces.update({name: state.prepared.pop(name) for name in prepared})
    return {"changed": arguments["state"] == "armed", "interfaces": prepared}


def _keypair(host: str, _arguments: dict, _state: State) -> dict:
    return {"changed": False, "public_key": key(host), "source": "kept", "diff": {"prepared": ""}}


def _shared_key(host: str, arguments: dict, _state: State) -> dict:
    if arguments["state"] == "asked":
        return {"changed": False, "recipient": "age1" + hashlib.sha256(host.encode()).hexdigest()[:58]}
    if arguments["state"] == "sealed":
        return {"changed": False, "ciphertext": "-----BEGIN AGE ENCRYPTED FILE-----\n-----END AGE ENCRYPTED FILE-----\n"}
    return {"changed": True, "diff": {"prepared": ""}}


def _conf_info(host: str, _arguments: dict, state: State) -> dict:
    adopted = {"by": "wg-quick", "files": ["/etc/wireguard/wg0.conf"]}
    same = {"public_key": key(host), "mtu": 1420, "notes": [], "error": None, "adopted": adopted}
    found = [{"name": name, "config": config_of(content), **same} for name, content in sorted(state.interfaces.items())]
    return {"changed": False, "interfaces": found}


def _interface_info(host: str, _arguments: dict, state: State) -> dict:
    return {
        "changed": False,
        "tools_version": _TOOLS["tools_version"],
        "tools_features": ["syncconf"],
        "systemd_version": "252",
        "time": 1767225600.0,
        "forwarding": {"ipv4": True, "ipv6": True},
        "interfaces": [_shown(host, name, config_of(content)) for name, content in sorted(state.interfaces.items())],
    }


def _shown(host: str, name: str, config: dict) -> dict:
    traffic = {"preshared_key": False, "handshake_age": 7, "received": 92, "sent": 148}
    defaults = {"endpoint": None, "allowed_ips": [], "keepalive": 0, "probe": None}
    peers = [{**defaults, **peer, **traffic} for peer in config["peers"]]
    return {
        "name": name,
        "up": True,
        "implementation": "kernel",
        "implementation_version": None,
        "public_key": key(host),
        "port": config.get("port", 51820),
        "fwmark": 0,
        "mtu": config.get("mtu", 1420),
        "addresses": config.get("addresses", []),
        "routes": sorted({prefix for peer in peers for prefix in peer["allowed_ips"]}),
        "drift": None,
        "pings": {},
        "peers": peers,
    }


def _diagnosis(_host: str, arguments: dict, _state: State) -> dict:
    if arguments["state"] == "sent":
        return {"changed": False, "time": 1767225600.0, "filtered": 0, "peers": []}
    seen = {"packets": [], "errors": [], "inner": []} if arguments["state"] == "read" else {}
    return {"changed": False, **seen}


def _outage_meter(_host: str, arguments: dict, _state: State) -> dict:
    if arguments["state"] == "marked":
        return {"changed": False, "now": 12.5}
    if arguments["state"] == "read":
        return {"changed": False, "outages": {"10.8.0.1": 0.05}}
    return {"changed": arguments["state"] in ("started", "stopped")}


def _settled(_host: str, _arguments: dict, _state: State) -> dict:
    return _changed(False)


def _done(_host: str, _arguments: dict, _state: State) -> dict:
    return {"changed": False}


_ANSWERS: dict[str, Callable[[str, dict, State], dict]] = {
    "fault": _done,
    "conf_info": _conf_info,
    "container_network": _settled,
    "diagnosis": _diagnosis,
    "firewalld_port": _settled,
    "outage_meter": _outage_meter,
    "install": _install,
    "interface": _interface,
    "interface_info": _interface_info,
    "keypair": _keypair,
    "metrics": _metrics,
    "names": _names,
    "nft_table": _settled,
    "prepare": _prepare,
    "bgp": _settled,
    "shared_key": _shared_key,
    "vrrp": _settled,
    "rollback": _rollback,
}
MODULES = tuple(_ANSWERS)
"""Those that run on hosts."""


def answer(host: str, module: str, arguments: dict, state: State) -> dict:
    """What the host answers; to what is no module of the collection, that nothing has changed."""
    return _ANSWERS.get(module, _done)(host, arguments, state)
