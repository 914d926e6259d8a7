# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built collection, installed as a user installs it, has all that it needs and nothing else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command, **env):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, env={**os.environ, **env}).stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    tmp = tmp_path_factory.mktemp("artifact")
    run("tests/bin/copy", str(tmp / "copy"))
    run("ansible-galaxy", "collection", "build", "--output-path", str(tmp), str(tmp / "copy"))
    (artifact,) = tmp.glob("*.tar.gz")
    run("ansible-galaxy", "collection", "install", "--offline", str(artifact), ANSIBLE_COLLECTIONS_PATH=str(tmp))
    return tmp / "ansible_collections/meshwork/wireguard"


def test_only_what_is_needed(installed):
    optional = {"changelogs", "docs", "playbooks", "roles"}
    assert {path.name for path in installed.iterdir()} - optional == {
        "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSES", "MANIFEST.json", "README.md",
        "SECURITY.md", "meta", "plugins",
    }  # fmt: skip


def test_playbooks_find_their_roles_and_plugins(installed):
    path = str(installed.parents[2])
    names = sorted(f"meshwork.wireguard.{playbook.stem}" for playbook in installed.glob("playbooks/*.yml"))
    assert names
    run("ansible-playbook", "--syntax-check", "--inventory", "localhost,", *names, ANSIBLE_COLLECTIONS_PATH=path)


def test_the_installed_collection_builds_a_mesh(installed, make_fleet):
    hosts = ("alpha", "beta")
    fleet = make_fleet(dict.fromkeys(hosts))
    path = f"{installed.parents[2]}"
    run = fleet.play(environment={"ANSIBLE_COLLECTIONS_PATH": path})
    assert run.status == 0, run.output
    assert fleet.unreachable_pairs(hosts) == []
