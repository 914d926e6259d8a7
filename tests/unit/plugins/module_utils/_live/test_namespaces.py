# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an interface is, and how commands get there."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._live import namespaces
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner

INSPECT = ("docker", "inspect", "--format", "{{.State.Pid}}")


@pytest.fixture
def runner(tmp_path, monkeypatch):
    monkeypatch.setattr(namespaces, "NETNS", str(tmp_path))
    (tmp_path / "lab").write_text("")
    return FakeRunner({(*INSPECT, "web"): "77\n", (*INSPECT, "stopped"): "0\n"}, ("podman", "docker"))


@pytest.mark.parametrize(
    ("inside", "way"),
    [
        ({}, []),
        ({"netns": "lab"}, ["nsenter", "--net={root}/lab"]),
        ({"container": "web"}, ["nsenter", "--net=/proc/77/ns/net"]),
        ({"netns": "none"}, None),
        ({"container": "none"}, None),
        ({"container": "stopped"}, None),
    ],
)
def test_commands_run_there(runner, tmp_path, inside, way):
    there = namespaces.runner_at(runner, inside)
    runner.calls.clear()
    if there is not None:
        there.run(["wg", "show"])
    assert runner.calls == ([] if way is None else [[*(word.format(root=tmp_path) for word in way), "wg", "show"]])


def test_a_namespace_is_made_once(runner, tmp_path):
    namespaces.make_netns(runner, "lab")
    assert runner.calls == []
    namespaces.make_netns(runner, "new")
    assert runner.calls == [
        ["ip", "netns", "add", "new"],
        ["nsenter", f"--net={tmp_path}/new", "ip", "link", "set", "lo", "up"],
    ]


def test_identity(tmp_path):
    first = tmp_path / "first"
    first.write_text("")
    (tmp_path / "second").write_text("")
    known = namespaces.identity(str(first))
    assert known is not None
    assert known == namespaces.identity(str(first))
    assert known != namespaces.identity(str(tmp_path / "second"))
    assert (namespaces.identity(str(tmp_path / "none")), namespaces.identity(None)) == (None, None)


def test_what_the_files_say(tmp_path):
    (tmp_path / "wg0.inside.json").write_text(json.dumps({"interface": "wg0", "conf": "/x", "container": "web"}))
    (tmp_path / "wg1.inside.json").write_text(json.dumps({"interface": "wg1", "conf": "/y", "netns": "lab"}))
    (tmp_path / "wg2.endpoints.json").write_text("{}")
    assert namespaces.inside_here(str(tmp_path)) == {"wg0": {"container": "web"}, "wg1": {"netns": "lab"}}
    assert namespaces.where_is("wg2", str(tmp_path)) == {}
    assert namespaces.inside_here(str(tmp_path / "none")) == {}
