# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's files, states and timers in a directory, for tests of changes pending."""

from __future__ import annotations

import json
from dataclasses import asdict
from types import SimpleNamespace

from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import pending as pending_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import Saved
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.timer import Timer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OWN = key("own")
BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "203.0.113.2:51820", 0, "beta")
GAMMA = Peer(key("gamma"), None, ("10.8.0.3/32",), None, 25, "gamma")
BASE = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(BETA,))
SECRETS = (OWN, key("shared"))
CONF, KEY, SYSCTL = "/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.key", "/etc/sysctl.d/90-wireguard-wg0.conf"
NUMBER = "1"
"""Of every pending; those of other runs have others."""


def text_of(config):
    """The text as it stands in the file, with the private key."""
    return with_private_key(render_conf(config), OWN)


class Stage:
    """The host, and where things of it are on this machine."""

    def __init__(self, host, monkeypatch):
        self.host = host
        self.host.programs.add("systemd-run")
        self.conf, self.key, self.sysctl = map(host.path, (CONF, KEY, SYSCTL))
        self.state = host.path("/run/meshwork-wireguard")
        host.write(KEY, OWN + "\n")
        host.put("/proc/sys/net/ipv4/ip_forward", "1\n")
        host.path("/run/systemd/system").mkdir(parents=True)
        monkeypatch.setattr(pending_module, "uuid", SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=NUMBER)))

    @property
    def interface(self):
        """The interface as the host has it."""
        return Interface(self.host, "wg0")

    @property
    def pending(self):
        """The interface's pending."""
        return PendingChange(self.host, "wg0")

    @property
    def timer(self):
        """What runs on the host."""
        return Timer(self.host, "wg0")

    def fill(self, config, up=True):
        """As after an earlier run."""
        self.host.write(CONF, text_of(config))
        if up:
            self.host.up(config, OWN)

    def wanted(self, config, **options):
        """What a module asks for."""
        return Wanted(**{"content": render_conf(config), "private_key_file": KEY, "up": True, "forward": None, **options})

    def only_prepare(self, wanted, kept=()):
        """A change whose rollback is armed, before it is made."""
        self.timer.prepare(wanted, list(kept))
        self.pending.arm(60)
        self.host.calls.clear()

    @property
    def left(self):
        """The texts of the pending's files by their names."""
        where = self.state / "wg0"
        return {path.stem: json.loads(path.read_text()) for path in sorted(where.glob("*.json"))} if where.exists() else {}

    @property
    def text(self):
        """Of the file; None where there is none."""
        return self.host.read(CONF)


def saved(**values):
    """A saved state as it is written down."""
    return asdict(Saved(**{"text": None, "live": None, "backends": [], "forwarding": None, **values}))
