# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import bird_watch
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.bird_watch import (
    Watch,
    drop_rules,
    forwards,
    keep_rules,
    tell,
)


@pytest.mark.parametrize(
    ("switches", "carries", "expected"),
    [
        ({}, [4, 6], True),
        ({"ipv4/conf/all": "1", "ipv4/conf/wg0": "1"}, [4], True),
        ({"ipv4/conf/all": "0"}, [4], False),
        ({"ipv4/conf/wg0": "0"}, [4], False),
        ({"ipv4/conf/eth0": "0"}, [4], True),
        ({"ipv6/conf/all": "0"}, [4], True),
        ({"ipv6/conf/all": "0"}, [4, 6], False),
        ({"ipv4/conf/all": "0"}, [], True),
    ],
)
def test_who_forwards(tmp_path, switches, carries, expected):
    for place, value in switches.items():
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "forwarding").write_text(value + "\n", encoding="ascii")
    assert forwards(carries, ["wg0", "wg0-hub2"], str(tmp_path)) is expected


def test_bird_is_told_what_changes(tmp_path):
    path = tmp_path / "carries.conf"
    assert [tell(str(path), carries) for carries in (True, True, False, False, True)] == [True, False, True, False, True]
    assert path.read_text(encoding="ascii") == "define FORWARDS = true;\n"


def test_a_hub_that_has_just_started_carries_nothing_yet(tmp_path, monkeypatch):
    monkeypatch.setattr(bird_watch, "RUN", str(tmp_path))
    monkeypatch.setattr(bird_watch, "forwards", lambda _carries, _interfaces: True)
    config, carries = tmp_path / "wg0.bgp.json", tmp_path / "wg0.carries.conf"
    config.write_text(json.dumps({"interface": "wg0", "interfaces": ["wg0"], "table": 7, "forwards": [4]}), encoding="utf-8")
    watch = Watch(str(config))
    watch.prepare()
    assert carries.read_text(encoding="ascii") == "define FORWARDS = false;\n"
    watch.settled = time.monotonic() + 60
    assert watch.tell() is False
    watch.settled = 0.0
    assert watch.tell() is True
    Watch(str(config)).prepare()  # this program alone starts anew
    assert carries.read_text(encoding="ascii") == "define FORWARDS = true;\n"


def test_rules(monkeypatch):
    calls = []

    def run(argv):
        calls.append(" ".join(argv))
        return "5190: from all lookup 7\n" if argv[1:4] == ["-4", "rule", "show"] else ""

    monkeypatch.setattr(bird_watch, "run", run)
    keep_rules(7)
    drop_rules(7)
    assert [call for call in calls if " show " not in call] == [
        "ip -6 rule add priority 5190 lookup 7",
        "ip -4 rule delete priority 5190 lookup 7",
        "ip -6 rule delete priority 5190 lookup 7",
    ]
