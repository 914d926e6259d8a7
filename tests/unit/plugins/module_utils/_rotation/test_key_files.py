# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._rotation.key_files import use_next_key
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

OLD, NEW, OTHER = key("old"), key("new"), key("other")
SHARED, SHARED_NEXT, FOR_HUB, FOR_HUB_NEXT = (key(f"preshared {name}") for name in ("beta", "next beta", "hub", "next hub"))
PEER = f"[Peer]\nPublicKey = {key('beta')}\n"
HUB = f"[Peer]\nPublicKey = {key('hub')}\n"
KEY, NEXT = "/etc/wireguard/wg0.key", "/etc/wireguard/wg0.next.key"
FILES = {
    "/etc/wireguard/wg0.conf": (
        f"[Interface]\nPrivateKey = {OLD}\n{PEER}# NextPresharedKey = {SHARED_NEXT}\nPresharedKey = {SHARED}\n",
        0o600,
    ),
    "/etc/wireguard/wg0-hub1.conf": (
        f"[Interface]\nPrivateKey = {OLD}\n{HUB}# NextPresharedKey = {FOR_HUB_NEXT}\nPresharedKey = {FOR_HUB}\n", 0o600,
    ),
    "/etc/systemd/network/05-meshwork-wg0.key": (f"{OLD}\n", 0o640),
    "/etc/systemd/network/05-meshwork-wg0.netdev": (f"[WireGuardPeer]\nPresharedKey={SHARED}\n", 0o640),
    "/etc/systemd/network/05-meshwork-wg0-hub1.netdev": (f"[WireGuardPeer]\nPresharedKey={FOR_HUB}\n", 0o640),
    "/etc/NetworkManager/system-connections/05-meshwork-wg0.nmconnection": (
        f"[wireguard]\nprivate-key={OLD}\npreshared-key={SHARED}\n", 0o600,
    ),
}  # fmt: skip
COPIES = ("/etc/wireguard/wg0.conf.2026-01-01T000000~", "/etc/systemd/network/50-wg0.netdev.replaced-by-meshwork")
OTHERS = {
    "/etc/wireguard/wg1.conf": f"[Interface]\nPrivateKey = {OTHER}\n{PEER}# NextPresharedKey = {key('x')}\n",
    "/etc/wireguard/wg1.conf.2026~": f"PrivateKey = {OTHER}\n",
}


class Power(Exception):
    """It failed."""


@pytest.fixture
def host(tmp_path):
    made = FakeHost(root=tmp_path)
    fill(made)
    return made


def fill(host):
    host.write(KEY, f"{OLD}\n")
    host.write(NEXT, f"{NEW}\n")
    for path, (text, mode) in FILES.items():
        host.write(path, text, mode)
    for path in COPIES:
        host.write(path, f"PrivateKey={OLD}\n")
    for path, text in OTHERS.items():
        host.write(path, text)


def whole(host):
    """Path -> text, of all files that there may be."""
    return {path: host.read(path) for path in (KEY, NEXT, *FILES, *COPIES, *OTHERS)}


def changed(text):
    """A file with the next private key, and the next preshared keys."""
    for announced in (SHARED_NEXT, FOR_HUB_NEXT):
        text = text.replace(f"# NextPresharedKey = {announced}\n", "")
    return text.replace(OLD, NEW).replace(SHARED, SHARED_NEXT).replace(FOR_HUB, FOR_HUB_NEXT)


AFTER = {
    KEY: f"{NEW}\n", NEXT: None, **{path: changed(text) for path, (text, _mode) in FILES.items()},
    **dict.fromkeys(COPIES), **OTHERS,
}  # fmt: skip


def test_the_next_key_is_in_all_files_and_the_old_one_in_none(host):
    use_next_key(host, KEY)
    assert whole(host) == AFTER
    assert {path: host.mode_of(path) for path in (KEY, *FILES)} == {
        KEY: 0o600,
        **{path: mode for path, (_t, mode) in FILES.items()},
    }
    use_next_key(host, KEY)
    assert whole(host) == AFTER


def test_after_a_power_failure_it_is_done_again(host, monkeypatch):
    steps = {"left": 0}

    def failing(operation):
        def go(*arguments, **options):
            if steps["left"] == 0:
                raise Power
            steps["left"] -= 1
            return operation(*arguments, **options)

        return go

    for name in ("write_bytes", "rename", "remove"):
        monkeypatch.setattr(host, name, failing(getattr(host, name)))
    for number in range(20):
        steps["left"] = 10**6
        fill(host)
        steps["left"] = number
        try:
            use_next_key(host, KEY)
            break
        except Power:
            steps["left"] = 10**6
        assert host.read(KEY) == f"{OLD}\n"
        assert {path for path, (text, _mode) in FILES.items() if host.read(path) not in (text, changed(text))} == set()
        use_next_key(host, KEY)
        assert whole(host) == AFTER, number
    assert number > len(FILES)


def test_without_a_next_key_nothing_happens(host):
    host.remove(NEXT)
    before = whole(host)
    use_next_key(host, KEY)
    assert whole(host) == before
