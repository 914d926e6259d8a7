# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.bird_watch import (
    Watch,
    drop_rules,
    forwards,
    keep_rules,
    write_state,
)


@pytest.mark.parametrize(
    ("switches", "versions", "expected"),
    [
        ({}, [4, 6], True),
        ({"ipv4/conf/all": "1", "ipv4/conf/wg0": "1"}, [4], True),
        ({"ipv4/conf/all": "0"}, [4], False),
        ({"ipv4/conf/wg0": "0"}, [4], False),
        ({"ipv4/conf/eth0": "0"}, [4], True),
        ({"ipv6/conf/all": "0"}, [4], True),
        ({"ipv6/conf/all": "0"}, [4, 6], False),
        ({"ipv4/conf/all": "0"}, [], True),
    ],
)
def test_who_forwards(host, switches, versions, expected):
    for place, value in switches.items():
        host.put(f"/proc/sys/net/{place}/forwarding", value + "\n")
    assert forwards(host, versions, ["wg0", "wg0-hub2"]) is expected


def test_bird_is_told_what_changes(host):
    path = "/run/forwards.conf"
    assert [write_state(host, path, forwarding) for forwarding in (True, True, False, False, True)] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert host.read(path) == "define FORWARDS = true;\n"


def test_a_hub_that_has_just_started_does_not_forward_yet(host):
    config, state = "/etc/meshwork-wireguard/wg0.bgp.json", host.path("/run/meshwork-wireguard/wg0.forwards.conf")
    host.put(config, json.dumps({"interface": "wg0", "interfaces": ["wg0"], "table": 7, "forwards": [4]}))
    watch = Watch(host, config)
    watch.prepare()
    assert state.read_text(encoding="ascii") == "define FORWARDS = false;\n"
    watch.settled = time.monotonic() + 60
    assert watch.update() is False
    watch.settled = 0.0
    assert watch.update() is True
    Watch(host, config).prepare()  # this program alone starts anew
    assert state.read_text(encoding="ascii") == "define FORWARDS = true;\n"


def test_rules(host):
    host.answers["ip", "-4", "rule", "show"] = "5190: from all lookup 7\n"
    keep_rules(host, 7)
    drop_rules(host, 7)
    assert [" ".join(words) for words in host.calls if "show" not in words] == [
        "ip -6 rule add priority 5190 lookup 7",
        "ip -4 rule delete priority 5190 lookup 7",
        "ip -6 rule delete priority 5190 lookup 7",
    ]
