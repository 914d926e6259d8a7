# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
    settings_from,
    settings_in,
    settings_text,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

PEERS = {"beta": {"keys": [key("beta"), key("next")], "address": "10.8.0.2"}, "phone": {"keys": [key("phone")], "address": None}}
WHOLE = {
    "interfaces": {"wg0": {"network": "office", "node": "alpha", "key": "wg0", "inside": True, "peers": PEERS}},
    "directory": "/srv/textfiles",
    "interval": 30,
    "key_directory": "/etc/wireguard",
}
SETTINGS = MetricsSettings(
    {
        "wg0": MeasuredInterface(
            "office", "alpha", "wg0", True, {"beta": MeasuredPeer((key("beta"), key("next")), "10.8.0.2"),
                                             "phone": MeasuredPeer((key("phone"),))},
        )
    },
    "/srv/textfiles",
    30,
)  # fmt: skip


def test_round_trip():
    assert settings_from(WHOLE) == SETTINGS
    assert json.loads(settings_text(SETTINGS)) == WHOLE
    assert settings_in(settings_text(SETTINGS)) == SETTINGS
    assert settings_from({}) == MetricsSettings()
    assert (SETTINGS.inside, MetricsSettings().inside) == (True, False)


def changed(path, value):
    """The whole, with another value at a place."""
    whole = json.loads(json.dumps(WHOLE))
    *parents, last = path
    place = whole
    for name in parents:
        place = place[name]
    place[last] = value
    return whole


WG0 = ("interfaces", "wg0")
BETA = (*WG0, "peers", "beta")
INTERFACE = "1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
NO_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
TWICE = "metrics.interfaces.wg1: another interface has the peer beta of this network, too"
NAME = "1 to 253 of A-Z a-z 0-9 _ . {}-, the first one of A-Z a-z 0-9 _"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("interfaces",), [], "metrics.interfaces: must be a mapping"),
        (("interfaces", "a/b"), {}, f"metrics.interfaces: 'a/b' is not a valid interface name; use {INTERFACE}"),
        (WG0, {"node": "alpha", "key": "wg0"}, "metrics.interfaces.wg0: has no network"),
        (WG0, "x", "metrics.interfaces.wg0: has no network"),
        ((*WG0, "node"), 'a"b', f"metrics.interfaces.wg0.node: 'a\"b' is not a valid name; use {NAME.format('@ ')}"),
        ((*WG0, "network"), "a b", f"metrics.interfaces.wg0.network: 'a b' is not a valid name; use {NAME.format('')}"),
        ((*WG0, "inside"), "yes", "metrics.interfaces.wg0.inside: must be true or false"),
        ((*WG0, "keys"), 1, "metrics.interfaces.wg0: unknown key 'keys'; did you mean 'key'?"),
        ((*BETA, "keys"), None, "metrics.interfaces.wg0.peers.beta: has no keys"),
        ((*BETA, "keys"), ["x"], f"metrics.interfaces.wg0.peers.beta.keys[0]: {NO_KEY}"),
        ((*BETA, "address"), "fe80::1%eth0", "metrics.interfaces.wg0.peers.beta.address: is not an IP address"),
        ((*BETA, "address"), 7, "metrics.interfaces.wg0.peers.beta.address: is not an IP address"),
        (("directory",), "relative", "metrics.directory: 'relative' is not an absolute path of A-Z a-z 0-9 _ . @ + - /"),
        (("directory",), "/srv/../etc", "metrics.directory: '/srv/../etc' is not an absolute path of A-Z a-z 0-9 _ . @ + - /"),
        (("directory",), "/srv/a b", "metrics.directory: '/srv/a b' is not an absolute path of A-Z a-z 0-9 _ . @ + - /"),
        (("interval",), 9, "metrics.interval: '9' is not a number from 10 to 3600"),
        (("interfaces", "wg1"), WHOLE["interfaces"]["wg0"], TWICE),
    ],
)  # fmt: skip
def test_refused(path, value, message):
    assert outcome(settings_from, changed(path, value)) == f"refused: {message}"


@pytest.mark.parametrize("text", ["", "{", "[]", "1"])
def test_a_text_that_has_no_settings(text):
    assert outcome(settings_in, text).startswith("refused: ")
