# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import functools
import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import KeyFile, key_in_conf, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner, key, public_key

OLD, GIVEN, ADOPTED, GENERATED = key("old"), key("given"), key("adopted"), key("generated")
CONF = f"[Interface]\n# PrivateKey = {OLD}\nprivatekey={ADOPTED} # ours\r\n"


def short(private):
    return public_key(private)[:8] + "..."


@pytest.fixture
def place(tmp_path):
    """The paths of a key and of a configuration beside it, in a directory that is not there yet."""
    return tmp_path / "wireguard" / "wg0.key", tmp_path / "wireguard" / "wg0.conf"


def fill(path, text, mode=0o600):
    if text is not None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


@pytest.mark.parametrize(
    ("file", "mode", "conf", "given", "regenerate", "expected"),
    [
        pytest.param(OLD, 0o600, None, None, "if_invalid", ("kept", False, OLD), id="kept"),
        pytest.param(f"{OLD}\n", 0o600, CONF, None, "never", ("kept", False, OLD), id="kept, not adopted"),
        pytest.param(OLD, 0o644, None, None, "if_invalid", ("kept", True, OLD), id="kept, and closed to others"),
        pytest.param(None, 0, CONF, None, "if_invalid", ("adopted", True, ADOPTED), id="adopted"),
        pytest.param(None, 0, "[Interface]\n", None, "if_invalid", ("generated", True, GENERATED), id="nothing to adopt"),
        pytest.param(None, 0, None, None, "if_invalid", ("generated", True, GENERATED), id="generated"),
        pytest.param(None, 0, None, None, "never", ("generated", True, GENERATED), id="generated with never"),
        pytest.param(OLD, 0o600, CONF, None, "always", ("generated", True, GENERATED), id="always anew"),
        pytest.param("rubbish", 0o600, None, None, "if_invalid", ("generated", True, GENERATED), id="invalid"),
        pytest.param("", 0o600, CONF, None, "if_invalid", ("generated", True, GENERATED), id="empty, not adopted"),
        pytest.param(OLD, 0o600, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given"),
        pytest.param(None, 0, CONF, f" {GIVEN}\n", "if_invalid", ("given", True, GIVEN), id="given, none there"),
        pytest.param(GIVEN, 0o600, None, GIVEN, "if_invalid", ("given", False, GIVEN), id="given, there already"),
        pytest.param(GIVEN, 0o640, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given, there with a wrong mode"),
        pytest.param("rubbish", 0o600, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given for an invalid one"),
    ],
)
def test_key(place, file, mode, conf, given, regenerate, expected):
    path, beside = place
    fill(path, file, mode)
    fill(beside, conf)
    source, changed, private = expected
    result = KeyFile(FakeRunner(), str(path)).bring_about(given, str(beside), regenerate, check_mode=False)
    before = short(file) if file and file.strip() in (OLD, GIVEN) else None
    old = f"public key {before}" if before else "no key"
    assert result == {
        "changed": changed,
        "public_key": public_key(private),
        "source": source,
        "diff": {"prepared": f"~ {path}: {old} -> public key {short(private)}\n" if changed else ""},
    }
    assert path.read_text().strip() == private
    assert io.mode_of(str(path)) == 0o600
    assert io.mode_of(str(path.parent)) == 0o700
    assert private not in repr(result)
    again = KeyFile(FakeRunner(), str(path)).bring_about(given, str(beside), "if_invalid", check_mode=False)
    assert (again["changed"], again["public_key"]) == (False, public_key(private))


@pytest.mark.parametrize(
    ("file", "conf", "given", "expected"),
    [
        (None, None, None, ("generated", True, None, "no key -> a new key")),
        (None, CONF, None, ("adopted", True, ADOPTED, f"no key -> public key {short(ADOPTED)}")),
        (OLD, None, None, ("kept", False, OLD, None)),
        (OLD, None, GIVEN, ("given", True, GIVEN, f"public key {short(OLD)} -> public key {short(GIVEN)}")),
        (GIVEN, None, GIVEN, ("given", False, GIVEN, None)),
        ("rubbish", None, None, ("generated", True, None, "no key -> a new key")),
    ],
)
def test_check_mode_predicts_and_makes_nothing(place, file, conf, given, expected):
    path, beside = place
    fill(path, file)
    fill(beside, conf)
    runner = FakeRunner()
    result = KeyFile(runner, str(path)).bring_about(given, str(beside), "if_invalid", check_mode=True)
    source, changed, private, line = expected
    assert result == {
        "changed": changed,
        "public_key": private and public_key(private),
        "source": source,
        "diff": {"prepared": f"~ {path}: {line}\n" if line else ""},
    }
    assert ["wg", "genkey"] not in runner.calls
    assert (path.read_text() if path.exists() else None) == file


@pytest.mark.parametrize(
    ("file", "given", "changed"),
    [(OLD, None, False), (OLD, GIVEN, True), (OLD, OLD, False), (None, None, True)],
    ids=["kept", "given", "given, there already", "generated"],
)
def test_check_mode_before_the_tools_are_there(place, file, given, changed):
    fill(place[0], file)
    runner = FakeRunner(programs=())
    result = KeyFile(runner, str(place[0])).bring_about(given, None, "if_invalid", check_mode=True)
    assert (result["changed"], result["public_key"], runner.calls) == (changed, None, [])


NOT_A_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"


@pytest.mark.parametrize(
    ("file", "given", "regenerate", "message"),
    [
        (b"hunter2", None, "never", "private key in {}: " + NOT_A_KEY),
        (bytes(range(128, 160)), None, "never", "private key in {}: " + NOT_A_KEY),
        (None, "hunter2", "if_invalid", "private_key: " + NOT_A_KEY),
    ],
)
def test_errors(place, file, given, regenerate, message):
    path = place[0]
    path.parent.mkdir()
    if file is not None:
        path.write_bytes(file)
    with pytest.raises(InvalidKey) as caught:
        KeyFile(FakeRunner(), str(path)).bring_about(given, None, regenerate, check_mode=False)
    assert str(caught.value) == message.format(path)
    assert (path.read_bytes() if path.exists() else None) == file


def test_raw_bytes_in_the_file_are_an_invalid_key(place):
    path = place[0]
    path.parent.mkdir()
    path.write_bytes(bytes(range(128, 160)))
    result = KeyFile(FakeRunner(), str(path)).bring_about(None, None, "if_invalid", check_mode=False)
    assert result["source"] == "generated"
    assert read_key(str(path)) == GENERATED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CONF, ADOPTED),
        (f"[Interface]\n\t PRIVATEKEY = {ADOPTED}\t\n", ADOPTED),
        (f"[Interface]\nPrivateKey={ADOPTED}", ADOPTED),
        (f"[Interface]\n#PrivateKey = {ADOPTED}\n", None),
        (f"[Interface]\nPublicKey = {ADOPTED}\n", None),
        ("[Interface]\nPrivateKey =\n", None),
        ("", None),
    ],
)
def test_key_in_conf(tmp_path, text, expected):
    path = tmp_path / "wg0.conf"
    path.write_bytes(text.encode())
    assert key_in_conf(str(path)) == expected


