# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.forwarding import Forwarding
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import HostChange
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

V4, V6 = "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"
ASK = ["ip", "-j", "-6", "route", "show", "default", "proto", "ra"]


class Machine:
    """/proc/sys and /etc/sysctl.d; `sysctl -w` writes there."""

    def __init__(self, root, advertised=(), **live):
        self.host = FakeHost({tuple(ASK): json.dumps([{"dst": "default", "dev": dev} for dev in advertised])}, root=root)
        self.host.on_call = self.call
        self.file = self.host.path("/etc/sysctl.d/90-wireguard-wg0.conf")
        self.forwarding = Forwarding(self.host, "wg0")
        for path in ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", *live.pop("links", ())):
            self.write(path, "0")
        for path, value in live.items():
            self.write(path.replace("__", "/"), value)

    def write(self, path, value):
        self.host.put(f"/proc/sys/{path}", value + "\n")

    def call(self, words):
        if words[:3] == ["sysctl", "-q", "-w"]:
            name, _equals, value = words[3].partition("=")
            self.write(name if "/" in name else name.replace(".", "/"), value)


@pytest.mark.parametrize(
    ("versions", "advertised", "text"),
    [
        ([4], [], f"{V4} = 1\n"),
        ([6], [], f"{V6} = 1\n"),
        ([6, 4, 4], [], f"{V4} = 1\n{V6} = 1\n"),
        ([4], ["eth0"], f"{V4} = 1\n"),
        ([4, 6], ["eth0"], f"net/ipv6/conf/eth0/accept_ra = 2\n{V4} = 1\n{V6} = 1\n"),
        (
            [6],
            ["eth0.100", "eth0"],
            f"net/ipv6/conf/eth0/accept_ra = 2\nnet/ipv6/conf/eth0.100/accept_ra = 2\n{V6} = 1\n",
        ),
        ([], [], ""),
    ],
)
def test_switched_on_live_and_for_the_next_boot(tmp_path, versions, advertised, text):
    links = [f"net/ipv6/conf/{dev}/accept_ra" for dev in advertised]
    machine = Machine(tmp_path, advertised, links=links)
    assert machine.forwarding.changes(True, versions) == [HostChange("forwarding", "created")]
    machine.forwarding.apply(True, versions)
    assert machine.file.read_text() == text
    # A default route that a router advertised goes when forwarding begins, unless accept_ra was 2 before.
    assert machine.host.changing == [["sysctl", "-q", "-w", line.replace(" = ", "=")] for line in text.splitlines()]
    assert machine.forwarding.changes(True, versions) == []


@pytest.mark.parametrize(
    ("spoil", "commands"),
    [
        (lambda machine: machine.write("net/ipv4/ip_forward", "0"), [["sysctl", "-q", "-w", f"{V4}=1"]]),
        (lambda machine: machine.file.write_text("# mine\n"), []),
    ],
)
def test_altered_by_hand_is_repaired(tmp_path, spoil, commands):
    machine = Machine(tmp_path)
    machine.forwarding.apply(True, [4])
    machine.host.calls.clear()
    spoil(machine)
    assert machine.forwarding.changes(True, [4]) == [HostChange("forwarding", "changed")]
    machine.forwarding.apply(True, [4])
    assert machine.host.changing == commands
    assert machine.forwarding.changes(True, [4]) == []


def test_live_already_is_not_switched_again(tmp_path):
    machine = Machine(tmp_path, net__ipv4__ip_forward="1")
    machine.forwarding.apply(True, [4])
    assert machine.host.changing == []


def test_no_redirects_are_sent_to_peers(tmp_path):
    paths = [f"net/ipv4/conf/{scope}/send_redirects" for scope in ("all", "default", "wg0")]
    machine = Machine(tmp_path, **{path.replace("/", "__"): "1" for path in paths})
    machine.forwarding.apply(True, [4])
    names = ["net.ipv4.conf.all.send_redirects", "net.ipv4.conf.default.send_redirects"]
    assert machine.file.read_text() == f"{V4} = 1\n" + "".join(f"{name} = 0\n" for name in names)
    assert [(tmp_path / "proc/sys" / path).read_text() for path in paths] == ["0\n"] * 3
    assert machine.forwarding.changes(True, [4]) == []
    machine.write(paths[2], "1")
    assert machine.forwarding.changes(True, [4]) == [HostChange("forwarding", "changed")]


def test_never_switched_off_live(tmp_path):
    machine = Machine(tmp_path)
    assert machine.forwarding.changes(False, [4]) == []
    machine.forwarding.apply(True, [4])
    machine.host.calls.clear()
    assert machine.forwarding.changes(False, [4]) == [HostChange("forwarding", "removed")]
    machine.forwarding.apply(False, [4])
    machine.forwarding.apply(False, [4])
    assert machine.host.calls == []
    assert not machine.file.exists()
    assert (tmp_path / "proc/sys/net/ipv4/ip_forward").read_text() == "1\n"


def test_a_system_without_ipv6(tmp_path):
    machine = Machine(tmp_path)
    machine.host.answers[tuple(ASK)] = Completed(2, "", "not supported")
    machine.forwarding.apply(True, [6])
    assert machine.file.read_text() == f"{V6} = 1\n"
