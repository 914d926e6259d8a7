# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections import UserDict
from dataclasses import fields
from types import MappingProxyType

import pytest
from hypothesis import find, given

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    Config,
    Hooks,
    InvalidConfig,
    Peer,
    check_applicable,
    check_interface_name,
    config_from_dict,
    config_to_dict,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import InvalidInterfaceName
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs, peers
from ansible_collections.meshwork.wireguard.tests.unit.support import key

BETA, GAMMA = key("beta"), key("gamma")
NOT_A_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
LINE = "must be one line without control characters"


@pytest.mark.parametrize("item", fields(Peer), ids=lambda item: item.name)
def test_peers_are_drawn_with_every_field(item):
    find(peers, lambda peer: getattr(peer, item.name) != item.default)


@given(configs)
def test_dict_is_json(config):
    shape = config_to_dict(config)
    assert json.loads(json.dumps(shape)) == shape


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ({}, Config()),
        (dict.fromkeys(["private_key", "addresses", "port", "fwmark", "mtu", "table", "dns", "hooks", "peers"]), Config()),
        ({"addresses": "10.8.0.1/24"}, Config(addresses=("10.8.0.1/24",))),
        ({"addresses": ["10.8.0.1/24", "10.8.0.1/24", "FD00::1"]}, Config(addresses=("10.8.0.1/24", "fd00::1/128"))),
        ({"port": "51820", "mtu": "1380", "table": 123}, Config(port=51820, mtu=1380, table="123")),
        ({"fwmark": "off"}, Config(fwmark=0)),
        ({"fwmark": "0xCA6C"}, Config(fwmark=0xCA6C)),
        ({"fwmark": 51820}, Config(fwmark=51820)),
        ({"dns": "9.9.9.9"}, Config(dns=("9.9.9.9",))),
        ({"hooks": {"post_up": "one", "pre_down": None}}, Config(hooks=Hooks(post_up=("one",)))),
        ({"hooks": {"post_up": ["one", " two "]}}, Config(hooks=Hooks(post_up=("one", "two")))),
        (UserDict(peers=(MappingProxyType({"public_key": BETA}),)), Config(peers=(Peer(BETA),))),
        (
            {"peers": [{"public_key": BETA, "keepalive": "off", "endpoint": "[2001:DB8::1]:1", "allowed_ips": "10.8.0.2"}]},
            Config(peers=(Peer(BETA, endpoint="[2001:db8::1]:1", allowed_ips=("10.8.0.2/32",)),)),
        ),
        (
            {"peers": [{"public_key": BETA, "allowed_ips": ["fd00::/64", "10.8.0.7/24", "10.8.0.0/24"]}]},
            Config(peers=(Peer(BETA, allowed_ips=("10.8.0.0/24", "fd00::/64")),)),
        ),
    ],
)
def test_from_dict(shape, expected):
    assert config_from_dict(shape) == expected


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, "config: must be a mapping"),
        ([], "config: must be a mapping"),
        (
            {"adress": []},
            (
                "config: unknown key 'adress'; known are addresses, dns, fwmark, hooks, mtu, peers, port, private_key, "
                "save_config, table"
            ),
        ),
        ({"private_key": "hunter2"}, "config.private_key: " + NOT_A_KEY),
        ({"addresses": {"v4": "10.8.0.1"}}, "config.addresses: must be a list"),
        ({"addresses": 7}, "config.addresses: must be a list"),
        ({"addresses": ["10.8.0.1/24", "x"]}, "config.addresses[1]: 'x' is not an address"),
        ({"port": 65536}, "config.port: '65536' is not a port (0 to 65535)"),
        ({"port": True}, "config.port: 'True' is not a port (0 to 65535)"),
        ({"fwmark": -1}, "config.fwmark: '-1' is not a number from 0 to 4294967295"),
        ({"fwmark": 2**32}, "config.fwmark: '4294967296' is not a number from 0 to 4294967295"),
        ({"fwmark": False}, "config.fwmark: 'False' is not a number from 0 to 4294967295"),
        ({"mtu": 67}, "config.mtu: '67' is not a number from 68 to 65535"),
        ({"mtu": 1420.0}, "config.mtu: '1420.0' is not a number from 68 to 65535"),
        ({"table": ""}, "config.table: must be text"),
        ({"table": True}, "config.table: must be text"),
        ({"table": "a/b"}, "config.table: 'a/b' is not a routing table (auto, off, a number or a name)"),
        ({"dns": ["a b"]}, "config.dns[0]: 'a b' is neither an address nor a search domain"),
        ({"dns": [5]}, "config.dns[0]: must be text"),
        ({"hooks": ["x"]}, "config.hooks: must be a mapping"),
        ({"hooks": {"up": "x"}}, "config.hooks: unknown key 'up'; known are post_down, post_up, pre_down, pre_up"),
        ({"hooks": {"post_up": ["a\nb"]}}, "config.hooks.post_up[0]: " + LINE),
        (
            {"hooks": {"post_up": ["a", "b # c"]}},
            "config.hooks.post_up[1]: wg-quick treats '#' as the start of a comment; put the command into a script",
        ),
        ({"save_config": "false"}, "config.save_config: must be true or false"),
        ({"peers": {"beta": {}}}, "config.peers: must be a list"),
        ({"peers": [{}]}, "config.peers[0]: has no public_key"),
        ({"peers": ["beta"]}, "config.peers[0]: must be a mapping"),
        ({"peers": [{"public_key": BETA}, {"public_key": "x"}]}, "config.peers[1].public_key: " + NOT_A_KEY),
        ({"peers": [{"public_key": BETA, "preshared_key": "hunter2"}]}, "config.peers[0].preshared_key: " + NOT_A_KEY),
        ({"peers": [{"public_key": BETA, "name": "a\nPostUp = b"}]}, "config.peers[0].name: " + LINE),
        ({"peers": [{"public_key": BETA, "allowed_ips": ["x"]}]}, "config.peers[0].allowed_ips[0]: 'x' is not a prefix"),
        ({"peers": [{"public_key": BETA, "endpoint": "x"}]}, "config.peers[0].endpoint: 'x' has no port; write host:port"),
        (
            {"peers": [{"public_key": BETA, "keepalive": "on"}]},
            "config.peers[0].keepalive: 'on' is not a number from 0 to 65535",
        ),
        (
            {"peers": [{"public_key": BETA, "key": 1}]},
            (
                "config.peers[0]: unknown key 'key'; known are allowed_ips, endpoint, follows, keepalive, name, "
                "next_preshared_key, preshared_key, public_key"
            ),
        ),
    ],
)
def test_from_dict_errors(shape, message):
    with pytest.raises(InvalidConfig) as caught:
        config_from_dict(shape)
    assert str(caught.value) == message
    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("name", ["wg0", "w", "fifteen-letters", "wg.0", "_.-"])
