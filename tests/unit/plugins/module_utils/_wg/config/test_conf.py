# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import (
    ConfError,
    next_preshared_keys,
    parse_conf,
    render_conf,
    with_next_preshared_keys,
    with_private_key,
    without_peers,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import (
    Config,
    Hooks,
    Peer,
    config_from_dict,
    config_to_dict,
)
from ansible_collections.meshwork.wireguard.tests.unit.strategies import configs, keys
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OWN, BETA, GAMMA, SHARED = key("own"), key("beta"), key("gamma"), key("shared")

EVERYTHING = Config(
    private_key=OWN,
    addresses=("10.8.0.1/24", "fd00:8::1/64"),
    port=51820,
    fwmark=0xCA6C,
    mtu=1380,
    table="123",
    dns=("10.8.0.53", "fd00:8::53", "example.org"),
    hooks=Hooks(
        pre_up=("echo before",),
        post_up=("iptables -A FORWARD -i %i -j ACCEPT; x=1", "second"),
        pre_down=("echo down",),
        post_down=("echo gone",),
    ),
    peers=(
        Peer(BETA, SHARED, ("10.8.0.2/32", "172.20.1.0/24", "fd00:8::2/128"), "203.0.113.2:51820", 25, "beta"),
        Peer(GAMMA, None, ("10.8.0.3/32",), "[2001:db8::3]:51820", 0, None),
        Peer(key("delta"), None, (), None, 0, "delta, a phone"),
        Peer(key("next"), SHARED, (), "203.0.113.2:51820", 0, "beta", BETA, key("next shared")),
    ),
)
EVERYTHING_TEXT = f"""\
[Interface]
PrivateKey = {OWN}
Address = 10.8.0.1/24, fd00:8::1/64
ListenPort = 51820
FwMark = 0xca6c
MTU = 1380
Table = 123
DNS = 10.8.0.53, fd00:8::53, example.org
PreUp = echo before
PostUp = iptables -A FORWARD -i %i -j ACCEPT; x=1
PostUp = second
PreDown = echo down
PostDown = echo gone

[Peer]
# Name = beta
PublicKey = {BETA}
PresharedKey = {SHARED}
AllowedIPs = 10.8.0.2/32, 172.20.1.0/24, fd00:8::2/128
Endpoint = 203.0.113.2:51820
PersistentKeepalive = 25

[Peer]
PublicKey = {GAMMA}
AllowedIPs = 10.8.0.3/32
Endpoint = [2001:db8::3]:51820

[Peer]
# Name = delta, a phone
PublicKey = {key("delta")}

[Peer]
# Name = beta
# Follows = {BETA}
# NextPresharedKey = {key("next shared")}
PublicKey = {key("next")}
PresharedKey = {SHARED}
Endpoint = 203.0.113.2:51820
"""


@given(configs)
def test_text_round_trip(config):
    text = render_conf(config)
    assert parse_conf(text) == config
    assert render_conf(parse_conf(text)) == text


@given(configs)
def test_dict_round_trip(config):
    """What the filters do: to_conf reads the dict, from_conf writes it."""
    shape = config_to_dict(config)
    assert config_from_dict(shape) == config
    assert config_to_dict(parse_conf(render_conf(config_from_dict(shape)))) == shape


def test_whole_text():
    assert render_conf(EVERYTHING) == EVERYTHING_TEXT
    assert parse_conf(EVERYTHING_TEXT) == EVERYTHING


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (Config(), "[Interface]\n"),
        (Config(fwmark=0), "[Interface]\nFwMark = off\n"),
        (Config(fwmark=1), "[Interface]\nFwMark = 0x1\n"),
        (Config(port=0), "[Interface]\nListenPort = 0\n"),
        (Config(table="off"), "[Interface]\nTable = off\n"),
        (Config(save_config=True), "[Interface]\nSaveConfig = true\n"),
    ],
)
def test_defaults_and_zeros(config, text):
    assert render_conf(config) == text
    assert parse_conf(text) == config


