# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role under ansible-playbook. No host is touched."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HUB = {"wireguard_endpoint": "203.0.113.1", "wireguard_hub": True, "wireguard_public_key": key("hub")}
CLIENTS = {
    "phone": {"dns": ["10.8.0.1"], "allowed_ips": ["0.0.0.0/0", "::/0"], "excluded_ips": ["192.168.0.0/16"]},
    "router": {"public_key": key("router"), "routes": ["172.20.9.0/24"], "endpoint": "203.0.113.9:51820"},
}
PLAY = [
    {
        "hosts": "wireguard",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.import_role": {"name": "meshwork.wireguard.clients"}}],
    }
]


class Place:
    """An inventory with a hub and clients, and what the role makes of it."""

    def __init__(self, playbook, root):
        self._playbook = playbook
        self.root = root
        self.clients = dict(CLIENTS)
        self.variables = {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_topology": "star"}

    def start(self, *options, **own):
        variables = {**self.variables, "wireguard_clients": self.clients}
        (self.root / "hosts.json").write_text(json.dumps({"wireguard": {"vars": variables, "hosts": {"hub": HUB}}}))
        return self._playbook(PLAY, "-i", self.root / "hosts.json", *options, **own)

    def run(self, *options):
        process = self.start(*options)
        output, _none = process.communicate(timeout=120)
        return process.returncode == 0, output

    def run_in_a_terminal(self, *options):
        ours, theirs = pty.openpty()
        process = self.start(*options, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        output = b""
        with contextlib.suppress(OSError):  # how Linux ends a terminal that nobody has open any more
            while part := os.read(ours, 65536):
                output += part
        os.close(ours)
        return process.wait(120) == 0, output.decode()

    def path(self, name):
        return self.root / ".wireguard" / "clients" / "wireguard" / name

    def conf(self, name):
        return parse_conf(self.path(name).read_text())

    @property
    def recorded(self):
        nodes = json.loads((self.root / ".wireguard/wireguard.json").read_text())["nodes"]
        return {name: node.get("public_key") for name, node in nodes.items()}


@pytest.fixture
def place(playbook, tmp_path):
    return Place(playbook, tmp_path)


@pytest.fixture
def password(tmp_path):
    (tmp_path / "password").write_text("correct horse\n")
    return ["--vault-password-file", tmp_path / "password"]


def test_check_mode_makes_nothing(place, tmp_path):
    good, output = place.run("--check")
    assert good, output
    assert "changed=1" in output
    assert not (tmp_path / ".wireguard").exists()


def test_configurations(place):
    good, output = place.run()
    assert good, output
    phone = place.conf("phone.conf")
    assert place.recorded == {"hub": key("hub"), "phone": public_key(phone.private_key), "router": key("router")}
    assert (phone.addresses, phone.port, phone.dns) == (("10.8.0.2/24",), None, ("10.8.0.1",))
    (hub,) = phone.peers
    assert (hub.public_key, hub.endpoint, hub.keepalive) == (key("hub"), "203.0.113.1:51820", 25)
    assert {"0.0.0.0/1", "10.8.0.0/24", "193.0.0.0/8", "::/0"} <= set(hub.allowed_ips)
    assert "192.168.0.0/16" not in hub.allowed_ips

    router = place.path("router.conf").read_text()
    assert router.startswith("# Its private key stays with its owner: PrivateKey = ...\n")
    assert (parse_conf(router).port, parse_conf(router).private_key) == (51820, None)
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in place.path("").iterdir()} == dict.fromkeys(
        ["phone.conf", "phone.svg", "router.conf", "router.svg"], "0o600"
    )
    assert oct(place.path("").stat().st_mode & 0o777) == "0o700"
    assert phone.private_key not in output

    again, output = place.run("-vvv")
    assert again
    assert "changed=0" in output
    assert place.conf("phone.conf") == phone
    assert phone.private_key not in output


def test_keys_are_kept_in_a_vault(place, password, tmp_path):
    assert place.run(*password)[0]
    kept = tmp_path / ".wireguard" / "clients.vault"
    assert kept.read_text().startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert kept.stat().st_mode & 0o777 == 0o600
    before = place.conf("phone.conf")
    place.path("phone.conf").unlink()
    good, output = place.run(*password)
    assert good
    assert "changed=1" in output
    assert place.conf("phone.conf") == before

    place.path("phone.conf").unlink()
    good, output = place.run()  # without the password
    assert good
    assert "client phone: its private key is no longer available" in " ".join(output.split())
    assert not place.path("phone.conf").exists()
    assert place.recorded["phone"] == public_key(before.private_key)


def test_new_keys(place):
    assert place.run()[0]
    before = place.conf("phone.conf").private_key
    assert place.run("-e", "wireguard_client_rekey=phone")[0]
    after = place.conf("phone.conf").private_key
    assert (after != before, place.recorded["phone"]) == (True, public_key(after))
    good, output = place.run("-e", "wireguard_client_rekey=router")
    assert not good
    assert (
        "client router: its public key comes from the inventory, so its keys are made elsewhere; change them there"
        in " ".join(output.split())
    )
    assert "client nobody: is in no network; the clients are phone, router" in " ".join(
        place.run("-e", "wireguard_client_rekey=nobody")[1].split()
    )


def test_revoked_and_expired_ones_lose_their_files(place):
    place.clients["tablet"] = {"expires": "2020-01-01"}
    good, output = place.run()
    assert good
    assert "node tablet expired on 2020-01-01: a run will remove it from all peers" in " ".join(output.split())
    assert not place.path("tablet.conf").exists()
    place.clients["phone"] = {**CLIENTS["phone"], "revoked": True}
    good, output = place.run()
    assert good
    assert "node phone is revoked: a run will remove it from all peers" in " ".join(output.split())
    assert sorted(path.name for path in place.path("").iterdir()) == ["router.conf", "router.svg"]


def test_preshared_keys(place):
    place.variables["wireguard_preshared_secret"] = "nothing but a test of it"
    assert place.run()[0]
    assert place.conf("phone.conf").peers[0].preshared_key is not None
    assert place.conf("router.conf").peers[0].preshared_key is not None
    before = place.conf("phone.conf").peers
    place.variables["wireguard_preshared_secret"] = "and this is another one"
    place.variables["wireguard_preshared_secret_previous"] = "nothing but a test of it"
    assert place.run()[0]
    assert place.conf("phone.conf").peers == before


CODE = re.compile(r"[█▀▄][█▀▄ ]{19,}|\x1b\[7m")
IN_THE_TERMINAL = ("-e", "wireguard_client_formats=terminal", "-e", "wireguard_client_names=phone")


@pytest.mark.parametrize("strategy", ["linear", "free"])
def test_a_code_goes_to_the_terminal_and_not_into_the_log(place, tmp_path, monkeypatch, strategy):
    monkeypatch.setenv("ANSIBLE_LOG_PATH", str(tmp_path / "run.log"))
    monkeypatch.setenv("ANSIBLE_STRATEGY", strategy)
    good, output = place.run_in_a_terminal(*IN_THE_TERMINAL)
    assert good, output
    assert CODE.search(output), output
    log = (tmp_path / "run.log").read_text()
    assert "meshwork.wireguard.clients" in log
    assert not CODE.search(log)
    assert not place.path("phone.conf").exists()
    assert "client phone: its new private key is stored only in the files written now" in " ".join(output.split())


def test_without_a_terminal_a_code_is_refused(place, tmp_path):
    good, output = place.run(*IN_THE_TERMINAL)
    assert not good
    assert not CODE.search(output)
    assert (
        "formats: terminal: this run has no terminal, so the private keys in the codes could end up in a log; run it in a "
        "terminal, without a pipe, or choose svg, png or conf"
    ) in " ".join(output.split())
    assert not (tmp_path / ".wireguard").exists()


def test_a_network_that_no_run_has_seen(place, monkeypatch):
    monkeypatch.setitem(HUB, "wireguard_public_key", None)
    good, output = place.run()
    assert not good
    assert "client phone: no run has seen the public key of hub yet; run meshwork.wireguard.mesh first" in " ".join(
        output.split()
    )
    assert not place.path("phone.conf").exists()


def test_what_cannot_be_made_leaves_nothing_half_done(place, tmp_path):
    place.clients["a/b"] = None
    good, output = place.run()
    assert not good
    assert "node name: 'a/b' is not a valid name; use 1 to 253 of" in " ".join(output.split())
    assert not (tmp_path / ".wireguard" / "clients").exists()
    assert not (tmp_path / ".wireguard" / "wireguard.json").exists()