def test_no_conf_no_key(tmp_path):
    assert key_in_conf(str(tmp_path / "wg0.conf")) is None
    assert read_key(str(tmp_path / "wg0.key")) is None
    assert os.listdir(tmp_path) == []


def test_a_key_of_others_is_replaced(host, tmp_path):
    path = tmp_path / "wg0.key"
    path.write_text(key("own") + "\n")
    theirs = [public_key(key("own"))]
    result = KeyFile(host, str(path)).bring_about(None, None, "if_invalid", check_mode=False, foreign=theirs)
    assert (result["source"], result["changed"], path.read_text()) == ("generated", True, key("generated") + "\n")
    again = KeyFile(host, str(path)).bring_about(None, None, "if_invalid", check_mode=False, foreign=theirs)
    assert (again["source"], again["changed"]) == ("kept", False)


def test_destroy(host, tmp_path):
    path, backup, foreign = tmp_path / "wg0.key", tmp_path / "wg0-hub1.conf.2026-01-01T000000~", tmp_path / "wg1.conf.2026~"
    path.write_text(key("own") + "\n")
    backup.write_text(f"[Interface]\nPrivateKey = {key('own')}\n")
    foreign.write_text(f"[Interface]\nPrivateKey = {key('other')}\n")
    told = f"- {backup}: a backup that holds the key\n- {path}: the key\n"
    there = {"changed": True, "diff": {"prepared": told}}
    destroy = functools.partial(KeyFile(host, str(path)).destroy, confs=str(tmp_path))
    assert (destroy(check_mode=True), path.exists(), backup.exists()) == (there, True, True)
    assert (destroy(check_mode=False), path.exists(), backup.exists(), foreign.exists()) == (there, False, False, True)
    assert destroy(check_mode=False) == {"changed": False, "diff": {"prepared": ""}}
