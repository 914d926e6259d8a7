# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

from hypothesis import given

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import as_loaded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd_files import networkd_files
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs
from ansible_collections.meshwork.wireguard.tests.unit.support import key

PEERS = (
    Peer(key("beta"), key("shared"), ("10.8.0.2/32", "fd00:8::2/128"), "203.0.113.2:51820", 25, "beta"),
    Peer(key("gamma"), None, ("10.77.0.0/16", "fd77::/48")),
)
WHOLE = Config(key("own"), ("10.8.0.1/24", "fd00:8::1/64"), 51820, 7, 1420, peers=PEERS)
NETDEV = f"""\
# Made by Ansible (meshwork.wireguard) from /etc/wireguard/wg0.conf; local changes are overwritten.
[NetDev]
Name=wg0
Kind=wireguard
MTUBytes=1420

[WireGuard]
PrivateKeyFile=/etc/systemd/network/05-meshwork-wg0.key
ListenPort=51820
FirewallMark=7

[WireGuardPeer]
# beta
PublicKey={key("beta")}
PresharedKey={key("shared")}
AllowedIPs=10.8.0.2/32,fd00:8::2/128
Endpoint=203.0.113.2:51820
PersistentKeepalive=25

[WireGuardPeer]
PublicKey={key("gamma")}
AllowedIPs=10.77.0.0/16,fd77::/48
"""
NETWORK = """\
# Made by Ansible (meshwork.wireguard) from /etc/wireguard/wg0.conf; local changes are overwritten.
[Match]
Name=wg0

[Link]
RequiredForOnline=no

[Network]
LinkLocalAddressing=no
IPv6AcceptRA=no
Address=10.8.0.1/24
Address=fd00:8::1/64

[Route]
Destination=10.77.0.0/16
Scope=link

[Route]
Destination=fd77::/48
"""


def files(config):
    return networkd_files("wg0", config, "05-meshwork-wg0", "/etc/systemd/network", "/etc/wireguard/wg0.conf")


def test_the_files():
    assert [(file.name, file.text, file.secret) for file in files(WHOLE)] == [
        ("05-meshwork-wg0.key", key("own") + "\n", True),
        ("05-meshwork-wg0.netdev", NETDEV, True),
        ("05-meshwork-wg0.network", NETWORK, False),
    ]


def test_a_table_of_its_own():
    said = files(replace(WHOLE, table="51", fwmark=0, mtu=None, peers=PEERS[1:]))
    assert "FirewallMark" not in said[1].text
    assert "MTUBytes" not in said[1].text
    assert said[2].text.endswith(
        "[Route]\nDestination=10.77.0.0/16\nScope=link\nTable=51\n\n[Route]\nDestination=fd77::/48\nTable=51\n"
    )
    assert "[Route]" not in files(replace(WHOLE, table="off"))[2].text


@given(configs)
def test_they_say_what_the_configuration_says(config):
    loaded = as_loaded(config)
    can = replace(loaded, private_key=key("own"), table="auto", dns=(), hooks=NO_HOOKS, save_config=False)
    written = {file.name: file.text for file in files(can)}
    (found,) = described(written)
    nameless = tuple(replace(peer, name=None) for peer in can.peers)
    assert found.foreign.interface == "wg0"
    assert found.foreign.key_file == "/etc/systemd/network/05-meshwork-wg0.key"
    assert replace(found.foreign.config, table="auto") == replace(
        can, private_key=None, peers=nameless, port=can.port or None, fwmark=can.fwmark or None
    )
