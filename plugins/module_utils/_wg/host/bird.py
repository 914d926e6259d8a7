# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of BIRD, 2 or 3, for one routed network on one host."""

from __future__ import annotations

import re
from typing import Any, Iterable, Iterator, Mapping, Sequence

CONNECT = "connect delay time 1;", "connect retry time 2;", "error wait time 1, 4;", "hold time 30;"
"""A hub that is back is to be heard of within seconds. That one is gone, BFD says."""
DIRECT = 300
"""How much it is preferred to reach what is another node's own from that node itself."""
FAULTS = "interval 100 ms;", "multiplier 3;"


def render_bird(said: Mapping[str, Any], carries: str) -> str:
    """The text of its file.

    :param said: as an entry of the filter ``routings``.
    :param carries: path of the file that defines ``CARRIES``: whether the host forwards for others.
    """
    lines = [
        "# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.",
        f'include "{carries}";',
        f"router id {_router_id(said['number'])};",
        "protocol device {",
        "  scan time 10;",
        "}",
        "protocol bfd {",
        "  accept ipv6 direct;",
        "  strict bind yes;",
        *(line for name in said["interfaces"] for line in _block(f'  interface "{name}" {{', FAULTS, "};")),
        "}",
    ]
    for version in (4, 6):
        lines += _own(version, [prefix for prefix in said["own"] if _version(prefix) == version])
        lines += _kernel(version, said["table"], next((a for a in said["sources"] if _version(a) == version), None))
    for session in said["sessions"]:
        lines += _session(said, session)
    return "\n".join(lines) + "\n"


def _version(prefix: str) -> int:
    return 6 if ":" in prefix else 4


def _router_id(number: int) -> str:
    """BGP wants four bytes that no other has; they are no address of anything."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def _block(title: str, lines: Iterable[str], end: str = "}") -> Iterator[str]:
    indent = " " * (len(title) - len(title.lstrip()))
    yield title
    yield from (f"{indent}  {line}" for line in lines)
    yield indent + end


def _own(version: int, prefixes: Sequence[str]) -> Iterator[str]:
    """What the host announces as its own; the kernel has its own routes for that."""
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


def _session(said: Mapping[str, Any], session: Mapping[str, Any]) -> Iterator[str]:
    lines = [
        f'description "{session["name"]}";',
        f"local {said['link_local']} as {said['number']};",
        f"neighbor {session['neighbor']} as {session['number']};",
        f'interface "{session["interface"]}";',
        "strict bind yes;",
        "bfd yes;",
        *CONNECT,
    ]
    for version in (4, 6):
        extended = ["  extended next hop yes;"] if version == 4 else []
        lines += [f"ipv{version} {{", "  next hop self yes;", *extended, *_filters(session, version), "};"]
    yield from _block(f"protocol bgp {_symbol(session['name'])} {{", lines)


def _filters(session: Mapping[str, Any], version: int) -> Iterator[str]:
    takes = [prefix for prefix in session["takes"] if _version(prefix) == version]
    gives = [prefix for prefix in session["gives"] if _version(prefix) == version]
    preference = f"bgp_local_pref = {session['preference']}; if bgp_path.len = 1 then bgp_local_pref = {DIRECT};"
    known = f"if net ~ [ {', '.join(takes)} ] then {{ {preference} accept; }} " if takes else ""
    others = f"if CARRIES && source = RTS_BGP && net ~ [ {', '.join(gives)} ] then accept; " if gives else ""
    yield f"  import filter {{ {known}reject; }};"
    yield f"  export filter {{ if source = RTS_STATIC then accept; {others}reject; }};"


def _symbol(name: str) -> str:
    """A name of BIRD for any node's name."""
    return "to_" + re.sub(r"[^A-Za-z0-9]", lambda found: f"_{ord(found.group()):x}_", name)
