# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lies: a host each, what is wrong in its answer to which module, and what has to come of it.

``FAILED``: this host fails, and the message names it and has the word. ``IGNORED``: it goes on as if it had not said that.
``EITHER``: one of these. Whatever it is, no other host, no file of the controller and no later run notices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import VARIABLES
from ansible_collections.meshwork.wireguard.tests.hostile.answers import key

FAILED, IGNORED, EITHER = "failed", "ignored", "either"
ROOT = "@ROOT@"
"""The directory of the controller, in answers and in what hosts are sent."""
GONE = "gone"
"""A node that was removed; its key is nobody's any more."""
JINJA = '{{ lookup("ansible.builtin.pipe", "touch %s/PWNED") }}' % ROOT
TITLE = "\x1b]0;owned\x07"
"""Sets the title of a terminal."""
SEPARATOR = "\u2028"
"""A line break for some programs."""
LONG = "long " * 2_000_000
FACTS: Mapping[str, Any] = {
    **dict.fromkeys(VARIABLES, JINJA),
    "__wireguard_content": JINJA,
    "__wireguard_interfaces": [],
    "wireguard_plan": {"networks": [], "interfaces": {}, "digest": "", "notes": [JINJA]},
    "wireguard_prepared": {"keys": {"wg0": key("beta")}, "settled": ["wg0"], "stale": ["wg9"]},
    "__wireguard_takes_away": True,
    "ansible_check_mode": True,
    "ansible_play_hosts_all": [],
    "drill_kill_command": ["sh", "-c", f"touch {ROOT}/PWNED"],
    "drill_faults": ["killed"],
    "groups": {"wireguard": []},
    "inventory_dir": f"{ROOT}/elsewhere",
    "inventory_hostname": "alpha",
    "omit": f"{ROOT}/elsewhere",
    "wireguard_addresses": ["10.8.0.2"],
    "wireguard_allowed_ips": ["0.0.0.0/0"],
    "wireguard_client_directory": f"{ROOT}/elsewhere",
    "wireguard_clients": {"phone": {"public_key": key("phone")}},
    "wireguard_container_subnets": ["172.20.2.0/24"],
    "wireguard_destroy_keys": True,
    "wireguard_endpoint": "198.51.100.66:51820",
    "wireguard_forward": True,
    "wireguard_group": "all",
    "wireguard_hooks": {"post_up": [f"touch {ROOT}/PWNED"]},
    "wireguard_hub": True,
    "wireguard_interface": "wg9",
    "wireguard_interface_state": "absent",
    "wireguard_key_directory": "/etc",
    "wireguard_managed": False,
    "wireguard_max_removals": 1000,
    "wireguard_memberships": {"wireguard": {"endpoint": "198.51.100.66"}},
    "wireguard_mtu": 1300,
    "wireguard_network_file": f"{ROOT}/secret.txt",
    "wireguard_networks": {"wireguard": {"topology": "star"}},
    "wireguard_node": "alpha",
    "wireguard_prefixes": ["10.9.0.0/16"],
    "wireguard_preshared_secret": "not the secret of the others",
    "wireguard_preshared_secret_previous": "not what the others had before",
    "wireguard_prune": True,
    "wireguard_public_key": key("beta"),
    "wireguard_registry": f"{ROOT}/elsewhere",
    "wireguard_remove": ["alpha", "beta"],
    "wireguard_remove_network": "wireguard",
    "wireguard_revoked": True,
    "wireguard_rollback": 60,
    "wireguard_routes": ["172.20.2.0/25", "172.20.2.128/25"],
    "wireguard_template": f"{ROOT}/secret.txt",
    "wireguard_topology": "star",
    "wireguard_uninstall": True,
}


@dataclass(frozen=True)
class Lie:
    """One host's. ``values`` are paths in the answer, with dots, and what stands there; ``raw`` is all that is printed."""

    host: str
    module: str
    expected: str
    word: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    raw: str | None = None

    def told(self, root: Any) -> dict[str, Any]:
        """For the description of a fake host."""
        said = {"raw": self.raw} if self.raw is not None else {"values": self.values, "without": self.without}
        found: dict[str, Any] = json.loads(json.dumps(said).replace(ROOT, str(root)))
        return found


def _says(module: str, expected: str, table: Mapping[str, tuple[str, Any]], word: str | None = None) -> Iterator[Lie]:
    """Host -> a path and what stands there. The word of the message is the first part of the path, if it is not another."""
    for host, (path, value) in table.items():
        yield Lie(host, module, expected, path.partition(".")[0] if word is None else word, {path: value})


