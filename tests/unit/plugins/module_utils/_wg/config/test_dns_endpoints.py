# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS endpoints become comments; everything else stays as it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import (
    dns_endpoints,
    routes_dns,
    with_resolve_comments,
    without_dns_endpoints,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key

TEXT = f"""[Interface]
ListenPort = 51820

[Peer]
# Name = beta
PublicKey = {key("beta")}
AllowedIPs = 10.8.0.2/32
{{beta}}
PersistentKeepalive = 25

[Peer]
{{gamma}}
PublicKey={key("gamma")}
"""


@pytest.mark.parametrize(
    ("beta", "gamma", "new_beta", "new_gamma", "names"),
    [
        ("Endpoint = 192.0.2.1:51820", "Endpoint=[fd00::1]:1", "Endpoint = 192.0.2.1:51820", "Endpoint=[fd00::1]:1", {}),
        ("", "# Endpoint = hub.example:1", "", "# Endpoint = hub.example:1", {}),
        (
            "Endpoint = hub.example:51820",
            "Endpoint = 192.0.2.1:1",
            "# Resolve = hub.example:51820",
            "Endpoint = 192.0.2.1:1",
            {"beta": "hub.example:51820"},
        ),
        (
            "  ENDPOINT=a-b.example.:1  # the old one",
            "endpoint = c:2",
            "# Resolve = a-b.example.:1",
            "# Resolve = c:2",
            {"beta": "a-b.example.:1", "gamma": "c:2"},
        ),
    ],
    ids=["addresses", "none", "one name", "two names"],
)
def test_names(beta, gamma, new_beta, new_gamma, names):
    commented = with_resolve_comments(TEXT.format(beta=beta, gamma=gamma))
    assert commented == TEXT.format(beta=new_beta, gamma=new_gamma)
    assert dns_endpoints(commented) == {key(name): value for name, value in names.items()}
    assert with_resolve_comments(commented) == commented
    before, after = parse_conf(TEXT.format(beta=beta, gamma=gamma)), parse_conf(commented)
    assert [peer.public_key for peer in after.peers] == [key("beta"), key("gamma")]
    assert [b.endpoint if b.name not in names else None for b in before.peers[:1]] == [a.endpoint for a in after.peers[:1]]


def test_lines_of_another_system():
    assert with_resolve_comments("[Peer]\r\nEndpoint = a.example:1\r\nAllowedIPs = ::/0\r\n") == (
        "[Peer]\r\n# Resolve = a.example:1\nAllowedIPs = ::/0\r\n"
    )


def test_names_that_stay_for_the_start():
    commented = with_resolve_comments(
        TEXT.format(beta="Endpoint = a.example:1  # old", gamma="Endpoint = 192.0.2.1:1"), at_start=True
    )
    assert commented == TEXT.format(beta="Endpoint = a.example:1  # old\n# Resolve = a.example:1", gamma="Endpoint = 192.0.2.1:1")
    assert dns_endpoints(commented) == {key("beta"): "a.example:1"}
    assert parse_conf(commented).peers[0].endpoint == "a.example:1"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, False),
        ({"allowed": ("10.0.0.0/8", "fd00::/8")}, False),
        ({"allowed": ("0.0.0.0/0",)}, True),
        ({"allowed": ("::/0",)}, True),
        ({"allowed": ("0.0.0.0/1", "128.0.0.0/1")}, True),
        ({"allowed": ("0.0.0.0/0",), "table": "off"}, False),
        ({"allowed": ("0.0.0.0/0",), "table": "51"}, False),
        ({"dns": ("10.8.0.53",)}, True),
    ],
)
def test_the_way_to_the_name_servers(values, expected):
    peer = Peer(key("beta"), None, values.pop("allowed", ("10.8.0.2/32",)))
    assert routes_dns(Config(peers=(peer,), **values)) is expected


def test_what_wg_is_told():
    named, plain, mute = (Peer(key(e), endpoint=e or None) for e in ("a.example:1", "[fd00::1]:1", ""))
    assert without_dns_endpoints(Config(peers=(named, plain, mute))).peers == (replace(named, endpoint=None), plain, mute)


def test_there_is_no_file():
    assert dns_endpoints(None) == {}


def peer_with(*lines):
    return "\n".join(["[Interface]", "# Resolve = x:1", "[Peer]", f"PublicKey = {key('beta')}", *lines, ""])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (peer_with("# Resolve = a.example:1"), True),
        (peer_with("# Resolve = a.example:1\r"), True),
        (peer_with("AllowedIPs = ::/0 # Resolve = a.example:1"), False),
        (peer_with("# not: # Resolve = a.example:1"), False),
        (peer_with(" # Resolve = a.example:1"), False),
        (peer_with("# Name = x\u2028# Resolve = a.example:1"), False),
        (peer_with("# Name = x\x85# Resolve = a.example:1", "# Name = x\x0b# Resolve = a.example:1"), False),
        (peer_with("# [Peer]", "# Resolve = a.example:1"), False),
        ("[Interface]\n[Peer]\n# Resolve = a.example:1\n", False),  # no configuration
        ("", False),
    ],
)
def test_what_a_name_is(text, found):
    """A comment of its own at a line's start, and a line ends where WireGuard ends it."""
    assert dns_endpoints(text) == ({key("beta"): "a.example:1"} if found else {})
