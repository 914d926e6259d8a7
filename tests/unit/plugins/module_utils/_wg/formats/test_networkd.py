# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of systemd-networkd as others write them, with the whole result. Judged by systemd.netdev(5), systemd.network(5) and
systemd's own reader, which ignores what it cannot read.
"""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd import read_networkd
from ansible_collections.meshwork.wireguard.tests.unit.support import key

A, B, C, OWN = key("a"), key("b"), key("c"), key("own")
DEVICE = "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\n"
HUB = Peer(A, allowed_ips=("10.8.0.0/24", "10.9.0.0/16"), endpoint="hub.example.org:51820")


def peer(public, *lines):
    return "\n".join(["[WireGuardPeer]", f"PublicKey={public}", *lines, ""])


ALL = peer(A, "AllowedIPs=0.0.0.0/0", "AllowedIPs=::/0", "Endpoint=192.0.2.9:2408")
POLICY = """[Match]
Name=wg0
[Network]
Address=172.20.0.2/32
[Route]
Destination=0.0.0.0/0
Table=1000
[Route]
Destination=::/0
Table=1000
[RoutingPolicyRule]
Family=both
Priority=100
Table=main
SuppressPrefixLength=0
[RoutingPolicyRule]
Priority=103
Table=1000
InvertRule=true
FirewallMark=0x3e8
"""
UP = (
    "ip -4 rule add table main priority 100 suppress_prefixlength 0",
    "ip -6 rule add table main priority 100 suppress_prefixlength 0",
    "ip -4 rule add not fwmark 0x3e8 table 1000 priority 103",
)
BY_HOOK, BY_HOOKS = "is made by a hook (PostUp)", "is made by hooks (PostUp, PreDown)"
ONLY_LIVE = "only the running interface shows it"
BARE = "has no length, and versions of systemd differ in it"


@pytest.mark.parametrize(
    ("netdev", "network", "expected"),
    [
        pytest.param(
            "FirewallMark=1000\nPrivateKeyFile=/etc/wg.key\n" + ALL,
            POLICY,
            Foreign(
                Config(
                    addresses=("172.20.0.2/32",),
                    fwmark=1000,
                    table="1000",
                    hooks=Hooks(post_up=UP, pre_down=tuple(line.replace(" add ", " del ") for line in UP)),
                    peers=(Peer(A, allowed_ips=("0.0.0.0/0", "::/0"), endpoint="192.0.2.9:2408"),),
                ),
                "wg0",
                "/etc/wg.key",
                notes=(
                    f"rule table main priority 100 suppress_prefixlength 0: {BY_HOOKS}",
                    f"rule not fwmark 0x3e8 table 1000 priority 103: {BY_HOOKS}",
                ),
            ),
            id="a full tunnel by rules",
        ),
        pytest.param(
            f"PrivateKey={OWN}\nRouteTable=main\n"
            + peer(A, "AllowedIPs=10.1.0.0/16", "RouteTable=off")
            + peer(B, "AllowedIPs=10.2.0.0/16")
            + peer(C, "AllowedIPs=10.3.0.0/16", "RouteTable=1337", "RouteMetric=7"),
            None,
            Foreign(
                Config(
                    private_key=OWN,
                    table="off",
                    hooks=Hooks(
                        post_up=("ip route add 10.2.0.0/16 dev %i", "ip route add 10.3.0.0/16 dev %i table 1337 metric 7")
                    ),
                    peers=tuple(Peer(one, allowed_ips=(f"10.{n}.0.0/16",)) for n, one in ((1, A), (2, B), (3, C))),
                ),
                "wg0",
                notes=(f"route 10.2.0.0/16: {BY_HOOK}", f"route 10.3.0.0/16 table 1337 metric 7: {BY_HOOK}"),
            ),
            id="each peer has its table",
        ),
        pytest.param(
            f"PrivateKey={OWN}\nRouteTable=1337\n" + peer(A, "AllowedIPs=::/0", "RouteTable="),
            None,
            Foreign(Config(private_key=OWN, table="1337", peers=(Peer(A, allowed_ips=("::/0",)),)), "wg0"),
            id="an empty table is that of the interface",
        ),
        pytest.param(
            "PrivateKey=@network.wireguard.private.wg0\nListenPort=auto\n"
            + peer(A, "PresharedKey=@psk", "AllowedIPs=fd00::1/128")
            + peer("@network.wireguard.public.b", "AllowedIPs=fd00::2/128")
            + "[WireGuardPeer]\nPublicKeyFile=/etc/c.pub\nAllowedIPs=fd00::3/128\n",
            None,
            Foreign(
                Config(peers=(Peer(A, KEPT, ("fd00::1/128",)),), table="off"),
                "wg0",
                left_out=("[WireGuardPeer] PublicKeyFile",),
                notes=(
                    *[f"peer: its public key is a credential or in a file, so {ONLY_LIVE}"] * 2,
                    f"private key: is a credential of systemd, so {ONLY_LIVE}",
                ),
            ),
            id="credentials",
        ),
        pytest.param(
            f"PrivateKey={OWN}\n" + peer(A, "AllowedIPs=10.8.0.7,10.9.0.0/16", "PresharedKeyFile=/etc/wg.psk"),
            "[Network]\nDNS=10.8.0.7#dns.example.org\nDomains=~.\nDHCP=no\n[Address]\nAddress=10.8.0.2/24\n"
            "[Route]\nGateway=10.8.0.7\nDestination=10.9.0.0/16\nGatewayOnLink=yes\n",
            Foreign(
                Config(
                    private_key=OWN,
                    addresses=("10.8.0.2/24",),
                    dns=("10.8.0.7", "~."),
                    peers=(Peer(A, None, ("10.8.0.7/32", "10.9.0.0/16")),),
                ),
                "wg0",
                left_out=("[Network] DHCP",),
                preshared_files={A: "/etc/wg.psk"},
            ),
            id="a next hop says nothing to WireGuard",
        ),
        pytest.param(
            f"PrivateKey={OWN}\n" + peer(A, "AllowedIPs=10.3.0.0/24"),
            "[Network]\nAddress=10.3.0.4/24\nGateway=10.3.0.1\n[Route]\nGateway=fd00::1\nMetric=5\n",
            Foreign(
                Config(
                    private_key=OWN,
                    addresses=("10.3.0.4/24",),
                    table="off",
                    hooks=Hooks(post_up=("ip route add 0.0.0.0/0 dev %i", "ip -6 route add ::/0 dev %i metric 5")),
                    peers=(Peer(A, None, ("10.3.0.0/24",)),),
                ),
                "wg0",
                notes=(f"route 0.0.0.0/0: {BY_HOOK}", f"route ::/0 metric 5: {BY_HOOK}"),
            ),
            id="default routes by gateways",
        ),
        pytest.param(
            f"PrivateKey={OWN}\nFirewallMark=red\n"
            + peer("KEY_OF_THE_HUB", "AllowedIPs=10.4.0.0/24")
            + peer(A, "AllowedIPs=10.5.0.0/24,ten", "Endpoint=nowhere", "PersistentKeepalive=often"),
            "[Network]\nAddress=10.3.0.3/24\nAddress=\nAddress=10.3.0.4\nDNS=[::1]:53\nthis line\n"
            "[Route]\nDestination=10.9.0.0/16\nType=unreachable\n[RoutingPolicyRule]\nFrom=10.3.0.4\nTable=7\nUser=me\n",
            Foreign(
                Config(private_key=OWN, addresses=("10.3.0.4/32",), table="off", peers=(Peer(A, allowed_ips=("10.5.0.0/24",)),)),
                "wg0",
                left_out=(
                    "[Network] ...",
                    "[Route] Destination",
                    "[Route] Type",
                    "[RoutingPolicyRule] From",
                    "[RoutingPolicyRule] Table",
                    "[RoutingPolicyRule] User",
                    "[WireGuardPeer] PublicKey, which cannot be read",
                    "[WireGuardPeer] AllowedIPs, which cannot be read",
                    "[WireGuardPeer] Endpoint, which cannot be read",
                    "[WireGuardPeer] PersistentKeepalive, which cannot be read",
                    "[WireGuard] FirewallMark, which cannot be read",
                    "[Network] DNS, which cannot be read",
                ),
                notes=(
                    "peer: has no public key that can be read, so it is left out, as networkd leaves it out",
                    f"address 10.3.0.4: {BARE}",
                ),
            ),
            id="what networkd ignores",
        ),
        pytest.param(
            f"PrivateKey={OWN}\n" + ALL,
            "[Network]\nAddress=10.3.0.4/32\n[Route]\nDestination=0.0.0.0/0\nTable=warp\nPreferredSource=10.3.0.4\n"
            "[RoutingPolicyRule]\nFrom=10.3.0.4\nTable=x; reboot\n",
            Foreign(
                Config(
                    private_key=OWN,
                    addresses=("10.3.0.4/32",),
                    table="off",
                    hooks=Hooks(post_up=("ip route add 0.0.0.0/0 dev %i table warp src 10.3.0.4",)),
                    peers=(Peer(A, allowed_ips=("0.0.0.0/0", "::/0"), endpoint="192.0.2.9:2408"),),
                ),
                "wg0",
                left_out=("[RoutingPolicyRule] From", "[RoutingPolicyRule] Table"),
                notes=(
                    "table warp: has to be in /etc/iproute2/rt_tables from now on",
                    f"route 0.0.0.0/0 table warp src 10.3.0.4: {BY_HOOK}",
                ),
            ),
            id="a default route in a table of its own; no command from a value",
        ),
    ],
)
def test_whole_files(netdev, network, expected):
    assert read_networkd(DEVICE + netdev, network) == expected


def test_drop_ins_add_to_lists_and_clear_them():
    files = {
        "wg0.netdev": DEVICE + f"PrivateKey={OWN}\nListenPort=1\n",
        "wg0.netdev.d/10.conf": "[WireGuard]\nListenPort=\n" + peer(A, "AllowedIPs=10.8.0.0/24"),
        "wg0.network": "[Match]\nName=wg0\n[Network]\nAddress=10.8.0.1/24\nDNS=1.1.1.1\n",
        "wg0.network.d/10.conf": "[Network]\nDNS=\nAddress=10.8.0.2/24\n",
        "eth0.network": "no section\n",
    }
    (one,) = described(files)
    assert one.foreign == Foreign(
        Config(private_key=OWN, addresses=("10.8.0.1/24", "10.8.0.2/24"), peers=(Peer(A, allowed_ips=("10.8.0.0/24",)),)), "wg0"
    )
    (one,) = described({**files, "wg0.netdev.d/20.conf": "[WireGuard]\n\nPrivateKey=s3cret\n"})
    assert one.error == (
        "wg0.netdev: 20.conf: line 3: PrivateKey: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` "
        "print)"
    )
