# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that stands by: one per interface, on each of the hosts that are one node. It runs from its own file.

VRRP decides which host acts: the one that holds the floating address. This program makes WireGuard follow. It

- tells keepalived whether the host is fit to act (a file that keepalived tracks),
- lets WireGuard's packets leave from the floating address alone, and not at all where the host stands by, so that no peer ever
  learns another address of the node,
- tells the other hosts where the peers were last heard of, signed with a key that is derived from the shared one,
- and begins new sessions with all peers when the host comes to act: they cannot know that the old ones are gone.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from typing import Any, Sequence

TICK = 0.1
"""Seconds between two looks at what makes the host fit."""
BEAT = 0.2
"""Seconds between two messages to the other hosts."""
LOOK = 1.0
"""Seconds between two looks at the peers' endpoints."""
CHECK = 2.0
"""Seconds after which rules and routes are looked at although nothing was heard of a change."""
PATIENCE = 1.5
"""Seconds that a starting host waits for what others know."""
SILENT = 2.0
"""Seconds after which another host that says nothing is taken to be down."""
GRACE = 30.0
"""Seconds for which the acting host may have an older configuration than another: a run changes one host after the other."""
STALE = 30.0
"""Seconds; older messages are not believed."""
CHUNK = 200
"""Peers per message."""
UNFIT = -254
"""What keepalived takes for a fault."""
PRIORITY = 5181
"""Of the rule for WireGuard's packets; the next number drops those that this one has no route for."""
RUN = "/run/meshwork-wireguard"
ETC = "/etc/wireguard"
NETLINK_GROUPS = 0x1 | 0x10 | 0x100 | 0x80 | 0x40000
"""Links, addresses and rules of IPv4 and IPv6 (linux/rtnetlink.h)."""


def run(argv: Sequence[str], text: str = "", check: bool = True) -> str:
    """What a command prints; secrets go in and out by pipes alone."""
    done = subprocess.run(  # pylint: disable=ansible-bad-function
        list(argv), input=text, capture_output=True, text=True, timeout=20, check=False
    )
    if check and done.returncode != 0:
        raise OSError(f"{' '.join(argv[:4])}: {done.stderr.strip()}")
    return done.stdout


def say(text: str) -> None:
    """One line into the journal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def read(path: str) -> str | None:
    """The text of a file, without white space around it; None where there is none."""
    try:
        with open(path, encoding="utf-8") as stream:
            return stream.read().strip()
    except OSError:
        return None


def message_key(private_key: str) -> bytes:
    """The key that signs messages: whoever has the shared key can make it, and it does not tell the shared key."""
    return hmac.new(base64.b64decode(private_key), b"meshwork standby", hashlib.sha256).digest()


def sealed(key: bytes, message: dict[str, Any]) -> bytes:
    """A message with its signature in front."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return hmac.new(key, body, hashlib.sha256).digest() + body


def opened(key: bytes, data: bytes) -> dict[str, Any] | None:
    """The message; None where the signature is not right."""
    signature, body = data[:32], data[32:]
    if not hmac.compare_digest(signature, hmac.new(key, body, hashlib.sha256).digest()):
        return None
    message: dict[str, Any] = json.loads(body.decode())
    return message


def sections(conf: str) -> list[list[str]]:
    """The sections of a configuration: list of lists of lines, each beginning with its title."""
    found: list[list[str]] = []
    for line in (line.partition("#")[0].strip() for line in conf.splitlines()):
        if line.startswith("["):
            found.append([line])
        elif line and found:
            found[-1].append(line)
    return found


def value(section: Sequence[str], key: str) -> str | None:
    """The value of a key in a section; None where it has none."""
    for line in section[1:]:
        name, equals, text = line.partition("=")
        if equals and name.strip().lower() == key.lower():
            return text.strip()
    return None


def is_peer(section: Sequence[str]) -> bool:
    """Whether a section is a peer's."""
    return section[0].lower() == "[peer]"


def digest_of(conf: str, key: bytes) -> str:
    """What two hosts compare: the peers, their prefixes and preshared keys, in any order."""
    wanted = ("publickey", "presharedkey", "allowedips")
    peers = []
    for section in sections(conf):
        if is_peer(section):
            lines = [line.partition("=") for line in section[1:]]
            peers.append(sorted(f"{n.strip().lower()}={re.sub(' ', '', v)}" for n, _e, v in lines if n.strip().lower() in wanted))
    return hmac.new(key, json.dumps(sorted(peers)).encode(), hashlib.sha256).hexdigest()[:32]


