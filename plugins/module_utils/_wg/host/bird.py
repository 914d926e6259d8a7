# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of BIRD, 2 or 3, for one network on one host."""

from __future__ import annotations

import hashlib
import re
from typing import Any, Iterable, Iterator, Mapping, Sequence

from ..values.addresses import parse_address, parse_prefix
from ..values.constants import WRITTEN
from ..values.text import Unwritable, written

CONNECT = "connect delay time 1;", "connect retry time 2;", "error wait time 1, 4;", "hold time 30;"
"""So that a hub that is back is connected within seconds. The loss of a hub is detected by BFD."""
DIRECT = 300
"""Preference of a node's own prefixes if the node itself announces them."""
FAULTS = "interval 100 ms;", "multiplier 3;"
QUOTE = '"'
LONGEST_SYMBOL = 64
"""Of BIRD's names (``SYM_MAX_LEN`` in its ``conf/conf.h``)."""


def render_bird(settings: Mapping[str, Any], forwards: str) -> str:
    """The text of its file.

    :param settings: an entry of the filter ``bgp``.
    :param forwards: path of the file that defines ``FORWARDS``: whether the host forwards for others.
    :raises Unwritable: a value that BIRD would misread, with its key.
    """
    lines = [
        WRITTEN,
        f"include {_string(forwards, 'forwards')};",
        f"router id {_router_id(_number(settings['number'], 'number'))};",
        "protocol device {",
        "  scan time 10;",
        "}",
        "protocol bfd {",
        "  accept ipv6 direct;",
        "  strict bind yes;",
        *(
            line
            for name in settings["interfaces"]
            for line in _block(f"  interface {_string(name, 'interfaces')} {{", FAULTS, "};")
        ),
        "}",
    ]
    for version in (4, 6):
        source = next((_address(a, "sources") for a in settings["sources"] if _version(a) == version), None)
        lines += _own(version, [_prefix(prefix, "own") for prefix in settings["own"] if _version(prefix) == version])
        lines += _kernel(version, _number(settings["table"], "table"), source)
    for session in settings["sessions"]:
        lines += _session(settings, session)
    return "\n".join(lines) + "\n"


def _version(prefix: str) -> int:
    return 6 if ":" in prefix else 4


def _string(value: Any, what: str) -> str:
    """In quotes; BIRD knows no escapes in them."""
    return f'"{written(value, what, QUOTE)}"'


def _prefix(value: Any, what: str) -> str:
    text = written(value, what)
    return _same(text, parse_prefix(text, what), what)


def _address(value: Any, what: str) -> str:
    text = written(value, what)
    return _same(text, parse_address(text, what).partition("/")[0], what)


def _same(text: str, read: str, what: str) -> str:
    if text != read:
        raise Unwritable(f"{what}: would be read as '{read}'; write it that way")
    return text


def _number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**32:
        raise Unwritable(f"{what}: is not a number from 0 to {2**32 - 1}")
    return value


def _router_id(number: int) -> str:
    """Four bytes that BGP requires to be unique; they are not an address."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _block(title: str, lines: Iterable[str], end: str = "}") -> Iterator[str]:
    indent = " " * (len(title) - len(title.lstrip()))
    yield title
    yield from (f"{indent}  {line}" for line in lines)
    yield indent + end


def _own(version: int, prefixes: Sequence[str]) -> Iterator[str]:
    """The prefixes that the host announces as its own; the kernel has its own routes for them."""
    yield from _block(
        f"protocol static own{version} {{", [f"ipv{version};", *(f"route {prefix} unreachable;" for prefix in prefixes)]
    )


def _kernel(version: int, table: int, source: str | None) -> Iterator[str]:
    prefer = f"krt_prefsrc = {source}; " if source else ""
    lines = [
        f"kernel table {table};",
        "scan time 10;",
        f"ipv{version} {{",
        "  import none;",
        f"  export filter {{ if source = RTS_BGP then {{ {prefer}accept; }} reject; }};",
        "};",
    ]
    yield from _block(f"protocol kernel kernel{version} {{", lines)


def _session(settings: Mapping[str, Any], session: Mapping[str, Any]) -> Iterator[str]:
    lines = [
        f"description {_string(session['name'], 'name')};",
        f"local {_address(settings['link_local'], 'link_local')} as {_number(settings['number'], 'number')};",
        f"neighbor {_address(session['neighbor'], 'neighbor')} as {_number(session['number'], 'number')};",
        f"interface {_string(session['interface'], 'interface')};",
        "strict bind yes;",
        "bfd yes;",
        *CONNECT,
    ]
    for version in (4, 6):
        extended = ["  extended next hop yes;"] if version == 4 else []
        lines += [f"ipv{version} {{", "  next hop self yes;", *extended, *_filters(session, version), "};"]
    yield from _block(f"protocol bgp {_symbol(session['name'])} {{", lines)


def _filters(session: Mapping[str, Any], version: int) -> Iterator[str]:
    accepts, announces = ([_prefix(p, key) for p in session[key] if _version(p) == version] for key in ("accepts", "announces"))
    preference = (
        f"bgp_local_pref = {_number(session['preference'], 'preference')}; if bgp_path.len = 1 then bgp_local_pref = {DIRECT};"
    )
    known = f"if net ~ [ {', '.join(accepts)} ] then {{ {preference} accept; }} " if accepts else ""
    others = f"if FORWARDS && source = RTS_BGP && net ~ [ {', '.join(announces)} ] then accept; " if announces else ""
    yield f"  import filter {{ {known}reject; }};"
    yield f"  export filter {{ if source = RTS_STATIC then accept; {others}reject; }};"


def _symbol(name: str) -> str:
    """A unique name in BIRD for any node's name, with a digest if it would be too long."""
    whole = "to_" + re.sub(r"[^A-Za-z0-9]", lambda match: f"_{ord(match.group()):x}_", name)
    return whole if len(whole) <= LONGEST_SYMBOL else f"to_{hashlib.sha256(name.encode()).hexdigest()[:32]}_"
