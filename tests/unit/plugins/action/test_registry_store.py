# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry in a store, and the action plugin that looks into it, under ansible-playbook."""

from __future__ import annotations

import base64
import json
import re
import subprocess

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key


@pytest.fixture
def store(tmp_path):
    """The address of a bare git repository."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "fleet.git"], check=True)
    return f"git+file://{tmp_path}/fleet.git#fleet"


@pytest.fixture
def run(playbook, tmp_path):
    """Give a function that runs an action over these hosts: (whether it succeeded, the result, the output)."""

    def go(action, arguments, *options, **hosts):
        path = tmp_path / "inv" / "hosts.json"
        path.parent.mkdir(exist_ok=True)
        hosts = {name: {"wireguard_endpoint": "203.0.113.1"} if name == "alpha" else {} for name in hosts}
        members = {name: {"found": {"keys": {"wg0": key(name)}}, **values} for name, values in hosts.items()}
        path.write_text(json.dumps({"wireguard": {"vars": {"wireguard_prefixes": ["10.8.0.0/24"]}, "hosts": members}}))
        task = {f"meshwork.wireguard.{action}": arguments, "run_once": True, "register": "done"}
        show = {"ansible.builtin.debug": {"msg": "RESULT={{ done | to_json | b64encode }}"}, "run_once": True}
        process = playbook([{"hosts": "all", "gather_facts": False, "tasks": [task, show]}], "-i", path, *options)
        output, _none = process.communicate(timeout=120)
        found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
        return process.returncode == 0, found and json.loads(base64.b64decode(found.group(1))), " ".join(output.split())

    return go


def entries(*names):
    found = {name: {"addresses": [f"10.8.0.{number}"], "public_key": key(name)} for number, name in enumerate(names, 1)}
    found["alpha"]["endpoint"] = "203.0.113.1:51820"
    return found


def test_a_network_in_a_store(run, store, tmp_path):
    """Recorded, read, changed, shown, put back, and copied into files."""
    recorded = {"path": store, "keys_from": "found"}
    ok, result, output = run("registry", recorded, "--check", "--diff", alpha={}, beta={})
    assert (ok, result["changed"]) == (True, True), output
    assert run("registry_store", {"path": store}, alpha={})[1]["text"] == [f"{store}: has no registry"]

    ok, result, output = run("registry", recorded, alpha={}, beta={})
    assert (ok, result["changed"], result["registry"], result["pending"]) == (True, True, store, []), output
    assert not (tmp_path / "inv" / ".wireguard").exists()
    lineages = result["lineages"]
    assert re.fullmatch("[0-9a-f]{32}", lineages["wireguard"])
    ok, result, output = run("registry", recorded, alpha={})
    assert (ok, result["changed"], result["lineages"]) == (True, False, lineages), output
    ok, result, output = run("registry", {**recorded, "prune": "beta"}, alpha={})
    assert (ok, result["changed"]) == (True, True), output

    ok, result, output = run("registry_store", {"path": store, "history": True}, alpha={})
    changes = result["entries"]["wireguard"]
    assert [change["summary"] for change in changes] == ["1 node removed: beta", "2 nodes recorded: alpha, beta"]
    first = changes[-1]["revision"]

    ok, result, output = run("registry_store", {"path": store, "restore": first}, "--check", alpha={})
    assert (ok, result["changed"]) == (True, False), output  # beta stays removed
    ok, result, output = run("registry", recorded, alpha={}, gamma={})
    assert (ok, result["changed"]) == (True, True), output
    ok, result, output = run("registry_store", {"path": store, "restore": first}, alpha={})
    assert (ok, result["changed"], result["text"]) == (True, True, [f"{store}, network wireguard: written"]), output

    dest = tmp_path / "files"
    ok, result, output = run("registry_store", {"path": store, "copy_to": str(dest)}, alpha={})
    assert (ok, result["changed"]) == (True, True), output
    document = json.loads((dest / "wireguard.json").read_text())
    assert document["nodes"] == entries("alpha")
    assert document["removed"] == {"beta": entries("alpha", "beta")["beta"]}
    assert document["lineage"] == lineages["wireguard"]
    ok, result, output = run("registry_store", {"path": store, "copy_to": str(dest)}, alpha={})
    assert (ok, result["changed"], result["text"]) == (True, False, [f"{dest}: has this already"]), output


def test_another_lineage_is_refused(run, store, tmp_path):
    recorded = {"path": store, "keys_from": "found"}
    ok, result, output = run("registry", recorded, alpha={})
    lineages = result["lineages"]
    ok, result, output = run("registry", {**recorded, "lineages": {"wireguard": "0" * 32}}, alpha={}, beta={})
    assert not ok
    assert f"registry {store}, network wireguard: is another one than earlier in this run" in output
    ok, result, output = run("registry", {"path": f"{store}-2", "keys_from": "found", "lineages": lineages}, alpha={})
    assert not ok
    assert f"registry {store}-2, network wireguard: is empty, unlike earlier in this run" in output
    run("registry", {"path": str(tmp_path / "files"), "keys_from": "found"}, alpha={})
    ok, result, output = run("registry_store", {"path": store, "copy_to": str(tmp_path / "files")}, alpha={})
    assert not ok
    assert "is that of another network or beginning" in output


@pytest.mark.parametrize(
    ("action", "arguments", "message"),
    [
        ("registry", {"path": "mysql://db/ops#fleet"}, "registry mysql://db/ops#fleet: there is no store of this kind"),
        ("registry", {"path": "postgresql://u:secret@127.0.0.1:1/ops"}, "registry postgresql://u@127.0.0.1:1/ops: has no name"),
        ("registry", {"path": "postgresql://u:secret@127.0.0.1:1/ops#x"}, "registry postgresql://u@127.0.0.1:1/ops#x: "),
        ("registry_store", {"path": ""}, "wireguard_registry is '', so there is no registry"),
        ("registry_store", {"history": True}, "a directory has no history"),
        ("registry_store", {"copy_to": "elsewhere"}, "has nothing to copy"),
    ],
)
def test_errors(run, action, arguments, message):
    if action == "registry_store" and "path" not in arguments and "copy_to" not in arguments:
        assert run("registry", {"keys_from": "found"}, alpha={})[0]
    ok, result, output = run(action, arguments, alpha={})
    assert (ok, result) == (False, None)
    assert message in output
    assert "secret" not in output
