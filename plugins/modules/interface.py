#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module ``interface``."""

from __future__ import annotations

DOCUMENTATION = r"""
module: interface
short_description: Apply a configuration to a running WireGuard interface
version_added: 0.1.0
author: meshwork.wireguard contributors (@meshwork)
description:
  - Writes the configuration file, enables and starts C(wg-quick@) or another O(backend), and applies the configuration to a
    running interface by changing only what differs. Tunnels to unchanged peers are not interrupted.
  - The live state is compared, so manual changes are repaired.
  - An interface is restarted only if hooks, DNS servers or the routing table change, or on a switch to or from a full tunnel. An
    interface that was set down manually is started again.
  - The private key is added on the host, from a file on it.
  - DNS endpoints are resolved by the unit C(meshwork-endpoints@), which exists only if there are any. The file has the names in
    comments, so that a name that does not resolve does not keep the interface down. With a full tunnel, or when the interface
    sets DNS servers, the name is also written as C(Endpoint), because it can only be resolved before the interface is up.
extends_documentation_fragment:
  - meshwork.wireguard.attributes
  - meshwork.wireguard.plan.ended
attributes:
  diff_mode:
    details: The diff names peers and prefixes; secrets are not in it.
  platform:
    details: The host may run systemd, OpenRC, or neither. In the last case, nothing starts the interface at boot.
options:
  name:
    description: Name of the interface, at most 15 characters.
    type: str
    required: true
  netns:
    description:
      - Name of the network namespace for the interface. A missing namespace is created.
      - The namespace gains the tunnel and nothing else. The UDP socket stays in the host's namespace.
      - The unit C(meshwork-inside@NAME) brings the interface up at boot, instead of O(backend), and resolves endpoint names
        outside. Hooks, DNS servers and another table have no effect there and are refused.
      - An interface that is elsewhere is moved there, or to the host if neither this nor O(container) is set.
    type: str
  container:
    description:
      - The same for a Podman or Docker container, by name. It may be stopped; the interface appears when it starts.
    type: str
  state:
    description:
      - V(present) is configured, running, and started at boot.
      - V(down) is configured, not running, and not started at boot.
      - V(absent) is neither running nor configured; the private key's file stays.
    type: str
    choices: [present, down, absent]
    default: present
  plan_from:
    description:
      - Name of the variable with the registered result of M(meshwork.wireguard.registry). O(content), O(private_key_file),
        O(forward), O(isolation), O(ended), O(netns) and O(container) are then those of this interface in the plan, and the other
        options are the variables of the role P(meshwork.wireguard.interface#role), unless they are given.
    type: str
  render:
    description:
      - With O(plan_from), the name of the variable that renders the configuration of the interface in
        C(wireguard_template_interface), if C(wireguard_template) is not the role's own.
    type: str
  content:
    description:
      - The configuration as C(wg-quick) reads it, with or without C(PrivateKey). It is never logged.
    type: str
  config:
    description:
      - The same, structured. Exactly one of O(config), O(content) and O(plan_from) is needed unless O(state=absent).
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
        description: Routing table for the routes to the AllowedIPs, V(off) for none, V(auto) for the one that wg-quick chooses.
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
            description: A name for humans, written to the file as a comment.
            type: str
          public_key:
            description: The peer's public key.
            type: str
            required: true
          preshared_key:
            description:
              - The preshared key of the pair. V(kept) keeps the one that the running interface has.
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
          follows:
            description:
              - The key that this one replaces, of another peer of the interface. As soon as the node uses this one, the unit
                C(meshwork-endpoints@) moves the other peer's AllowedIPs and keepalive to it.
            type: str
          next_preshared_key:
            description:
              - The preshared key that takes the place of C(preshared_key) when this host changes to its next private key, see
                M(meshwork.wireguard.rotation).
            type: str
  private_key_file:
    description:
      - File on the host with the private key, as M(meshwork.wireguard.keypair) makes it. Required if O(content) has none.
    type: path
  forward:
    description:
      - Whether the host forwards for others; sets the kernel's sysctls, live and for the next boot.
      - V(false) undoes what was set for the next boot. So does V(true) with O(netns) or O(container), because the host does not
        forward then. If not set, forwarding is not managed.
    type: bool
  backup:
    description: Keep a copy of the previous file beside the new one, with a time stamp in its name.
    type: bool
    default: false
  exclusive:
    description: V(false) keeps live peers that are in neither the new nor the previous configuration.
    type: bool
    default: true
  backend:
    description:
      - What brings the interface up at boot. C(/etc/wireguard/NAME.conf) describes it in each case, and live changes are always
        made with C(wg) and C(ip), so they do not interrupt traffic with any backend.
      - V(systemd-networkd) and V(NetworkManager) have their own files, generated from that one. They need WireGuard in the host's
        kernel, must be enabled, and start nothing before the next boot. They do not support hooks, DNS servers or a full tunnel.
      - A previous backend releases the interface, which stays up.
    type: str
    choices: [wg-quick, systemd-networkd, NetworkManager]
    default: wg-quick
  max_removals:
    description:
      - Refuse to remove more live peers than this. A peer that returns with another key does not count.
      - If not set, a fifth of the live peers, and at least one.
    type: int
  isolation:
    description:
      - Chains of the nftables table C(inet meshwork_isolation_NAME), which is loaded before the interface is up, also at boot.
        P(meshwork.wireguard.interfaces#filter) computes them for hubs. If not set, there is no such table.
    type: str
  destroy_backups:
    description: With O(state=absent), also destroy the backups made by O(backup), and the files of other programs that were
      replaced. They contain the private key.
    type: bool
    default: false
  pending:
    description:
      - Change nothing yet, but prepare the change on the host for M(meshwork.wireguard.rollback), which makes it and
        rolls it back unless it is confirmed.
    type: bool
    default: false
  adopted:
    description:
      - The program that made the interface. While the running interface and its files mean what is wanted, nothing is written
        or enabled, whatever the O(backend). An interface that another program has is not taken for one of the collection's.
      - With the first change the module writes its own file, enables the O(backend), and renames the files of the other program
        to C(NAME.replaced-by-meshwork). In check mode the changes name them.
      - The private key is the one that runs. A peer without a preshared key keeps the one that runs.
      - M(meshwork.wireguard.import_networks) writes such interfaces. O(pending) is not
        supported.
    type: dict
    suboptions:
      by:
        description: The program; V(hand) if there is no file.
        type: str
        required: true
        choices: [wg-quick, networkd, NetworkManager, hand]
      files:
        description: Its files on the host, without those that other interfaces use, too.
        type: list
        elements: path
        default: []
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
  description: The changes in the order in which they are made. Each has a C(kind), and keys that depend on it.
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
pending:
  description: The number of the change that waits for M(meshwork.wireguard.rollback); empty if there is none.
  returned: success
  type: str
restarted:
  description: Whether the interface was restarted, or in check mode would be.
  returned: success
  type: bool
public_key:
  description: The interface's public key; null if there is no private key yet.
  returned: success
  type: str
backup_file:
  description: Path of the backup of the previous file.
  returned: when a backup was made
  type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import failures_reported
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import BACKENDS, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.changing import Changing
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, config_from_dict
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import PROGRAMS

_TEXTS = {"type": "list", "elements": "str"}
ARGUMENT_SPEC = {
    "name": {"type": "str", "required": True},
    "netns": {"type": "str"},
    "container": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "down", "absent"], "default": "present"},
    "plan_from": {"type": "str"},
    "render": {"type": "str"},
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
                    "follows": {"type": "str"},
                    "next_preshared_key": {"type": "str", "no_log": True},
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
    "pending": {"type": "bool", "default": False},
    "adopted": {
        "type": "dict",
        "options": {
            "by": {"type": "str", "required": True, "choices": list(PROGRAMS)},
            "files": {"type": "list", "elements": "path", "default": []},
        },
    },
}


def _wanted(params: dict[str, Any]) -> Wanted:
    content = params["content"]
    return Wanted(
        content=render_conf(config_from_dict(params["config"])) if content is None else content,
        private_key_file=params["private_key_file"],
        up=params["state"] == "present",
        **{
            name: params[name]
            for name in ("forward", "backup", "exclusive", "max_removals", "backend", "ended", "isolation", "adopted")
        },
    )


def main() -> None:
    """Run as a module."""
    module = AnsibleModule(
        argument_spec=ARGUMENT_SPEC,
        supports_check_mode=True,
        mutually_exclusive=[("content", "config"), ("netns", "container"), ("adopted", "netns"), ("adopted", "container")],
        required_if=[("state", "present", ("content", "config"), True), ("state", "down", ("content", "config"), True)],
    )
    module.no_log_values.discard(KEPT)  # a word, not a secret
    params, host = module.params, Host()
    if params["adopted"] and params["pending"]:
        module.fail_json(msg=f"interface {params['name']}: an adopted interface is changed at once; leave out 'pending'")
    with failures_reported(module, f"interface {params['name']}"):
        if params["state"] == "absent":
            wanted, inside = None, where_is(host, params["name"])
        else:
            wanted, inside = _wanted(params), {kind: params[kind] for kind in ("netns", "container") if params[kind]}
        changing = Changing(host, params["name"], inside)
        result = changing.run(wanted, module.check_mode, params["pending"], params["destroy_backups"])
    module.exit_json(**result)


if __name__ == "__main__":
    main()