def renewed(conf: str, learned: dict[str, str]) -> tuple[str, list[str]]:
    """A configuration as ``wg showconf`` prints it, with the endpoints that were learned, and keepalives for all peers with
    one: a keepalive begins a session at once. Second, the peers that had no keepalives.
    """
    lines: list[str] = []
    quiet: list[str] = []
    for section in sections(conf):
        if is_peer(section):
            key = value(section, "PublicKey") or ""
            endpoint = learned.get(key) or value(section, "Endpoint")
            kept = [line for line in section if line.partition("=")[0].strip() not in ("Endpoint", "PersistentKeepalive")]
            keepalive = value(section, "PersistentKeepalive")
            if endpoint:
                kept += [f"Endpoint = {endpoint}", f"PersistentKeepalive = {keepalive or 25}"]
                if not keepalive:
                    quiet.append(key)
            elif keepalive:
                kept.append(f"PersistentKeepalive = {keepalive}")
            lines += [*kept, ""]
        else:
            lines += [*section, ""]
    return "\n".join(lines), quiet


def announce(address: str, link: str) -> None:
    """Tell the link's other machines that the address is here: gratuitous ARP, or a neighbour advertisement (RFC 4861, 7.2.6)."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as packet:
        packet.bind((link, 0))
        own = packet.getsockname()[4]
        if ":" not in address:
            told = own + socket.inet_aton(address) + bytes(6) + socket.inet_aton(address)
            packet.send(b"\xff" * 6 + own + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, 1) + told)
            return
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as icmp:
        index = socket.if_nametoindex(link)
        icmp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        icmp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        told = struct.pack("!BBHI", 136, 0, 0, 0xA0000000) + socket.inet_pton(socket.AF_INET6, address) + b"\x02\x01" + own
        icmp.sendto(told, ("ff02::1", 0, 0, index))


class Sibling:
    """Another host of the node, as it was last heard of."""

    def __init__(self) -> None:
        self.heard = 0.0
        self.last = (0.0, 0)
        self.term = 0.0
        self.term_before: float | None = None
        self.stamp: list[Any] | None = None

    def alive(self, now: float) -> bool:
        """Heard of lately."""
        return now - self.heard < SILENT


class Agent:
    """One interface's standby."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.config: dict[str, Any] = {}
        self.name = self.address = self.link = ""
        self.key = b""
        self.floating: dict[int, str] = {}
        self.siblings: dict[str, Sibling] = {}
        self.learned: dict[str, str] = {}
        self.acts = False
        self.why: str | None = None
        self.began = time.monotonic()
        self.older_since: float | None = None
        self.told = self.looked = self.checked = self.quieted = 0.0
        self.quiet: list[str] = []
        self.term = 0.0  # when the host last came to act, by its clock
        self.stamp: list[Any] | None = None
        self.stamp_of = 0.0
        self.count = 0
        self.reload, self.ended, self.bound = True, False, False
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self.netlink.bind((0, NETLINK_GROUPS))
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    # what is to be done

    def load(self) -> None:
        """Read what the run has written, and begin to listen."""
        with open(self.path, encoding="utf-8") as stream:
            self.config = json.load(stream)
        self.reload = False
        self.name = self.config["interface"]
        self.floating = {}
        first = self.config["floating"][0]
        for item in self.config["floating"]:
            if item["interface"] == first["interface"]:
                address = item["address"].partition("/")[0]
                self.floating.setdefault(6 if ":" in address else 4, address)
        self.address, self.link = first["address"].partition("/")[0], first["interface"]
        self.key = message_key(run(["wg", "show", self.name, "private-key"]).strip())
        self.siblings = {address: self.siblings.get(address, Sibling()) for address in self.config["peers"]}
        self.socket.close()
        family = socket.AF_INET6 if ":" in self.config["address"] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.bound = False

    def loop(self) -> None:
        """Until a signal ends it."""
        os.makedirs(RUN, exist_ok=True)
        self.load()
        if self.holds() and self.routes_there():
            self.acts = True
        if read(f"{RUN}/{self.name}.health") == "0":
            self.began = -PATIENCE  # another process of this program was here before
        while not self.ended:
            if self.reload:
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
            self.judge(now)
            if now - self.told >= BEAT:
                self.told = now
                self.tell()
            if self.quieted and now >= self.quieted:
                self.quieted = 0.0
                self.announce()  # hosts may not believe in two changes within a second
                self.calm()

    def bind(self) -> None:
        """The host's own address may be missing for a while, with its link."""
        if not self.bound:
            try:
                self.socket.bind((self.config["address"], self.config["port"]))
                self.bound = True
            except OSError:
                pass

    def drain(self) -> None:
        """What has changed does not matter, only that something has."""
        try:
            while self.netlink.recv(65536):
                pass
        except BlockingIOError:
            pass
        except OSError:
            pass  # more news than fit into the buffer

    # who acts

    def holds(self) -> bool:
        """Whether the host has the floating address."""
        shown = run(["ip", "-o", "address", "show", "dev", self.link], check=False)
        return any(line.split()[3].partition("/")[0] == self.address for line in shown.splitlines())

    def follow(self) -> None:
        """Let WireGuard follow the floating address."""
        holds = self.holds()
        if holds and not self.acts:
            self.take_over("acts now")
        elif holds:
            self.ensure_routes()
        elif self.acts:
            self.acts = False
            self.drop_routes()
            say("stands by now")
            self.told = 0.0
        self.ensure_rules()

    def take_over(self, why: str) -> None:
        """Routes first, so that what is sent leaves from the floating address, and then new sessions."""
        self.acts, self.term = True, time.time()
        for sibling in self.siblings.values():
            sibling.term_before = sibling.term if sibling.heard else None
        self.ensure_routes()
        conf, quiet = renewed(run(["wg", "showconf", self.name]), self.learned)
        run(["wg", "setconf", self.name, "/dev/stdin"], conf)
        self.quiet, self.quieted = quiet, time.monotonic() + 1.2
        self.told = 0.0
        self.announce()
        say(f"{why}; begins sessions with {conf.count('Endpoint = ')} peers")

    def announce(self) -> None:
        """The floating addresses are here. keepalived says so, too, but not where it has acted all the time."""
        for item in self.config["floating"] if self.acts else ():
            with contextlib.suppress(OSError):
                announce(item["address"].partition("/")[0], item["interface"])

    def calm(self) -> None:
        """The keepalives that began the sessions are not wanted any more."""
        known = set(run(["wg", "show", self.name, "peers"], check=False).split())
        words = [word for key in self.quiet if key in known for word in ("peer", key, "persistent-keepalive", "0")]
        self.quiet = []
        if words:
            run(["wg", "set", self.name, *words], check=False)

    # the way of WireGuard's packets

    def versions(self) -> list[int]:
        """IP versions that the machine has."""
        return [4, 6] if os.path.exists("/proc/net/if_inet6") else [4]

    def ensure_rules(self) -> None:
        """They come with the interface; others may have taken them away since."""
        mark = str(self.config["mark"])
        for version in self.versions():
            shown = run(["ip", f"-{version}", "rule", "show"], check=False)
            there = [line for line in shown.splitlines() if line.startswith((f"{PRIORITY}:", f"{PRIORITY + 1}:"))]
            ours = [line for line in there if f"fwmark {self.config['mark']:#x} " in line + " "]
            if len(ours) < 2:
                for priority, words in ((PRIORITY, ["lookup", mark]), (PRIORITY + 1, ["unreachable"])):
                    rule = ["priority", str(priority), "fwmark", mark, *words]
                    run(["ip", f"-{version}", "rule", "add", *rule], check=False)

    def wanted_routes(self) -> list[tuple[int, list[str]]]:
        """(IP version, words): the main table's routes over the underlay's link, from the floating address."""
        found: list[tuple[int, list[str]]] = []
        for version, address in self.floating.items():
            shown = run(["ip", "-j", f"-{version}", "route", "show", "table", "main", "dev", self.link], check=False)
            for route in json.loads(shown or "[]"):
                if route.get("type", "unicast") != "unicast" or route["dst"].startswith("fe80:"):
                    continue
                words = [route["dst"], "dev", self.link, "src", address]
                if "gateway" in route:
                    words[1:1] = ["via", route["gateway"]]
                if "onlink" in route.get("flags", []):
                    words.append("onlink")
                found.append((version, words))
        return found

    def routes_there(self) -> bool:
        """Whether the table has any."""
        table = str(self.config["mark"])
        return any(run(["ip", f"-{v}", "route", "show", "table", table], check=False).strip() for v in self.floating)

    def ensure_routes(self) -> None:
        """Bring the table to them; connected networks first, because gateways lie in these."""
        table = str(self.config["mark"])
        for version, words in sorted(self.wanted_routes(), key=lambda item: "via" in item[1]):
            run(["ip", f"-{version}", "route", "replace", *words, "table", table], check=False)

    def drop_routes(self) -> None:
        """Without them the second rule drops all that WireGuard sends."""
        for version in self.versions():
            run(["ip", f"-{version}", "route", "flush", "table", str(self.config["mark"])], check=False)

    # whether the host is fit

    def judge(self, now: float) -> None:
        """Tell keepalived."""
        why = self.unfit(now)
        if why == self.why:
            return
        self.why = why
        with open(f"{RUN}/{self.name}.health", "w", encoding="ascii") as stream:
            stream.write(f"{UNFIT if why else 0}\n")
        say(f"not fit to act: {why}" if why else "fit to act")
        self.told = 0.0

    def unfit(self, now: float) -> str:
        """Why the host must not act; empty where it may."""
        flags = read(f"/sys/class/net/{self.name}/flags")
        if flags is None or not int(flags, 16) & 1:
            return f"interface {self.name} is not up"
        for version in self.config["forwards"]:
            for scope in ("all", self.name):
                if read(f"/proc/sys/net/ipv{version}/conf/{scope}/forwarding") == "0":
                    return f"the kernel does not forward IPv{version} ({scope})"
        if now - self.began < PATIENCE and not any(sibling.alive(now) for sibling in self.siblings.values()):
            return "has just started and waits for what the others know"
        if self.is_older(now):
            return "another host has a newer configuration; run the playbook"
        return ""

    def is_older(self, now: float) -> bool:
        """Whether another host that lives was changed after this one. The acting host goes on for a while."""
        own = self.own_stamp()
        stamps = [sibling.stamp for sibling in self.siblings.values() if sibling.alive(now) and sibling.stamp]
        older = own is not None and any(stamp[1] != own[1] and stamp[0] > own[0] for stamp in stamps)
        if not older:
            self.older_since = None
            return False
        self.older_since = self.older_since or now
        return not self.acts or now - self.older_since > GRACE

    def own_stamp(self) -> list[Any] | None:
        """When the configuration was written, seconds since the epoch, and what is in it."""
        path = f"{ETC}/{self.name}.conf"
        try:
            written = os.stat(path).st_mtime
        except OSError:
            return self.stamp
        if written != self.stamp_of:
            self.stamp_of = written
            self.stamp = [written, digest_of(read(path) or "", self.key)]
        return self.stamp

    # what the hosts tell one another

    def tell(self) -> None:
        """One message, more where the acting host knows many peers."""
        known: list[tuple[str, str]] = []
        if self.acts and time.monotonic() - self.looked >= LOOK:
            self.looked = time.monotonic()
            for line in run(["wg", "show", self.name, "endpoints"], check=False).splitlines():
                key, tab, endpoint = line.partition("\t")
                if tab and endpoint != "(none)":
                    known.append((key, endpoint))
            self.learned.update(known)
        for start in range(0, max(1, len(known)), CHUNK):
            self.count += 1
            message = {"time": time.time(), "count": self.count, "acts": self.acts, "term": self.term, "stamp": self.own_stamp()}
            data = sealed(self.key, {**message, "endpoints": dict(known[start : start + CHUNK])})
            for address in self.siblings:
                with contextlib.suppress(OSError):  # the link may be down
                    self.socket.sendto(data, (address, self.config["port"]))

    def listen(self) -> None:
        """Take what others say, if it is signed, new, and from one of them."""
        try:
            while True:
                data, sender = self.socket.recvfrom(65536)
                sibling = self.siblings.get(sender[0])
                message = opened(self.key, data) if sibling else None
                if sibling and message:
                    self.take(sibling, message)
        except BlockingIOError:
            pass
        except (OSError, ValueError):
            pass

    def take(self, sibling: Sibling, message: dict[str, Any]) -> None:
        """One message of another host."""
        order = (message["time"], message["count"])
        if order <= sibling.last or abs(time.time() - message["time"]) > STALE:
            return
        sibling.last, sibling.heard = order, time.monotonic()
        sibling.stamp = message["stamp"]
        if message["acts"]:
            self.learned.update(message["endpoints"])
        sibling.term = message["term"]
        if sibling.term_before is None:
            sibling.term_before = sibling.term
        new = sibling.term > sibling.term_before
        if self.acts and new and not message["acts"]:
            self.take_over("acts alone again")  # the other has acted since, so the peers' sessions are with it


def main() -> None:
    """Run for one interface: the argument is the file that a run has written."""
    agent = Agent(sys.argv[1])

    def end(_signal: int, _frame: Any) -> None:
        agent.ended = True

    def load_again(_signal: int, _frame: Any) -> None:
        agent.reload = True

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, load_again)
    agent.loop()


if __name__ == "__main__":
    main()
