# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG, UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.resolvers import Resolvers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings

HOSTS = {"alpha.office.internal": ("10.8.0.1", "fd00:8::1"), "beta.office.internal": ("10.8.0.2",)}
SERVES = ("10.8.0.1", "fd00:8::1")
OFFICE = NamedNetwork("office.internal", ("wg0",), HOSTS, ("0.8.10.in-addr.arpa",), {"wg0": SERVES}, SERVES)
SERVING = NamesSettings("resolver", {"office": OFFICE})
UNIT = "meshwork-resolver@office.service"
RELOAD = ["systemctl", "daemon-reload"]
RESTART = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
FILES = [f"{UNITS}/meshwork-resolver@.service", f"{CONFIG}/office.dnsmasq.conf", f"{CONFIG}/office.dnsmasq.hosts"]


def office(**changes):
    return NamesSettings("resolver", {"office": NamedNetwork(**{**vars(OFFICE), **changes})})


@pytest.fixture
def serving(host):
    """A host whose resolver runs."""
    assert not Resolvers(host).current(SERVING)
    Resolvers(host).apply(SERVING)
    assert host.changing == [RELOAD, ["systemctl", "enable", UNIT], *RESTART]
    host.unit(active=True, enabled=True)
    host.calls.clear()
    return host


def test_started(serving):
    assert Resolvers(serving).current(SERVING)
    assert serving.read(FILES[1]) == (
        "# Written by meshwork.wireguard.\nlog-facility=-\npid-file=\nno-resolv\nno-hosts\nbind-dynamic\ncache-size=0\n"
        "local-ttl=60\naddn-hosts=/etc/meshwork-wireguard/office.dnsmasq.hosts\nlisten-address=10.8.0.1\n"
        "listen-address=fd00:8::1\nlocal=/office.internal/\nlocal=/0.8.10.in-addr.arpa/\n"
    )
    assert serving.read(FILES[2]) == (
        "10.8.0.1 alpha.office.internal\nfd00:8::1 alpha.office.internal\n10.8.0.2 beta.office.internal\n"
    )
    assert [serving.mode_of(path) for path in FILES] == [0o644] * 3
    unit = serving.read(FILES[0]).splitlines()
    assert "ExecStart=/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/etc/meshwork-wireguard/%i.dnsmasq.conf" in unit
    assert "CapabilityBoundingSet=CAP_NET_BIND_SERVICE" in unit


@pytest.mark.parametrize(
    ("wanted", "commands"),
    [
        (SERVING, []),
        (office(hosts={"alpha.office.internal": ("10.8.0.1",)}), [["systemctl", "reload", UNIT]]),
        (office(zones=()), RESTART),
        (office(serves=("10.8.0.9",)), RESTART),
    ],
)
def test_updated(serving, wanted, commands):
    assert Resolvers(serving).current(wanted) is (not commands)
    Resolvers(serving).apply(wanted)
    assert serving.changing == commands
    assert Resolvers(serving).current(wanted)


@pytest.mark.parametrize("path", FILES)
def test_a_file_that_is_missing_comes_back(serving, path):
    before = serving.read(path)
    serving.remove(path)
    assert not Resolvers(serving).current(SERVING)
    Resolvers(serving).apply(SERVING)
    assert serving.read(path) == before


def test_one_that_has_ended_starts_again(serving):
    serving.unit(active=False, enabled=True)
    assert not Resolvers(serving).current(SERVING)
    Resolvers(serving).apply(SERVING)
    assert serving.changing == RESTART


@pytest.mark.parametrize("wanted", [NamesSettings(), office(serves=())])
def test_removed(serving, wanted):
    assert not Resolvers(serving).current(wanted)
    Resolvers(serving).apply(wanted)
    assert serving.changing == [["systemctl", "stop", UNIT], ["systemctl", "disable", UNIT], RELOAD]
    assert [path for path in FILES if serving.exists(path)] == []
    assert Resolvers(serving).current(wanted)
