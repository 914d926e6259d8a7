# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import KeyFile, key_in_conf, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key, public_key

OLD, GIVEN, ADOPTED, GENERATED = key("old"), key("given"), key("adopted"), key("generated")
KEY, CONF = "/etc/wireguard/wg0.key", "/etc/wireguard/wg0.conf"
TEXT = f"[Interface]\n# PrivateKey = {OLD}\nprivatekey={ADOPTED} # ours\r\n"


def short(private):
    return public_key(private)[:8] + "..."


@pytest.fixture
def place(tmp_path):
    """Where a key and a configuration beside it are on this machine, in a directory that is not there yet."""
    (tmp_path / "etc").mkdir()
    return tmp_path / KEY[1:], tmp_path / CONF[1:]


def fill(path, text, mode=0o600):
    if text is not None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)


@pytest.mark.parametrize(
    ("file", "mode", "conf", "given", "regenerate", "expected"),
    [
        pytest.param(OLD, 0o600, None, None, "if_invalid", ("kept", False, OLD), id="kept"),
        pytest.param(f"{OLD}\n", 0o600, TEXT, None, "never", ("kept", False, OLD), id="kept, not adopted"),
        pytest.param(OLD, 0o644, None, None, "if_invalid", ("kept", True, OLD), id="kept, and closed to others"),
        pytest.param(None, 0, TEXT, None, "if_invalid", ("adopted", True, ADOPTED), id="adopted"),
        pytest.param(None, 0, "[Interface]\n", None, "if_invalid", ("generated", True, GENERATED), id="nothing to adopt"),
        pytest.param(None, 0, None, None, "if_invalid", ("generated", True, GENERATED), id="generated"),
        pytest.param(None, 0, None, None, "never", ("generated", True, GENERATED), id="generated with never"),
        pytest.param(OLD, 0o600, TEXT, None, "always", ("generated", True, GENERATED), id="always anew"),
        pytest.param("rubbish", 0o600, None, None, "if_invalid", ("generated", True, GENERATED), id="invalid"),
        pytest.param("", 0o600, TEXT, None, "if_invalid", ("generated", True, GENERATED), id="empty, not adopted"),
        pytest.param(OLD, 0o600, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given"),
        pytest.param(None, 0, TEXT, f" {GIVEN}\n", "if_invalid", ("given", True, GIVEN), id="given, none there"),
        pytest.param(GIVEN, 0o600, None, GIVEN, "if_invalid", ("given", False, GIVEN), id="given, there already"),
        pytest.param(GIVEN, 0o640, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given, there with a wrong mode"),
        pytest.param("rubbish", 0o600, None, GIVEN, "if_invalid", ("given", True, GIVEN), id="given for an invalid one"),
    ],
)
def test_key(place, tmp_path, file, mode, conf, given, regenerate, expected):
    path, beside = place
    fill(path, file, mode)
    fill(beside, conf)
    source, changed, private = expected
    result = KeyFile(FakeHost(root=tmp_path), KEY).bring_about(given, CONF, regenerate, check_mode=False)
    before = short(file) if file and file.strip() in (OLD, GIVEN) else None
    old = f"public key {before}" if before else "no key"
    assert result == {
        "changed": changed,
        "public_key": public_key(private),
        "source": source,
        "diff": {"prepared": f"~ {KEY}: {old} -> public key {short(private)}\n" if changed else ""},
    }
    assert path.read_text().strip() == private
    assert FakeHost(root=tmp_path).mode_of(KEY) == 0o600
    assert FakeHost(root=tmp_path).mode_of("/etc/wireguard") == 0o700
    assert private not in repr(result)
    again = KeyFile(FakeHost(root=tmp_path), KEY).bring_about(given, CONF, "if_invalid", check_mode=False)
    assert (again["changed"], again["public_key"]) == (False, public_key(private))


@pytest.mark.parametrize(
    ("file", "conf", "given", "expected"),
    [
        (None, None, None, ("generated", True, None, "no key -> a new key")),
        (None, TEXT, None, ("adopted", True, ADOPTED, f"no key -> public key {short(ADOPTED)}")),
        (OLD, None, None, ("kept", False, OLD, None)),
        (OLD, None, GIVEN, ("given", True, GIVEN, f"public key {short(OLD)} -> public key {short(GIVEN)}")),
        (GIVEN, None, GIVEN, ("given", False, GIVEN, None)),
        ("rubbish", None, None, ("generated", True, None, "no key -> a new key")),
    ],
)
def test_check_mode_predicts_and_makes_nothing(place, tmp_path, file, conf, given, expected):
    path, beside = place
    fill(path, file)
    fill(beside, conf)
    host = FakeHost(root=tmp_path)
    result = KeyFile(host, KEY).bring_about(given, CONF, "if_invalid", check_mode=True)
    source, changed, private, line = expected
    assert result == {
        "changed": changed,
        "public_key": private and public_key(private),
        "source": source,
        "diff": {"prepared": f"~ {KEY}: {line}\n" if line else ""},
    }
    assert ["wg", "genkey"] not in host.calls
    assert (path.read_text() if path.exists() else None) == file


@pytest.mark.parametrize(
    ("file", "given", "changed"),
    [(OLD, None, False), (OLD, GIVEN, True), (OLD, OLD, False), (None, None, True)],
    ids=["kept", "given", "given, there already", "generated"],
)
def test_check_mode_before_the_tools_are_there(place, tmp_path, file, given, changed):
    fill(place[0], file)
    host = FakeHost(programs=(), root=tmp_path)
    result = KeyFile(host, KEY).bring_about(given, None, "if_invalid", check_mode=True)
    assert (result["changed"], result["public_key"], host.calls) == (changed, None, [])


NOT_A_KEY = "not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"


@pytest.mark.parametrize(
    ("file", "given", "regenerate", "message"),
    [
        (b"hunter2", None, "never", "private key in {}: " + NOT_A_KEY),
        (bytes(range(128, 160)), None, "never", "private key in {}: " + NOT_A_KEY),
        (None, "hunter2", "if_invalid", "private_key: " + NOT_A_KEY),
    ],
)
def test_errors(place, tmp_path, file, given, regenerate, message):
    path = place[0]
    path.parent.mkdir()
    if file is not None:
        path.write_bytes(file)
    with pytest.raises(InvalidKey) as caught:
        KeyFile(FakeHost(root=tmp_path), KEY).bring_about(given, None, regenerate, check_mode=False)
    assert str(caught.value) == message.format(KEY)
    assert (path.read_bytes() if path.exists() else None) == file


def test_raw_bytes_in_the_file_are_an_invalid_key(place, tmp_path):
    path = place[0]
    path.parent.mkdir()
    path.write_bytes(bytes(range(128, 160)))
    result = KeyFile(FakeHost(root=tmp_path), KEY).bring_about(None, None, "if_invalid", check_mode=False)
    assert result["source"] == "generated"
    assert read_key(FakeHost(root=tmp_path), KEY) == GENERATED


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TEXT, ADOPTED),
        (f"[Interface]\n\t PRIVATEKEY = {ADOPTED}\t\n", ADOPTED),
        (f"[Interface]\nPrivateKey={ADOPTED}", ADOPTED),
        (f"[Interface]\n#PrivateKey = {ADOPTED}\n", None),
        (f"[Interface]\nPublicKey = {ADOPTED}\n", None),
        ("[Interface]\nPrivateKey =\n", None),
        ("", None),
    ],
)
def test_key_in_conf(host, text, expected):
    host.put(CONF).write_bytes(text.encode())
    assert key_in_conf(host, CONF) == expected