FORM = "(host:port, IPv6 as [address]:port)"
PEER = f"[Interface]\n[Peer]\nPublicKey={BETA}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(EVERYTHING_TEXT.replace("\n", "\r\n"), EVERYTHING, id="CRLF"),
        pytest.param("\ufeff" + EVERYTHING_TEXT, EVERYTHING, id="byte order mark"),
        pytest.param(EVERYTHING_TEXT.replace(" = ", "="), EVERYTHING, id="no spaces"),
        pytest.param(EVERYTHING_TEXT.replace("\n", "\n\t "), EVERYTHING, id="indented"),
        pytest.param(EVERYTHING_TEXT.rstrip("\n"), EVERYTHING, id="no last line end"),
        pytest.param(
            EVERYTHING_TEXT.replace("[Peer]", "[PEER]  # a peer").replace("[Interface]", "[ interface ]"),
            EVERYTHING,
            id="sections in any case, with blanks and comments",
        ),
        pytest.param(
            f"[interface]\nPRIVATEKEY = {OWN}\nlistenport = 51820 # the usual one\naddress = 10.8.0.1/24\n",
            Config(private_key=OWN, port=51820, addresses=("10.8.0.1/24",)),
            id="keys in any case",
        ),
        pytest.param(
            "# our network\n\n  # indented\n[Interface]\n#ListenPort = 1\nListenPort = 2#3\n",
            Config(port=2),
            id="comments",
        ),
        pytest.param(
            f"{PEER}# Name = beta\nAllowedIPs = 10.8.0.2/32\n\n#[Peer]\n#PublicKey = {GAMMA}\n#AllowedIPs = 10.8.0.3/32\n",
            Config(peers=(Peer(BETA, allowed_ips=("10.8.0.2/32",), name="beta"),)),
            id="a commented peer",
        ),
        pytest.param(
            f"[Interface]\n\n[Peer]\n# Name = beta\nPublicKey={BETA}\n\n# [Peer]\n# Name = gamma\n# PublicKey = {GAMMA}\n",
            Config(peers=(Peer(BETA, name="beta"),)),
            id="a commented peer's name is not the name of the peer above",
        ),
        pytest.param(
            f"[Interface]\n# Name = own\n[Peer]\n#name=beta\nPublicKey={BETA}\n[Peer]\n# Name =\nPublicKey={GAMMA}\n",
            Config(peers=(Peer(BETA, name="beta"), Peer(GAMMA))),
            id="names",
        ),
        pytest.param(
            f"{PEER}AllowedIPs = 10.8.0.9/32\nAllowedIPs = 10.8.0.2/32,10.8.0.3/32\nallowedips=10.8.0.2\n",
            Config(peers=(Peer(BETA, allowed_ips=("10.8.0.2/32", "10.8.0.3/32", "10.8.0.9/32")),)),
            id="several AllowedIPs lines add up, sorted, each once",
        ),
        pytest.param(
            PEER + "# Follows = the others\n# Follows = x\n", Config(peers=(Peer(BETA),)), id="a comment that follows none"
        ),
        pytest.param(
            PEER + "# NextPresharedKey = not yet\n# nextpresharedkey=\n", Config(peers=(Peer(BETA),)), id="and no next key"
        ),
        pytest.param(
            f"{PEER}#nextpresharedkey={SHARED}\n", Config(peers=(Peer(BETA, next_preshared_key=SHARED),)), id="the next key"
        ),
        pytest.param(PEER + "AllowedIPs =\n", Config(peers=(Peer(BETA),)), id="empty AllowedIPs"),
        pytest.param(
            PEER + "AllowedIPs = 10.8.0.7/24, FD00:8::7/64,\n",
            Config(peers=(Peer(BETA, allowed_ips=("10.8.0.0/24", "fd00:8::/64")),)),
            id="host bits are cleared",
        ),
        pytest.param(
            "[Interface]\nListenPort = 1\nListenPort = 2\nMTU = 1400\n[Interface]\nListenPort = 3\n",
            Config(port=3, mtu=1400),
            id="the last of a repeated key counts",
        ),
        pytest.param(
            "[Interface]\nAddress = 10.8.0.1/24\nAddress = fd00:8::1/64, 10.8.0.1/24\nDNS = 9.9.9.9\n"
            "[Interface]\nDNS = example.org\nPostUp = one\nPostUp = two\nPostUp = one\n",
            Config(
                addresses=("10.8.0.1/24", "fd00:8::1/64"),
                dns=("9.9.9.9", "example.org"),
                hooks=Hooks(post_up=("one", "two", "one")),
            ),
            id="repeated lists add up, hooks keep repetitions",
        ),
        pytest.param(
            f"{PEER}PersistentKeepalive = off\n[Interface]\nFwMark = off\nTable = off\nSaveConfig = false\n",
            Config(fwmark=0, table="off", peers=(Peer(BETA),)),
            id="off",
        ),
        pytest.param("[Interface]\nFwMark = 51820\n", Config(fwmark=51820), id="a decimal mark"),
        pytest.param(
            f"[Interface]\nListenPort = 51820\nFwMark = 0xca6c\nPrivateKey = {OWN}\n\n"
            f"[Peer]\nPublicKey = {BETA}\nPresharedKey = {SHARED}\nAllowedIPs = 10.8.0.2/32, fd00:8::2/128\n"
            f"Endpoint = [2001:db8::2]:51820\nPersistentKeepalive = 25\n\n[Peer]\nPublicKey = {GAMMA}\n",
            Config(
                private_key=OWN,
                port=51820,
                fwmark=0xCA6C,
                peers=(
                    Peer(BETA, SHARED, ("10.8.0.2/32", "fd00:8::2/128"), "[2001:db8::2]:51820", 25),
                    Peer(GAMMA),
                ),
            ),
            id="wg showconf",
        ),
    ],
)
def test_as_people_write(text, expected):
    assert parse_conf(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: has no [Interface] section"),
        (f"[Peer]\nPublicKey = {BETA}\n", "line 1: has no [Interface] section"),
        ("\n\nListenPort = 1\n[Interface]\n", "line 3: a key before the first section"),
        (
            "[Interface]\n\n[Peers]\n",
            "line 3: unknown section [Peers]; known are [Interface] and [Peer], each on a line of its own",
        ),
        ("[Interface\n", "line 1: unknown section; known are [Interface] and [Peer], each on a line of its own"),
        (
            "[Interface] PrivateKey = s3cret\n",
            "line 1: unknown section; known are [Interface] and [Peer], each on a line of its own",
        ),
        (
            "[Interface]\nListenPort 51820\n",
            "line 2: has no '='; write 'Key = value', a section or a comment",
        ),
        ("[Interface]\nPort = 51820\n", "line 2: unknown key 'Port' in [Interface]"),
        (
            "[Interface]\nAllowedIPs = 10.8.0.1/32\n",
            "line 2: unknown key 'AllowedIPs' in [Interface]; it belongs to [Peer]",
        ),
        (PEER + "ListenPort = 1\n", "line 4: unknown key 'ListenPort' in [Peer]; it belongs to [Interface]"),
        ("[Interface]\nListenPort =\n", "line 2: ListenPort has no value"),
        ("[Interface]\nListenPort = # later\n", "line 2: ListenPort has no value"),
        ("[Interface]\r\nListenPort = 70000\r\n", "line 2: ListenPort: '70000' is not a port (0 to 65535)"),
        ("[Interface]\nMTU = big\n", "line 2: MTU: 'big' is not a number from 68 to 65535"),
        ("[Interface]\nMTU = 70000\n", "line 2: MTU: '70000' is not a number from 68 to 65535"),
        ("[Interface]\nFwMark = 0xg\n", "line 2: FwMark: '0xg' is not a number from 0 to 4294967295"),
        (
            "[Interface]\nTable = a b\n",
            "line 2: Table: 'a b' is not a routing table (auto, off, a number or a name)",
        ),
        ("[Interface]\nDNS = 9.9.9.9;8.8.8.8\n", "line 2: DNS: '9.9.9.9;8.8.8.8' is neither an address nor a search domain"),
        ("[Interface]\nSaveConfig = yes\n", "line 2: SaveConfig: 'yes' is not true or false"),
        ("[Interface]\nAddress = 10.8.0.1/24, 10.8.0.300\n", "line 2: Address: '10.8.0.300' is not an address"),
        ("[Interface]\nPostUp = a\tb\x07\n", "line 2: PostUp: must be one line without control characters"),
        ("[Interface]\n\n[Peer]\nEndpoint = a:1\n", "line 3: this [Peer] section has no PublicKey"),
        (PEER + "AllowedIPs = 10.8.0.2/32, ten\n", "line 4: AllowedIPs: 'ten' is not a prefix"),
        (
            PEER + "AllowedIPs = +10.8.0.2/32\n",
            "line 4: AllowedIPs: '+10.8.0.2/32': prefixes in a file have no + or -",
        ),
        (PEER + "Endpoint = 2001:db8::x:51820\n", f"line 4: Endpoint: '2001:db8::x:51820' is not an endpoint {FORM}"),
        (PEER + "Endpoint = vpn.example.org\n", "line 4: Endpoint: 'vpn.example.org' has no port; write host:port"),
        (PEER + "PersistentKeepalive = 65536\n", "line 4: PersistentKeepalive: '65536' is not a number from 0 to 65535"),
    ],
)
def test_errors_name_the_line(text, message):
    with pytest.raises(ConfError) as caught:
        parse_conf(text)
    assert str(caught.value) == message
    assert caught.value.line == int(message.split(":")[0].split()[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[Interface]\nPrivateKey = {}\n",
            "line 2: PrivateKey: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)",
        ),
        (
            PEER + "PresharedKey = {}\n",
            "line 4: PresharedKey: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)",
        ),
    ],
)
@pytest.mark.parametrize("secret", [OWN[:-1], OWN + "=", "hunter2", OWN[:20] + "!" + OWN[21:]])
def test_no_secret_in_an_error(text, message, secret):
    with pytest.raises(ConfError) as caught:
        parse_conf(text.format(secret))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (OWN, "line 2: unknown key in [Interface]"),
        ("PrivateKey " + OWN, "line 2: unknown key in [Interface]"),
        ("PrivateKey: " + OWN, "line 2: unknown key in [Interface]"),
        (OWN[:-1], "line 2: has no '='; write 'Key = value', a section or a comment"),
    ],
)
def test_no_secret_where_its_key_was_forgotten(line, message):
    with pytest.raises(ConfError) as caught:
        parse_conf(f"[Interface]\n{line}\n")
    assert str(caught.value) == message


