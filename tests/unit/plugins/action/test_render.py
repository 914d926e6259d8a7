# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

NODES = {
    name: {"public_key": key(name), "endpoint": f"198.18.0.{n}", "addresses": [f"10.8.0.{n}"]} for n, name in enumerate("abc", 1)
}


def play(dest, nodes, domain=None, **arguments):
    document = json.dumps({"prefixes": ["10.8.0.0/24"], "nodes": nodes, **({"domain": domain} if domain else {})})
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
    zones = [f"names/{name}" for name in ("0.8.10.in-addr.arpa.zone", "hosts", "wireguard.internal.zone")]
    nodes = ["nodes/a.conf", "nodes/b.conf", "nodes/c.conf"]
    names = [f"wireguard/{name}" for name in (*zones, "network.json", "network.mmd", *nodes)]
    assert below(dest) == names
    assert "changed=0" in run(playbook, dest, NODES)[1]
    two = {name: NODES[name] for name in "ab"}
    assert "changed=1" in run(playbook, dest, two)[1]
    assert below(dest) == names[:-1]
    assert key("c") not in (dest / "wireguard/nodes/a.conf").read_text()


def test_names_of_another_domain_are_replaced(playbook, tmp_path):
    dest = tmp_path / "plan"
    assert run(playbook, dest, NODES)[0] == 0
    names = dest / "wireguard/names"
    (names / "own.zone").write_text("$ORIGIN own.example.\n")
    status, output = run(
        playbook, dest, {**NODES, "a.x": {**NODES["a"], "public_key": key("d"), "addresses": ["10.8.0.4"]}}, "vpn.example"
    )
    assert (status, output.count("nodes a, a.x: would all be a.vpn.example, so none of them is")) == (0, 1)
    assert below(names) == ["0.8.10.in-addr.arpa.zone", "hosts", "own.zone", "vpn.example.zone"]
    assert (names / "hosts").read_text().splitlines()[1:] == ["10.8.0.2 b.vpn.example", "10.8.0.3 c.vpn.example"]


def test_what_others_wrote_stays(playbook, tmp_path):
    dest = tmp_path / "plan"
    assert run(playbook, dest, NODES)[0] == 0
    nodes = dest / "wireguard/nodes"
    (nodes / "resolved.conf").write_text("[Resolve]\n")
    (nodes / "z").mkdir()
    (nodes / "z/nginx.conf").write_text("# not of this collection\n")
    (nodes / "z/wg0.conf").write_text((nodes / "c.conf").read_text())
    (nodes / "link.conf").symlink_to(nodes / "c.conf")
    status, output = run(playbook, dest, {name: NODES[name] for name in "ab"})
    assert status == 2
    assert f"{nodes}/link.conf: is a link, and links are not followed; remove it" in " ".join(output.split())
    (nodes / "link.conf").unlink()
    assert run(playbook, dest, {name: NODES[name] for name in "ab"})[0] == 0
    assert below(nodes) == ["a.conf", "b.conf", "resolved.conf", "z/nginx.conf"]


@pytest.mark.parametrize("name", ["wireguard/nodes", "wireguard", "wireguard/network.json"])
def test_links_are_not_followed(playbook, tmp_path, name):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "c.conf").write_text("precious\n")
    link = tmp_path / "plan" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(victim / "c.conf" if name.endswith(".json") else victim)
    status, output = run(playbook, tmp_path / "plan", NODES)
    assert status == 2
    assert f"{link}: is a link" in " ".join(output.split())
    assert below(victim) == ["c.conf"]
    assert (victim / "c.conf").read_text() == "precious\n"


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
