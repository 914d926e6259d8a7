# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which secrets commands are given, and how many commands of `ip` are one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import FEW, change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressRemoved,
    KeepaliveChanged,
    PeerAdded,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, GAMMA, OWN
from ansible_collections.meshwork.wireguard.tests.unit.support import SECRET, FakeHost, key

CONFIG = replace(BASE, private_key=OWN)


@pytest.fixture
def host():
    """One without files: they cannot be made."""
    return FakeHost()


@pytest.mark.parametrize(
    ("changes", "secrets"),
    [
        ([KeepaliveChanged(GAMMA, 25, 0)], []),
        ([PrivateKeyChanged(None, key("public"))], [OWN]),
        ([PeerAdded(BETA), KeepaliveChanged(BETA, 0, 1)], [key("shared")]),
        ([PresharedKeyChanged(replace(GAMMA, preshared_key=key("another")), "set")], [key("another")]),
        ([PresharedKeyChanged(GAMMA, "cleared")], []),
    ],
)
def test_secrets_are_given_where_they_change_and_nowhere_else(host, changes, secrets):
    change_live(host, "wg0", CONFIG, changes)
    assert host.secrets == secrets
    words = [word for words in host.calls for word in words]
    assert words.count(SECRET) == len(secrets)
    assert not any(secret in word for word in words for secret in (OWN, key("shared"), key("another")))


ROUTES = [RouteAdded(f"10.9.{number}.0/24") for number in range(FEW + 1)]
LINES = [f"-4 route replace 10.9.{number}.0/24 dev wg0" for number in range(FEW + 1)]


def test_few_commands_of_ip_run_one_by_one(host):
    change_live(host, "wg0", CONFIG, ROUTES[:FEW])
    assert [" ".join(words) for words in host.calls if words[0] == "ip"] == [f"ip {line}" for line in LINES[:FEW]]


def test_many_commands_of_ip_are_a_batch(host):
    given = []
    host.answers["ip", "-batch", "-"] = lambda stdin: given.append(stdin) or ""
    change_live(host, "wg0", CONFIG, [RouteRemoved("10.7.0.0/24"), AddressRemoved("10.8.0.1/24"), *ROUTES])
    assert [words[0] for words in host.calls if words[0] != "wg"] == ["ip", "sysctl", "ip"]
    assert given == ["".join(f"{line}\n" for line in ["-4 address delete 10.8.0.1/24 dev wg0", *LINES])]


def test_a_batch_that_fails_names_the_command(host):
    host.answers["ip", "-batch", "-"] = Completed(1, "", "RTNETLINK answers: No such device\nCommand failed -:3\n")
    with pytest.raises(CommandFailed) as caught:
        change_live(host, "wg0", CONFIG, ROUTES)
    assert str(caught.value) == f"ip {LINES[2]}: exit status 1: RTNETLINK answers: No such device"
