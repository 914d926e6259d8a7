# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin under ansible-playbook, on this host, with tools that stand in for its own."""

from __future__ import annotations

import base64
import json
import os
import re
import sys

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.plugins.modules.test_modules import HOST
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

FIRST, SECOND = "wgunit0", "wgunit1"
SHARED, VAULT = key("shared"), key("vault")
BETA = {"name": "beta", "public_key": key("beta"), "preshared_key": SHARED, "allowed_ips": ["10.8.0.2/32"]}
GAMMA = {"name": "gamma", "public_key": key("gamma"), "allowed_ips": ["10.9.0.2/32"]}


def interface(name, peer):
    config = {"addresses": ["10.8.0.1/24"], "peers": [peer]}
    return {"name": name, "network": "n", "node": "localhost", "forward": False, "needs": [], "config": config}


@pytest.fixture
def run(playbook, tmp_path, monkeypatch):
    """Give a function that runs the module on this host: (the result or None, the whole output)."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for program, script in HOST.items():
        (tools / program).write_text(f"#!/bin/sh\n{script}\n")
        (tools / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")

    def go(*options, variables=None, **arguments):
        common = {"key_directory": str(tmp_path / "keys"), "implementation": "none", "render": "my_content", "plan": "digest"}
        said = {name: value for name, value in {**common, **arguments}.items() if value is not None}
        show = {"ansible.builtin.debug": {"msg": "RESULT={{ prepared | to_json | b64encode }}"}}
        own = {"my_content": "# {{ greeting }}\n{{ wireguard_template_interface.config | meshwork.wireguard.to_conf }}"}
        host = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable, "greeting": "hello"}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "vars": {**own, **(variables or {})},
            "tasks": [{"meshwork.wireguard.prepare": said, "register": "prepared"}, show],
        }
        (tmp_path / "hosts.json").write_text(json.dumps({"all": {"hosts": {"localhost": host}}}))
        output, _none = playbook([play], "-i", "hosts.json", *options).communicate(timeout=240)
        found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
        return found and json.loads(base64.b64decode(found.group(1))), output.replace(found.group(1) if found else "", "")

    return go


def lines(peer, said=""):
    return [
        "+ file: created",
        "+ interface: started",
        f"+ peer {peer['name']} ({shorthand(peer['name'])}): AllowedIPs {peer['allowed_ips'][0]}{said}",
        "~ unit: enabled",
    ]


def test_each_interface_has_its_own_content_and_nobody_sees_secrets(run, tmp_path):
    arguments = {
        "interfaces": [interface(FIRST, BETA), interface(SECOND, GAMMA)],
        "private_keys": {SECOND: VAULT},
    }
    result, output = run("-vvv", "--diff", **arguments)
    assert result["interfaces"] == {
        FIRST: {"changes": lines(BETA, ", with a preshared key"), "peers": [], "preshared": [], "addresses": []},
        SECOND: {"changes": lines(GAMMA), "peers": [], "preshared": [], "addresses": []},
    }
    assert (result["changed"], result["settled"], result["plan"], result["packages"]) == (True, [], "digest", [])
    assert result["keys"] == {FIRST: key("public"), SECOND: key("public")}
    assert (tmp_path / "keys" / f"{SECOND}.key").read_text() == VAULT + "\n"
    assert '"plan": "digest"' in output  # it was told what there is to tell
    for secret in (SHARED, VAULT, key("generated")):
        assert secret not in output
        assert secret not in json.dumps(result)
    again, _output = run(**arguments)
    assert (again["changed"], again["keys"]) == (False, result["keys"])


def test_check_mode_makes_nothing(run, tmp_path):
    result, _output = run("--check", interfaces=[interface(FIRST, BETA)])
    assert (result["changed"], result["keys"]) == (True, {FIRST: None})
    assert result["interfaces"] == {
        FIRST: {"changes": lines(BETA, ", with a preshared key"), "peers": [], "preshared": [], "addresses": []}
    }
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        ({"interfaces": [interface(FIRST, BETA)], "render": None}, {}, "missing required arguments: render"),
        ({"interfaces": None}, {}, "missing required arguments: interfaces"),
        ({"interfaces": [interface(FIRST, BETA)], "render": "nothing"}, {}, "'nothing' is undefined"),
        ({"interfaces": [interface(FIRST, BETA)]}, {"my_content": "{{ missing }}"}, "'missing' is undefined"),
    ],
)
def test_errors(run, tmp_path, arguments, variables, message):
    result, output = run(variables=variables, **arguments)
    assert result is None
    assert message in output
    assert not (tmp_path / "keys").exists()


def test_a_content_that_is_refused_counts_as_a_change(run):
    result, _output = run(
        interfaces=[{"name": FIRST, "config": {"peers": [BETA, BETA]}}],
    )
    (found,) = result["interfaces"].values()
    assert found["changes"] == ["~ interface: peer beta: has the same public key as peer beta; remove one of them"]
    assert result["settled"] == []
