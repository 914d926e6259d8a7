# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module is sent."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.action.interface import with_content
from ansible_collections.meshwork.wireguard.tests.unit.support import key

PEER = {"name": "beta", "public_key": key("beta"), "preshared_key": key("shared"), "allowed_ips": "10.8.0.2/32, 10.9.0.0/24"}


def test_a_configuration_is_sent_as_text():
    """With the types that the module would give its values."""
    config = {"addresses": ["10.8.0.1/24"], "port": "51820", "fwmark": 51820, "peers": [{**PEER, "keepalive": "25"}]}
    assert with_content({"name": "wg0", "backup": True, "config": config}) == {
        "name": "wg0",
        "backup": True,
        "content": "[Interface]\nAddress = 10.8.0.1/24\nListenPort = 51820\nFwMark = 0xca6c\n"
        f"\n[Peer]\n# Name = beta\nPublicKey = {key('beta')}\nPresharedKey = {key('shared')}\n"
        "AllowedIPs = 10.8.0.2/32, 10.9.0.0/24\nPersistentKeepalive = 25\n",
    }


@pytest.mark.parametrize(
    "args",
    [
        {"state": "absent"},
        {"content": "[Interface]\n"},
        {"content": "[Interface]\n", "config": {}},
        {"config": None},
        {"config": "{{ nonsense"},
        {"config": {"adresses": []}},
        {"config": {"peers": [{"name": "beta"}]}},
        {"config": {"port": "many"}},
        {"config": {"addresses": ["10.8.0.256"]}},
        {"config": {"peers": [{**PEER, "endpoint": "nowhere"}]}},
    ],
)
def test_what_the_module_refuses_it_is_sent(args):
    assert with_content({"name": "wg0", **args}) == {"name": "wg0", **args}
