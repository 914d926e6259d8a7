# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real age encrypts where it is there; otherwise the drills and the integration tests are its test."""

from __future__ import annotations

import stat

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.shared_key import SharedKey
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key, public_key, shorthand

PRIVATE = key("shared")
PUBLIC = public_key(PRIVATE)
SEALED = "-----BEGIN AGE ENCRYPTED FILE-----\n"


KEY, RUN = "/etc/wireguard/wg0.key", "/run/meshwork-wireguard"


def host_of(root, clear=PRIVATE + "\n"):
    return FakeHost(
        {
            ("age-keygen",): "# public key: age1x\nAGE-SECRET-KEY-1X\n",
            ("age-keygen", "-y"): "age1x\n",
            ("age", "--encrypt"): lambda stdin: SEALED if stdin == PRIVATE + "\n" else "wrong",
            ("age", "--decrypt"): clear,
        },
        root=root,
    )


def test_the_identity_is_for_this_one_time(tmp_path):
    host = host_of(tmp_path)
    path, run = host.path(KEY), host.path(RUN)
    shared = SharedKey(host, KEY)
    assert shared.ask() == "age1x"
    assert stat.S_IMODE((run / "wg0.key.age").stat().st_mode) == 0o600
    assert shared.open(SEALED, PUBLIC) == {
        "prepared": f"~ {KEY}: no key -> public key {shorthand('public half of ' + PRIVATE)}, shared\n"
    }
    assert path.read_text(encoding="utf-8") == PRIVATE + "\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(run.iterdir()) == []
    assert all(PRIVATE not in word for words in host.calls for word in words)


def test_seal(tmp_path):
    host = host_of(tmp_path)
    path = host.put(KEY, PRIVATE + "\n")
    shared = SharedKey(host, KEY)
    assert shared.seal(["age1x", "age1y"], PUBLIC) == SEALED
    assert host.calls[-1] == ["age", "--encrypt", "--armor", "--recipient", "age1x", "--recipient", "age1y"]
    with pytest.raises(InvalidKey, match="no longer contains the private key of"):
        shared.seal(["age1x"], key("another"))
    path.unlink()
    with pytest.raises(InvalidKey, match="no longer contains the private key of"):
        shared.seal(["age1x"], PUBLIC)


@pytest.mark.parametrize(
    ("clear", "error"),
    [
        (key("another") + "\n", InvalidKey),
        ("no key\n", InvalidKey),
        (Completed(1, "", "no identity matched"), CommandFailed),
    ],
)
def test_what_is_not_the_key_changes_nothing(tmp_path, clear, error):
    host = host_of(tmp_path, clear)
    path, run = host.put(KEY, "as before\n"), host.path(RUN)
    shared = SharedKey(host, KEY)
    shared.ask()
    with pytest.raises(error):
        shared.open(SEALED, PUBLIC)
    assert path.read_text(encoding="utf-8") == "as before\n"
    assert list(run.iterdir()) == []
