# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of keepalived for one node on several hosts."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping

from ..values.addresses import parse_address
from ..values.constants import WRITTEN
from ..values.names import parse_interface, parse_link
from ..values.text import Unwritable, written

HOPS_SINCE = "2.1.0"
"""The first release with ``min_ttl``, ``unicast_ttl`` and ``check_unicast_src`` of an instance (keepalived's commit 3c41f6d9);
those before, from 1.2.20 on, have ``vrrp_check_unicast_src`` for all instances (e3dacabe)."""
_HOPS = 255
"""TTL of a packet that no router has forwarded (RFC 5798, 5.1.1.3)."""

_SIGNS = "\"'#!{}$@&~\\"
"""Characters that a word in keepalived.conf(5) cannot contain, or that have another meaning there."""


def _address(value: Any, what: str, length: bool = False) -> str:
    text = written(value, what)
    read = parse_address(text, what)
    if text != (read if length else read.partition("/")[0]):
        raise Unwritable(f"{what}: would be read as '{read}'; write it that way")
    return text


def _number(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Unwritable(f"{what}: is not a number from {low} to {high}")
    return value


def checks_hops(version: str | None) -> bool:
    """Whether this version of keepalived refuses advertisements that routers have forwarded; an unknown version counts as new."""
    match = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version or HOPS_SINCE)
    return match is None or tuple(map(int, match.groups())) >= tuple(map(int, HOPS_SINCE.split(".")))


def render_keepalived(settings: Mapping[str, Any], health: str, hops: bool = True) -> str:
    """The text of its file.

    :param settings: ``interface`` (WireGuard's), ``address``, ``peers``, ``floating``, ``priority``, as the filter ``vrrp``
        returns them, and ``id``, ``interval`` (milliseconds), ``unicast``, ``preempt``.
    :param health: path of the file that says whether the host is healthy.
    :param hops: :func:`checks_hops` of the host's keepalived. In unicast mode it accepts advertisements only from the other hosts
        on the same link; otherwise anyone who can send the host a packet could take the floating address from it.
    :raises ValueError: a value that keepalived would misread, with its key.
    """
    floating = [
        {
            "address": _address(item["address"], f"floating[{index}].address", length=True),
            "interface": parse_link(item["interface"], f"floating[{index}].interface"),
        }
        for index, item in enumerate(settings["floating"])
    ]
    version = ipaddress.ip_interface(floating[0]["address"]).version
    own = [item for item in floating if ipaddress.ip_interface(item["address"]).version == version]
    other = [item for item in floating if item not in own]
    name = parse_interface(settings["interface"], "interface")
    peers = [_address(peer, "peers") for peer in settings["peers"]]
    own_link = floating[0]["interface"]
    links = [link for link in dict.fromkeys(item["interface"] for item in floating) if link != own_link]
    own_address = _address(settings["address"], "address")
    source = [f"  mcast_src_ip {own_address}"]
    if settings["unicast"]:
        ending = f" min_ttl {_HOPS}" if hops else ""
        source = [
            f"  unicast_src_ip {own_address}",
            *(["  check_unicast_src", f"  unicast_ttl {_HOPS}"] if hops else []),
            "  unicast_peer {",
            *(f"    {peer}{ending}" for peer in peers),
            "  }",
        ]
    return "\n".join(
        [
            WRITTEN,
            "global_defs {",
            "  vrrp_version 3",
            *(["  vrrp_check_unicast_src"] if settings["unicast"] and not hops else []),
            "}",
            f"vrrp_track_file health-{name} {{",
            f"  file {written(health, 'health', _SIGNS, spaces=False)}",
            "  weight 1",
            "}",
            f"vrrp_instance {name} {{",
            "  state BACKUP",
            f"  interface {own_link}",
            f"  virtual_router_id {_number(settings['id'], 'id', 1, 255)}",
            f"  priority {_number(settings['priority'], 'priority', 1, 255)}",
            f"  advert_int {_number(settings['interval'], 'interval', 10, 40950) / 1000:g}",
            "  preempt_delay 1" if settings["preempt"] else "  nopreempt",
            "  lower_prio_no_advert",  # otherwise others' advertisements delay the host's own (vrrp_dispatcher_read)
            *source,
            *(["  track_interface {", *(f"    {link}" for link in links), "  }"] if links else []),
            "  track_file {",
            f"    health-{name}",
            "  }",
            "  virtual_ipaddress {",
            *(f"    {item['address']} dev {item['interface']}" for item in own),
            "  }",
            *(
                ["  virtual_ipaddress_excluded {", *(f"    {i['address']} dev {i['interface']}" for i in other), "  }"]
                if other
                else []
            ),
            "}",
            "",
        ]
    )
