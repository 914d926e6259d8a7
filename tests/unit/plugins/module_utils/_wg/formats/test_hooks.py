# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hooks set of WireGuard, as people write them."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign, read_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.hooks import Hooked, hooked, keys_in_hooks
from ansible_collections.meshwork.wireguard.tests.unit.support import key

A, B, SECRET = key("a"), key("b"), key("secret")
HUB = Peer(A, allowed_ips=("10.8.0.0/24",))
UNSEEN = "hook: changes the interface by wg set in a way that only the running interface shows"
FROM_COMMAND = "hook: adds peers from a command, so only the running interface shows them"
HAS_KEY = "hook: has what looks like a key, and the inventory has the hook; put the key into a file of its own"
SET = f"peer {A[:8]}: is set by a hook"


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("wg set %i private-key /etc/wireguard/%i.key", {"key_file": "/etc/wireguard/wg0.key"}),
        ("/usr/bin/wg set wg0 private-key '/etc/wire guard/x.key'; iptables -A x", {"key_file": "/etc/wire guard/x.key"}),
        ('sudo wg set "%i" listen-port 1 fwmark 0x10 private-key "/k"', {"key_file": "/k", "values": {"port": 1, "fwmark": 16}}),
        ("wg set %i private-key <(pass show wg/%i | head -n 1)", {}),
        ("wg set %i private-key /dev/stdin <<< x", {}),
        ("wg set wg1 private-key /etc/wg1.key && wg show %i", {}),
        ("echo wg; echo 'wg set %i", {}),
        (
            f"wg set %i peer {A} preshared-key /etc/%i.psk",
            {"preshared_files": {A: "/etc/wg0.psk"}, "peers": (Peer(A, KEPT, HUB.allowed_ips),), "notes": [SET]},
        ),
        (
            f"wg set %i peer {A} preshared-key <(pass show psk) endpoint 2001:db8::1:5 persistent-keepalive 25",
            {"peers": (Peer(A, KEPT, HUB.allowed_ips, "[2001:db8::1]:5", 25),), "notes": [SET]},
        ),
        (
            f"wg set %i peer {A} allowed-ips 10.8.0.1/32,10.9.0.0/16 peer {B} allowed-ips 10.8.0.2/32",
            {
                "peers": (Peer(A, allowed_ips=("10.8.0.1/32", "10.9.0.0/16")), Peer(B, allowed_ips=("10.8.0.2/32",))),
                "notes": [SET, f"peer {B[:8]}: is set by a hook"],
            },
        ),
        (
            f"wg set %i peer {B} allowed-ips 10.8.0.0/24",
            {"peers": (Peer(A), Peer(B, allowed_ips=HUB.allowed_ips)), "notes": [f"peer {B[:8]}: is set by a hook"]},
        ),
        (f"wg set %i peer {A} remove", {"peers": ()}),
        ("wg set %i peer $(cat /etc/wireguard/phone.pub) allowed-ips 10.8.0.9/32", {"notes": [UNSEEN]}),
        (f"wg set %i peer {A} allowed-ips", {"notes": [UNSEEN]}),
        ("wg addconf %i /etc/wireguard/peers.conf || true", {"loads": ["/etc/wireguard/peers.conf"]}),
        ("wg addconf %i <(cat /etc/wireguard/*.peer)", {"notes": [FROM_COMMAND]}),
        ("wg syncconf %i <(wg-quick strip %i)", {}),
        (f"curl -d key={SECRET} http://192.0.2.1", {"notes": [HAS_KEY]}),
    ],
)
def test_one_hook(hook, expected):
    before = Config(hooks=Hooks(post_up=(hook,)), peers=(HUB,))
    values = expected.pop("values", {})
    after = Config(hooks=before.hooks, peers=expected.pop("peers", (HUB,)), **values)
    assert hooked(before, "wg0") == Hooked(after, **expected)


def test_a_key_in_a_hook_is_no_peer():
    hooks = Hooks(pre_up=(f"x {SECRET}",), post_down=(f"wg set %i peer {B} remove; x {A}",))
    assert keys_in_hooks(Config(hooks=hooks, peers=(HUB,))) == {SECRET}


def test_wg_quick_makes_no_routes_for_peers_that_a_hook_adds():
    hook = f"wg set %i peer {B} allowed-ips 10.9.0.0/16"
    text = (
        f"[Interface]\nAddress = 10.8.0.1/24\nPostUp = {hook}\n[Peer]\nPublicKey = {A}\nAllowedIPs = 10.8.0.2/32, 10.7.0.0/16\n"
    )
    peers = (Peer(A, allowed_ips=("10.7.0.0/16", "10.8.0.2/32")), Peer(B, allowed_ips=("10.9.0.0/16",)))
    hooks = Hooks(post_up=("ip route add 10.7.0.0/16 dev %i", hook))
    assert read_conf(text) == Foreign(
        Config(addresses=("10.8.0.1/24",), table="off", hooks=hooks, peers=peers),
        notes=(
            f"peer {B[:8]}: is set by a hook",
            "AllowedIPs 10.9.0.0/16: wg-quick has made no route, and makes none",
            "route 10.7.0.0/16: is made by a hook (PostUp)",
        ),
    )


def test_files_with_peers():
    hook = "wg addconf %i /etc/wireguard/peers.conf; wg addconf %i /var/lib/x/more.conf"
    files = {
        "wg0.conf": f"[Interface]\nAddress = 10.8.0.1/24\nPostUp = {hook}\n",
        "peers.conf": f"# beta\n[Peer]\nPublicKey = {B}\nAllowedIPs = 10.8.0.3/32\n",
    }
    (one,) = described(files)
    assert one.foreign == Foreign(
        Config(
            addresses=("10.8.0.1/24",), hooks=Hooks(post_up=(hook,)), peers=(Peer(B, allowed_ips=("10.8.0.3/32",), name="beta"),)
        ),
        loads=("/etc/wireguard/peers.conf", "/var/lib/x/more.conf"),
        notes=(
            "peer beta: is added by a hook, from peers.conf",
            "peers of /var/lib/x/more.conf: a hook adds them, and the file is not there; only the running interface shows them",
        ),
    )
