# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of keepalived for one node that several hosts stand by for."""

from __future__ import annotations

import ipaddress
import re
from typing import Any, Mapping

from ..values.addresses import parse_address
from ..values.names import parse_interface, parse_link
from ..values.text import Unwritable, written

HOPS_SINCE = "2.1.0"
"""The first release with ``min_ttl``, ``unicast_ttl`` and ``check_unicast_src`` of an instance (keepalived's commit 3c41f6d9);
those before, from 1.2.20 on, have ``vrrp_check_unicast_src`` for all instances (e3dacabe)."""
_HOPS = 255
"""Of a packet that no router has handed on (RFC 5798, 5.1.1.3)."""

_SIGNS = "\"'#!{}$@&~\\"
"""What words of keepalived.conf(5) cannot have, or begin something else with."""


def _address(value: Any, what: str, length: bool = False) -> str:
    text = written(value, what)
    read = parse_address(text, what)
    if text != (read if length else read.partition("/")[0]):
        raise Unwritable(f"{what}: would be read as '{read}'; write it like that")
    return text


def _number(value: Any, what: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Unwritable(f"{what}: is no number from {low} to {high}")
    return value


def checks_hops(version: str | None) -> bool:
    """Whether keepalived of that version refuses advertisements that routers have handed on; one that is not known does."""
    found = re.match(r"([0-9]+)\.([0-9]+)\.([0-9]+)", version or HOPS_SINCE)
    return found is None or tuple(map(int, found.groups())) >= tuple(map(int, HOPS_SINCE.split(".")))


def render_keepalived(said: Mapping[str, Any], health: str, hops: bool = True) -> str:
    """The text of its file.

    :param said: ``interface`` (WireGuard's), ``address``, ``peers``, ``floating``, ``priority``, as the filter ``standbys``
        gives them, and ``id``, ``interval`` (milliseconds), ``unicast``, ``preempt``.
    :param health: path of the file that says whether the host is fit.
    :param hops: :func:`checks_hops` of the host's keepalived. In unicast mode only the other hosts are believed, and only where
        they are on the same link: whoever can send a packet to the host could take the floating address from it otherwise.
    :raises ValueError: a value that keepalived would read as something else, with its key.
    """
    floating = [
        {
            "address": _address(item["address"], f"floating[{index}].address", length=True),
            "interface": parse_link(item["interface"], f"floating[{index}].interface"),
        }
        for index, item in enumerate(said["floating"])
    ]
    version = ipaddress.ip_interface(floating[0]["address"]).version
    own = [item for item in floating if ipaddress.ip_interface(item["address"]).version == version]
    other = [item for item in floating if item not in own]
    name = parse_interface(said["interface"], "interface")
    peers = [_address(peer, "peers") for peer in said["peers"]]
    own_link = floating[0]["interface"]
    links = [link for link in dict.fromkeys(item["interface"] for item in floating) if link != own_link]
    own_address = _address(said["address"], "address")
    source = [f"  mcast_src_ip {own_address}"]
    if said["unicast"]:
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
            "# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.",
            "global_defs {",
            "  vrrp_version 3",
            *(["  vrrp_check_unicast_src"] if said["unicast"] and not hops else []),
            "}",
            f"vrrp_track_file fit-{name} {{",
            f"  file {written(health, 'health', _SIGNS, spaces=False)}",
            "  weight 1",
            "}",
            f"vrrp_instance {name} {{",
            "  state BACKUP",
            f"  interface {own_link}",
            f"  virtual_router_id {_number(said['id'], 'id', 1, 255)}",
            f"  priority {_number(said['priority'], 'priority', 1, 255)}",
            f"  advert_int {_number(said['interval'], 'interval', 10, 40950) / 1000:g}",
            "  preempt_delay 1" if said["preempt"] else "  nopreempt",
            "  lower_prio_no_advert",  # else whatever comes puts off the own advertisement (keepalived's vrrp_dispatcher_read)
            *source,
            *(["  track_interface {", *(f"    {link}" for link in links), "  }"] if links else []),
            "  track_file {",
            f"    fit-{name}",
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
