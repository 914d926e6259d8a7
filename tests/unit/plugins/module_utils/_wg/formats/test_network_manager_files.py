# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import as_loaded
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager_files import (
    network_manager_files,
    uuid_of,
)
from ansible_collections.meshwork.wireguard.tests.unit.plugins.module_utils._wg.formats.test_networkd_files import PEERS, WHOLE
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs
from ansible_collections.meshwork.wireguard.tests.unit.support import key

TEXT = f"""\
# Made by Ansible (meshwork.wireguard) from /etc/wireguard/wg0.conf; local changes are overwritten.
[connection]
id=meshwork-wg0
uuid={uuid_of("wg0")}
type=wireguard
interface-name=wg0

[wireguard]
private-key={key("own")}
listen-port=51820
fwmark=7
mtu=1420
peer-routes=false
ip4-auto-default-route=0
ip6-auto-default-route=0

[wireguard-peer.{key("beta")}]
# beta
endpoint=203.0.113.2:51820
preshared-key={key("shared")}
preshared-key-flags=0
persistent-keepalive=25
allowed-ips=10.8.0.2/32;fd00:8::2/128;

[wireguard-peer.{key("gamma")}]
allowed-ips=10.77.0.0/16;fd77::/48;

[ipv4]
method=manual
route-metric=0
address1=10.8.0.1/24
route1=10.77.0.0/16

[ipv6]
method=manual
route-metric=0
address1=fd00:8::1/64
route1=fd77::/48
"""


def text_of(config):
    (file,) = network_manager_files("wg0", config, "05-meshwork-wg0", "/etc/wireguard/wg0.conf")
    assert (file.name, file.secret) == ("05-meshwork-wg0.nmconnection", True)
    return file.text


def test_the_file():
    assert text_of(WHOLE) == TEXT


def test_a_table_of_its_own():
    assert "route1=10.77.0.0/16\nroute1_options=table=51\n" in text_of(replace(WHOLE, table="51", peers=PEERS[1:]))


@pytest.mark.parametrize(("addresses", "method"), [(("10.8.0.1/24",), "[ipv6]\nmethod=ignore"), ((), "[ipv4]\nmethod=disabled")])
def test_an_ip_version_without_an_address(addresses, method):
    assert method in text_of(Config(key("own"), addresses))


@pytest.mark.parametrize(
    ("address", "version", "route"), [("10.8.0.1/24", 6, "fd00:8::2/128"), ("fd00:8::1/64", 4, "10.8.0.2/32")]
)
def test_routes_without_an_address_are_refused(address, version, route):
    with pytest.raises(ValueError, match="AllowedIPs") as caught:
        text_of(replace(WHOLE, addresses=(address,), peers=PEERS[:1]))
    assert str(caught.value) == (
        f"AllowedIPs {route}: NetworkManager sets no IPv{version} routes if the interface has no IPv{version} address; give it "
        "one, or use the backend wg-quick"
    )


def in_order(config):
    """IPv4 comes first in the file."""
    return replace(config, addresses=tuple(sorted(config.addresses)))


@given(configs)
def test_it_says_what_the_configuration_says(config):
    can = replace(as_loaded(config), private_key=key("own"), table="auto", dns=(), hooks=NO_HOOKS, save_config=False)
    try:
        text = text_of(can)
    except ValueError:
        assume(False)
    (found,) = described({"05-meshwork-wg0.nmconnection": text})
    nameless = tuple(replace(peer, name=None) for peer in can.peers)
    assert found.foreign.interface == "wg0"
    assert in_order(replace(found.foreign.config, table="auto")) == in_order(
        replace(can, peers=nameless, port=can.port or None, fwmark=can.fwmark or None)
    )
