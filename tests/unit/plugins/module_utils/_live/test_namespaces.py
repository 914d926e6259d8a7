# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an interface is, and how commands get there."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG
from ansible_collections.meshwork.wireguard.plugins.module_utils._live import namespaces
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

INSPECT = ("docker", "inspect", "--format", "{{.State.Pid}}")


@pytest.fixture
def host(tmp_path):
    found = FakeHost({(*INSPECT, "web"): "77\n", (*INSPECT, "stopped"): "0\n"}, ("podman", "docker"), tmp_path)
    found.put("/run/netns/lab")
    return found


@pytest.mark.parametrize(
    ("inside", "way"),
    [
        ({}, []),
        ({"netns": "lab"}, ["nsenter", "--net=/run/netns/lab"]),
        ({"container": "web"}, ["nsenter", "--net=/proc/77/ns/net"]),
        ({"netns": "none"}, None),
        ({"container": "none"}, None),
        ({"container": "stopped"}, None),
    ],
)
def test_commands_run_there(host, inside, way):
    there = namespaces.host_at(host, inside)
    host.calls.clear()
    if there is not None:
        there.run(["wg", "show"])
    assert host.calls == ([] if way is None else [[*way, "wg", "show"]])


def test_a_namespace_is_made_once(host):
    namespaces.make_netns(host, "lab")
    assert host.calls == []
    namespaces.make_netns(host, "new")
    assert host.calls == [
        ["ip", "netns", "add", "new"],
        ["nsenter", "--net=/run/netns/new", "ip", "link", "set", "lo", "up"],
    ]


def test_files_are_the_hosts_there_too(host):
    there = namespaces.host_at(host, {"netns": "lab"})
    assert there.exists("/run/netns/lab")
    assert there.which("podman") == host.which("podman")


def test_identity(host):
    host.put("/run/netns/second")
    known = namespaces.identity(host, "/run/netns/lab")
    assert known is not None
    assert known == namespaces.identity(host, "/run/netns/lab")
    assert known != namespaces.identity(host, "/run/netns/second")
    assert (namespaces.identity(host, "/run/netns/none"), namespaces.identity(host, None)) == (None, None)


def test_what_the_files_say(host):
    assert namespaces.inside_here(host) == {}
    host.put(f"{CONFIG}/wg0.inside.json", json.dumps({"interface": "wg0", "conf": "/x", "container": "web"}))
    host.put(f"{CONFIG}/wg1.inside.json", json.dumps({"interface": "wg1", "conf": "/y", "netns": "lab"}))
    host.put(f"{CONFIG}/wg2.endpoints.json", "{}")
    assert namespaces.inside_here(host) == {"wg0": {"container": "web"}, "wg1": {"netns": "lab"}}
    assert namespaces.where_is(host, "wg2") == {}