def test_no_conf_no_key(host):
    assert key_in_conf(host, CONF) is None
    assert read_key(host, KEY) is None
    assert host.names("/") == []


def test_a_key_of_others_is_replaced(host):
    path = host.put(KEY, key("own") + "\n")
    theirs = [public_key(key("own"))]
    result = KeyFile(host, KEY).bring_about(None, None, "if_invalid", check_mode=False, foreign=theirs)
    assert (result["source"], result["changed"], path.read_text()) == ("generated", True, key("generated") + "\n")
    again = KeyFile(host, KEY).bring_about(None, None, "if_invalid", check_mode=False, foreign=theirs)
    assert (again["source"], again["changed"]) == ("kept", False)


def test_the_next_key_is_made_once_beside_the_other_and_only_if_it_is_asked_for(host):
    path, used = host.path("/etc/wireguard/wg0.next.key"), KeyFile(host, KEY)
    host.put(KEY, key("own") + "\n")
    line = "+ /etc/wireguard/wg0.next.key: the next key\n"
    none = {"changed": False, "public_key": None, "diff": {"prepared": ""}}
    assert used.upcoming(make=False, check_mode=False) == none
    assert used.upcoming(make=True, check_mode=True) == {"changed": True, "public_key": None, "diff": {"prepared": line}}
    assert not path.exists()
    made = used.upcoming(make=True, check_mode=False)
    assert made == {"changed": True, "public_key": public_key(key("generated")), "diff": {"prepared": line}}
    assert (path.read_text(), path.stat().st_mode & 0o777) == (key("generated") + "\n", 0o600)
    path.write_text(key("kept") + "\n")
    for make in (True, False):
        for check_mode in (True, False):
            assert used.upcoming(make, check_mode) == {**none, "public_key": public_key(key("kept"))}
    theirs = [public_key(key("kept"))]
    assert used.upcoming(make=False, check_mode=True, foreign=theirs) == none
    assert path.exists()
    assert used.upcoming(make=True, check_mode=False, foreign=theirs) == made
    assert host.read(KEY) == key("own") + "\n"
    path.write_text("no key\n")
    with pytest.raises(InvalidKey, match=r"wg0\.next\.key"):
        used.upcoming(make=True, check_mode=False)


def test_the_day_on_which_a_key_was_written(host):
    assert KeyFile(host, KEY).dated() is None
    path = host.put(KEY, key("own") + "\n")
    os.utime(path, (1798761599, 1798761599))
    assert KeyFile(host, KEY).dated() == "2026-12-31"


def test_destroy(host):
    beside = "/etc/wireguard/wg0-hub1.conf.2026-01-01T000000~"
    path, upcoming = host.put(KEY, key("own") + "\n"), host.put("/etc/wireguard/wg0.next.key", key("next") + "\n")
    backup = host.put(beside, f"[Interface]\nPrivateKey = {key('own')}\n")
    moved = "/etc/systemd/network/50-wg0.netdev.replaced-by-meshwork"
    replaced = host.put(moved, f"[WireGuard]\nPrivateKey={key('own')}\n")
    foreign = host.put("/etc/wireguard/wg1.conf.2026~", f"[Interface]\nPrivateKey = {key('other')}\n")
    copies = f"- {beside}: a copy of the key\n- {moved}: a copy of the key\n"
    told = f"{copies}- {KEY}: the key\n- /etc/wireguard/wg0.next.key: the next key\n"
    there = {"changed": True, "diff": {"prepared": told}}
    destroy = KeyFile(host, KEY).destroy
    assert (destroy(check_mode=True), path.exists(), backup.exists(), replaced.exists()) == (there, True, True, True)
    assert destroy(check_mode=False) == there
    assert [file.exists() for file in (path, upcoming, backup, replaced, foreign)] == [False] * 4 + [True]
    assert destroy(check_mode=False) == {"changed": False, "diff": {"prepared": ""}}
