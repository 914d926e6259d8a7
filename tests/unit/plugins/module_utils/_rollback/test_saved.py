# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What there was, written down and brought back: file, live state, unit and forwarding."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import Saved, restore, save
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, CONF, GAMMA, OWN, SECRETS, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

UNIT = "wg-quick@wg0.service"
START = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
DELETE = ["ip", "link", "delete", "dev", "wg0"]
HOOKED = replace(BASE, hooks=Hooks(post_up=("true",)))
FULL = replace(BASE, peers=(replace(BETA, allowed_ips=("0.0.0.0/0",)),))


def save_now(stage):
    return save("wg0", stage.interface, stage.interface.find())


def nameless(config):
    return replace(config, private_key=OWN, peers=tuple(replace(peer, name=None) for peer in config.peers))


def alter(stage, config):
    """As a change leaves it; None: removed."""
    if config is None:
        stage.conf.unlink(missing_ok=True)
        stage.host.down()
        stage.host.unit()
    else:
        stage.fill(config)


def bring_back(stage, state, back=None):
    """The commands of going back; `back`: what the unit's start brings up."""

    def start(words):
        if back and words[:2] == ["systemctl", "restart"]:
            stage.host.up(back, OWN)

    stage.host.calls.clear()
    stage.host.on_call = start
    restore(stage.host, "wg0", stage.interface, state)
    return stage.host.changing


@pytest.mark.parametrize(
    ("config", "mtu", "live"),
    [
        (BASE, 1420, BASE),
        (replace(BASE, mtu=None, port=None), 1380, replace(BASE, mtu=1380)),
        (replace(HOOKED, dns=("10.8.0.53",), table="51"), 1420, replace(HOOKED, dns=("10.8.0.53",), table="51")),
        (replace(BASE, fwmark=7), 1420, replace(BASE, fwmark=7)),
    ],
    ids=["all is said", "what the tools chose", "what only the file says", "a mark"],
)
def test_what_is_saved(stage, config, mtu, live):
    stage.fill(config, up=False)
    stage.host.up(config, OWN, mtu)
    stage.sysctl.parent.mkdir()
    stage.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    found = save_now(stage)
    assert found == Saved(text_of(config), render_conf(nameless(live)), ("wg-quick",), "net.ipv4.ip_forward = 1\n")
    assert stage.host.changing == []
    assert not any(secret in repr(found) for secret in SECRETS)


def test_nothing_is_saved_as_nothing(stage):
    assert save_now(stage) == Saved(None, None, (), None)


def test_an_interface_without_a_file(stage):
    stage.host.up(BASE, OWN)
    stage.host.unit()
    assert save_now(stage) == Saved(None, render_conf(nameless(BASE)), (), None)


def test_the_kernels_own_address_is_not_saved(stage):
    stage.fill(BASE)
    shown = json.loads(stage.host.answers["ip", "-j", "address"])
    shown[0]["addr_info"].append({"local": "fe80::33b7:4b59:5ea9:399b", "prefixlen": 64})
    stage.host.answers["ip", "-j", "address"] = json.dumps(shown)
    assert parse_conf(save_now(stage).live).addresses == BASE.addresses


def test_the_mark_of_wg_quick_is_not_saved(stage):
    """With it every way back to a full tunnel would be a restart."""
    stage.fill(FULL)
    stage.host.up(replace(FULL, fwmark=0xCA6C), OWN)
    assert parse_conf(save_now(stage).live).fwmark is None
    assert bring_back(stage, save_now(stage)) == []


def test_what_cannot_be_read_is_not_saved(stage):
    stage.fill(BASE)
    stage.host.answers["wg", "showconf"] = Completed(1, "", "Unable to access interface: No such device")
    with pytest.raises(CommandFailed, match="No such device"):
        save_now(stage)


