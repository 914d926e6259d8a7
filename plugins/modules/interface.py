#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``interface``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: interface
short_description: Bring a WireGuard interface to a configuration, live
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Writes the configuration file, enables and starts C(wg-quick@) or what O(backend) says, and brings a running interface to the
    configuration by changing only what differs. Tunnels of peers that do not change go on.
  - The live state is what is compared, so that what was altered by hand is repaired.
  - An interface is restarted only where hooks, DNS, the routing table, or the switch to or from a full tunnel change;
    one whose link was set down by hand starts anew.
  - The private key is added on the host, from a file there.
  - Endpoints that are host names are resolved by the unit C(meshwork-endpoints@), which comes and goes with them. The file has
    them as comments, so that a name that does not resolve keeps nothing down. A full tunnel or an interface that sets DNS servers
    has the name as C(Endpoint), too, because only before its start the name can be asked for.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: The diff names peers and prefixes; secrets are not in it.
  platform:
    support: full
    platforms: linux
    details: The host runs systemd, or OpenRC, or nothing that starts the interface at boot.
options:
  name:
    description: Name of the interface, at most 15 characters.
    type: str
    required: true
  netns:
    description:
      - Name of the network namespace that the interface is to be in; it is made where it is missing.
      - What is inside has the tunnel, and nothing else that it did not have before. The UDP socket stays in the host's namespace.
      - The unit C(meshwork-inside@NAME) makes the interface at the next boot, instead of O(backend), and resolves names of
        endpoints outside. Hooks, DNS servers and another table do nothing there and are refused.
      - An interface that is elsewhere moves there, or to the host where neither this nor O(container) is given.
    type: str
  container:
    description:
      - The same, with the name of a container of Podman or Docker. It may be stopped; the interface comes with its start.
    type: str
  state:
    description:
      - V(present) is configured, running, and started at boot.
      - V(down) is configured, not running, and not started at boot.
      - V(absent) is neither running nor configured; the private key's file stays.
    type: str
    choices: [present, down, absent]
    default: present
  content:
    description:
      - The configuration as C(wg-quick) reads it, with or without C(PrivateKey). It is never logged.
    type: str
  config:
    description:
      - The same, structured. Exactly one of O(config) and O(content) is needed unless O(state=absent).
    type: dict
    suboptions:
      addresses:
        description: Addresses with prefix length.
        type: list
        elements: str
      port:
        description: UDP port.
        type: int
      fwmark:
        description: Mark of outgoing packets, decimal, hexadecimal with C(0x), or V(off).
        type: str
      mtu:
        description: Bytes.
        type: int
      table:
        description: Routing table for the routes to the AllowedIPs, V(off) for none, V(auto) for wg-quick's own way.
        type: str
      dns:
        description: DNS servers and search domains.
        type: list
        elements: str
      hooks:
        description: Commands that C(wg-quick) runs around up and down. C(%i) stands for the interface's name.
        type: dict
        suboptions:
          pre_up:
            description: Before the interface is up.
            type: list
            elements: str
          post_up:
            description: After it.
            type: list
            elements: str
          pre_down:
            description: Before the interface goes down.
            type: list
            elements: str
          post_down:
            description: After it.
            type: list
            elements: str
      peers:
        description: The peers.
        type: list
        elements: dict
        suboptions:
          name:
            description: A name for people; it stands in the file as a comment.
            type: str
          public_key:
            description: The peer's public key.
            type: str
            required: true
          preshared_key:
            description: The preshared key of the pair.
            type: str
          allowed_ips:
            description: Prefixes that are sent to the peer and accepted from it.
            type: list
            elements: str
          endpoint:
            description: C(host:port) of the peer, IPv6 addresses in brackets.
            type: str
          keepalive:
            description: Seconds between keepalives, 0 for none.
            type: int
  private_key_file:
    description:
      - File on the host with the private key, as M(meshwork.wireguard.keypair) makes it. Needed where O(content) holds none.
    type: path
  forward:
    description:
      - Whether the host carries packets for others; sets the kernel's switches, live and for the next boot.
      - V(false) takes back what was set for the next boot, and so does V(true) with O(netns) or O(container), since it is not the
        host that forwards then. Without it nothing is looked at.
    type: bool
  backup:
    description: Keep the previous file beside the new one, with a time stamp in its name.
    type: bool
    default: false
  exclusive:
    description: V(false) leaves live peers alone that neither the new nor the previous configuration has.
    type: bool
    default: true
  backend:
    description:
      - What makes the interface at the next boot. C(/etc/wireguard/NAME.conf) describes it in each case, and live changes are
        made with C(wg) and C(ip), so that they cost the same, which is nothing.
      - V(systemd-networkd) and V(NetworkManager) have files of their own, made from that one. They need WireGuard in the host's
        kernel, have to be enabled, and are not asked to start anything before the next boot. They take neither hooks, nor DNS
        servers, nor a full tunnel.
      - Where another one kept the interface it lets go, and the interface runs on.
    type: str
    choices: [wg-quick, systemd-networkd, NetworkManager]
    default: wg-quick
  max_removals:
    description:
      - Refuse to remove more live peers than this. A peer that comes back with another key counts as kept.
      - Without it, a fifth of the live peers may go, and at least one.
    type: int
  ended:
    description:
      - Public keys of nodes that were taken out on purpose, as M(meshwork.wireguard.registry) returns them. Peers with these keys
        do not count for O(max_removals).
    type: list
    elements: str
    default: []
  isolation:
    description:
      - Chains of a table of nftables, C(inet meshwork_isolation_NAME). It is loaded before the interface is up, also at boot.
        P(meshwork.wireguard.interfaces#filter) computes them for hubs. Without it there is no such table.
    type: str
  destroy_backups:
    description: With O(state=absent), destroy the backups that O(backup) has made, too. They hold the private key.
    type: bool
    default: false
  trial:
    description:
      - Change nothing yet, but keep the change on the host for M(meshwork.wireguard.trial), which makes it and takes it back
        unless it is confirmed.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Bring up wg0
  meshwork.wireguard.interface:
    name: wg0
    private_key_file: /etc/wireguard/wg0.key
    config:
      addresses: [10.8.0.1/24]
      port: 51820
      peers:
        - name: beta
          public_key: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
          allowed_ips: [10.8.0.2/32]
          endpoint: 203.0.113.2:51820

- name: The same from a template
  meshwork.wireguard.interface:
    name: wg0
    private_key_file: /etc/wireguard/wg0.key
    content: "{{ lookup('ansible.builtin.template', 'wg0.conf.j2') }}"

- name: Give a container the tunnel as its only way out
  meshwork.wireguard.interface:
    name: wg0
    container: web
    private_key_file: /etc/wireguard/wg0.key
    content: "{{ lookup('ansible.builtin.template', 'wg0.conf.j2') }}"
"""

RETURN = r"""
changes:
  description: The changes in the order in which they are made. Each has a C(kind) and what belongs to it.
  returned: success
  type: list
  elements: dict
  sample:
    - kind: peer_added
      peer: beta
      public_key: "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="
      allowed_ips: [10.8.0.2/32]
      endpoint: 203.0.113.2:51820
      keepalive: 0
trial:
  description: The number of the change that waits for M(meshwork.wireguard.trial); empty where none does.
  returned: success
  type: str
restarted:
  description: Whether the interface was restarted, or in check mode would be.
  returned: success
  type: bool
public_key:
  description: The interface's public key; null where there is no private key yet.
  returned: success
  type: str
backup_file:
  description: Where the previous file was kept.
  returned: when a backup was made
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Runner
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import BACKENDS, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.changing import Changing
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict

_TEXTS = {"type": "list", "elements": "str"}
ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "netns": {"type": "str"},
    "container": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "down", "absent"], "default": "present"},
    "content": {"type": "str", "no_log": True},
    "config": {
        "type": "dict",
        "options": {
            "addresses": _TEXTS,
            "port": {"type": "int"},
            "fwmark": {"type": "str"},
            "mtu": {"type": "int"},
            "table": {"type": "str"},
            "dns": _TEXTS,
            "hooks": {
                "type": "dict",
                "options": {"pre_up": _TEXTS, "post_up": _TEXTS, "pre_down": _TEXTS, "post_down": _TEXTS},
            },
            "peers": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str"},
                    "public_key": {"type": "str", "required": True, "no_log": False},
                    "preshared_key": {"type": "str", "no_log": True},
                    "allowed_ips": _TEXTS,
                    "endpoint": {"type": "str"},
                    "keepalive": {"type": "int"},
                },
            },
        },
    },
    "private_key_file": {"type": "path", "no_log": False},
    "forward": {"type": "bool"},
    "backup": {"type": "bool", "default": False},
    "exclusive": {"type": "bool", "default": True},
    "backend": {"type": "str", "choices": list(BACKENDS), "default": BACKENDS[0]},
    "max_removals": {"type": "int"},
    "ended": {"type": "list", "elements": "str", "default": []},
    "isolation": {"type": "str"},
    "destroy_backups": {"type": "bool", "default": False},
    "trial": {"type": "bool", "default": False},
}


def _wanted(params: dict[str, Any]) -> Wanted:
    content = params["content"]
    return Wanted(
        content=render_conf(config_from_dict(params["config"])) if content is None else content,
        private_key_file=params["private_key_file"],
        up=params["state"] == "present",
        **{name: params[name] for name in ("forward", "backup", "exclusive", "max_removals", "backend", "ended", "isolation")},
    )


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=[("content", "config"), ("netns", "container")],
        required_if=[("state", "present", ("content", "config"), True), ("state", "down", ("content", "config"), True)],
    )
    params = module.params
    try:
        if params["state"] == "absent":
            wanted, inside = None, where_is(params["name"])
        else:
            wanted, inside = _wanted(params), {kind: params[kind] for kind in ("netns", "container") if params[kind]}
        changing = Changing(Runner(), params["name"], inside)
        result = changing.run(wanted, module.check_mode, params["trial"], params["destroy_backups"])
    except (CommandFailed, ValueError, OSError) as error:
        module.fail_json(msg="interface {}: {}".format(params["name"], error))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