@given(configs)
def test_no_secret_in_a_repr(config):
    secret = key("secret")
    whole = replace(config, private_key=secret, peers=tuple(replace(p, preshared_key=secret) for p in config.peers))
    assert secret not in repr(whole)
    assert secret not in str(whole.peers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[Interface]\nListenPort = 1\n", f"[Interface]\nPrivateKey = {OWN}\nListenPort = 1\n"),
        ("# ours\r\n[interface] # x\r\n", f"# ours\n[interface] # x\nPrivateKey = {OWN}\n"),
        ("\ufeff[Interface]", f"[Interface]\nPrivateKey = {OWN}"),
        (PEER, PEER.replace("[Interface]\n", f"[Interface]\nPrivateKey = {OWN}\n")),
        ("[Interface]\n#PrivateKey = x\n", f"[Interface]\nPrivateKey = {OWN}\n#PrivateKey = x\n"),
        (
            f"[Peer]\nPublicKey={BETA}\n[Interface]\n[Interface]\n",
            f"[Peer]\nPublicKey={BETA}\n[Interface]\nPrivateKey = {OWN}\n[Interface]\n",
        ),
        (EVERYTHING_TEXT, EVERYTHING_TEXT),
        ("[Interface]\r\nprivatekey=" + GAMMA, "[Interface]\r\nprivatekey=" + GAMMA),
    ],
)
def test_with_private_key(text, expected):
    assert with_private_key(text, OWN) == expected


