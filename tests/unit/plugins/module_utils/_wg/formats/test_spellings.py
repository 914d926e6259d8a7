# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The spellings of wg and wg-quick. Judged by what the usual parser reads of the text that comes out."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import ConfError, parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.spellings import (
    secrets_in,
    usual,
    usual_endpoint,
    without_secrets,
)
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs
from ansible_collections.meshwork.wireguard.tests.unit.support import key

A, NO_KEY = key("a"), "A" * 43 + "="


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("ListenPort = 51820", {"port": 51820}),
        ("L isten Port\t=\t5 1820  # five", {"port": 51820}),
        ("listenport=00051820", {"port": 51820}),
        ("FwMark = OFF", {"fwmark": 0}),
        ("FwMark = 0x00000000CA6C", {"fwmark": 51820}),
        ("FwMark = 0051820", {"fwmark": 51820}),
        ("SaveConfig = TRUE", {"save_config": True}),
        ("SaveConfig = False", {}),
        ("Table =", {}),
        ("Table = off\nTable =", {}),
        ("Table = off # not by me", {"table": "off"}),
        ("MTU =", {}),
        ("MTU = 500", {"mtu": 500}),
        ("PostUp =", {}),
        ("PostUp = true\t&& echo a=b", {"hooks": Hooks(post_up=("true && echo a=b",))}),
        ("PostUp = echo 'x' # y", {"hooks": Hooks(post_up=("echo 'x'",))}),
        ("Address = 10.8.0.1/24 fd00::1/64,10.9.0.1", {"addresses": ("10.8.0.1/24", "fd00::1/64", "10.9.0.1/32")}),
        ("Address = 10.8.0.1/24\nAddress = 10.8.0.2/255.255.255.0", {"addresses": ("10.8.0.1/24", "10.8.0.2/24")}),
        ("DNS = 1.1.1.1 corp.example, ~lab.example", {"dns": ("1.1.1.1", "corp.example", "~lab.example")}),
        ("DNS =", {}),
        ("\r", {}),
    ],
)
def test_interface(line, values):
    text = f"\ufeff[Interface]\r\nPrivateKey = {A}\n{line}\n"
    assert parse_conf(usual(text)) == Config(private_key=A, **values)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("PersistentKeepalive = Off", {}),
        ("persistent keepalive = 025", {"keepalive": 25}),
        (f"PresharedKey = {NO_KEY}", {}),
        (f"PresharedKey = {key('s')[:20]} {key('s')[20:]}", {"preshared_key": key("s")}),
        ("AllowedIPs = 10.8.0.0 / 24,fd00:: /64", {"allowed_ips": ("10.8.0.0/24", "fd00::/64")}),
        ("AllowedIPs = 10.8.0.7/24\nALLOWEDIPS=10.9.0.1", {"allowed_ips": ("10.8.0.0/24", "10.9.0.1/32")}),
        ("AllowedIPs =", {}),
        ("Endpoint = 2001:db8::1:51820", {"endpoint": "[2001:db8::1]:51820"}),
        ("Endpoint = 2001:db8:1:2:3:4:5:6:051820", {"endpoint": "[2001:db8:1:2:3:4:5:6]:51820"}),
        ("Endpoint = [192.0.2.1]:51820", {"endpoint": "192.0.2.1:51820"}),
        ("Endpoint = [ fe80::1%eth0 ] : 51820", {"endpoint": "[fe80::1%eth0]:51820"}),
        ("Endpoint = 192.0.2.1:0 # later", {}),
        ("Endpoint = vpn.example.org: 0 51820", {"endpoint": "vpn.example.org:51820"}),
        ("AllowedIPs = 10.8. 0.0/2 4", {"allowed_ips": ("10.8.0.0/24",)}),
        ("Endpoint = Vpn_1.example.org.:1", {"endpoint": "Vpn_1.example.org.:1"}),
    ],
)
def test_peers(line, values):
    text = f"[Interface]\n[peer] # first\nPublic Key = {A}\n{line}"
    assert parse_conf(usual(text)).peers == (Peer(A, **values),)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[Interface]\n; note", "line 2: has no '='; write 'Key = value', a section or a comment"),
        ("[Interface]\nJc = 4", "line 2: unknown key 'Jc' in [Interface]"),
        ("[Interface]\nAddress = {{ address }}", "line 2: Address: '{{' is not an address"),
        ("[Interface]\nPrivateKey = <private key>", "line 2: PrivateKey: not a WireGuard key (44 characters of base64"),
        ("[Interface]\n[Peer]\nEndpoint = 192.0.2.1", "line 3: Endpoint: '192.0.2.1' has no port; write host:port"),
        ("[Interface]\nPostUp = a \\\n  -j ACCEPT", "line 3: has no '='; write 'Key = value', a section or a comment"),
    ],
)
def test_what_wg_refuses_stays_refused_at_its_line(text, error):
    with pytest.raises(ConfError) as caught:
        parse_conf(usual(text))
    assert str(caught.value).startswith(error)


