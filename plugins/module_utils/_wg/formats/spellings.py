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
_KEY_LIKE = re.compile(
    r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{42,}={1,2}|[0-9A-Fa-f]{64}|[A-Za-z0-9+/]{42,44})(?![A-Za-z0-9+/=]|\.[a-z]{2,10}\b)"
)
"""What may be a key in base64 or hexadecimal, also with a character too few or too many. A path with an ending is none."""
_UNDIALLED = re.compile(r"\s*e\s*n\s*d\s*p\s*o\s*i\s*n\s*t\s*=[^#]*:[\s0]*0\s*(?:#|\Z)", re.IGNORECASE)


def usual(text: str) -> str:
    """The same configuration, with the same number of lines. Lines that mean nothing to wg-quick are empty."""
    return "\n".join(_usual(line) for line in text.split("\n"))


def cleared(text: str) -> list[set[str]]:
    """For each section of a peer, the attributes that it sets to nothing. A later section of the same peer takes them away."""
    found: list[set[str]] = []
    for line in text.lstrip("\ufeff").split("\n"):
        key, _equals, value = (_joined(part) for part in line.partition("#")[0].partition("="))
        if key.lower() == "[peer]":
            found.append(set())
        elif found and key.lower() in _NOTHING:
            attribute, is_nothing = _NOTHING[key.lower()]
            found[-1].discard(attribute)
            found[-1].update({attribute} if is_nothing(value) else ())
    return found


def without_secrets(message: str) -> str:
    """A message in which no text looks like a key."""
    return _KEY_LIKE.sub("(a key)", message)


def secrets_in(text: str) -> list[str]:
    """The parts of a text that look like keys."""
    return _KEY_LIKE.findall(text)


def usual_endpoint(value: str) -> str:
    """An endpoint, its host in brackets if it is an IPv6 address, and only then. IPv4 addresses have four parts."""
    host, colon, port = _joined(value).rpartition(":")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    host = _with_four_parts(host) if re.match(r"[1-9][0-9]{0,2}\.(?:[0-9]{1,3}\.)?[1-9][0-9]{0,7}\Z", host) else host
    try:
        brackets = ipaddress.ip_address(host.partition("%")[0]).version == 6
    except ValueError:
        brackets = ":" in host  # no endpoint; the parser says so
    return f"[{host}]:{_number(port)}" if brackets else f"{host}:{_number(port)}" if colon else value


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


def _with_four_parts(host: str) -> str:
    """An IPv4 address whose last part stands for several bytes, as inet_aton(3) reads it."""
    *parts, last = map(int, host.split("."))
    rest = 4 - len(parts)
    bytes_ = [*parts, *((last >> 8 * shift) & 255 for shift in reversed(range(rest)))]
    return ".".join(map(str, bytes_)) if max(parts) < 256 and last < 256**rest else host


def undialled(text: str) -> bool:
    """Whether an endpoint has port 0, to which nobody can send."""
    return any(_UNDIALLED.match(line) for line in text.split("\n"))


def _dialled(value: str) -> str:
    endpoint = usual_endpoint(value)
    return "" if endpoint.endswith(":0") else endpoint


def _number(value: str) -> str:
    """A number without zeros in front. Anything else is left to the parser."""
    number = _lower(value)
    if re.match(r"0x[0-9a-f]+\Z", number):
        return hex(int(number, 16))
    return number.lstrip("0") or "0" if re.match(r"[0-9]+\Z", number) else number


def _table(value: str) -> str:
    return value or "auto"


def _prefixes(value: str) -> str:
    """Without white space in prefixes. White space between them, which wg refuses, stays."""
    return ",".join(_joined(part) if _is_prefix(_joined(part)) else part for part in value.split(","))


def _is_prefix(text: str) -> bool:
    try:
        return bool(ipaddress.ip_network(text, strict=False)) and bool(re.match(r"[^/]+(?:/[0-9]+)?\Z", text))
    except ValueError:
        return False


def _secret(value: str) -> str:
    """A preshared key of zeros is none."""
    key = _joined(value)
    return "" if key == "A" * 43 + "=" else key


_READERS: dict[str, Callable[[str], str]] = {
    "saveconfig": _lower,
    "table": _table,
    "allowedips": _prefixes,
    "endpoint": _dialled,
    "presharedkey": _secret,
    **dict.fromkeys(("fwmark", "persistentkeepalive", "listenport"), _number),
    **dict.fromkeys(("privatekey", "publickey"), _joined),
    **dict.fromkeys(("preup", "postup", "predown", "postdown"), _hook),
}
_NOTHING: dict[str, tuple[str, Callable[[str], bool]]] = {
    "persistentkeepalive": ("keepalive", lambda value: _number(value) in ("off", "0")),
    "presharedkey": ("preshared_key", lambda value: not _secret(value)),
}
_MAY_BE_EMPTY = ("endpoint", "mtu", "presharedkey", "preup", "postup", "predown", "postdown")
