# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts with different versions of the tools and different data planes: one script, or one module, for all of them at once."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

CONTAINERS = ("bookworm", "trixie", "sid")
KERNELS = ("kernel-bookworm", "kernel-trixie")
ALL = (*CONTAINERS, *KERNELS)
PAIRS = (("bookworm", "trixie"), KERNELS)
"""Two hosts of one underlay: what passes between them is wireguard-go's, and the kernel's."""

KEY_FILE = "/etc/wireguard/tools.key"
_PRELUDE = f"""
umask 077
make() {{
    ip link add "$1" type wireguard 2>/dev/null || wireguard-go "$1" >/dev/null 2>&1
    wg set "$1" private-key {KEY_FILE}
}}
quietly() {{ "$@" >/dev/null 2>&1; }}
"""


class Machines:
    """The hosts of both fleets. ``keys``: host -> public key of the private key in KEY_FILE; ``underlay``: host -> address."""

    def __init__(self, directory, containers, kernels):
        self._fleet = dict.fromkeys(CONTAINERS, containers) | dict.fromkeys(KERNELS, kernels)
        self.underlay = {**containers.underlay, **kernels.underlay}
        self._inventory = directory / "all.yml"
        self._write_inventory({})
        made = self.module(ALL, "keypair", {"path": KEY_FILE})
        self.keys = {host: result["public_key"] for host, result in made.items()}
        self._write_inventory({host: {"own_public_key": key} for host, key in self.keys.items()})
        versions = self.sh(ALL, "wg --version | sed 's/[^0-9]*\\([0-9.]*\\).*/\\1/'")
        self.newer = frozenset(host for host, version in versions.items() if version.strip() >= "1.0.20260223")
        """Where the tools are of February 2026 or later; Debian's before that differ from one another in nothing of this."""

    def _write_inventory(self, values):
        groups = {}
        for name, fleet in (("containers", self._fleet[CONTAINERS[0]]), ("kernels", self._fleet[KERNELS[0]])):
            groups[name] = yaml.safe_load(Path(fleet.inventory).read_text(encoding="utf-8"))["wireguard"]
            for host, own in groups[name]["hosts"].items():
                own.update(values.get(host, {}))
        self._inventory.write_text(yaml.safe_dump(groups), encoding="utf-8")

    def sh(self, hosts, script):
        """Run a script of bash on hosts, by hand as it were: host -> what it printed, also where it failed."""

        def on(host):
            return self._fleet[host].run(host, "bash", "-s", check=False, stdin=_PRELUDE + script)

        with ThreadPoolExecutor() as pool:
            return dict(zip(hosts, pool.map(on, hosts), strict=True))

    def delete(self, hosts, interface):
        """Delete an interface that was made by hand."""
        self.sh(
            hosts, f"ip link delete {interface}; pkill -f '^wireguard-go {interface}$'; rm -f /run/wireguard/{interface}.sock"
        )

    def module(self, hosts, name, arguments, fails=False):
        """Run one module on hosts: host -> result. An unexpected outcome ends the test with the message."""
        given = ["-a", json.dumps(arguments)] if arguments else []
        words = [",".join(hosts), "-m", f"meshwork.wireguard.{name}", *given]
        done = self._fleet[hosts[0]].ansible("ansible", "-i", str(self._inventory), *words)
        blocks = re.findall(r"^(\S+) \| (SUCCESS|CHANGED|FAILED!) => (\{.*?^\})", done.stdout, re.DOTALL | re.MULTILINE)
        results = {host: (outcome == "FAILED!", json.loads(text)) for host, outcome, text in blocks}
        assert set(results) == set(hosts), done.stdout + done.stderr
        assert {failed for failed, _result in results.values()} == {fails}, done.stdout
        return {host: results[host][1] for host in hosts}

    def apply(self, hosts, interface, config, fails=False, **arguments):
        """Bring an interface of that name to a configuration: host -> result of the module."""
        given = {"content": config} if isinstance(config, str) else {"config": config}
        return self.module(hosts, "interface", {"name": interface, "private_key_file": KEY_FILE, **given, **arguments}, fails)

    def refused(self, hosts, interface, config, **arguments):
        """The messages with which a configuration is refused, the same on all hosts."""
        results = self.apply(hosts, interface, config, fails=True, **arguments)
        messages = {result["msg"] for result in results.values()}
        assert len(messages) == 1, messages
        return messages.pop()


def kinds(results):
    """Host -> the kinds of what was changed, in order."""
    return {host: [change["kind"] for change in result["changes"]] for host, result in results.items()}


def everywhere(hosts, value):
    """The same for all hosts."""
    return dict.fromkeys(hosts, value)