@pytest.mark.parametrize(
    ("before", "after", "commands"),
    [
        pytest.param(BASE, BASE, [], id="nothing differs"),
        pytest.param(BASE, replace(BASE, mtu=1380), [["ip", "link", "set", "mtu", "1420", "dev", "wg0"]], id="MTU"),
        pytest.param(
            BASE,
            replace(BASE, peers=(BETA, replace(GAMMA, allowed_ips=("10.8.0.3/32", "172.20.3.0/24")))),
            [
                ["wg", "set", "wg0", "peer", GAMMA.public_key, "remove"],
                ["ip", "-4", "route", "delete", "172.20.3.0/24", "dev", "wg0"],
            ],
            id="a peer with a route was added",
        ),
        pytest.param(
            replace(BASE, peers=(BETA, GAMMA)),
            BASE,
            [
                ["wg", "set", "wg0", "peer", GAMMA.public_key, "persistent-keepalive", "25", "allowed-ips", "10.8.0.3/32"],
            ],
            id="a peer was removed",
        ),
        pytest.param(
            BASE,
            replace(BASE, addresses=("10.9.0.1/24",)),
            [
                ["ip", "-4", "address", "add", "10.8.0.1/24", "dev", "wg0"],
                ["sysctl", "-q", "-w", "net/ipv4/conf/wg0/promote_secondaries=1"],
                ["ip", "-4", "address", "delete", "10.9.0.1/24", "dev", "wg0"],
                ["ip", "-4", "route", "delete", "10.8.0.2/32", "dev", "wg0"],
            ],
            id="the address that the operator comes over",
        ),
        pytest.param(BASE, HOOKED, [["systemctl", "stop", UNIT], DELETE, *START], id="a hook was added"),
        pytest.param(HOOKED, BASE, [["systemctl", "stop", UNIT], DELETE, *START], id="a hook was taken away"),
        pytest.param(BASE, None, [DELETE, *START], id="removed"),
    ],
)
def test_the_way_back(stage, before, after, commands):
    stage.fill(before)
    state = save_now(stage)
    alter(stage, after)
    assert bring_back(stage, state, back=before) == commands
    assert stage.text == text_of(before)
    assert oct(stage.conf.stat().st_mode & 0o777) == "0o600"


def test_the_way_back_to_nothing(stage):
    state = save_now(stage)
    stage.fill(BASE)
    stage.sysctl.parent.mkdir()
    stage.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    assert bring_back(stage, state) == [["systemctl", "stop", UNIT], DELETE, ["systemctl", "disable", UNIT]]
    assert (stage.text, stage.sysctl.exists()) == (None, False)


def test_forwarding_and_unit_come_back(stage):
    stage.fill(BASE)
    stage.host.unit(active=True, enabled=False)
    stage.sysctl.parent.mkdir()
    stage.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    state = save_now(stage)
    stage.host.unit(active=True, enabled=True)
    stage.sysctl.unlink()
    assert bring_back(stage, state) == [["systemctl", "disable", UNIT]]
    assert stage.sysctl.read_text() == "net.ipv4.ip_forward = 1\n"


def test_an_interface_without_a_file_comes_back_without_one(stage):
    stage.host.up(BASE, OWN)
    stage.host.unit()
    state = save_now(stage)
    alter(stage, None)
    seen = stage.host.watch(CONF)
    restore(stage.host, "wg0", stage.interface, state)
    assert [words for words, _text in seen] == [DELETE, *START]
    assert seen[-1][1] == state.live  # it is started from what ran
    assert stage.text is None


def test_a_hook_that_fails_does_not_keep_the_host_from_going_back(stage):
    stage.fill(BASE)
    state = save_now(stage)
    alter(stage, replace(BASE, hooks=Hooks(pre_down=("false",))))
    stage.host.answers["systemctl", "stop"] = Completed(1, "", "Job for wg-quick@wg0.service failed")
    assert bring_back(stage, state, back=BASE)[0] == ["systemctl", "stop", UNIT]
    assert stage.text == text_of(BASE)
    assert stage.host.changing[-3:] == [DELETE, *START]


def test_a_start_that_fails_is_an_error(stage):
    stage.fill(BASE)
    state = save_now(stage)
    alter(stage, None)
    stage.host.answers["systemctl", "restart"] = Completed(1, "", "Job failed")
    with pytest.raises(CommandFailed, match=r"systemctl restart wg-quick@wg0\.service: Job failed") as caught:
        restore(stage.host, "wg0", stage.interface, state)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert stage.text == text_of(BASE)  # at the next boot at least


def test_nothing_secret_is_in_a_command(stage):
    stage.fill(replace(BASE, private_key=None))
    state = save_now(stage)
    alter(stage, Config(addresses=BASE.addresses, port=51820, peers=(GAMMA,)))
    bring_back(stage, state)
    words = [word for words in stage.host.calls for word in words]
    assert key("beta") in words
    assert not any(secret in word for word in words for secret in SECRETS)
