# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import conf_files
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.conf_files import found_in_directory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.unit.support import key

CONF = f"[Interface]\nPrivateKey = {key('a')}\nAddress = 10.8.0.1/24\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "in/beta").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/secret.conf").write_text(CONF)
    (tmp_path / "in/alpha.conf").write_text(CONF)
    (tmp_path / "in/beta/wg1.conf").write_text(CONF)
    (tmp_path / "in/README").symlink_to("/etc/shadow")
    return tmp_path / "in"


def test_hosts(folder):
    (folder / "gamma.conf").symlink_to("alpha.conf")
    (folder / "lost.conf").symlink_to("nothing")
    assert [(one.host, one.interface) for one in found_in_directory(folder)] == [
        ("alpha", "wg0"), ("gamma", "wg0"), ("beta", "wg1"),
    ]  # fmt: skip


@pytest.mark.parametrize(("link", "target"), [("delta", "../out"), ("delta.conf", "../out/secret.conf"), ("proc", "/proc")])
def test_links_that_lead_out_are_refused(folder, link, target):
    (folder / link).symlink_to(target)
    with pytest.raises(PlanError) as caught:
        found_in_directory(folder)
    assert str(caught.value) == f"{folder / link}: is a link that leads out of {folder}; copy the files to be imported there"


def test_keys_beside_a_file_are_in_the_directory_too(folder):
    (folder / "delta").mkdir()
    (folder / "delta/wg0.netdev").write_text("[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKeyFile=/etc/shadow\n")
    (folder / "delta/shadow").symlink_to("/etc/passwd")
    with pytest.raises(PlanError, match="is a link that leads out of"):
        found_in_directory(folder)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.write_bytes(b" " * 1048577)])
def test_what_is_no_file_of_that_size_is_refused(folder, make):
    make(folder / "delta.conf")
    with pytest.raises(PlanError) as caught:
        found_in_directory(folder)
    assert str(caught.value) == (f"{folder}/delta.conf: is not a configuration file, which has at most 1048576 bytes; remove it")


def test_too_many_files(folder, monkeypatch):
    monkeypatch.setattr(conf_files, "MOST_FILES", 1)
    with pytest.raises(PlanError, match="contains more than 1 configuration files; import them in parts"):
        found_in_directory(folder)
