# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.host_variables import inventory
from ansible_collections.meshwork.wireguard.tests.unit.plugins.plugin_utils._ansible.test_native import Number, Text


class HostVars(dict):
    """Remembers which hosts were asked for."""

    def __init__(self, values):
        super().__init__(values)
        self.asked = []

    def __getitem__(self, host):
        self.asked.append(host)
        return super().__getitem__(host)


def test_the_inventory_reads_a_host_once_and_only_when_asked():
    hostvars = HostVars({"a": {"wireguard_port": Number(1), "more": Text("x"), "other": 1}, "b": {}})
    found = inventory(hostvars, {"wireguard": (Text("a"), "b")}, also=["more"])
    assert (hostvars.asked, dict(found.groups), found.play) == ([], {"wireguard": ["a", "b"]}, {})
    assert found.variables["a"] == found.variables["a"] == {"wireguard_port": 1, "more": "x"}
    assert hostvars.asked == ["a"]
    assert list(found.variables) == ["a", "b"]
    assert len(found.variables) == 2


def test_pitfall_45_what_only_the_play_says():
    hostvars = {"a": {"wireguard_topology": "star"}}
    play = {"inventory_hostname": "a", "wireguard_topology": "star", "wireguard_interface": "wg1", "other": 1}
    assert inventory(hostvars, {}, play).play == {"wireguard_interface": "wg1"}
