# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of others' files. Whole files of each kind are in the corpus; these are the rules, one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign, as_loaded, read_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import Described, described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager import read_keyfile
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd import read_networkd
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.sections import read_sections
from ansible_collections.meshwork.wireguard.tests.unit.support import key

A, B = key("a"), key("b")


@pytest.mark.parametrize(
    ("above", "inside", "name"),
    [
        ("", "", None),
        ("# beta", "", "beta"),
        ("", "# beta", "beta"),
        ("# gamma", "# beta", "beta"),
        ("# the printer in the hall", "", None),
        ("# Name: beta", "# old", "beta"),
        ("", "#Name# = beta", "beta"),
        ("### Client beta", "", "beta"),
        ("# Client: beta (6b4a)", "", "beta"),
        ("### begin beta ###", "", "beta"),
        ("### end alpha ###\n### begin beta ###", "", "beta"),
        ("# BEGIN_PEER beta", "", "beta"),
        ("", "# friendly_name=beta", "beta"),
        ("", "# peer_beta", "peer_beta"),
        ("#[Peer]\n#AllowedIPs = 10.8.0.9/32", "", None),
        ("# beta\n", "", None),
        ("# Name = be\u2028ta\x1b", "", "be?ta?"),
        ("# alpha\u2028# beta", "", None),
        ("", "# Name = zz\u2028AllowedIPs = 0.0.0.0/0", "zz?AllowedIPs = 0.0.0.0/0"),
    ],
)
def test_names_of_peers(above, inside, name):
    lines = ["[Interface]", above, "[Peer]", *filter(None, [inside]), f"PublicKey = {A}"]
    (peer,) = read_conf("\n".join(lines)).config.peers
    assert peer.name == name


@pytest.mark.parametrize(
    ("peers", "loaded"),
    [
        ([Peer(A, allowed_ips=("10.8.0.2/32",))], [Peer(A, allowed_ips=("10.8.0.2/32",))]),
        (
            [Peer(A, allowed_ips=("10.8.0.2/32", "10.9.0.0/16")), Peer(B, allowed_ips=("10.9.0.0/16",))],
            [Peer(A, allowed_ips=("10.8.0.2/32",)), Peer(B, allowed_ips=("10.9.0.0/16",))],
        ),
        (
            [Peer(A, key("s"), ("10.8.0.2/32",), "192.0.2.1:1", 25, "a"), Peer(A, None, ("10.8.0.3/32",))],
            [Peer(A, key("s"), ("10.8.0.3/32",), "192.0.2.1:1", 25, "a")],
        ),
    ],
)
def test_as_loaded(peers, loaded):
    assert as_loaded(Config(peers=tuple(peers))) == Config(peers=tuple(loaded))


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("PersistentKeepalive = 25", "PersistentKeepalive = off", Peer(A)),
        ("PersistentKeepalive = 25", "", Peer(A, keepalive=25)),
        ("PersistentKeepalive = 0", "persistent Keepalive = 5", Peer(A, keepalive=5)),
        (f"PresharedKey = {B}", f"PresharedKey = {'A' * 43}=", Peer(A)),
        (f"PresharedKey = {B}\nPresharedKey = {'A' * 43}=", "", Peer(A)),
        (f"PresharedKey = {'A' * 43}=\nPresharedKey = {B}", "", Peer(A, B)),
        ("AllowedIPs = 10.8.0.0/24\nEndpoint = 192.0.2.1:5", "AllowedIPs =", Peer(A, endpoint="192.0.2.1:5")),
    ],
)
def test_a_later_section_of_a_peer_may_set_it_to_nothing(first, second, expected):
    text = f"[Interface]\n[Peer]\nPublicKey = {A}\n{first}\n[ Peer ] # again\nPublicKey = {A}\n{second}\n"
    assert read_conf(text).config.peers == (expected,)


def test_an_endpoint_that_nobody_can_dial_is_left_out_with_a_note():
    text = f"[Interface]\n[Peer]\nPublicKey = {A}\nend Point = 192.0.2.1:0 # later\n"
    note = "endpoint: one has port 0, which nobody can dial, so it is left out"
    assert read_conf(text) == Foreign(Config(peers=(Peer(A),)), notes=(note,))


