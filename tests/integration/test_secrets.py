# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private key never leaves its host, and a preshared key is nowhere but in the hosts' configurations."""

from __future__ import annotations

import base64
import os
import secrets
import subprocess
import threading
import time
from pathlib import Path

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ROOT

HOSTS = ("alpha", "beta")
NOTING_WG = """#!/bin/sh
echo "$*" >>/var/log/wg-arguments
exec /usr/bin/wg.real "$@"
"""


YOUNG = 40
"""Looks at a process until it is taken to have its last command line: each program begins with that of its parent."""


class CommandLines(threading.Thread):
    """Collects all command lines on this machine, the test hosts' among them, until it is stopped."""

    def __init__(self):
        super().__init__(daemon=True)
        self.seen = set()
        self.stopped = threading.Event()

    def run(self):
        looks = {}
        while not self.stopped.is_set():
            looks = {pid: looks.get(pid, 0) + 1 for pid in os.listdir("/proc") if pid.isdigit()}
            for pid in (pid for pid, number in looks.items() if number < YOUNG or number % YOUNG == 0):
                try:
                    self.seen.add(Path("/proc", pid, "cmdline").read_bytes())
                except OSError:
                    continue
            time.sleep(0.005)

    def text(self):
        self.stopped.set()
        self.join()
        return b"\n".join(self.seen).replace(b"\0", b" ").decode("utf-8", "replace")


def files_below(*tops):
    for top in tops:
        for directory, names, files in os.walk(top):
            names[:] = [name for name in names if name not in ("venv", "matrix", "tools", "ruff", "mypy")]
            for path in (Path(directory, name) for name in files):
                if path.is_file() and not path.is_symlink():
                    yield path


def vault(fleet, secret):
    """Write the network's secret as users do; the vault's password is no matter here, so it comes from a file."""
    command = ["ansible-vault", "encrypt_string", "--stdin-name", "wireguard_preshared_secret"]
    text = subprocess.run(command, input=secret + "\n", check=True, capture_output=True, text=True).stdout
    values = fleet.directory / "group_vars/wireguard.yml"
    values.parent.mkdir(exist_ok=True)
    values.write_text(text, encoding="utf-8")


def test_secrets(make_fleet, monkeypatch):
    fleet = make_fleet(dict.fromkeys(HOSTS))
    for host in HOSTS:  # a look at processes may miss the short ones: these write down what they are given
        fleet.run(
            host, "sh", "-c", "mv /usr/bin/wg /usr/bin/wg.real && cat >/usr/bin/wg && chmod 755 /usr/bin/wg", stdin=NOTING_WG
        )
    watcher = CommandLines()
    watcher.start()
    password = fleet.directory / "vault-password"
    password.write_text("password of the vault\n", encoding="utf-8")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(password))
    network_secrets = [secrets.token_hex(32) for _index in range(2)]
    derived = []
    outputs = []
    for secret, action in zip(network_secrets, ("with a preshared key", "preshared key replaced"), strict=True):
        vault(fleet, secret)
        runs = [fleet.play("-vvv", "--diff", *words) for words in (["--check"], [], [])]
        assert [run.status for run in runs] == [0, 0, 0], runs[1].output
        assert (action in runs[1].output, runs[2].changed()) == (True, set())
        outputs += [run.output for run in runs]
        sides = [fleet.run(host, "wg", "show", "wg0", "preshared-keys").split()[1] for host in HOSTS]
        assert len(set(sides)) == 1
        derived.append(sides[0])
    assert len(set(derived)) == 2
    for host in HOSTS:
        search = "grep -rlF -f - /etc /root /run /tmp /usr/local /var 2>/dev/null; true"
        assert fleet.run(host, "sh", "-c", search, stdin=f"{derived[1]}\n") == "/etc/wireguard/wg0.conf\n"

    preshared = [base64.b64encode(os.urandom(32)).decode() for _index in range(2)]
    beta = next(key for key, name in fleet.public_keys().items() if name == "beta")
    peer = {"name": "beta", "public_key": beta, "allowed_ips": ["10.8.0.9/32"]}
    playbook = fleet.directory / "preshared.yml"
    monkeypatch.setenv("PRESHARED_0", preshared[0])
    monkeypatch.setenv("PRESHARED_1", preshared[1])
    playbook.write_text(
        f"""
- hosts: alpha
  gather_facts: false
  vars:
    key: "{{{{ lookup('ansible.builtin.env', 'PRESHARED_' ~ item) }}}}"
    conf: "{{{{ {{'addresses': ['10.8.0.1/24'], 'peers': [{peer!r} | combine({{'preshared_key': key}})]}} }}}}"
  tasks:
    - meshwork.wireguard.interface: {{name: wg0, private_key_file: /etc/wireguard/wg0.key, config: "{{{{ conf }}}}"}}
      loop: ["0", "1"]
    - meshwork.wireguard.interface:
        name: wg0
        private_key_file: /etc/wireguard/wg0.key
        content: "{{{{ conf | meshwork.wireguard.to_conf }}}}"
      loop: ["0"]
    - meshwork.wireguard.interface_info:
""",
        encoding="utf-8",
    )
    done = fleet.ansible("ansible-playbook", str(playbook), "-vvv", "--diff")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "preshared key replaced" in done.stdout
    outputs.append(done.stdout + done.stderr)
    monkeypatch.delenv("PRESHARED_0")
    monkeypatch.delenv("PRESHARED_1")

    found = {f"private key of {host}": fleet.run(host, "cat", "/etc/wireguard/wg0.key").strip() for host in HOSTS}
    found.update({f"preshared key {index}": key for index, key in enumerate(preshared)})
    found.update({f"network's secret {index}": key for index, key in enumerate(network_secrets)})
    found.update({f"derived key {index}": key for index, key in enumerate(derived)})
    assert fleet.run("alpha", "wg", "show", "wg0", "preshared-keys").split()[1] == preshared[0]

    places = {f"output {index}": text for index, text in enumerate(outputs)}
    places["command lines"] = watcher.text()
    places |= {f"journal of {host}": fleet.run(host, "journalctl", "--all", "--no-pager") for host in HOSTS}
    assert "Invoked with" in places["journal of alpha"]
    assert "wg-quick up wg0" in places["command lines"]
    places |= {f"arguments of wg on {host}": fleet.run(host, "cat", "/var/log/wg-arguments") for host in HOSTS}
    assert "set wg0 peer" in places["arguments of wg on alpha"]
    places |= {
        str(path): path.read_text("utf-8", "replace") for path in files_below(ROOT, fleet.directory, Path.home() / ".ansible")
    }
    assert str(fleet.registry) in places
    assert [(what, place) for place, text in places.items() for what, key in found.items() if key in text] == []

    for host in HOSTS:
        listing = fleet.run(host, "stat", "-c", "%a %U %n", "/etc/wireguard", "/etc/wireguard/wg0.key", "/etc/wireguard/wg0.conf")
        assert listing == "700 root /etc/wireguard\n600 root /etc/wireguard/wg0.key\n600 root /etc/wireguard/wg0.conf\n"
