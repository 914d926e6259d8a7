# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The VRRP agent: one per interface, on each host of a node.

VRRP decides which host is active: the one that has the floating address. This program makes WireGuard follow. It

- reports to keepalived whether the host is healthy (in a file that keepalived tracks),
- lets WireGuard's packets leave only from the floating address, and drops them on a standby host, so that no peer ever learns
  another address of the node,
- sends the latest endpoints of the peers to the other hosts, see :mod:`messages`,
- and starts new sessions with all peers when the host becomes active: the peers do not know that the old sessions are lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import select
import socket
import struct
import sys
import time
from dataclasses import replace
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.messages import (
    Mailbox,
    Sibling,
    alias,
    message_key,
    plain,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Argument, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import Held, interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import LINKS, RUN, SWITCHES, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import Signals, say
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import next_key_file, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.floating import has_address
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change, KeepaliveChanged, PeerRemoved
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import wg_commands
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.constants import KEEPALIVE, RULE_PRIORITY

TICK = 0.1
"""Seconds between two health checks."""
BEAT = 0.2
"""Seconds between two messages to the other hosts."""
HURRY = 0.05
"""The same, while one of them waits for an answer."""
LOOK = 1.0
"""Seconds between two reads of the peers' endpoints."""
CHECK = 2.0
"""Seconds after which rules and routes are checked even without news from the kernel."""
PATIENCE = 1.5
"""Seconds that a starting host waits for the other hosts' messages."""
LOCKED = 1.0
"""Seconds that a host which becomes active waits for a run to finish its change. A change of peers takes some tenths of a second.
A stuck one must not cost more time than the failover itself, nor make this host look down to the others (``SILENT``)."""
GRACE = 30.0
"""Seconds for which the active host may have an older configuration than another: a run changes one host after the other."""
FLOOD = 200
"""Messages read in one turn of the loop."""
CHUNK = 200
"""Peers per message."""
FAULTED = -254
"""The weight with which keepalived enters its state FAULT."""
NETLINK_GROUPS = 0x1 | 0x10 | 0x100 | 0x80 | 0x40000
"""Links, addresses and rules of IPv4 and IPv6 (linux/rtnetlink.h)."""


def digest_of(conf: str, key: bytes) -> str:
    """A digest that two hosts compare: of the peers, their prefixes and preshared keys, in any order.

    :raises ValueError: no configuration.
    """
    peers = sorted([p.public_key, p.preshared_key or "", *p.allowed_ips] for p in parse_conf(conf).peers)
    return hmac.new(key, json.dumps(peers).encode(), hashlib.sha256).hexdigest()[:32]


def renewed(conf: str, learned: Mapping[str, str], keys: Sequence[bytes]) -> tuple[str, list[str]]:
    """A configuration as ``wg showconf`` prints it, with the learned endpoints, and keepalives for all peers that have an
    endpoint: a keepalive starts a session at once. Second, the peers that had no keepalives.

    :param learned: alias of a peer, under any of the keys -> endpoint.
    """
    config = parse_conf(conf)
    peers, quiet = [], []
    for peer in config.peers:
        known = (learned.get(alias(key, peer.public_key)) for key in keys)
        endpoint = next(filter(None, map(_endpoint, known)), None) or peer.endpoint
        if endpoint and not peer.keepalive:
            quiet.append(peer.public_key)
        peers.append(replace(peer, endpoint=endpoint, keepalive=peer.keepalive or (KEEPALIVE if endpoint else 0)))
    return render_conf(replace(config, peers=tuple(peers))), quiet


def _endpoint(text: str | None) -> str | None:
    """The endpoint if it is an address; None for a name, which ``wg`` would have to resolve first."""
    with contextlib.suppress(ValueError):
        endpoint = parse_endpoint(text, "endpoint") if text else None
        return str(endpoint) if endpoint and not endpoint.is_name else None
    return None


def announce(address: str, link: str) -> None:
    """Announce the address on the link: with gratuitous ARP, or a neighbour advertisement (RFC 4861, 7.2.6)."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packet:
        packet.bind((link, 0))
        mac = packet.getsockname()[4]
        if ":" not in address:
            body = mac + socket.inet_aton(address) + bytes(6) + socket.inet_aton(address)
            packet.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + body)
            return
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
        index = socket.if_nametoindex(link)
        icmp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        icmp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        body = struct.pack("!BBHI", 136, 0, 0, 0xA0000000) + socket.inet_pton(socket.AF_INET6, address) + b"\x02\x01" + mac
        icmp.sendto(body, ("ff02::1", 0, 0, index))


class Agent:
    """The agent of one interface."""

    def __init__(self, host: Host, path: str) -> None:
        self.host = host
        self.path = path
        self.config: dict[str, Any] = {}
        self.name = self.address = self.link = ""
        self.keys: tuple[bytes, ...] = ()  # of messages: that of the key in use, and that of the next one
        self.next_key: tuple[int, int] | None = None  # which file has that
        self.floating: dict[int, str] = {}
        self.siblings: dict[str, Sibling] = {}
        self.mail = Mailbox()
        self.learned: dict[str, str] = {}  # alias of a peer -> endpoint
        self.filed: set[str] = set()  # peers that are or were in the file
        self.unsure: set[str] = set()  # peers that were live when sessions started without the lock
        self.active = False
        self.why: str | None = None
        self.began = time.monotonic()
        self.older_since: float | None = None
        self.looked = float("-inf")
        self.sent = self.checked = self.quieted = 0.0
        self.quiet: list[str] = []
        self.term = 0.0  # when the host last became active, by its clock
        self.conf: tuple[float, str] | None = None  # time and text of the configuration
        self.digests: dict[bytes, str] = {}
        self.signals = Signals()
        self.bound = False
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self.netlink.bind((0, NETLINK_GROUPS))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def run(self, argv: Sequence[Argument], text: str = "", check: bool = True) -> str:
        """The output of a command; secrets pass only through pipes."""
        return self.host.run(argv, stdin=text, check=check, timeout=20).out

    def change(self, changes: Sequence[Change]) -> None:
        """Make changes of peers that need no secret, as far as possible."""
        for command in wg_commands(self.name, changes, "", most_secrets=1):
            self.run(command.argv, check=False)

    # the main loop

    def load(self) -> None:
        """Read the settings that a run has written, and prepare the socket."""
        with open(self.host.real(self.path), encoding="utf-8") as stream:
            self.config = json.load(stream)
        self.signals.stale = False
        self.name = self.config["interface"]
        self.floating = {}
        first = self.config["floating"][0]
        for item in self.config["floating"]:
            if item["interface"] == first["interface"]:
                address = item["address"].partition("/")[0]
                self.floating.setdefault(6 if ":" in address else 4, address)
        self.address, self.link = first["address"].partition("/")[0], first["interface"]
        self.load_keys()
        self.siblings = {address: self.siblings.get(address, Sibling()) for address in map(plain, self.config["peers"])}
        self.socket.close()
        family = socket.AF_INET6 if ":" in self.config["address"] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bound = False

    def next_key_file(self) -> str:
        """The file of the next key; it is gone when that is the key in use."""
        return next_key_file(self.config["private_key_file"])

    def load_keys(self) -> None:
        """Read the key in use, and the next one."""
        upcoming = self.next_key_file()
        self.next_key = self.host.identity_of(upcoming)
        used = self.run(["wg", "show", self.name, "private-key"]).strip()
        try:
            found = [used, read_key(self.host, upcoming)]
        except (ValueError, OSError) as error:
            found = [used]
            say(f"{upcoming}: {error}")
        self.keys = tuple(dict.fromkeys(message_key(key) for key in found if key))
        self.digests = {}
        self.mail.belongs_to(self.keys, self.name, self.config["address"])

    def loop(self) -> None:
        """Run until a signal ends it."""
        self.host.private_directory(RUN)
        self.load()
        if self.holds() and self.has_routes():
            self.active = True
        if self.host.value(f"{RUN}/{self.name}.health") == "0":
            self.began = -PATIENCE  # an earlier process of this program was healthy
        while not self.signals.ended:
            if self.signals.stale:
                self.load()
            self.bind()
            now = time.monotonic()
            ready = select.select([self.netlink, self.socket], [], [], TICK)[0]
            if self.netlink in ready:
                self.drain()
                self.checked = 0.0
            if self.socket in ready:
                self.listen()
            now = time.monotonic()
            if now - self.checked >= CHECK:
                self.checked = now
                self.follow()
                if self.host.identity_of(self.next_key_file()) != self.next_key:
                    self.load_keys()
            self.report_health(now)
            if now - self.sent >= BEAT:
                self.sent = now
                self.send()
            if self.quieted and now >= self.quieted:
                self.quieted = 0.0
                self.announce()  # some hosts ignore the second of two changes within a second
                self.stop_keepalives()

    def bind(self) -> None:
        """Bind the socket; the host's own address may be missing for a while, with its link."""
        if not self.bound:
            try:
                self.socket.bind((self.config["address"], self.config["port"]))
                self.bound = True
            except OSError:
                pass

    def drain(self) -> None:
        """Discard the kernel's messages: only the fact of a change matters."""
        try:
            while self.netlink.recv(65536):
                pass
        except BlockingIOError:
            pass
        except OSError:
            pass  # more news than fit into the buffer

    # which host is active

    def holds(self) -> bool:
        """Whether the host has the floating address."""
        return has_address(self.host, self.link, self.address)

    def follow(self) -> None:
        """Make WireGuard follow the floating address."""
        holds = self.holds()
        if holds and not self.active:
            self.take_over("active")
        elif holds:
            self.ensure_routes()
        elif self.active:
            self.active = False
            self.drop_routes()
            say("standby")
            self.sent = 0.0
        self.ensure_rules()
        if self.unsure:
            self.remove_again()

    def take_over(self, why: str) -> None:
        """Become active: first the routes, so that packets leave from the floating address, then new sessions."""
        self.active, self.term = True, time.time()
        for sibling in self.siblings.values():
            sibling.term_before = sibling.term if sibling.heard else None
        self.ensure_routes()
        try:
            with interface_lock(self.host, self.name, LOCKED):
                count = self.start_sessions()
        except Held as held:
            say(f"{held}. The sessions start all the same")
            self.unsure.update(self.run(["wg", "show", self.name, "peers"], check=False).split())
            count = self.start_sessions()
        self.sent = 0.0
        self.announce()
        say(f"{why}; starts sessions with {count} peers")

    def start_sessions(self) -> int:
        """Start sessions with all peers whose endpoint is known, and return their number. This needs the interface's lock: the
        configuration is read and written back, which would bring back a peer that was removed in between.
        """
        shown = self.run(["wg", "showconf", self.name])
        try:
            conf, quiet = renewed(shown, self.learned, self.keys)
        except ValueError as error:  # then at least the peers with keepalives get a session
            say(f"wg showconf {self.name}: {error}")
            conf, quiet = shown, []
        self.run(["wg", "setconf", self.name, "/dev/stdin"], conf)
        self.quiet = [*self.quiet, *quiet]  # also of sessions that started a moment ago
        self.quieted = time.monotonic() + 1.2
        return conf.count("\nEndpoint = ")

    def remove_again(self) -> None:
        """Remove the peers that a run removed while sessions started without the lock, as soon as the run has ended."""
        with contextlib.suppress(Held, ValueError), interface_lock(self.host, self.name, 0):
            stays = {peer.public_key for peer in parse_conf(self.host.value(f"{WIREGUARD}/{self.name}.conf") or "").peers}
            live = set(self.run(["wg", "show", self.name, "peers"], check=False).split())
            gone = sorted(self.unsure & self.filed & live - stays)
            if gone:
                self.change([PeerRemoved(Peer(key)) for key in gone])
                say(f"removes {len(gone)} peers that a run removed meanwhile")
            self.unsure = set()

    def announce(self) -> None:
        """Announce the floating addresses. keepalived does so, too, but not if it was active all the time."""
        for item in self.config["floating"] if self.active else ():
            with contextlib.suppress(OSError):
                announce(item["address"].partition("/")[0], item["interface"])

    def stop_keepalives(self) -> None:
        """Remove the keepalives that were only set to start sessions."""
        try:
            with interface_lock(self.host, self.name, 0):
                known = set(self.run(["wg", "show", self.name, "peers"], check=False).split())
                self.change([KeepaliveChanged(Peer(key), KEEPALIVE, 0) for key in self.quiet if key in known])
        except Held:
            self.quieted = time.monotonic() + BEAT
            return
        self.quiet = []

    # the routing of WireGuard's packets

    def versions(self) -> list[int]:
        """The IP versions of the host."""
        return [4, 6] if self.host.exists("/proc/net/if_inet6") else [4]

    def ensure_rules(self) -> None:
        """Add missing rules. They are created with the interface, but another program may have removed them."""
        mark = str(self.config["mark"])
        for version in self.versions():
            shown = self.run(["ip", f"-{version}", "rule", "show"], check=False)
            existing = [line for line in shown.split("\n") if line.startswith((f"{RULE_PRIORITY}:", f"{RULE_PRIORITY + 1}:"))]
            ours = [line for line in existing if f"fwmark {self.config['mark']:#x} " in line + " "]
            if len(ours) < 2:
                for priority, words in ((RULE_PRIORITY, ["lookup", mark]), (RULE_PRIORITY + 1, ["unreachable"])):
                    rule = ["priority", str(priority), "fwmark", mark, *words]
                    self.run(["ip", f"-{version}", "rule", "add", *rule], check=False)

    def wanted_routes(self) -> list[tuple[int, list[str]]]:
        """(IP version, words): the main table's routes over the underlay's link, from the floating address."""
        routes: list[tuple[int, list[str]]] = []
        for version, address in self.floating.items():
            shown = self.run(["ip", "-j", f"-{version}", "route", "show", "table", "main", "dev", self.link], check=False)
            for route in json.loads(shown or "[]"):
                if route.get("type", "unicast") != "unicast" or route["dst"].startswith("fe80:"):
                    continue
                words = [route["dst"], "dev", self.link, "src", address]
                if "gateway" in route:
                    words[1:1] = ["via", route["gateway"]]
                if "onlink" in route.get("flags", []):
                    words.append("onlink")
                routes.append((version, words))
        return routes

    def has_routes(self) -> bool:
        """Whether the table has any routes."""
        table = str(self.config["mark"])
        return any(self.run(["ip", f"-{v}", "route", "show", "table", table], check=False).strip() for v in self.floating)

    def ensure_routes(self) -> None:
        """Set the table's routes: connected networks first, because they contain the gateways."""
        table = str(self.config["mark"])
        for version, words in sorted(self.wanted_routes(), key=lambda item: "via" in item[1]):
            self.run(["ip", f"-{version}", "route", "replace", *words, "table", table], check=False)

    def drop_routes(self) -> None:
        """Remove the routes: without them the second rule drops all packets that WireGuard sends."""
        for version in self.versions():
            self.run(["ip", f"-{version}", "route", "flush", "table", str(self.config["mark"])], check=False)

    # whether the host is healthy

    def report_health(self, now: float) -> None:
        """Write keepalived's file if the health has changed."""
        why = self.fault(now)
        if why == self.why:
            return
        self.why = why
        with open(self.host.real(f"{RUN}/{self.name}.health"), "w", encoding="ascii") as stream:
            stream.write(f"{FAULTED if why else 0}\n")
        say(f"faulted: {why}" if why else "healthy")
        self.sent = 0.0

    def fault(self, now: float) -> str:
        """Why the host is faulted; empty if it is healthy."""
        flags = self.host.value(f"{LINKS}/{self.name}/flags")
        if flags is None or not int(flags, 16) & 1:
            return f"interface {self.name} is not up"
        for version in self.config["forwards"]:
            for scope in ("all", self.name):
                if self.host.value(f"{SWITCHES}/net/ipv{version}/conf/{scope}/forwarding") == "0":
                    return f"the kernel does not forward IPv{version} ({scope})"
        if now - self.began < PATIENCE and not any(sibling.alive(now) for sibling in self.siblings.values()):
            return "has just started, and waits for the other hosts"
        if self.is_older(now):
            return "another host has a newer configuration; run the playbook"
        return ""

    def is_older(self, now: float) -> bool:
        """Whether another live host was changed after this one. The active host has some time to catch up."""
        own = list(filter(None, map(self.own_stamp, self.keys)))
        stamps = [sibling.stamp for sibling in self.siblings.values() if sibling.alive(now) and sibling.stamp]
        same = {digest for _written, digest in own}
        older = bool(own) and any(digest not in same and written > own[0][0] for written, digest in stamps)
        if not older:
            self.older_since = None
            return False
        self.older_since = self.older_since or now
        return not self.active or now - self.older_since > GRACE

    def own_stamp(self, key: bytes) -> list[Any] | None:
        """Time of the configuration in seconds since the epoch, and its digest under a key of messages."""
        path = f"{WIREGUARD}/{self.name}.conf"
        with contextlib.suppress(OSError):
            written = os.stat(self.host.real(path)).st_mtime
            if self.conf is None or written != self.conf[0]:
                self.conf, self.digests = (written, self.host.value(path) or ""), {}
        if self.conf is None:
            return None
        if key not in self.digests:
            try:
                self.digests[key] = digest_of(self.conf[1], key)
                self.filed.update(peer.public_key for peer in parse_conf(self.conf[1]).peers)
            except ValueError as error:
                self.digests[key] = ""
                say(f"{path}: {error}")
        return [self.conf[0], self.digests[key]] if self.digests[key] else None

    # messages between the hosts

    def send(self) -> None:
        """Send one message to each host, or more if the active host knows many peers."""
        known: list[tuple[str, str]] = []
        if self.active and time.monotonic() - self.looked >= LOOK:
            self.looked = time.monotonic()
            for line in self.run(["wg", "show", self.name, "endpoints"], check=False).split("\n"):
                peer, tab, endpoint = line.partition("\t")
                if tab and endpoint != "(none)":
                    known.append((peer, endpoint))
        now = time.monotonic()
        for key in self.keys:
            named = [(alias(key, peer), endpoint) for peer, endpoint in known]
            self.learned.update(named)
            for start in range(0, max(1, len(named)), CHUNK):
                content: dict[str, Any] = {"active": self.active, "term": self.term, "stamp": self.own_stamp(key)}
                content["endpoints"] = dict(named[start : start + CHUNK])
                for address, sibling in self.siblings.items():
                    data = self.mail.write(key, address, sibling.answers(now), content)
                    with contextlib.suppress(OSError):  # the link may be down
                        self.socket.sendto(data, (address, self.config["port"]))

    def listen(self) -> None:
        """Read the other hosts' messages; those above the limit wait for the next turn of the loop."""
        for _turn in range(FLOOD):
            try:
                data, sender = self.socket.recvfrom(65536)
            except OSError:  # there is no more
                return
            with contextlib.suppress(ValueError, KeyError, TypeError):
                self.hear(data, plain(sender[0]))

    def hear(self, data: bytes, sender: str) -> None:
        """Handle one message from an address."""
        sibling, now = self.siblings.get(sender), time.monotonic()
        if sibling is None:
            return
        message, waits = self.mail.read(data, sender, sibling, now)
        if message:
            self.take(sibling, message)
            if waits:
                self.looked = float("-inf")  # it has just started: send it everything
        if waits and now - self.sent > HURRY:
            self.sent = 0.0

    def take(self, sibling: Sibling, message: Mapping[str, Any]) -> None:
        """Accept one valid message of another host."""
        sibling.stamp = message["stamp"]
        if message["active"]:
            self.learned.update(message["endpoints"])
        sibling.term = message["term"]
        if sibling.term_before is None:
            sibling.term_before = sibling.term
        new = sibling.term > sibling.term_before
        if self.active and new and not message["active"]:
            self.take_over("the only active host again")  # the other host was active meanwhile, and has the peers' sessions


def main() -> None:
    """Run for one interface; the argument is its settings file."""
    agent = Agent(Host(), sys.argv[1])
    agent.signals.heed()
    agent.loop()
