# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files import conf_files
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.conf_files import found_in_directory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NO_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
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
    interfaces, problems = found_in_directory(folder)
    assert [(one.host, one.interface, *one.files) for one in interfaces] == [
        ("alpha", "wg0", "/etc/wireguard/wg0.conf"),
        ("gamma", "wg0", "/etc/wireguard/wg0.conf"),
        ("beta", "wg1", "/etc/wireguard/wg1.conf"),
    ]
    assert problems == []


def test_whole_paths(folder):
    for path in ("etc/wireguard/wg0.conf", "etc/wireguard/peers.conf"):
        (folder / "delta" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "delta" / path).write_text(CONF if "wg0" in path else "[Peer]\nPublicKey = {}\n".format(key("b")))
    network = folder / "delta/etc/systemd/network"
    (network / "50-wg1.netdev.d").mkdir(parents=True)
    (network / "50-wg1.netdev").write_text("[NetDev]\nName=wg1\nKind=wireguard\n")
    (network / "50-wg1.netdev.d/key.conf").write_text("[WireGuard]\nPrivateKeyFile=/etc/keys/wg1.key\n")
    (network / "wg1.key").write_text(key("own"))
    interfaces, problems = found_in_directory(folder)
    assert [(one.interface, one.by, one.files, one.public_key, one.notes) for one in interfaces if one.host == "delta"] == [
        (
            "wg0", "wg-quick", ("/etc/wireguard/wg0.conf",), public_key(key("a")),
            ("peers.conf: has no [Interface], so it is no interface",),
        ),
        (
            "wg1", "networkd", tuple(f"/etc/systemd/network/50-wg1.netdev{part}" for part in ("", ".d/key.conf")),
            public_key(key("own")), (),
        ),
    ]  # fmt: skip
    assert problems == []


def test_one_file_that_cannot_be_read_hides_no_other(folder):
    (folder / "delta.conf").write_text("[Interface]\nPrivateKey = s3cret\n")
    (folder / "beta/wg2.conf").write_text("[Interface]\nAddress = x\n")
    interfaces, problems = found_in_directory(folder)
    assert [(one.host, one.interface) for one in interfaces] == [("alpha", "wg0"), ("beta", "wg1")]
    assert problems == [
        f"{folder}/delta.conf: line 2: PrivateKey: {NO_KEY}",
        f"{folder}/beta/wg2.conf: line 2: Address: 'x' is not an address",
    ]


def test_without_its_private_key_an_interface_has_no_public_key(folder):
    (folder / "delta.conf").write_text("[Interface]\nPostUp = wg set %i private-key /etc/wireguard/%i.key\n")
    (folder / "epsilon").mkdir()
    (folder / "epsilon/wg0.conf").write_text("[Interface]\nPostUp = wg set %i private-key /etc/wireguard/%i.key\n")
    (folder / "epsilon/wg0.key").write_text(key("own"))
    found = {one.host: one.public_key for one in found_in_directory(folder)[0]}
    assert (found["delta"], found["epsilon"]) == (None, public_key(key("own")))


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
    interfaces, problems = found_in_directory(folder)
    assert [one.host for one in interfaces] == ["alpha", "beta"]
    assert problems == [f"{folder}/delta/shadow: is a link that leads out of {folder}; copy the files to be imported there"]


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
