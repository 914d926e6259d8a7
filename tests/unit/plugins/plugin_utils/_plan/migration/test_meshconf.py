# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.found import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import ALL, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.meshconf import found_in_csv
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HEAD = (
    '"Name","Address","Endpoint","AllowedIPs","ListenPort","PersistentKeepalive","FwMark","PrivateKey","DNS","MTU","Table","PreUp",'
    '"PostUp","PreDown","PostDown","SaveConfig"\n'
)
ONE = (
    f'"tokyo1","10.1.0.1/32,fd4e::1/128","tokyo1.example.org","","51820","25","","{key("one")}","","1400","","","true","","",""\n'
)
TWO = (
    f'"home","10.1.0.2/32,fd4e::2/128","","192.168.2.0/24","51821","","","{key("two")}","192.0.2.53","","","","","","","False"\n'
)
PUBLIC = {name: public_key(key(name)) for name in ("one", "two")}
TOKYO = Peer(PUBLIC["one"], None, ("10.1.0.1/32", "fd4e::1/128"), "tokyo1.example.org:51820", 0, "tokyo1")
HOME = Peer(PUBLIC["two"], None, ("10.1.0.2/32", "192.168.2.0/24", "fd4e::2/128"), None, 25, "home")


def test_a_known_pair_of_keys():
    assert public_key("yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=") == "HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw="


def test_what_it_stands_for():
    own = {"private_key": key("one"), "addresses": ("10.1.0.1/32", "fd4e::1/128"), "port": 51820, "mtu": 1400}
    other = {"private_key": key("two"), "addresses": ("10.1.0.2/32", "fd4e::2/128"), "port": 51821, "dns": ("192.0.2.53",)}
    hooks = Hooks(post_up=("true",))
    assert found_in_csv("\ufeff" + HEAD + ONE + TWO) == [
        Found("tokyo1", "wg0", PUBLIC["one"], replace(Config(**own, hooks=hooks, peers=(HOME,)), private_key=None)),
        Found("home", "wg0", PUBLIC["two"], replace(Config(**other, peers=(TOKYO,)), private_key=None)),
    ]


def test_addresses_with_a_length():
    lines = [line.replace("/32", "/16").replace("/128", "/64") for line in (ONE, TWO)]
    found = found_in_csv(HEAD + "".join(lines))
    assert [peer.allowed_ips for item in found for peer in item.config.peers] == [HOME.allowed_ips, TOKYO.allowed_ips]
    (network,) = imported(found, understand=[ALL]).networks
    assert network.network.prefixes == ("10.1.0.0/16", "fd4e::/64")
    assert set(network.differences["home"]) == {
        "AllowedIPs: narrowed to single addresses; wg-meshconf writes whole networks, of which the last peer got everything"
    }


def test_lines_end_at_line_feeds_alone():
    found = found_in_csv(HEAD + ONE.replace("tokyo1", "tokyo\u20281\x0c", 1) + TWO)
    assert found[0].host == "tokyo\u20281"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('"","10.1.0.1/32"\n', "line 2: a node needs Name and Address"),
        ('"a",""\n', "line 2: a node needs Name and Address"),
        (ONE + ONE, "line 3: node tokyo1 appears twice"),
        (
            ONE.replace(key("one"), "s3cret"),
            "node tokyo1: private key: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)",
        ),
        (ONE.replace('"51820"', '"many"'), "node tokyo1: line 3: ListenPort: 'many' is not a port (0 to 65535)"),
    ],
)
def test_errors(lines, message):
    with pytest.raises(PlanError) as caught:
        found_in_csv(HEAD + lines)
    assert str(caught.value) == message
