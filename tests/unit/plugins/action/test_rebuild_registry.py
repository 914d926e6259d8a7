# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin under ansible-playbook, with the answers of hosts as variables."""

from __future__ import annotations

import base64
import json
import re

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key


@pytest.fixture
def run(playbook):
    """Give a function that rebuilds: (whether it succeeded, the result, the output)."""

    def go(*options, **arguments):
        task = {"meshwork.wireguard.rebuild_registry": {"found": "found", **arguments}, "run_once": True, "register": "rebuilt"}
        show = {"ansible.builtin.debug": {"msg": "RESULT={{ rebuilt | to_json | b64encode }}"}, "run_once": True}
        process = playbook([{"hosts": "all", "gather_facts": False, "tasks": [task, show]}], *options)
        output, _none = process.communicate(timeout=120)
        found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
        return process.returncode == 0, found and json.loads(base64.b64decode(found.group(1))), output

    return go


def answer(host, **addresses):
    """What conf_info returns on a host that has these interfaces, and a phone as the peer of each."""
    phone = {"name": "phone", "public_key": key("phone"), "allowed_ips": ["10.8.0.77/32"]}
    same = {"public_key": key(host), "mtu": 1420, "adopted": {"by": "wg-quick", "files": []}, "notes": [], "error": None}
    return {
        "interfaces": [
            {"name": name, "config": {"addresses": [address], "peers": [phone] if name == "wg0" else []}, **same}
            for name, address in addresses.items()
        ]
    }


def inventory(path, **hosts):
    networks = {
        "backbone": {"prefixes": ["10.8.0.0/24"], "interface": "wg0", "clients": {"phone": {}}},
        "office": {"prefixes": ["10.9.0.0/24"], "interface": "wg1", "port": 51821},
    }
    groups = {
        "all": {
            "vars": {"wireguard_networks": networks},
            "children": {"backbone": {"hosts": hosts}, "office": {"hosts": {name: {} for name in [*hosts][:2]}}},
        }
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(groups))
    return path


HOSTS = {
    "alpha": {"found": answer("alpha", wg0="10.8.0.9/24", wg1="10.9.0.9/24")},
    "beta": {"found": answer("beta", wg0="10.8.0.8/24")},
    "gamma": {"found": {"unreachable": True, "changed": False, "msg": "no route to host"}},
}
BACKBONE = {
    "alpha": {"addresses": ["10.8.0.9"], "public_key": key("alpha")},
    "beta": {"addresses": ["10.8.0.8"], "public_key": key("beta")},
    "phone": {"addresses": ["10.8.0.77"], "managed": False, "public_key": key("phone")},
}
OFFICE = {"alpha": {"addresses": ["10.9.0.9"], "port": 51821, "public_key": key("alpha")}}


def nodes_in(directory):
    return {path.stem: json.loads(path.read_text())["nodes"] for path in sorted(directory.glob("*.json"))}


def test_all_networks(run, tmp_path):
    hosts = inventory(tmp_path / "inventory" / "hosts.json", **HOSTS)
    directory = tmp_path / "inventory" / ".wireguard"

    ok, result, output = run("-i", hosts, "--check", "--diff")
    assert (ok, result["changed"], directory.exists()) == (True, True, False), output
    assert f'+  "beta": {json.dumps(BACKBONE["beta"])}' in output

    ok, result, output = run("-i", hosts)
    assert (ok, nodes_in(directory)) == (True, {"backbone": BACKBONE, "office": OFFICE}), output
    assert result["recorded"] == {"backbone": ["alpha", "beta", "phone"], "office": ["alpha"]}
    assert (result["refused"], result["strangers"]) == ({"backbone": {}, "office": {}}, {"backbone": [], "office": []})
    assert result["registry"] == str(directory)
    assert result["text"] == [
        "network backbone: nodes recorded anew: 3",
        "  from their own answers: alpha, beta",
        "  phone: from the peers of alpha, beta",
        "  no host that answered has them, so a run takes them for new: gamma",
        "  no answer: gamma",
        "  keys and addresses of removed nodes cannot be rebuilt: they are no longer reserved",
        "network office: nodes recorded anew: 1",
        "  from their own answers: alpha",
        "  no host that answered has them, so a run takes them for new: beta",
        "  keys and addresses of removed nodes cannot be rebuilt: they are no longer reserved",
    ]
    assert sorted(path.name for path in directory.iterdir()) == [".lock", "backbone.json", "office.json"]

    ok, result, _output = run("-i", hosts)
    assert (ok, result["changed"], result["diff"]) == (True, False, [])


def test_it_only_adds(run, tmp_path):
    hosts = inventory(tmp_path / "hosts.json", **HOSTS)
    other = tmp_path / "elsewhere"
    other.mkdir()
    entries = {"beta": {"addresses": ["10.8.0.200"]}}
    removed = {"gone": {"addresses": ["10.8.0.77"]}}
    text = json.dumps({"network": "backbone", "version": 1, "nodes": entries, "removed": removed})
    (other / "backbone.json").write_text(text)
    ok, result, output = run("-i", hosts, path=str(other))
    assert ok, output
    written = json.loads((other / "backbone.json").read_text())
    assert (written["nodes"], written["removed"]) == ({**entries, "alpha": BACKBONE["alpha"]}, removed)
    assert result["refused"]["backbone"] == {
        "phone": "its 10.8.0.77, by peers of alpha, beta, is also that of gone, by the registry or the inventory"
    }
    assert not (tmp_path / ".wireguard").exists()


def test_an_existing_registry_that_cannot_be_read_stays(run, tmp_path):
    hosts = inventory(tmp_path / "hosts.json", **HOSTS)
    (tmp_path / ".wireguard").mkdir()
    file = tmp_path / ".wireguard" / "office.json"
    file.write_text("{")
    ok, _result, output = run("-i", hosts)
    assert (ok, file.read_text()) == (False, "{")
    assert "cannot be read; restore it, for example from git" in " ".join(output.split())
    assert not (tmp_path / ".wireguard" / "backbone.json").exists()


def test_without_a_registry_there_is_nothing_to_rebuild(run, tmp_path):
    ok, _result, output = run("-i", inventory(tmp_path / "hosts.json", **HOSTS), path="")
    assert not ok
    assert "wireguard_registry is '', so there is no registry to rebuild; set it to a directory" in " ".join(output.split())
