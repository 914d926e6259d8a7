# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the unit tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, settings

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents import document
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.schema import document_schema
from ansible_collections.meshwork.wireguard.tests.running.start import Run
from ansible_collections.meshwork.wireguard.tests.unit.stage import Stage
from ansible_collections.meshwork.wireguard.tests.unit.support import HostWithInterface

ROOT = Path(__file__).parents[2]
COLLECTIONS = ROOT / ".cache" / "collections"

settings.register_profile("quick", max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

_VALIDATOR = jsonschema.Draft202012Validator(document_schema())
_produced = document.network_to_dict


def _held_against_the_schema(network):
    found = _produced(network)
    _VALIDATOR.validate(found)
    return found


# Before anything imports it by its name: every document that a test of this process produces is looked at.
document.network_to_dict = _held_against_the_schema


@pytest.fixture
def host(tmp_path):
    """A host with `wg` and systemd, its files in a directory, and no interface yet."""
    return HostWithInterface(tmp_path)


@pytest.fixture
def stage(host, monkeypatch):
    """The same with a key, and a systemd that takes timers."""
    return Stage(host, monkeypatch)


@pytest.fixture
def run_module(tmp_path):
    """Give a function that runs a module as a process of its own, as on a host: name, arguments -> result.

    ``programs`` stand before the system's: name -> shell script.
    """
    tools = tmp_path / "bin"
    tools.mkdir()

    def run(name, arguments, programs, check_mode=False):
        for program, script in programs.items():
            (tools / program).write_text("#!/bin/sh\n" + script + "\n")
            (tools / program).chmod(0o755)
        options = {
            "_ansible_check_mode": check_mode,
            "_ansible_diff": True,
            "_ansible_module_name": "meshwork.wireguard." + name,
            "_ansible_remote_tmp": str(tmp_path),
        }
        done = subprocess.run(
            [sys.executable, str(ROOT / "plugins" / "modules" / (name + ".py"))],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": {**arguments, **options}}),
            env={**os.environ, "PYTHONPATH": str(COLLECTIONS), "PATH": f"{tools}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert not done.stderr, done.stderr
        result = json.loads(done.stdout)
        assert result.get("failed", False) is (done.returncode != 0)
        result.pop("invocation", None)
        return result

    return run


@pytest.fixture(scope="session")
def _environment(tmp_path_factory):
    """Of ansible-core's programs: nothing of this user's own."""
    home = tmp_path_factory.mktemp("ansible")
    (home / "ansible.cfg").write_text("")
    return {
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_CONFIG": str(home / "ansible.cfg"),
        "ANSIBLE_HOME": str(home),
        "ANSIBLE_LOCAL_TEMP": str(home / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
    }


@pytest.fixture
def ansible(tmp_path, _environment):
    """Give a function that starts a program of ansible-core in a directory of its own; it returns the process.

    With named arguments for Popen, such as other streams, it is one of its own.
    """

    def start(program, *options, **own):
        environment = {**os.environ, **_environment}
        if not own:
            return Run([program, *options], tmp_path, environment, joined=True)
        command = [str(Path(sys.executable).parent / program), *map(str, options)]
        return subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **own)

    return start


@pytest.fixture
def playbook(ansible, tmp_path):
    """Give a function that starts ansible-playbook on a play, as `ansible` does."""

    def start(play, *options, **own):
        path = tmp_path / "play.yml"
        path.write_text(json.dumps(play))
        return ansible("ansible-playbook", path, *options, **own)

    return start
