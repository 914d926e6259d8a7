# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host tells of its interfaces before any of them is touched."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.preparation import Preparation
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, GAMMA, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key, shorthand

TO_BETA = {"name": "beta", "public_key": key("beta")}
TO_GAMMA = {"name": "gamma", "public_key": key("gamma")}
NOBODYS = {"name": None, "public_key": key("gamma")}
ADDED = f"+ peer gamma ({shorthand('gamma')}): AllowedIPs 10.8.0.3/32, keepalive 25 s"


def host_of(stage, config, forward=None):
    content = config if isinstance(config, str) else render_conf(config)
    entry = {"name": "wg0", "key": "wg0", "make_key": True, "content": content, "forward": forward}
    return Preparation(stage.host, "/etc/wireguard", [entry])


@pytest.mark.parametrize(
    ("there", "live", "wanted", "exclusive", "changes", "peers"),
    [
        pytest.param(BASE, BASE, BASE, True, [], [TO_BETA], id="nothing differs"),
        pytest.param(BASE, BASE, replace(BASE, mtu=1380), True, ["~ file: changed", "~ MTU 1420 -> 1380"], [TO_BETA], id="MTU"),
        pytest.param(BASE, replace(BASE, peers=(BETA, GAMMA)), BASE, False, [], [TO_BETA], id="a foreign peer is left alone"),
        pytest.param(
            BASE,
            replace(BASE, peers=(BETA, GAMMA)),
            BASE,
            True,
            [f"- peer {shorthand('gamma')}"],
            [TO_BETA, NOBODYS],
            id="a foreign peer goes",
        ),
        pytest.param(
            replace(BASE, peers=(BETA, GAMMA)),
            replace(BASE, peers=(BETA, GAMMA)),
            BASE,
            False,
            ["~ file: changed", f"- peer gamma ({shorthand('gamma')})"],
            [TO_BETA, TO_GAMMA],
            id="a peer that was ours goes",
        ),
        pytest.param(
            BASE,
            BASE,
            "[Interface]\nPort = 1\n",
            True,
            ["~ interface: line 2: unknown key 'Port' in [Interface]"],
            [TO_BETA],
            id="what cannot be compared counts as a change",
        ),
    ],
)
def test_look(stage, there, live, wanted, exclusive, changes, peers):
    stage.fill(there, up=False)
    stage.host.up(live, OWN)
    found = host_of(stage, wanted).look(exclusive)
    assert found == {"wg0": {"changes": changes, "peers": peers, "preshared": [], "addresses": list(there.addresses)}}
    assert stage.host.changing == []
    assert stage.text == text_of(there)


def test_peers_whose_preshared_key_changes_are_named(stage):
    stage.fill(BASE, up=False)
    stage.host.up(BASE, OWN)
    found = host_of(stage, replace(BASE, peers=(replace(BETA, preshared_key=key("other")),))).look(exclusive=True)["wg0"]
    assert found["preshared"] == ["beta"]
    assert key("other") not in str(found)


def test_own_routes_are_those_of_other_links(stage):
    """Not those of the wanted interfaces, nor of their leftovers."""
    stage.fill(BASE, up=False)
    stage.host.up(BASE, OWN)
    lan = [{"dst": "10.8.0.0/24", "dev": "wg0"}, {"dst": "192.168.1.0/24", "dev": "eth0"}]
    stage.host.answers["ip", "-j", "-4", "-force", "-batch"] = json.dumps(lan)
    assert host_of(stage, BASE).routes() == [{"prefix": "192.168.1.0/24", "connected": True}]
    assert stage.host.changing == []


def test_a_fresh_host(stage):
    stage.key.unlink()
    made = host_of(stage, BASE).make_keys({}, "if_invalid", check_mode=False, shared=False)
    assert made["wg0"]["public_key"] == public_key(key("generated"))
    assert stage.key.read_text() == key("generated") + "\n"
    found = host_of(stage, BASE, forward=True).look(exclusive=True)["wg0"]
    assert found["peers"] == []
    assert [line.partition("(")[0] for line in found["changes"]] == [
        "+ file: created",
        "+ interface: started",
        "+ peer beta ",
        "~ unit: enabled",
        "+ forwarding: created",
    ]
    assert stage.host.changing == []


def test_check_mode_makes_no_key(stage):
    stage.key.unlink()
    made = host_of(stage, BASE).make_keys({}, "if_invalid", check_mode=True, shared=False)
    assert (made["wg0"]["changed"], made["wg0"]["public_key"], stage.key.exists()) == (True, None, False)


def test_a_key_from_a_vault(stage):
    made = host_of(stage, BASE).make_keys(
        {"wg0": key("vault"), "wg1": key("other")}, "if_invalid", check_mode=False, shared=False
    )
    assert {name: entry["public_key"] for name, entry in made.items()} == {"wg0": public_key(key("vault"))}
    assert stage.key.read_text() == key("vault") + "\n"
    assert key("vault") not in str(made)
