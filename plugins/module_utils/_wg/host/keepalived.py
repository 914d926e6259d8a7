# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of keepalived for one node that several hosts stand by for."""

from __future__ import annotations

import ipaddress
from typing import Any, Mapping


def render_keepalived(said: Mapping[str, Any], health: str) -> str:
    """The text of its file.

    :param said: ``interface`` (WireGuard's), ``address``, ``peers``, ``floating``, ``priority``, as the filter ``standbys``
        gives them, and ``id``, ``interval`` (milliseconds), ``unicast``, ``preempt``.
    :param health: path of the file that says whether the host is fit.
    """
    floating = said["floating"]
    version = ipaddress.ip_interface(floating[0]["address"]).version
    own = [item for item in floating if ipaddress.ip_interface(item["address"]).version == version]
    other = [item for item in floating if item not in own]
    name = said["interface"]
    own_link = floating[0]["interface"]
    links = [link for link in dict.fromkeys(item["interface"] for item in floating) if link != own_link]
    source = f"unicast_src_ip {said['address']}" if said["unicast"] else f"mcast_src_ip {said['address']}"
    return "\n".join(
        [
            "# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.",
            "global_defs {",
            "  vrrp_version 3",
            "}",
            f"vrrp_track_file fit-{name} {{",
            f"  file {health}",
            "  weight 1",
            "}",
            f"vrrp_instance {name} {{",
            "  state BACKUP",
            f"  interface {own_link}",
            f"  virtual_router_id {said['id']}",
            f"  priority {said['priority']}",
            f"  advert_int {said['interval'] / 1000:g}",
            "  preempt_delay 1" if said["preempt"] else "  nopreempt",
            f"  {source}",
            *(["  unicast_peer {", *(f"    {peer}" for peer in said["peers"]), "  }"] if said["unicast"] else []),
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