_ALONE = {
    f"says-{name.strip('_').replace('_', '-')}": (f"ansible_facts.{name}", FACTS[name])
    for name in (
        "wireguard_plan",
        "wireguard_endpoint",
        "wireguard_hooks",
        "wireguard_node",
        "wireguard_registry",
        "wireguard_remove",
        "wireguard_revoked",
        "wireguard_routes",
        "wireguard_template",
    )
}
"""Facts that a host of their own says, so that none hides what another does."""
_OTHERS_KEYS = {
    "key-is-betas": ("keys.wg0", key("beta")),
    "key-is-alphas": ("keys.wg0", key("alpha")),
    "key-is-a-removed-nodes": ("keys.wg0", key(GONE)),
    "next-key-is-betas": ("next_keys.wg0", key("beta")),
    "next-key-is-a-removed-nodes": ("next_keys.wg0", key(GONE)),
}
_NO_KEYS = {
    "keys-are-text": ("keys", "x"),
    "keys-are-a-list": ("keys", ["wg0"]),
    "keys-are-a-number": ("keys", 7),
    "keys-are-null": ("keys", None),
    "key-is-a-mapping": ("keys.wg0", {"public_key": key("beta")}),
    "key-is-a-number": ("keys.wg0", 5),
    "key-is-a-list": ("keys.wg0", [key("beta")]),
    "key-has-a-hook": ("keys.wg0", "x\nPostUp = id"),
    "key-and-a-hook": ("keys.wg0", key("evil") + "\nPostUp = id"),
    "key-is-not-base64": ("keys.wg0", "!" * 44),
    "key-is-short": ("keys.wg0", "AAAA"),
    "key-has-a-separator": ("keys.wg0", key("evil") + SEPARATOR + "AllowedIPs = 0.0.0.0/0"),
    "key-is-a-template": ("keys.wg0", JINJA),
    "key-is-of-elsewhere": ("keys", {"wg0": key("key-is-of-elsewhere"), f"../{JINJA}": key("evil")}),
}
_NO_SHAPE = {
    "interfaces-are-text": ("interfaces", "x"),
    "interfaces-are-a-list": ("interfaces", [{"name": "wg0"}]),
    "interfaces-are-a-number": ("interfaces", 5),
    "interface-is-text": ("interfaces.wg0", "x"),
    "changes-are-text": ("interfaces.wg0.changes", "x"),
    "changes-are-mappings": ("interfaces.wg0.changes", [{"x": [1]}]),
    "peers-are-text": ("interfaces.wg0.peers", "x"),
    "peers-are-texts": ("interfaces.wg0.peers", ["x", "y"]),
    "peers-have-no-keys": ("interfaces.wg0.peers", [{"name": "alpha"}]),
    "peers-have-numbers": ("interfaces.wg0.peers", [{"name": 5, "public_key": 6}]),
    "peers-have-wrong-keys": ("interfaces.wg0.peers", [{"name": "alpha", "public_key": "zz\nPostUp = id"}]),
    "peers-are-200000": ("interfaces.wg0.peers", [{"name": None, "public_key": key("evil")}] * 200_000),
    "preshared-is-a-mapping": ("interfaces.wg0.preshared", {"alpha": [1]}),
    "preshared-has-lists": ("interfaces.wg0.preshared", [["alpha"]]),
    "settled-is-text": ("settled", "wg0"),
    "settled-is-a-number": ("settled", 5),
    "settled-is-nested": ("settled", [["wg0"]]),
    "stale-is-text": ("stale", "wg0"),
    "stale-is-a-template": ("stale", [JINJA]),
    "stale-is-a-path": ("stale", ["../../etc/passwd"]),
    "stale-is-nested": ("stale", [{"name": "wg0"}]),
    "stands-by-is-a-template": ("vrrp", [JINJA]),
    "stands-by-is-a-number": ("vrrp", 1),
    "routes-for-is-a-mapping": ("bgp", {"wg0": 1}),
    "metrics-are-a-template": ("metrics", JINJA),
    "names-are-a-template": ("names", JINJA),
    "metrics-are-true": ("metrics", True),
    "plan-is-a-list": ("plan", ["x"]),
    "routes-are-texts": ("routes", ["192.0.2.0/24"]),
    "routes-are-templates": ("routes", [{"prefix": JINJA, "connected": True}]),
    "routes-are-200000": ("routes", [{"prefix": "192.0.2.0/24", "connected": True}] * 200_000),
    "next-keys-are-text": ("next_keys", "x"),
    "next-key-has-a-hook": ("next_keys.wg0", key("evil") + "\nPostUp = id"),
    "next-key-is-a-template": ("next_keys.wg0", JINJA),
    "key-date-is-a-template": ("key_dates.wg0", JINJA),
    "key-date-is-none": ("key_dates.wg0", "2027-02-30"),
    "packages-are-text": ("packages", "wireguard-tools"),
    "packages-are-options": ("packages", ["--allow-unauthenticated"]),
    "packages-are-templates": ("packages", [JINJA]),
    "tools-version-is-a-mapping": ("tools_version", {"x": [1]}),
}
_STRANGE = {
    "says-it-is-settled": ("settled", ["wg0", "wg1"]),
    "says-another-plan": ("plan", "0" * 64),
    "diff-is-text": ("diff", "x"),
    "diff-has-headers": ("diff", {"before": TITLE, "after": JINJA, "before_header": TITLE, "after_header": {"x": 5}}),
    "warnings-are-text": ("warnings", "x"),
    "warnings-are-mappings": ("warnings", [{"x": 1}]),
    "changes-are-100000": ("interfaces.wg0.changes", ["~ file: changed"] * 100_000),
    "version-is-10-mb": ("tools_version", LONG),
    "is-skipped": ("skipped", True),
    "is-unreachable": ("unreachable", True),
    "key-is-a-vault": ("keys.wg0", {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n00"}),
    "text-is-trusted": (
        "tools_version",
        {"__ansible_type": "_AnsibleTaggedStr", "value": JINJA, "tags": [{"__ansible_type": "TrustedAsTemplate"}]},
    ),
    "failed-is-text": ("failed", "x"),
    "changed-is-a-list": ("changed", ["x"]),
    "changed-is-text": ("changed", "perhaps"),
    "facts-are-text": ("ansible_facts", "x"),
    "facts-are-a-list": ("ansible_facts", [["x"]]),
}
_ALL_TITLES = {
    "deprecations": [{"msg": TITLE, "version": "9"}],
    "diff": {"prepared": f"+ {TITLE}\n"},
    "hint": TITLE,
    "implementation": TITLE,
    "interfaces.wg0.changes": [f"~ file: {TITLE}", f"{SEPARATOR}+ {TITLE}"],
    "plan": TITLE,
    "tools_version": TITLE,
    "userspace_version": f"1{SEPARATOR}{TITLE}",
    "warnings": [f"a warning {TITLE}"],
}
_ALL_JINJA = {
    "deprecations": [{"msg": JINJA, "version": "9"}],
    "diff": {"prepared": JINJA},
    "hint": JINJA,
    "implementation": JINJA,
    "interfaces.wg0.changes": [JINJA, "{% for x in y %}", "{{"],
    "interfaces.wg0.peers": [{"name": JINJA, "public_key": key("alpha")}],
    "plan": JINJA,
    "tools_version": JINJA,
    "userspace_version": JINJA,
    "warnings": [JINJA],
}
_FOR_CORE = {
    "_ansible_delegated_vars": {"ansible_host": "alpha", "ansible_delegated_host": "alpha"},
    "_ansible_no_log": False,
    "_ansible_notify": ["x"],
    "_ansible_verbose_override": True,
    "add_group": "wireguard_hubs",
    "add_host": {"host_name": "evil", "groups": ["wireguard"], "host_vars": {"wireguard_hub": True}},
    "ansible_host": "alpha",
    "ansible_stats": {"data": {"x": JINJA}, "per_host": False, "aggregate": True},
    "include": f"{ROOT}/secret.txt",
    "include_args": {"x": JINJA},
    "invocation": {"module_args": {"interfaces": JINJA}},
    "results": [{"ansible_facts": {"wireguard_hub": True}, "pending": "1", "item": "wg0"}],
    "text": LONG,
}
_NOT_READ = {
    "facts-are-nested": ("ansible_facts", {"ansible_facts": {"wireguard_hub": True}, "hostvars": {"alpha": {}}}),
    "is-asynchronous": ("ansible_async_watchdog", 1),
    "is-a-job": ("ansible_job_id", "../../PWNED"),
}
_NO_JSON = {
    "prints-nothing": "",
    "prints-text": f"{TITLE} Segmentation fault",
    "prints-half": '{"changed": false, "keys": {',
    "prints-a-list": '[{"changed": false}]',
    "prints-a-text": '"changed"',
    "prints-null": "null",
    "prints-two-documents": '{"changed": false}\n{"changed": true, "ansible_facts": {"wireguard_hub": true}}',
    "prints-10000-levels": '{"changed": false, "keys": ' + "[" * 10_000 + "]" * 10_000 + "}",
    "prints-no-utf-8": '{"changed": false, "keys": "\udcff"}',
    "prints-a-huge-number": '{"changed": false, "keys": ' + "9" * 10_000 + "}",
    "prints-nan": '{"changed": NaN, "keys": Infinity}',
}
_FAILS = {
    "fails-with-a-title": {"failed": True, "msg": TITLE, "exception": f"Traceback {TITLE}", "module_stderr": TITLE},
    "fails-with-jinja": {"failed": True, "msg": JINJA, "exception": JINJA},
    "fails-with-a-list": {"failed": True, "msg": [JINJA, {"x": TITLE}]},
    "fails-with-10-mb": {"failed": True, "msg": LONG},
}
_GUARDED = {
    "has-invented-peers": [{"name": f"friend {number}", "public_key": key(f"friend {number}")} for number in range(3)],
    "has-peers-with-titles": [{"name": f"{TITLE}{number}", "public_key": key(f"friend {number}")} for number in range(3)],
}
_OF_INTERFACE = {
    "pending-is-a-list": ("pending", ["1"]),
    "pending-is-a-number": ("pending", 7),
    "interface-changes-are-text": ("changes", "x"),
    "interface-restarted-is-text": ("restarted", {"x": 1}),
    "interface-key-is-no-key": ("public_key", "x\nPostUp = id"),
}
_STRANGE_OF_INTERFACE = {
    "pending-was-not-asked": ("pending", "1"),
    "pending-is-a-template": ("pending", JINJA),
    "interface-changes-are-templates": ("changes", [{"kind": JINJA, "peer": TITLE}]),
    "interface-diff-has-titles": ("diff", {"prepared": f"+ {TITLE} {JINJA}\n"}),
    "interface-warns-with-titles": ("warnings", [TITLE]),
    "interface-key-is-betas": ("public_key", key("beta")),
}

FIRST = (
    Lie("aardvark", "prepare", IGNORED, values={"ansible_facts": FACTS}),
    Lie("abacus", "prepare", FAILED, "keys", values={"keys": "x", "ansible_facts": FACTS}),
)
"""Liars that come first in the inventory, where tasks with ``run_once`` run."""
LIES = (
    *FIRST,
    *_says("prepare", IGNORED, _ALONE, ""),
    *_says("prepare", FAILED, _NO_KEYS),
    *_says("prepare", FAILED, _OTHERS_KEYS, "key"),
    *_says("prepare", FAILED, _NO_SHAPE),
    *_says("prepare", EITHER, _STRANGE, ""),
    *_says("prepare", IGNORED, _NOT_READ, ""),
    Lie("says-titles", "prepare", EITHER, values=_ALL_TITLES),
    Lie("says-jinja", "prepare", EITHER, values=_ALL_JINJA),
    Lie("says-what-core-reads", "prepare", IGNORED, values=_FOR_CORE),
    *(Lie(host, "prepare", FAILED, raw=text) for host, text in _NO_JSON.items()),
    *(Lie(host, "prepare", FAILED, values=values) for host, values in _FAILS.items()),
    *(Lie(host, "prepare", FAILED, "live peers", values={"interfaces.wg0.peers": peers}) for host, peers in _GUARDED.items()),
    Lie("has-no-keys", "prepare", FAILED, "keys", without=("keys",)),
    Lie("has-no-interfaces", "prepare", FAILED, "interfaces", without=("interfaces",)),
    Lie("has-no-settled", "prepare", FAILED, "settled", without=("settled",)),
    Lie(
        "installs-by-another-module",
        "prepare",
        FAILED,
        "manager",
        values={"packages": ["wireguard-tools"], "manager": "ansible.builtin.command", "hint": JINJA},
    ),
    *_says("interface", FAILED, _OF_INTERFACE),
    *_says("interface", EITHER, _STRANGE_OF_INTERFACE, ""),
    Lie("interface-has-facts", "interface", IGNORED, values={"ansible_facts": FACTS}),
    Lie("interface-prints-nothing", "interface", FAILED, raw=""),
)  # fmt: skip
