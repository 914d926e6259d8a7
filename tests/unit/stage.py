# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's files, states and timers in a directory, for tests of changes pending."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict
from types import SimpleNamespace

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached, io
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface import interface as interface_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.forwarding import Forwarding
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports import preparation
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import changing, timer, verifying
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import pending as pending_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import Saved
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OWN = key("own")
BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "203.0.113.2:51820", 0, "beta")
GAMMA = Peer(key("gamma"), None, ("10.8.0.3/32",), None, 25, "gamma")
BASE = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(BETA,))
SECRETS = (OWN, key("shared"))
NUMBER = "1"
"""Of every pending; those of other runs have others."""


def text_of(config):
    """The text as it stands in the file, with the private key."""
    return with_private_key(render_conf(config), OWN)


class Stage:
    """The host, and where things are on it."""

    def __init__(self, host, root, monkeypatch):
        self.host = host
        self.host.programs.add("systemd-run")
        self.conf = root / "wireguard" / "wg0.conf"
        self.conf.parent.mkdir(mode=0o700)
        self.key = root / "wireguard" / "wg0.key"
        self.key.write_text(OWN + "\n")
        self.sysctl = root / "sysctl.d" / "90-wireguard-wg0.conf"
        self.state = root / "run" / "meshwork"
        self.state.parent.mkdir()
        (root / "proc/net/ipv4").mkdir(parents=True)
        (root / "proc/net/ipv4/ip_forward").write_text("1\n")
        (root / "systemd").mkdir()
        forwarding = functools.partial(Forwarding, proc=str(root / "proc"), etc=str(root / "sysctl.d"))
        monkeypatch.setattr(interface_module, "Forwarding", forwarding)
        monkeypatch.setattr(pending_module, "uuid", SimpleNamespace(uuid4=lambda: SimpleNamespace(hex=NUMBER)))
        for module in (timer, verifying, changing):
            monkeypatch.setattr(module, "PendingChange", functools.partial(PendingChange, state=str(self.state)))
        for module in (timer, changing, preparation):
            monkeypatch.setattr(module, "Interface", functools.partial(Interface, directory=str(self.conf.parent)))
        for name in ("start", "stop"):
            monkeypatch.setattr(detached, name, functools.partial(getattr(detached, name), systemd=str(root / "systemd")))

    @property
    def interface(self):
        """The interface as the host has it."""
        return timer.Interface(self.host, "wg0")

    @property
    def pending(self):
        """The interface's pending."""
        return timer.PendingChange("wg0")

    @property
    def timer(self):
        """What runs on the host."""
        return timer.Timer(self.host, "wg0")

    def fill(self, config, up=True):
        """As after an earlier run."""
        io.write_text(str(self.conf), text_of(config))
        if up:
            self.host.up(config, OWN)

    def wanted(self, config, **options):
        """What a module asks for."""
        return Wanted(
            **{"content": render_conf(config), "private_key_file": str(self.key), "up": True, "forward": None, **options}
        )

    def only_prepare(self, wanted, kept=()):
        """A change whose rollback is armed, and which is to be made next."""
        timer.Timer(self.host, "wg0").prepare(wanted, list(kept))
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
        return io.read_text(str(self.conf))


def saved(**values):
    """A saved state as it is written down."""
    return asdict(Saved(**{"text": None, "live": None, "kept_by": [], "forwarding": None, **values}))