def test_interface_names(name):
    assert check_interface_name(name) == name


@pytest.mark.parametrize("name", ["", "sixteen-letters-", "wg=0", "wg+0", "wg 0", "wg/0", ".", "..", "wg0\n", "w\u00e9", "%i"])
def test_refused_interface_names(name):
    with pytest.raises(InvalidInterfaceName) as caught:
        check_interface_name(name)
    shown = name.replace("\n", "\\n")
    assert str(caught.value) == (
        f"interface: '{shown}' is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
    )


@pytest.mark.parametrize(
    ("table", "prefixes", "expected"),
    [
        ("auto", ("0.0.0.0/0",), True),
        ("auto", ("::/0",), True),
        ("auto", ("0.0.0.0/1", "10.0.0.0/8"), False),
        ("off", ("0.0.0.0/0",), False),
        ("123", ("0.0.0.0/0",), False),
    ],
)
def test_full_tunnel(table, prefixes, expected):
    assert Config(table=table, peers=(Peer(BETA, allowed_ips=prefixes),)).full_tunnel is expected


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (Config(), None),
        (Config(peers=(Peer(BETA, allowed_ips=("10.8.0.0/24",)), Peer(GAMMA, allowed_ips=("10.8.0.3/32",)))), None),
        (Config(save_config=True), "SaveConfig = true overwrites the file when the interface stops; remove it"),
        (
            Config(peers=(Peer(BETA, name="beta"), Peer(BETA, name="gamma"))),
            "peer gamma: has the same public key as peer beta; remove one of them",
        ),
        (
            Config(peers=(Peer(key("own")),)),
            f"peer {key('own')}: its public key is this host's own; remove it from the peers",
        ),
        (
            Config(
                peers=(
                    Peer(BETA, allowed_ips=("10.8.0.2/32",), name="beta"),
                    Peer(GAMMA, allowed_ips=("10.8.0.2/32",), name="gamma"),
                )
            ),
            "peer gamma: AllowedIPs 10.8.0.2/32 already belongs to peer beta; a prefix can belong to only one peer",
        ),
        (Config(peers=(Peer(GAMMA, follows=BETA, endpoint="203.0.113.2:51820"), Peer(BETA, allowed_ips=("10.8.0.2/32",)))), None),
        *(
            (
                Config(peers=(Peer(GAMMA, follows=other, name="gamma"),)),
                f"peer gamma: follows {other}, which is no other peer; remove it, or correct the key",
            )
            for other in (BETA, GAMMA)
        ),
        *(
            (
                Config(peers=(Peer(BETA), Peer(GAMMA, follows=BETA, name="gamma", **own))),
                "peer gamma: follows another peer, so it gets that one's AllowedIPs and keepalive; remove its own",
            )
            for own in ({"allowed_ips": ("10.8.0.2/32",)}, {"keepalive": 25})
        ),
        (Config(peers=(Peer(BETA, key("shared"), next_preshared_key=key("next shared")),)), None),
        *(
            (
                Config(peers=(Peer(BETA, shared, name="beta", next_preshared_key=key("next shared")),)),
                "peer beta: has a next preshared key, but no preshared key; remove it, or set the other",
            )
            for shared in (None, "kept")
        ),
    ],
)
def test_pitfall_6_what_wg_accepts_and_then_does_differently(config, message):
    if message is None:
        check_applicable(config, key("own"))
        return
    with pytest.raises(InvalidConfig) as caught:
        check_applicable(config, key("own"))
    assert str(caught.value) == message
