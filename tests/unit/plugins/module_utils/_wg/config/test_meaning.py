# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.meaning import differences
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "203.0.113.2:51820", 25, "beta")
BASE = Config(key("own"), ("10.8.0.1/24", "fd00:8::1/64"), 51820, None, 1420, peers=(BETA,))


def beta(**values):
    return replace(BASE, peers=(replace(BETA, **values),))


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (BASE, []),
        (replace(BASE, private_key=None, mtu=None, fwmark=0, addresses=BASE.addresses[::-1]), []),
        (beta(name=None), []),
        (replace(BASE, addresses=()), ["addresses: none, planned 10.8.0.1/24, fd00:8::1/64"]),
        (replace(BASE, port=None), ["port: any, planned 51820"]),
        (replace(BASE, fwmark=1), ["fwmark: 1, planned 0"]),
        (replace(BASE, mtu=1300), ["MTU: 1300, planned 1420"]),
        (replace(BASE, table="off"), ["table: off, planned auto"]),
        (replace(BASE, dns=("192.0.2.53", "corp")), ["DNS: 192.0.2.53, corp, planned none"]),
        (replace(BASE, hooks=Hooks(post_up=("a", "b"))), ["post_up: a, b, planned none"]),
        (replace(BASE, save_config=True), ["SaveConfig: true; the interface would overwrite the file when it stops"]),
        (replace(BASE, peers=()), ["peer beta: is added"]),
        (replace(BASE, peers=(BETA, Peer(key("x")))), [f"peer {shorthand('x')}: is left out"]),
        (beta(allowed_ips=()), ["peer beta: AllowedIPs none, planned 10.8.0.2/32"]),
        (beta(endpoint=None), ["peer beta: endpoint none, planned 203.0.113.2:51820"]),
        (beta(keepalive=0), ["peer beta: keepalive none, planned 25"]),
        (beta(preshared_key=None), ["peer beta: the preshared key differs"]),
    ],
)
def test_differences(found, lines):
    assert list(differences(found, BASE)) == lines


@given(configs)
def test_a_configuration_means_what_it_means(config):
    assert list(differences(replace(config, save_config=False), config)) == []
