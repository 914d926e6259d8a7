# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several tests share: keys by name, a host that records commands, and one that answers as real ones do."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
from dataclasses import replace
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import Live, all_routes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LiveDevice, LivePeer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret

READING = (
    ("wg", "show"),
    ("wg", "showconf"),
    ("wg", "pubkey"),
    ("wg", "genkey"),
    ("wg", "--version"),
    ("ip", "-j"),
    ("systemctl", "show"),
    ("systemctl", "--version"),
    ("pgrep",),
)


def key(name):
    """The same key for the same name, in the canonical spelling."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()).decode()


def public_key(private):
    """What the hosts of these tests give as the public half."""
    return key("public half of " + private)


def shorthand(name):
    """A key as descriptions show it."""
    return key(name)[:8] + "..."


SECRET = "(secret)"
"""A secret among the arguments of a command that was recorded."""
NO_FILES = "/proc/no-files"
"""A root that is not there, and cannot be made."""


class FakeHost(Host):
    """Records every command and answers from a table: the first words of a command -> its output. Its files are below a root.

    ``secrets`` are those among the arguments, of all commands.
    """

    def __init__(self, answers=None, programs=("wg",), root=NO_FILES):
        super().__init__(str(root))
        self.answers = {
            ("wg", "pubkey"): lambda stdin: public_key(stdin.strip()) + "\n",
            ("wg", "genkey"): key("generated") + "\n",
        }
        self.answers.update(answers or {})
        self.programs = set(programs)
        self.calls = []
        self.secrets = []
        self.on_call = lambda _words: None

    def run(self, argv, stdin="", check=True, timeout=60, cwd=None):  # noqa: ARG002 - as the real one
        words = [SECRET if isinstance(word, Secret) else word for word in argv]
        self.secrets += [word.text for word in argv if isinstance(word, Secret)]
        self.calls.append(words)
        self.on_call(words)
        matching = [prefix for prefix in self.answers if tuple(words[: len(prefix)]) == prefix]
        answer = self.answers[max(matching, key=len)] if matching else ""
        if callable(answer):
            answer = answer(stdin)
        done = answer if isinstance(answer, Completed) else Completed(0, answer, "")
        if check and done.status != 0:
            raise CommandFailed("{}: exit status {}: {}".format(" ".join(words), done.status, done.err.strip()))
        return done

    def which(self, name):
        return "/usr/bin/" + name if name in self.programs else None

    def path(self, path):
        """Where a file of the host is on this machine."""
        return Path(self.real(path))

    def put(self, path, text=""):
        """A file that is there, with its directories, and where it is on this machine."""
        found = self.path(path)
        found.parent.mkdir(parents=True, exist_ok=True)
        found.write_text(text)
        return found

    @property
    def changing(self):
        """The commands that could have changed something."""
        return [words for words in self.calls if not any(tuple(words[: len(p)]) == p for p in READING)]


class HostWithInterface(FakeHost):
    """A host with one interface, ``wg0``, which is down at first."""

    def __init__(self, root=NO_FILES):
        super().__init__(root=root)
        self.down()
        self.unit()

    def unit(self, active=False, enabled=False):
        """What systemd says of the unit."""
        self.answers["systemctl", "show"] = "ActiveState={}\nUnitFileState={}\nLoadState=loaded\n".format(
            "active" if active else "inactive", "enabled" if enabled else "disabled"
        )

    def down(self):
        """There is no interface."""
        self.answers["ip", "-j", "address"] = Completed(1, "", 'Device "wg0" does not exist.')

    def up(self, config, private_key, mtu=1420):
        """The interface is exactly as a configuration wants it."""
        self.unit(active=True, enabled=True)
        pairs = [address.split("/") for address in config.addresses]
        infos = [{"local": local, "prefixlen": int(length)} for local, length in pairs]
        link = {"ifname": "wg0", "flags": ["NOARP", "UP"], "mtu": config.mtu or mtu, "addr_info": infos}
        self.answers["ip", "-j", "address"] = json.dumps([link])
        self.answers["wg", "show", "wg0", "dump"] = dump_of(config, private_key)
        self.answers["wg", "showconf"] = showconf_of(config, private_key)
        for family, version in (("-4", 4), ("-6", 6)):
            routes = [route for route in live_of(config).routes if ipaddress.ip_network(route).version == version]
            self.answers["ip", "-j", family, "route"] = json.dumps(
                [{"dst": route, "dev": "wg0", "flags": []} for route in routes]
            )

    def set_down(self):
        """As `ip link set down` leaves it: without routes and IPv6 addresses."""
        (link,) = json.loads(self.answers["ip", "-j", "address"])
        left = [info for info in link["addr_info"] if ":" not in info["local"]]
        self.answers["ip", "-j", "address"] = json.dumps([{**link, "flags": ["NOARP"], "addr_info": left}])
        for family in ("-4", "-6"):
            self.answers["ip", "-j", family, "route"] = "[]"

    def watch(self, path):
        """From now on: each changing command with the text of a file at that time."""
        seen = []

        def note(words):
            if not any(tuple(words[: len(p)]) == p for p in READING):
                seen.append((words, self.read(path)))

        self.on_call = note
        return seen


def dump_of(config, private_key):
    """`wg show wg0 dump` of an interface that has the configuration."""
    mark = f"0x{config.fwmark:x}" if config.fwmark else "off"
    rows = [[private_key, public_key(private_key), str(config.port or 51820), mark]]
    rows += [
        [
            peer.public_key,
            peer.preshared_key or "(none)",
            peer.endpoint or "(none)",
            ",".join(peer.allowed_ips) or "(none)",
            "0",
            "0",
            "0",
            str(peer.keepalive or "off"),
        ]
        for peer in config.peers
    ]
    return "".join("\t".join(row) + "\n" for row in rows)


def showconf_of(config, private_key):
    """`wg showconf wg0` of an interface that has the configuration: WireGuard's own part, and no names."""
    peers = tuple(replace(peer, name=None) for peer in config.peers)
    return render_conf(Config(private_key=private_key, port=config.port or 51820, fwmark=config.fwmark or None, peers=peers))


def live_of(config, public=None, mtu=1420):
    """The live state of an interface that has the configuration."""
    peers = {
        peer.public_key: LivePeer(peer.public_key, peer.preshared_key, peer.endpoint, peer.allowed_ips, keepalive=peer.keepalive)
        for peer in config.peers
    }
    device = LiveDevice(public or key("own public"), config.port or 51820, config.fwmark or 0, peers)
    return Live(device, config.addresses, config.mtu or mtu, all_routes(config))


def outcome(function, *args, **kwargs):
    """The result, or the error's text."""
    try:
        return function(*args, **kwargs)
    except ValueError as error:
        return f"refused: {error}"