def test_with_private_key_refuses_what_is_no_configuration():
    with pytest.raises(ConfError, match="line 1: has no \\[Interface\\] section"):
        with_private_key("", OWN)


@given(configs, keys)
def test_with_private_key_changes_nothing_else(config, secret):
    text = with_private_key(render_conf(config), secret)
    assert parse_conf(text) == replace(config, private_key=config.private_key or secret)
    assert with_private_key(text, key("another")) == text


PARTS = """\
# head
[Interface]
PrivateKey = {own}

[Peer] # beta
PublicKey = {beta}

# of gamma
[Peer]
PublicKey = {gamma}
AllowedIPs = 10.8.0.3/32
"""


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ([], PARTS),
        (["nobody"], PARTS),
        (["gamma"], PARTS[: PARTS.rindex("[Peer]")]),
        (["beta"], PARTS[: PARTS.index("[Peer]")] + PARTS[PARTS.rindex("[Peer]") :]),
        (["beta", "gamma", "own"], PARTS[: PARTS.index("\n[Peer]")]),
    ],
    ids=["none", "unknown", "the last", "one between", "all"],
)
def test_without_peers(keys, left):
    names = {name: key(name) for name in ("own", "beta", "gamma")}
    assert without_peers(PARTS.format(**names), [key(name) for name in keys]) == left.format(**names)


A, B, C, NEW_A, NEW_B = (key(f"preshared {name}") for name in ("a", "b", "c", "new a", "new b"))
CHANGING = Config(
    peers=(
        Peer(BETA, A, next_preshared_key=NEW_A),
        Peer(key("next"), A, follows=BETA, next_preshared_key=NEW_A),
        Peer(GAMMA, B, next_preshared_key=NEW_B),
        Peer(key("delta"), C),
    )
)


def test_next_preshared_keys():
    """Of the peers that are named, in files of any program; other comments stay."""
    assert next_preshared_keys(CHANGING) == {A: NEW_A, B: NEW_B}
    text = render_conf(CHANGING)
    changed = tuple(
        replace(peer, preshared_key={A: NEW_A, B: NEW_B}.get(peer.preshared_key, C), next_preshared_key=None)
        for peer in CHANGING.peers
    )
    assert with_next_preshared_keys(text, {A: NEW_A, B: NEW_B}) == render_conf(Config(peers=changed))
    part = with_next_preshared_keys(text, {A: NEW_A})
    assert next_preshared_keys(parse_conf(part)) == {B: NEW_B}
    assert (A in part, B in part) == (False, True)
    assert with_next_preshared_keys(text, {}) == text
    assert with_next_preshared_keys(f"psk={A}\n#{A}\n", {A: B, B: C}) == f"psk={B}\n#{B}\n"


def test_no_next_preshared_key_is_shown():
    assert [secret for secret in (A, B, C, NEW_A, NEW_B) if secret in repr(CHANGING)] == []
