# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts without the tools: what is missing is told in a dry run, and what cannot be had is refused with the remedy."""

from __future__ import annotations

import pytest

OFFLINE = "mv /etc/apt/sources.list /root/; rm -rf /var/lib/apt/lists/*; echo 'deb http://127.0.0.1:9/ bookworm main' >{0}"
ONLINE = "rm {0}; mv /root/sources.list /etc/apt/"
LIST = "/etc/apt/sources.list.d/offline.list"
STRANGER = "cp /etc/os-release /run/; rm /etc/os-release; printf 'ID=gentoo\\nPRETTY_NAME=Gentoo\\n' >/etc/os-release"
KNOWN = "rm /etc/os-release; cp /run/os-release /etc/"
LACKING = ["wireguard-go", "wireguard-tools"]


@pytest.fixture(scope="module")
def fleet(make_fleet):
    return make_fleet({"alpha": None}, image="bookworm")


def sh(fleet, script):
    return fleet.run("alpha", "sh", "-euc", script)


def installed(fleet):
    return sh(fleet, "for name in wg wg-quick wireguard-go; do command -v $name || true; done").split()


def test_a_dry_run_tells_and_installs_nothing(fleet):
    dry = fleet.module("alpha", "install", check=True)
    assert (dry["changed"], dry["packages"], dry["kernel"]) == (True, LACKING, False)
    assert installed(fleet) == []


def test_a_kernel_that_has_none_is_refused_by_name(fleet):
    refused = fleet.module("alpha", "install", {"implementation": "kernel"}, fails=True)
    assert "this host cannot create a WireGuard link in its kernel" in refused["msg"]
    assert "set implementation to auto" in refused["msg"]
    assert installed(fleet) == []


def test_an_unknown_platform_is_told_what_to_install(fleet):
    sh(fleet, STRANGER)
    for check in (True, False):
        refused = fleet.module("alpha", "install", check=check, fails=True)
        assert refused["msg"] == "platform 'Gentoo' is not supported; install wg and wg-quick by hand, then run again"
    sh(fleet, KNOWN)
    assert installed(fleet) == []


@pytest.mark.long  # apt tries for a minute
def test_without_a_network_the_packages_are_named(fleet):
    sh(fleet, OFFLINE.format(LIST))
    try:
        refused = fleet.module("alpha", "install", fails=True)
    finally:
        sh(fleet, ONLINE.format(LIST))
    assert refused["msg"].startswith("installing wireguard-go, wireguard-tools: Failed to update apt cache"), refused["msg"]
    assert "(check that this host can reach its package sources " in refused["msg"]
    assert installed(fleet) == []


def test_then_they_come_and_a_second_run_has_nothing_to_do(fleet):
    first = fleet.module("alpha", "install")
    assert (first["changed"], first["implementation"], first["packages"]) == (True, "wireguard-go", LACKING)
    assert len(installed(fleet)) == 3
    again = fleet.module("alpha", "install")
    assert (again["changed"], again["packages"]) == (False, [])
