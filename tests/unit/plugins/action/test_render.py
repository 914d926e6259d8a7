# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    name: {"public_key": key(name), "endpoint": f"198.18.0.{n}", "addresses": [f"10.8.0.{n}"]} for n, name in enumerate("abc", 1)
}


def play(dest, nodes, **arguments):
    document = json.dumps({"prefixes": ["10.8.0.0/24"], "nodes": nodes})
    task = {"meshwork.wireguard.render": {"networks": [document], "dest": str(dest), **arguments}}
    return [{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]


def run(playbook, *arguments, options=(), **more):
    process = playbook(play(*arguments, **more), *options)
    output, _none = process.communicate(timeout=120)
    return process.returncode, output


def below(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def test_written_kept_and_removed(playbook, tmp_path):
    dest = tmp_path / "plan"
    assert run(playbook, dest, NODES, options=["--check"])[0] == 0
    assert not dest.exists()
    status, output = run(playbook, dest, NODES, options=["--diff"])
    assert status == 0
    assert "+PublicKey = " + key("b") in output
    names = [f"wireguard/{name}" for name in ("network.json", "network.mmd", "nodes/a.conf", "nodes/b.conf", "nodes/c.conf")]
    assert below(dest) == names
    assert "changed=0" in run(playbook, dest, NODES)[1]
    two = {name: NODES[name] for name in "ab"}
    assert "changed=1" in run(playbook, dest, two)[1]
    assert below(dest) == names[:-1]
    assert key("c") not in (dest / "wireguard/nodes/a.conf").read_text()


def test_refused(playbook, tmp_path):
    twice = {**NODES, "b": {**NODES["b"], "addresses": ["10.8.0.1"]}}
    status, output = run(playbook, tmp_path / "plan", twice)
    assert status == 2
    assert "address 10.8.0.1 is already a's" in " ".join(output.split())
    assert not (tmp_path / "plan").exists()


def test_svg_without_graphviz(playbook, tmp_path, monkeypatch):
    """Nothing is written where a picture cannot be."""
    monkeypatch.setenv("PATH", "/nonexistent")
    status, output = run(playbook, tmp_path / "plan", NODES, pictures=["svg"])
    assert status == 2
    assert "an SVG needs Graphviz on the controller" in " ".join(output.split())
    assert not (tmp_path / "plan").exists()
