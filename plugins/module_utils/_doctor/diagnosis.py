# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence of this host about peers that do not answer: packets are watched and sent, and nothing is changed."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import sys
import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._doctor import capture
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import archive
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import settings
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN, SYSTEMD, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.namespaces import host_at, place_of, where_is
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.probing import round_trips
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import dns_endpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import LivePeer, handshake_age, parse_dump
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint

FOLDER = f"{RUN}/doctor"
UNIT = "meshwork-doctor"
_SENDING = 6
"""Seconds: a handshake without an answer is started anew after 5 (REKEY_TIMEOUT, WireGuard paper, 6.1)."""
_FILTERED = re.compile(r"^TcpExt: (.*\bIPReversePathFilter\b.*)\nTcpExt: (.*)$", re.MULTILINE)
_NETSTAT = "/proc/net/netstat"


class Diagnosis:
    """The evidence of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def start(self, interfaces: Sequence[str], seconds: int) -> None:
        """Watch packets for so many seconds, on the host and in the namespaces of the interfaces.

        :raises CommandFailed: systemd refuses.
        """
        self.stop()
        program = f"{FOLDER}/capture.pyz"
        self._host.private_directory(FOLDER)
        self._host.write_bytes(program, archive(capture.__name__.partition(".module_utils.")[2]))
        places = {self._place(name): None for name in interfaces}
        for number, place in enumerate({None: None, **places}):
            folder = f"{FOLDER}/{number}"
            self._host.private_directory(folder)
            self._begin(f"{UNIT}-{number}", [sys.executable, "-I", program, folder, str(seconds), *interfaces], place)
        self._wait(len({None, *places}))

    def _begin(self, unit: str, words: Sequence[str], place: str | None) -> None:
        """Run the program on its own, in a namespace if a place is given."""
        if self._host.which("systemd-run") is None or not self._host.is_directory(SYSTEMD):
            detached.start(self._host, unit, [*(["nsenter", f"--net={place}"] if place else []), *words], 0)
            return
        limits = settings(["CAP_NET_RAW"], ["AF_PACKET", "AF_INET", "AF_INET6"], [FOLDER])
        inside = [f"NetworkNamespacePath={place}"] if place else []
        properties = [f"--property={line}" for line in (*limits, *inside)]
        self._host.run(["systemd-run", "--quiet", "--collect", f"--unit={unit}", *properties, "--", *words])

    def _wait(self, count: int) -> None:
        end = time.monotonic() + 10
        while not all(self._host.exists(f"{FOLDER}/{number}/seen.json") for number in range(count)):
            if time.monotonic() > end:
                raise CommandFailed(f"packets cannot be watched on this host; see journalctl --unit={UNIT}-0")
            time.sleep(0.1)

    def _place(self, interface: str) -> str | None:
        inside = where_is(self._host, interface)
        return place_of(self._host, inside) if inside else None

    def stop(self) -> bool:
        """Stop watching; return whether it had been started."""
        started = self._host.is_directory(FOLDER)
        numbers = [name for name in self._host.names(FOLDER) if name.isdigit()]
        self._host.remove_tree(FOLDER)
        for number in numbers:
            self._host.run(["systemctl", "stop", f"{UNIT}-{number}.service"], check=False)
        return started

    def captured(self) -> dict[str, list[dict[str, Any]]]:
        """What was seen until now: ``packets``, ``errors`` and ``inner``.

        :raises CommandFailed: nothing is watched.
        """
        found: dict[str, list[dict[str, Any]]] = {"packets": [], "errors": [], "inner": []}
        texts = [self._host.read(f"{FOLDER}/{name}/seen.json") for name in self._host.names(FOLDER) if name.isdigit()]
        if not texts:
            raise CommandFailed("no packets are watched on this host; start it (state: started)")
        for text in texts:
            for kind, entries in json.loads(text or "{}").items():
                found[kind] += entries
        return found

    def send(self, peers: Sequence[Mapping[str, str]], nonce: str) -> dict[str, Any]:
        """Send packets to peers for some seconds, and return what the host knows of them.

        :param peers: each with ``interface``, ``public_key`` and ``address``.
        :param nonce: of the run. Preshared keys are compared by their digests with it.
        """
        before = self._filtered({peer["interface"] for peer in peers})
        end = time.monotonic() + _SENDING
        answering: set[tuple[str, str]] = set()
        while True:
            for name in sorted({peer["interface"] for peer in peers}):
                asked = sorted({peer["address"] for peer in peers if peer["interface"] == name})
                answering |= {(name, address) for address in self._echo(name, asked)}
            if time.monotonic() >= end:
                break
        live = {name: self._live(name) for name in {peer["interface"] for peer in peers}}
        known = [peer for peer in peers if peer["public_key"] in live[peer["interface"]]]
        found = [
            {
                **self._about(peer, live[peer["interface"]][peer["public_key"]], nonce),
                "answers": (peer["interface"], peer["address"]) in answering,
            }
            for peer in known
        ]
        return {
            "time": time.time(),
            "peers": found,
            "filtered": max(0, self._filtered({peer["interface"] for peer in peers}) - before),
        }

    def _echo(self, name: str, addresses: list[str]) -> list[str]:
        """The addresses that answer."""
        target = host_at(self._host, where_is(self._host, name))
        try:
            times = round_trips(target, name, addresses, tries=1, wait=1.0) if target is not None else {}
        except CommandFailed:
            time.sleep(0.2)  # there is no such interface; the report tells that
            return []
        return [address for address, seconds in times.items() if seconds is not None]

    def _live(self, name: str) -> dict[str, LivePeer]:
        target = host_at(self._host, where_is(self._host, name))
        done = target.run(["wg", "show", name, "dump"], check=False) if target else None
        return dict(parse_dump(done.out).peers) if done and done.status == 0 else {}

    def _about(self, peer: Mapping[str, str], live: LivePeer, nonce: str) -> dict[str, Any]:
        name, target = peer["interface"], host_at(self._host, where_is(self._host, peer["interface"])) or self._host
        dns = dns_endpoints(self._host.read(f"{WIREGUARD}/{name}.conf")).get(live.public_key)
        mark = self._host.run(["wg", "show", name, "fwmark"], check=False).out.strip() if target is self._host else "off"
        return {
            "interface": name,
            "public_key": live.public_key,
            "endpoint": live.endpoint,
            "name": dns,
            "resolved": _resolve(dns) if dns else [],
            "route": _route(self._host, _address_of(live.endpoint), mark) if live.endpoint else {"dev": None, "error": None},
            "inner_route": _route(target, peer["address"], "off", name),
            "preshared": digest(live.preshared_key, nonce),
            "handshake_age": handshake_age(live.handshake, time.time()),
            "received": live.received,
            "sent": live.sent,
        }

    def _filtered(self, interfaces: set[str]) -> int:
        """How many packets the reverse path filter has dropped since the start of the host."""
        places = {self._place(name): host_at(self._host, where_is(self._host, name)) for name in sorted(interfaces)}
        total = 0
        for target in places.values():
            text = target.run(["cat", _NETSTAT], check=False).out if target else ""
            match = _FILTERED.search(text)
            total += int(dict(zip(match.group(1).split(), match.group(2).split()))["IPReversePathFilter"]) if match else 0
        return total


def digest(key: str | None, nonce: str) -> str | None:
    """A digest of a preshared key that nobody can compare with those of another run; None if there is no key."""
    return hmac.new(nonce.encode(), key.encode(), hashlib.sha256).hexdigest() if key else None


def _resolve(endpoint: str) -> list[str]:
    try:
        found = socket.getaddrinfo(parse_endpoint(endpoint, "endpoint").host, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    return sorted({str(entry[4][0]) for entry in found})


def _address_of(endpoint: str) -> str:
    return parse_endpoint(endpoint, "endpoint").host


def _route(target: Host, address: str, mark: str, link_local: str | None = None) -> dict[str, str | None]:
    """The link of the route to an address, and why nothing gets there."""
    if address.startswith("fe80:"):
        return {"dev": link_local, "error": None}
    scoped, _sign, _zone = address.partition("%")
    marked = ["mark", mark] if mark not in ("off", "", "0x0") else []
    done = target.run(["ip", "-j", "route", "get", scoped, *marked], check=False)
    try:
        entry = json.loads(done.out)[0]
    except (ValueError, LookupError):
        return {"dev": None, "error": (done.err.strip() or "no route").splitlines()[-1]}
    kind, link = entry.get("type", "unicast"), str(entry.get("dev", ""))
    if kind in ("unreachable", "blackhole", "prohibit"):
        return {"dev": None, "error": f"the route is {kind}"}
    hop = str(entry.get("gateway", scoped))
    known = target.run(["ip", "neighbour", "show", "to", hop, "dev", link], check=False).out.split()
    return {"dev": link, "error": f"nobody has {hop} on {link}" if {"FAILED", "INCOMPLETE"} & {*known} else None}
