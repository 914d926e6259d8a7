# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.container_network import ContainerNetwork
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.nft_table import NftTable
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, HostWithInterface

UNIT = "meshwork-nftables@wg0.service"
FILE, UNIT_FILE = "/etc/meshwork-wireguard/wg0.nft", "/etc/systemd/system/meshwork-nftables@.service"
CHAINS = "  chain forward {\n    counter drop\n  }\n"
WANTED = ["172.30.1.0/24", "fd30::/64"]
THERE = {"name": "wireguard", "subnets": [{"subnet": subnet} for subnet in WANTED], "options": {"mtu": "1420"}}


@pytest.fixture
def host(host):
    host.programs.add("nft")
    return host


def test_a_table(host):
    table = NftTable(host, "wg0")
    assert table.bring_about(CHAINS, check_mode=True)["diff"]["prepared"] == "+ table: started\n"
    assert not host.exists("/etc/meshwork-wireguard")
    assert table.bring_about(CHAINS, check_mode=False)["changed"] is True
    text = host.read(FILE)
    assert text.endswith(f"table inet meshwork_wg0\ndelete table inet meshwork_wg0\ntable inet meshwork_wg0 {{\n{CHAINS}}}\n")
    assert host.calls.index(["/usr/bin/nft", "-c", "-f", "-"]) < host.calls.index(["systemctl", "restart", UNIT])

    unit = host.read(UNIT_FILE)
    assert "\nBefore=network-pre.target network-online.target\n" in unit  # wg-quick comes after the second

    host.unit(active=True, enabled=True)
    host.calls.clear()
    assert table.bring_about(CHAINS, check_mode=False)["changed"] is False
    host.answers["nft", "-s", "list", "table"] = "table inet meshwork_wg0 { }"
    assert table.bring_about(CHAINS, check_mode=True)["diff"]["prepared"] == "~ table: changed\n"
    assert table.bring_about(CHAINS, check_mode=False)["changed"] is True
    assert table.bring_about(CHAINS, check_mode=False)["changed"] is False
    host.answers["nft", "-s", "list", "table"] = Completed(1, "", "No such file or directory")
    assert table.bring_about(CHAINS, check_mode=True)["diff"]["prepared"] == "+ table: created\n"
    host.put(UNIT_FILE, "of an earlier version\n")
    assert table.bring_about(CHAINS, check_mode=False)["changed"] is True
    assert ["systemctl", "reload", UNIT] in host.calls
    assert ["systemctl", "restart", UNIT] not in host.calls  # that would drop the table for a while
    assert table.remove(check_mode=False)["changed"] is True
    assert not host.exists(FILE)


def test_chains_that_nft_refuses_are_not_written(host):
    host.answers["/usr/bin/nft", "-c"] = Completed(1, "", "syntax error")
    with pytest.raises(CommandFailed, match="syntax error"):
        NftTable(host, "wg0").bring_about("x", check_mode=False)
    assert not host.exists("/etc/meshwork-wireguard")


def test_a_host_without_nft():
    with pytest.raises(CommandFailed, match=r"^nft: not found on this host; install the package nftables$"):
        NftTable(HostWithInterface(), "wg0").bring_about(CHAINS, check_mode=False)


def test_a_name_that_is_none():
    with pytest.raises(ValueError, match="a name has 1 to 100 characters"):
        NftTable(HostWithInterface(), "wg-0")


def podman(found, inside=""):
    answer = json.dumps([found]) if found else Completed(125, "", "no such network")
    return FakeHost({("podman", "network", "inspect"): answer, ("podman", "ps"): inside}, programs=("podman",))


CREATE = ["podman", "network", "create", "--subnet", WANTED[0], "--subnet", WANTED[1], "--ipv6", "--opt", "mtu=1420", "wireguard"]
REMOVE = ["podman", "network", "rm", "wireguard"]


@pytest.mark.parametrize(
    ("found", "changes", "calls"),
    [
        (None, ["+ container network: created"], [CREATE]),
        (THERE, [], []),
        ({**THERE, "options": {"mtu": "1500"}}, ["~ container network: changed"], [REMOVE, CREATE]),
        ({**THERE, "subnets": THERE["subnets"][:1]}, ["~ container network: changed"], [REMOVE, CREATE]),
        ({"name": "wireguard"}, ["~ container network: changed"], [REMOVE, CREATE]),
    ],
)
def test_a_container_network(found, changes, calls):
    host = podman(found)
    for check in (True, False):
        result = ContainerNetwork(host, "wireguard").bring_about(WANTED, 1420, check)
        assert result["diff"]["prepared"].splitlines() == changes
        assert [call for call in host.calls if call[:3] != ["podman", "network", "inspect"] and call[1] != "ps"] == (
            [] if check else calls
        )


def test_a_network_with_containers_in_it_stays():
    with pytest.raises(CommandFailed, match=r"^it must be replaced, but contains containers: web, db; remove them first$"):
        ContainerNetwork(podman({"name": "wireguard"}, "web\ndb\n"), "wireguard").bring_about(WANTED, 1420, check_mode=False)


def test_without_podman():
    assert ContainerNetwork(FakeHost(), "wireguard").bring_about(WANTED, 1420, check_mode=True)["changed"] is True
    with pytest.raises(CommandFailed, match=r"^podman: not found on this host; install it$"):
        ContainerNetwork(FakeHost(), "wireguard").bring_about(WANTED, 1420, check_mode=False)
