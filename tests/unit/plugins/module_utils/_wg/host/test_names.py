# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import (
    NamedNetwork,
    NamesSettings,
    settings_from,
    settings_in,
    settings_text,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

NETWORK = {
    "domain": "office.internal",
    "interfaces": ["wg0"],
    "hosts": {"alpha.office.internal": ["10.8.0.1", "fd00:8::1"]},
    "zones": ["0.8.10.in-addr.arpa"],
    "servers": {"wg0": ["10.8.0.1"]},
    "serves": [],
}
WHOLE = {"way": "resolver", "networks": {"office": NETWORK}}
ALPHA = {"alpha.office.internal": ("10.8.0.1", "fd00:8::1")}
OFFICE = NamedNetwork("office.internal", ("wg0",), ALPHA, ("0.8.10.in-addr.arpa",), {"wg0": ("10.8.0.1",)})
SETTINGS = NamesSettings("resolver", {"office": OFFICE})
PLACE = "names.networks.office"
LABELS = "labels of A-Z a-z 0-9 -, with dots between them"


def test_round_trip():
    assert settings_from(WHOLE) == SETTINGS
    assert json.loads(settings_text(SETTINGS)) == WHOLE
    assert settings_in(settings_text(SETTINGS)) == SETTINGS
    assert settings_from({}) == NamesSettings()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"domain": "a b"}, f"{PLACE}.domain: 'a b' is not a domain; use at most 189 characters: {LABELS}"),
        ({"domain": None}, f"{PLACE}: has no domain"),
        ({"interfaces": []}, f"{PLACE}: has no interfaces"),
        (
            {"interfaces": ["up"]},
            f"{PLACE}.interfaces[0]: 'up' has another meaning for wg, ip, systemd or Linux; choose another name",
        ),
        ({"hosts": {"a.b": ["10.8.0.1"]}}, f"{PLACE}.hosts.a.b: is not a name in office.internal with an address"),
        (
            {"hosts": {"a.office.internal": []}},
            f"{PLACE}.hosts.a.office.internal: is not a name in office.internal with an address",
        ),
        ({"hosts": {"a.office.internal": ["10.8.0.1\n10.8.0.2 x"]}}, f"{PLACE}.hosts.a.office.internal[0]: is not an IP address"),
        (
            {"hosts": {"a\n.office.internal": ["10.8.0.1"]}},
            f"{PLACE}.hosts: 'a\\n.office.internal' is not a DNS name; use {LABELS}",
        ),
        ({"hosts": ["a"]}, f"{PLACE}.hosts: must be a mapping"),
        ({"zones": ["a/b"]}, f"{PLACE}.zones[0]: 'a/b' is not a DNS name; use {LABELS}"),
        ({"servers": {"wg0": ["fe80::1%eth0"]}}, f"{PLACE}.servers.wg0[0]: is not an IP address"),
        ({"server": {}}, f"{PLACE}: unknown key 'server'; did you mean 'servers'?"),
    ],
)
def test_what_is_refused(changes, message):
    assert outcome(settings_from, {"networks": {"office": {**NETWORK, **changes}}}) == f"refused: {message}"


@pytest.mark.parametrize(
    ("whole", "message"),
    [
        ({"way": "dns"}, "names.way: 'dns' is not one of hosts, resolved, resolver"),
        (
            {"networks": {"a/b": NETWORK}},
            "names.networks: 'a/b' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _",
        ),
        ({"networks": {"a": None}}, "names.networks.a: must be a mapping"),
    ],
)
def test_wholes_that_are_refused(whole, message):
    assert outcome(settings_from, whole) == f"refused: {message}"
