# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import in_use, remembered
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Known
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    MeasuredInterface,
    MeasuredPeer,
    MetricsSettings,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NOW = 1700000000.5
BETA = MeasuredPeer((key("beta"), key("next")), "10.8.0.2")
SETTINGS = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", False, {"beta": BETA})})
PLACE = ("office", "beta")
FORMER = Known("203.0.113.2:1", 2, 1699999000.0, True, 0.5)


def live(name, age=None, prefixes=(), endpoint="203.0.113.2:1", probe=None):
    return {
        "public_key": key(name), "handshake_age": age, "allowed_ips": list(prefixes), "endpoint": endpoint, "probe": probe,
    }  # fmt: skip


def probe(answers, seconds=None):
    return {"answers": answers, "round_trip": seconds}


def report(*peers, names=("wg0",)):
    return {"time": NOW, "interfaces": [{"name": name, "peers": list(peers)} for name in names]}


@pytest.mark.parametrize(
    ("peers", "used"),
    [
        ((), None),
        ((live("other", 1),), None),
        ((live("beta"),), "beta"),
        ((live("beta", None, ["10.8.0.2/32"]), live("next")), "beta"),
        ((live("beta"), live("next", None, ["10.8.0.2/32"])), "next"),
        ((live("beta", 100, ["10.8.0.2/32"]), live("next", 5)), "next"),
        ((live("beta", 5), live("next", None, ["10.8.0.2/32"])), "beta"),
    ],
)
def test_the_key_that_a_node_uses(peers, used):
    found = in_use(BETA, {peer["public_key"]: peer for peer in peers})
    assert (found and found["public_key"]) == (used and key(used))


@pytest.mark.parametrize(
    ("peers", "asked", "expected"),
    [
        ((live("beta", 3, probe=probe(True, 0.02)),), True, Known("203.0.113.2:1", 2, NOW, True, 0.02)),
        ((live("beta", 3, probe=probe(True)),), True, Known("203.0.113.2:1", 2, NOW, True)),
        ((live("beta", 3, probe=probe(False)),), True, Known("203.0.113.2:1", 2, NOW, False)),
        ((live("beta", 9, probe=probe(False)), live("next", 1, probe=probe(True))), True, Known("203.0.113.2:1", 2, NOW, True)),
        ((live("beta", 3, endpoint="203.0.113.9:1"),), False, Known("203.0.113.9:1", 3, 1699999000.0, True, 0.5)),
        ((live("beta", 3, endpoint=None),), False, FORMER),
        ((), True, Known("203.0.113.2:1", 2, NOW, False)),
        ((), False, FORMER),
    ],
)
def test_what_is_remembered(peers, asked, expected):
    probes = {"wg0": {key("beta"): "10.8.0.2", key("next"): "10.8.0.2"}} if asked else {}
    assert remembered(SETTINGS, report(*peers), {PLACE: FORMER, ("office", "gone"): FORMER}, probes) == {PLACE: expected}


def test_an_interface_that_is_missing_has_silent_peers():
    asked = {"wg0": {key("beta"): "10.8.0.2"}}
    assert remembered(SETTINGS, report(names=()), {}, asked) == {PLACE: Known(None, 0, NOW, False)}


def test_a_peer_that_is_not_probed_any_more_is_neither_up_nor_silent():
    quiet = MetricsSettings({"wg0": MeasuredInterface("office", "alpha", "wg0", False, {"beta": MeasuredPeer((key("beta"),))})})
    assert remembered(quiet, report(live("beta")), {PLACE: FORMER}, {}) == {PLACE: Known("203.0.113.2:1", 2)}