SPACES = st.sampled_from(["", " ", "\t", "  "])
NOISE = st.sampled_from(["", "# Name = beta", "#", "\t", "# a = b # c", f"#PublicKey = {A}"])


@given(configs, st.lists(st.tuples(NOISE, SPACES, SPACES, SPACES), max_size=200))
def test_what_the_parser_reads_already_keeps_its_meaning(config, noise):
    assume(not any(peer.preshared_key == NO_KEY for peer in config.peers))  # which wg takes for none
    lines = render_conf(config).split("\n")
    padded = []
    for number, line in enumerate(lines):
        before, *around = noise[number] if number < len(noise) else ("", "", "", "")
        name, equals, value = line.partition("=")
        plain = equals and not line.startswith("#")
        padded.append(f"{around[0]}{name.strip()}{around[1]}={around[2]}{value.strip()}" if plain else line)
        padded += [before] if before.startswith("#") else []
    text = "\n".join(padded)
    assert parse_conf(usual(text)) == parse_conf(text)
    assert len(usual(text).split("\n")) == len(text.split("\n"))
    assert usual(usual(text)) == usual(text)


@given(st.text())
def test_any_text_keeps_its_number_of_lines(text):
    assert len(usual(text).split("\n")) == len(text.split("\n"))


@pytest.mark.parametrize(
    ("value", "endpoint"),
    [
        ("a:1", "a:1"),
        ("::1:5", "[::1]:5"),
        ("no port", "no port"),
        ("[x]:1", "x:1"),
        ("", ""),
        ("192.0.2.1:0099", "192.0.2.1:99"),
        ("192.0.513:7", "192.0.2.1:7"),
        ("10.65538:7", "10.1.0.2:7"),
        ("10.300.1:7", "10.300.1:7"),
        ("192.0.65536:7", "192.0.65536:7"),
    ],
)
def test_endpoints(value, endpoint):
    assert usual_endpoint(value) == endpoint


SECRET = key("secret")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Endpoint: '{SECRET}' is no endpoint", "Endpoint: '(a key)' is no endpoint"),
        (f"PrivateKey={SECRET}", "PrivateKey=(a key)"),
        (f"{SECRET[:43]} {SECRET[:42]}= {SECRET}=", "(a key) (a key) (a key)"),
        (f"{SECRET}.", "(a key)."),
        (f"a{SECRET}", "(a key)"),
        ("/etc/wireguard/networks/production/frankfurt/wg0.conf: line 2", None),
        ("peer ahJpfVSv...: the file has 10.8.0.0/24", None),
        ("0123456789abcdef" * 4, "(a key)"),
        ("0123456789abcdef" * 2, None),
    ],
)
def test_messages_without_what_looks_like_a_key(text, shown):
    assert without_secrets(text) == (text if shown is None else shown)
    assert bool(secrets_in(text)) is (shown is not None)
