# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strict readers of modules' results, because a host may be compromised.

A host's result is accepted only in its module's form. Keys without a reader here are dropped, such as facts and everything else
that Ansible takes from results. A value of the wrong form fails the host.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict, config_to_dict
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import PROGRAMS
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import PLATFORMS
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import (
    parse_address,
    parse_endpoint,
    parse_prefix,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document_keys import parse_date

from .native import native
from .readers import (
    ITEMS,
    NotBelieved,
    Reader,
    flag,
    interface_name,
    keyed,
    line,
    lines,
    list_of,
    listed,
    mapping_of,
    matching,
    number,
    one_of,
    optional,
    plain,
    public_key,
    read_by,
    whole,
)

_VERSION = optional(matching(r"[0-9A-Za-z][0-9A-Za-z.+~:_-]{0,99}"))
_WORD = matching(r"[a-z][a-z0-9_]{0,49}")
_PACKAGE = matching(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,99}")
_NUMBER = matching(r"[0-9a-f]{0,64}")
_PATH = matching(r"/[A-Za-z0-9_.@+/-]{1,250}")
_COUNT = whole(0, 2**63)
_PREFIXES = list_of(read_by(parse_prefix))
_ADDRESS = read_by(lambda text, _what: str(ipaddress.ip_address(text)))
_ENDPOINT = read_by(lambda text, what: str(parse_endpoint(text, what)))
_NAMES = list_of(interface_name)


def _config(value: Any, what: str) -> dict[str, Any]:
    try:
        return config_to_dict(config_from_dict(value, what))
    except ValueError as error:
        place = plain(str(error).partition(": ")[0])  # the rest repeats the value
        raise NotBelieved(f"{place}: is not a key of a configuration") from None


def _detail(value: Any, what: str) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return list_of(line)(value, what) if isinstance(value, list) else line(value, what)


def _diff(value: Any, what: str) -> dict[str, str]:
    found = lines(value.get("prepared", "") if isinstance(value, Mapping) else value, what)
    return {"prepared": "".join(text + "\n" for text in found if text)}


_INSTALLED = {
    "implementation": one_of(("kernel", "wireguard-go", "boringtun", "none")),
    "kernel": flag,
    "tools_version": _VERSION,
    "userspace_version": _VERSION,
    "packages": list_of(_PACKAGE),
    "manager": optional(one_of(platform.manager for platform in PLATFORMS)),
    "hint": line,
}
_CHANGED = {
    "changes": list_of(mapping_of(_WORD, _detail), 4 * ITEMS),  # a peer may have several
    "restarted": flag,
    "public_key": optional(public_key),
}
_PEER = {
    "name": optional(line),
    "public_key": public_key,
    "preshared_key": flag,
    "endpoint": optional(_ENDPOINT),
    "allowed_ips": _PREFIXES,
    "handshake_age": optional(_COUNT),
    "received": _COUNT,
    "sent": _COUNT,
    "keepalive": whole(0, 65535),
    "probe": optional(
        keyed(
            {"answers": flag, "round_trip": optional(number), "largest": optional(whole(0, 65535)), "source": optional(_ADDRESS)}
        )
    ),
}
_INTERFACE = {
    "name": interface_name,
    "up": flag,
    "implementation": matching(r"[a-z-]{1,20}"),
    "implementation_version": _VERSION,
    "public_key": optional(public_key),
    "port": whole(0, 65535),
    "fwmark": whole(0, 2**32 - 1),
    "mtu": whole(0, 2**31),
    "addresses": list_of(read_by(parse_address)),
    "routes": _PREFIXES,
    "drift": optional(lines),
    "pings": mapping_of(_ADDRESS, optional(number)),
    "peers": list_of(keyed(_PEER)),
}
_LOOK = {
    "changes": listed,
    "peers": list_of(keyed({"name": optional(line), "public_key": public_key})),
    "preshared": list_of(optional(line)),
    "addresses": list_of(read_by(parse_address)),
}
_LINK = keyed({"dev": optional(matching(r"[A-Za-z0-9_.@:-]{0,15}")), "error": optional(line)})
_SENT = {
    "interface": interface_name,
    "public_key": public_key,
    "answers": flag,
    "endpoint": optional(_ENDPOINT),
    "name": optional(_ENDPOINT),
    "resolved": list_of(_ADDRESS),
    "route": _LINK,
    "inner_route": _LINK,
    "preshared": optional(matching(r"[0-9a-f]{64}")),
    "handshake_age": optional(_COUNT),
    "received": _COUNT,
    "sent": _COUNT,
}
_WAY = one_of(("in", "out"))
_CAPTURED = {
    "packets": list_of(
        keyed({"type": whole(1, 4), "way": _WAY, "id": matching(r"[0-9a-f]{16}"), "remote": _ENDPOINT, "port": whole(0, 65535)})
    ),
    "errors": list_of(keyed({"code": _WORD, "sender": _ADDRESS, "about": _ENDPOINT})),
    "inner": list_of(
        keyed(
            {
                "interface": interface_name,
                "way": _WAY,
                "what": one_of(("request", "reply")),
                "source": _ADDRESS,
                "destination": _ADDRESS,
                "count": _COUNT,
            }
        )
    ),
}
_READ_CONF = {
    "name": interface_name,
    "public_key": optional(public_key),
    "config": _config,
    "mtu": optional(whole(0, 2**31)),
    "adopted": keyed({"by": one_of(PROGRAMS), "files": list_of(_PATH)}),
    "notes": listed,
    "error": optional(line),
}

_PREPARED = {
    "keys": mapping_of(interface_name, optional(public_key)),
    "next_keys": mapping_of(interface_name, optional(public_key)),
    "key_dates": mapping_of(interface_name, optional(read_by(parse_date))),
    "interfaces": mapping_of(interface_name, keyed(_LOOK)),
    "settled": _NAMES,
    "vrrp": _NAMES,
    "bgp": _NAMES,
    "metrics": optional(one_of(("present", "absent", "settled"))),
    "names": optional(one_of(("present", "absent", "settled"))),
    "stale": _NAMES,
    "routes": list_of(keyed({"prefix": read_by(parse_prefix), "connected": flag})),
    "plan": optional(line),
}


def _prepared(value: Any, what: str) -> dict[str, Any]:
    """A host that lacks packages reports nothing else until they are installed."""
    installed = keyed(_INSTALLED, ["packages", "manager"])(value, what)
    looked = keyed(_PREPARED, [] if installed["packages"] else None)(value, what)
    return {**installed, **looked}


_RESULTS: Mapping[str, Reader] = {
    "fault": keyed({}),
    "conf_info": keyed({"interfaces": list_of(keyed(_READ_CONF))}),
    "container_network": keyed(_CHANGED, ["changes"]),
    "diagnosis": keyed({"time": number, "filtered": _COUNT, "peers": list_of(keyed(_SENT)), **_CAPTURED}, []),
    "firewalld_port": keyed(_CHANGED, ["changes"]),
    "outage_meter": keyed({"now": number, "outages": mapping_of(line, number)}, []),
    "install": keyed(_INSTALLED, ["packages", "manager"]),
    "interface": keyed({**_CHANGED, "pending": _NUMBER, "backup_file": line}, ["changes"]),
    "interface_info": keyed(
        {
            "tools_version": _VERSION,
            "tools_features": list_of(_WORD),
            "systemd_version": _VERSION,
            "time": number,
            "forwarding": keyed({"ipv4": flag, "ipv6": flag}),
            "interfaces": list_of(keyed(_INTERFACE)),
        }
    ),
    "keypair": keyed({"public_key": optional(public_key), "source": _WORD}, []),
    "metrics": keyed(_CHANGED, ["changes"]),
    "names": keyed(_CHANGED, ["changes"]),
    "nft_table": keyed(_CHANGED, ["changes"]),
    "prepare": _prepared,
    "bgp": keyed(_CHANGED, ["changes"]),
    "shared_key": keyed(
        {"recipient": matching(r"age1[0-9a-z]{58}"), "ciphertext": matching(r"[A-Za-z0-9+/=\n -]{1,5000}")},
        [],
    ),
    "vrrp": keyed(_CHANGED, ["changes"]),
    "rollback": keyed({"interfaces": _NAMES}),
    "rotation": keyed({"silent": list_of(line)}, []),
}
_OF_CORE = ("exception", "deprecations", "invocation", "ansible_facts")
MODULES = tuple(_RESULTS)
"""The modules that run on hosts."""


def read_result(module: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """The result of a module, as far as it is accepted.

    :param module: one of ``MODULES``.
    :raises NotBelieved: a value that the module does not return.
    """
    whole_result = native(_texts_of_core(result))
    about = {"warnings": lines(whole_result["warnings"], "warnings")} if whole_result.get("warnings") else {}
    if whole_result.get("failed"):
        output = {key: lines(whole_result[key], key) for key in ("module_stdout", "module_stderr") if whole_result.get(key)}
        why = "\n".join(lines(whole_result.get("msg") or _crash(result) or "failed", "msg"))
        return {"failed": True, "msg": why, **output, **about}
    accepted: dict[str, Any] = _RESULTS[module](whole_result, "its result")
    accepted["changed"] = flag(whole_result.get("changed", False), "changed")
    if whole_result.get("diff"):
        accepted["diff"] = _diff(whole_result["diff"], "diff")
    return {**accepted, **about}


def _crash(result: Mapping[str, Any]) -> str:
    """The message of an exception that ended the module, which later ansible-core gives in an object with an event."""
    crash = result.get("exception")
    return f"the module ended with an exception: {_text(crash)}" if isinstance(crash, Mapping) and crash.get("event") else ""


def _texts_of_core(result: Mapping[str, Any]) -> dict[str, Any]:
    """The result without ansible-core's own objects; of warnings, only the text is kept."""
    known = {key: value for key, value in result.items() if key not in _OF_CORE}
    warnings = known.get("warnings")
    if isinstance(warnings, (list, tuple)):
        known["warnings"] = [_text(warning) for warning in warnings]
    return known


def _text(warning: Any) -> Any:
    """The text of a module's warning. With later ansible-core, it is in an object with an event."""
    event = warning.get("event") if isinstance(warning, Mapping) else getattr(warning, "event", None)
    if event is None:
        return warning
    return event.get("msg") if isinstance(event, Mapping) else str(getattr(event, "msg", ""))


def packed(prepared: Mapping[str, Any]) -> dict[str, Any]:
    """A result of ``prepare`` with the peers of each interface as one JSON text. Ansible copies results value by value, several
    times, which for large networks takes longer than all else.
    """
    looks = prepared.get("interfaces") or {}
    return {**prepared, "interfaces": {name: {**look, "peers": json.dumps(look["peers"])} for name, look in looks.items()}}


def unpacked(prepared: Mapping[str, Any]) -> dict[str, Any]:
    """The plain result of ``prepare``, whether or not it was packed."""
    result: dict[str, Any] = native(prepared)
    for look in (result.get("interfaces") or {}).values():
        if isinstance(look["peers"], str):
            look["peers"] = json.loads(look["peers"])
    return result
