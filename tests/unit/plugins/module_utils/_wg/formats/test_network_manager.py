# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles as others write them, with the whole result. Judged by nm-settings-keyfile(5) and by NetworkManager's
own reader, which ignores what it cannot read.
"""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager import read_keyfile
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

A, OWN = key("a"), key("own")
VPN = "vpn.example.org:51820"
BY_HOOK, BY_HOOKS = "is made by a hook (PostUp)", "is made by hooks (PostUp, PreDown)"
RULES = ("not fwmark $(wg show %i fwmark) table 51819", "table main suppress_prefixlength 0")


def keyfile(device, peer, *rest):
    head = ["[connection]", "id=office", "type=wireguard", "interface-name=wg0", "[wireguard]", f"private-key={OWN}"]
    return "\n".join([*head, *device, f"[wireguard-peer.{A}]", f"endpoint={VPN}", *peer, *rest, ""])


def found(config, *notes, left_out=()):
    return Foreign(config, "wg0", left_out=left_out, notes=notes)


def made(*prefixes, secret=None, **values):
    return Config(private_key=OWN, peers=(Peer(A, secret, prefixes, VPN),), **values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            keyfile([], ["allowed-ips=0.0.0.0/0;::/0;"], "[ipv4]", "address1=10.1.0.6/32", "dns=10.1.0.1;", "dns-search=~;"),
            found(made("0.0.0.0/0", "::/0", addresses=("10.1.0.6/32",), dns=("10.1.0.1", "~."))),
            id="a full tunnel",
        ),
        pytest.param(
            keyfile([], ["allowed-ips=0.0.0.0/0;::/0"], "[ipv4]", "address1=10.1.0.6/32", "[ipv6]", "method=disabled"),
            found(
                made(
                    "0.0.0.0/0",
                    "::/0",
                    addresses=("10.1.0.6/32",),
                    fwmark=51819,
                    table="off",
                    hooks=Hooks(
                        post_up=("ip route add 0.0.0.0/0 dev %i table 51819", *(f"ip -4 rule add {rule}" for rule in RULES)),
                        pre_down=tuple(f"ip -4 rule del {rule}" for rule in RULES),
                    ),
                ),
                f"route 0.0.0.0/0 table 51819: {BY_HOOK}",
                *(f"rule {rule}: {BY_HOOKS}" for rule in RULES),
            ),
            id="a full tunnel without IPv6",
        ),
        pytest.param(
            keyfile([], ["allowed-ips=0.0.0.0/0"], "[ipv4]", "address1=10.1.0.6/24", "route1=192.168.0.0/16"),
            found(
                made("0.0.0.0/0", addresses=("10.1.0.6/24",), hooks=Hooks(post_up=("ip route add 192.168.0.0/16 dev %i",))),
                f"route 192.168.0.0/16: {BY_HOOK}",
            ),
            id="a route beside a full tunnel",
        ),
        pytest.param(
            keyfile(
                ["peer-routes=false"],
                ["allowed-ips=0.0.0.0/0"],
                "[ipv4]",
                "address1=10.1.0.6/32",
                "never-default=true",
                "route1=0.0.0.0/0,,10",
                "route1_options=table=200,src=10.1.0.6,onlink=true",
                "routing-rule1=priority 5 from 10.1.0.6 table 200",
                "routing-rule2=priority 6 from 10.1.0.7 table $(reboot)",
            ),
            found(
                made(
                    "0.0.0.0/0",
                    addresses=("10.1.0.6/32",),
                    table="off",
                    hooks=Hooks(
                        post_up=(
                            "ip route add 0.0.0.0/0 dev %i table 200 metric 10 src 10.1.0.6",
                            "ip -4 rule add priority 5 from 10.1.0.6 table 200",
                        ),
                        pre_down=("ip -4 rule del priority 5 from 10.1.0.6 table 200",),
                    ),
                ),
                f"route 0.0.0.0/0 table 200 metric 10 src 10.1.0.6: {BY_HOOK}",
                f"rule priority 5 from 10.1.0.6 table 200: {BY_HOOKS}",
                left_out=("[ipv4] routing-rule2",),
            ),
            id="a default route in a table of its own",
        ),
        pytest.param(
            keyfile(
                ["ip4-auto-default-route=0"],
                ["allowed-ips=0.0.0.0/0", "preshared-key-flags=1"],
                "[ipv4]",
                "address1=10.1.0.6/24",
                "route-table=201",
            ),
            found(
                made("0.0.0.0/0", secret=KEPT, addresses=("10.1.0.6/24",), table="201"),
                f"peer {shorthand('a')}: its preshared key is not in the file; the host keeps the one that it has",
            ),
            id="all routes in one table; a preshared key in a keyring",
        ),
        pytest.param(
            keyfile(
                [],
                ["allowed-ips=10.2.0.0/16;fd02::/64", "preshared-key-flags=4"],
                "[ipv4]",
                "addresses=10.1.0.6;24;10.1.0.1;",
                "never-default=true",
                "routes1=172.16.0.0;12;10.1.0.1;50",
                "routes2=10.9.0.0",
                "route3=10.10.0.0/16",
                "route3_options=type=blackhole",
                "[ipv6]",
                "address=fd01::6",
                "route-table=7",
            ),
            found(
                made(
                    "10.2.0.0/16",
                    "fd02::/64",
                    addresses=("10.1.0.6/24", "fd01::6/64"),
                    table="off",
                    hooks=Hooks(
                        post_up=(
                            "ip route add 10.2.0.0/16 dev %i",
                            "ip route add 10.9.0.0/24 dev %i",
                            "ip route add 172.16.0.0/12 dev %i metric 50",
                            "ip -6 route add fd02::/64 dev %i table 7",
                        )
                    ),
                ),
                f"route 10.2.0.0/16: {BY_HOOK}",
                f"route 10.9.0.0/24: {BY_HOOK}",
                f"route 172.16.0.0/12 metric 50: {BY_HOOK}",
                f"route fd02::/64 table 7: {BY_HOOK}",
                left_out=("[ipv4] route3, of type blackhole",),
            ),
            id="old forms, missing lengths, a table for one IP version",
        ),
        pytest.param(
            keyfile([], ["allowed-ips=10.1.0.0/24"], "[ipv4]", "address1=10.1.0.6/24,10.1.0.1"),
            found(
                made(
                    "10.1.0.0/24",
                    addresses=("10.1.0.6/24",),
                    table="off",
                    hooks=Hooks(post_up=("ip route add 0.0.0.0/0 dev %i",)),
                ),
                f"route 0.0.0.0/0: {BY_HOOK}",
            ),
            id="a default route by a gateway",
        ),
        pytest.param(
            keyfile(
                ["mtu=auto", "fwmark=0"],
                ["allowed-ips=10.1.0.0/24;ten", "persistent-keepalive=often", "preshared-key=s3cret"],
                "[ipv4]",
                "address1=10.1.0.6/24,0.0.0.0",
                "address2=here",
                "dns=1.1.1.1#one.example;dns+tls://9.9.9.9",
                "dns-priority=-50",
                "[wireguard-peer.KEY_OF_THE_HUB]",
                "allowed-ips=10.7.0.0/16",
                "[proxy]",
            ),
            found(
                made("10.1.0.0/24", addresses=("10.1.0.6/24",), dns=("1.1.1.1",)),
                left_out=(
                    "[ipv4] dns-priority",
                    "[wireguard] mtu, which cannot be read",
                    "[ipv4] address2, which cannot be read",
                    "[ipv4] dns, which cannot be read",
                    "[wireguard-peer] preshared-key, which cannot be read",
                    "[wireguard-peer] allowed-ips, which cannot be read",
                    "[wireguard-peer] persistent-keepalive, which cannot be read",
                    "[wireguard-peer], its public key, which cannot be read",
                ),
            ),
            id="what NetworkManager ignores",
        ),
    ],
)
def test_whole_files(text, expected):
    assert read_keyfile(text) == expected


def test_a_private_key_in_a_keyring():
    text = keyfile([], ["allowed-ips=10.1.0.0/24"]).replace(f"private-key={OWN}", "private-key-flags=1")
    assert (read_keyfile(text).config.private_key, read_keyfile(text).notes) == (
        None,
        ("private key: is not in the file, so only the running interface shows it",),
    )
