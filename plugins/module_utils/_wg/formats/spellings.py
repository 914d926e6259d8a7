# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spellings that ``wg`` and ``wg-quick`` take, rewritten line by line into those of :func:`parse_conf`.

Source: wireguard-tools, ``config.c`` (ignores all white space and the case of keys; an endpoint's port follows the last colon)
and ``wg-quick/linux.bash`` (``Table``, ``MTU`` and hooks may be empty; ``SaveConfig`` in any case).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Callable

_LINE = re.compile(r"\s*([A-Za-z][A-Za-z\s]*?)\s*=\s*(.*?)\s*\Z")
_NO_SECRET = re.compile(r"[A-Za-z0-9+/]{42,43}=*")


def usual(text: str) -> str:
    """The same configuration, with the same number of lines. Lines that mean nothing to wg-quick are empty."""
    return "\n".join(_usual(line) for line in text.split("\n"))


def without_secrets(message: str) -> str:
    """A message in which no text looks like a key."""
    return _NO_SECRET.sub("(a key)", message)


def _usual(line: str) -> str:
    content, sign, comment = line.partition("#")
    match = _LINE.match(content)
    if not match:
        return line
    key, value = re.sub(r"\s", "", match.group(1)), match.group(2)
    read = _READERS.get(key.lower())
    value = read(value) if read else value
    return f"{key} = {value} {sign}{comment}".rstrip(" ") if value or key.lower() not in _MAY_BE_EMPTY else sign + comment


def _joined(value: str) -> str:
    return re.sub(r"\s", "", value)


def _lower(value: str) -> str:
    return _joined(value).lower()


def _hook(value: str) -> str:
    return value.replace("\t", " ")


def _endpoint(value: str) -> str:
    """The host in brackets if it is an IPv6 address, and only then."""
    host, _colon, port = _joined(value).rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        version = ipaddress.ip_address(host.partition("%")[0]).version
    except ValueError:
        return value
    return f"[{host}]:{port}" if version == 6 else f"{host}:{port}"


def _secret(value: str) -> str:
    """A preshared key of zeros is none."""
    key = _joined(value)
    return "" if key == "A" * 43 + "=" else key


_READERS: dict[str, Callable[[str], str]] = {
    "saveconfig": _lower,
    "fwmark": _lower,
    "persistentkeepalive": _lower,
    "endpoint": _endpoint,
    "presharedkey": _secret,
    **dict.fromkeys(("privatekey", "publickey", "listenport"), _joined),
    **dict.fromkeys(("preup", "postup", "predown", "postdown"), _hook),
}
_MAY_BE_EMPTY = ("table", "mtu", "presharedkey", "preup", "postup", "predown", "postdown")