def test_sections():
    text = '\ufeff# c\n[A]\nk=1\n k = 2 \nlong=a \\\n  ; between\n  b\nq="x y"\n\n[B]\n[A]\nk=\n'
    first, second, third = read_sections(text)
    assert (first.title, first.all("k"), first.last("k"), first.all("long"), first.last("q")) == (
        "A",
        ["1", "2"],
        "2",
        ["a  b"],
        "x y",
    )
    assert (second.title, second.lines, third.all("k"), third.last("k")) == ("B", [], [], None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k=1", "line 1: a key before the first section"),
        ("[A]\n\nword", "line 3: has no '='; write 'Key=value', a section or a comment"),
    ],
)
def test_sections_that_are_none(text, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        read_sections(text)


PEER = f"[WireGuardPeer]\nPublicKey={A}\nAllowedIPs=10.9.0.0/16\n"
NETDEV = "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKeyFile=/etc/wg.key\n" + PEER
WG = "[connection]\ntype=wireguard\n"


@pytest.mark.parametrize(
    ("more", "network", "table"),
    [
        ("", "[Network]\nAddress=10.8.0.1/24\n", "off"),
        ("", "[Network]\nAddress=10.9.0.1/16\n", "auto"),
        ("", "[Network]\nAddress=10.8.0.1/24\n[Route]\nDestination=10.9.0.0/16\n", "auto"),
        ("", "[Network]\nAddress=10.8.0.1/24\n[Route]\nDestination=10.0.0.0/8\n", "off"),
        ("", "[Network]\nAddress=10.8.0.1/24\n[Route]\nDestination=10.9.0.0/24\n", "off"),
        ("RouteTable=off\n", "[Network]\nAddress=10.8.0.1/24\n", "off"),
        ("RouteTable=main\n", "[Network]\nAddress=10.8.0.1/24\n", "auto"),
        ("RouteTable=77\n", "[Network]\nAddress=10.8.0.1/24\n", "77"),
        ("", None, "off"),
    ],
)
def test_networkd_makes_no_routes_by_itself(more, network, table):
    found = read_networkd(NETDEV + more, network)
    assert (found.config.table, found.key_file, found.interface) == (table, "/etc/wg.key", "wg0")


def test_settings_without_a_place_are_named_and_their_values_are_not():
    found = read_networkd(
        NETDEV + f"PresharedKey={B}\nColour=red\n", "[Network]\nAddress=10.8.0.1/24\nDHCP=yes\n[DHCP]\nUseDNS=no\n"
    )
    assert found.left_out == ("[WireGuardPeer] Colour", "[Network] DHCP", "[DHCP] UseDNS")
    keyfile = WG + f"[wireguard]\nip4-auto-default-route=0\n[wireguard-peer.{A}]\ncolour=red\n[vpn]\nsecret={B}\n"
    assert read_keyfile(keyfile) == Foreign(
        Config(peers=(Peer(A),)),
        None,
        None,
        ("[wireguard-peer] colour", "[vpn] secret"),
    )


FILES = {
    "office.netdev": NETDEV,
    "bridge.netdev": "[NetDev]\nName=br0\nKind=bridge\n",
    "10-office.network": "[Match]\nName=wg0 wg9\n[Network]\nAddress=10.9.0.1/16\n",
    "eth.network": "[Match]\nName=eth0\n[Network]\nAddress=192.0.2.1/24\n",
    "home.conf": f"[Interface]\nPrivateKey = {B}\n",
    "wifi.nmconnection": "[connection]\ntype=wifi\n",
    "lab.nmconnection": "[connection]\ntype=wireguard\n[ipv4]\naddress1=10.7.0.1/24\n",
    "notes.txt": "=",
}


def test_which_files_describe_an_interface():
    peer = Peer(A, allowed_ips=("10.9.0.0/16",))
    network = "10-office.network"
    assert list(described(FILES)) == [
        Described("home", "wg-quick", Foreign(Config(private_key=B)), ("home.conf",)),
        Described("lab", "NetworkManager", Foreign(Config(addresses=("10.7.0.1/24",)), "lab"), ("lab.nmconnection",)),
        Described(
            "office",
            "networkd",
            Foreign(Config(addresses=("10.9.0.1/16",), peers=(peer,)), "wg0", "/etc/wg.key"),
            ("office.netdev", network),
            shared=(network,),
        ),
    ]


NO_WG = "[NetDev]\nKind=wireguard\n[WireGuard]\n"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.conf", "[Interface]\nPort = 1\n", "a.conf: line 2: unknown key 'Port' in [Interface]"),
        ("a.netdev", NO_WG + "PrivateKey=s3cret\n", "a.netdev: line 4: PrivateKey: not a WireGuard key"),
        ("a.nmconnection", WG + "[wireguard]\nprivate-key=s3cret\n", "a.nmconnection: line 4: private-key: not a WireGuard key"),
        ("a.nmconnection", WG + "[wireguard]\nprivate-key\n", "a.nmconnection: line 4: has no '='"),
        ("a.conf", "[Interface]\nPostUp = wg addconf %i /etc/x/c.conf\n", "a.conf: adds peers from c.conf: line 2: unknown key"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(name, text, message):
    sound = {"b.conf": f"[Interface]\nPrivateKey = {B}\n", "c.conf": "[Peer]\ns3cret = 1\n"}
    broken, other = described({name: text, **sound})
    assert (broken.foreign, broken.files, other.foreign) == (None, (name,), Foreign(Config(private_key=B)))
    assert str(broken.error).startswith(message)
    assert "s3cret" not in str(broken.error)


@pytest.mark.parametrize("name", [None, "beta"])
def test_a_next_preshared_key_is_not_imported(name):
    peer = Peer(key("beta"), key("shared"), name=name, follows=key("old"), next_preshared_key=key("next shared"))
    found = read_conf(render_conf(Config(private_key=key("own"), peers=(peer,))))
    assert found.config.peers == (replace(peer, next_preshared_key=None),)
    assert key("next shared") not in repr(vars(found))
