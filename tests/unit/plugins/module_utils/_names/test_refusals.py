# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import HOSTS_FILE, RESOLV_CONF, SWITCH
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.refusals import refuse, refuse_without_dnsmasq
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

NETWORK = NamedNetwork(
    "office.internal", ("wg0",), {"a.office.internal": ("10.8.0.1",)}, (), {"wg0": ("10.8.0.1",)}, ("10.8.0.1",)
)


@pytest.fixture
def fit(host):
    """A host that can have names in each way."""
    host.path(SYSTEMD).mkdir(parents=True)
    host.unit(active=True)
    host.put(SWITCH, "passwd: files\nhosts:  files resolve [!UNAVAIL=return] dns\n")
    host.put(RESOLV_CONF, "nameserver 192.0.2.1\n")
    host.answers["systemctl", "--version"] = "systemd 262 (262.1-1)\n+PAM\n"
    host.programs.add("dnsmasq")
    return host


def said(host, way):
    return outcome(refuse, host, NamesSettings(way, {"office": NETWORK}))


def test_a_hub_without_dnsmasq(fit):
    wanted = NamesSettings("resolver", {"office": NETWORK})
    assert outcome(refuse_without_dnsmasq, fit, wanted) is None
    fit.programs.remove("dnsmasq")
    assert outcome(refuse_without_dnsmasq, fit, wanted) == (
        "refused: dnsmasq: not found on this host; install it, or let meshwork.wireguard.prepare do so"
    )
    assert outcome(refuse_without_dnsmasq, fit, NamesSettings("resolver")) is None


@pytest.mark.parametrize("way", ["hosts", "resolved", "resolver"])
def test_all_that_is_needed(fit, way):
    assert said(fit, way) is None
    fit.put(SWITCH, "hosts: files dns\n")
    fit.put(RESOLV_CONF, "nameserver 127.0.0.53\n")
    assert said(fit, way) is None


def no_systemd(host):
    host.path(SYSTEMD).rmdir()


def no_resolved(host):
    host.unit(active=False)


def no_way_to_it(host):
    host.put(SWITCH, "hosts: files dns\n")


def old(host):
    host.answers["systemctl", "--version"] = "systemd 257 (257.9-1~deb13u1)\n"


def networkd(host):
    host.put("/etc/systemd/network/05-meshwork-wg0.netdev")


def manager(host):
    host.put("/etc/NetworkManager/system-connections/05-meshwork-wg0.nmconnection")


def taken(host):
    host.put(HOSTS_FILE, "192.0.2.9 a.office.internal\n")


RESOLVED = ("resolved", "resolver")
NO_SYSTEMD = "names: this host does not run systemd, whose unit they need; set wireguard_names: none here"
NO_WAY = "names: systemd-resolved runs here, but neither /etc/nsswitch.conf nor /etc/resolv.conf leads lookups to it"
TAKEN = (
    "/etc/hosts: line 1 gives a.office.internal the address 192.0.2.9, and the network another one; remove that line, or set "
    "wireguard_domain to a domain of the network's own"
)
BACKEND = "names: wg0 has a backend that sets its resolvers itself"


@pytest.mark.parametrize(
    ("lack", "ways", "message"),
    [
        (no_systemd, ("hosts", *RESOLVED), NO_SYSTEMD),
        (no_resolved, RESOLVED, "names: systemd-resolved does not run here; set wireguard_names: hosts"),
        (no_way_to_it, RESOLVED, f"{NO_WAY}; set wireguard_names: hosts"),
        (old, ("resolved",), "names: systemd 257 here reads no files of records, systemd 261 does; set wireguard_names: hosts"),
        (networkd, ("resolver",), f"{BACKEND}; set wireguard_names: hosts"),
        (manager, ("resolver",), f"{BACKEND}; set wireguard_names: hosts"),
        (taken, ("hosts",), TAKEN),
    ],
)
def test_what_is_missing(fit, lack, ways, message):
    lack(fit)
    expected = {way: f"refused: {message}" if way in ways else None for way in ("hosts", *RESOLVED)}
    assert {way: said(fit, way) for way in expected} == expected
    assert fit.changing == []
