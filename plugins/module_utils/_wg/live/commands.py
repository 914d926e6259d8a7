# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as argument lists of ``wg`` and ``ip``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Iterator, List, Sequence, Union

from ..config.model import Peer
from ..values.keys import Secret
from .changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    Change,
    EndpointChanged,
    FwmarkChanged,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PeerRemoved,
    PortChanged,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RouteAdded,
    RouteRemoved,
)

NO_KEY = "/dev/null"
"""What ``wg set ... preshared-key`` reads to clear the key (wg(8))."""
LONGEST = 1024 * 1024
"""Bytes of a command: the kernel accepts a quarter of the stack's limit, usually 2 MiB, for its arguments (execve(2))."""
PREFIXES = 2000
"""Prefixes in an argument: the kernel accepts 128 KiB (execve(2))."""

MANY = 100
"""Peers whose AllowedIPs are set by arguments: more or longer ones are in one file for ``wg addconf``, which takes less time."""

_PATH = len("/proc/self/fd/1000000")
Words = List[Union[str, Secret]]
_OPTIONS = {
    "private-key": "PrivateKey",
    "listen-port": "ListenPort",
    "fwmark": "FwMark",
    "peer": "[Peer]\nPublicKey",
    "preshared-key": "PresharedKey",
    "endpoint": "Endpoint",
    "persistent-keepalive": "PersistentKeepalive",
    "allowed-ips": "AllowedIPs",
}
"""Options of ``wg set``, and how the file of ``wg addconf`` spells them (wg(8))."""
_ZERO = "A" * 43 + "="
"""What clears a preshared key in a file."""


@dataclass(frozen=True)
class Command:
    """``stdin`` may contain secrets."""

    argv: Words
    stdin: str = field(default="", repr=False)


def wg_commands(
    name: str,
    changes: Sequence[Change],
    private_key: str,
    most_secrets: int,
    incremental: bool = False,
    longest: int = LONGEST,
    many: int = MANY,
) -> list[Command]:
    """The commands for all changes of WireGuard itself: usually one ``wg set``, none if nothing changes.

    Peers that gain a prefix come before those that lose it. ``wg addconf`` does not suit peers whose AllowedIPs stay: it would
    replace them, with a short interruption.

    :param private_key: which the interface will have.
    :param most_secrets: of a command, at least 1.
    :param incremental: the tools understand ``allowed-ips +PREFIX``, see :mod:`features`.
    :param longest: bytes of the arguments of a command.
    :param many: see :data:`MANY`.
    """
    interface: Words = []
    prefixes = _Prefixes(changes)
    peers: dict[str, Words] = {key: prefixes.words(key, incremental) for key in prefixes.named()}
    for change in changes:
        if isinstance(change, PrivateKeyChanged):
            interface += ["private-key", Secret(private_key)]
        elif isinstance(change, PortChanged):
            interface += ["listen-port", str(change.after)]
        elif isinstance(change, FwmarkChanged):
            interface += ["fwmark", f"0x{change.after:x}"]
        elif isinstance(change, PeerRemoved):
            peers[change.peer.public_key] = ["remove"]
        elif isinstance(change, PeerAdded):
            peers[change.peer.public_key] = _whole(change.peer)
        elif isinstance(change, (EndpointChanged, KeepaliveChanged, PresharedKeyChanged)):
            peers.setdefault(change.peer.public_key, []).extend(_part(change))
    ordered = sorted(peers, key=lambda key: not prefixes.gains(key))
    parts: list[Words] = [interface] if interface else []
    parts += (["peer", key, *peers[key]] for key in ordered)
    filed = [part for part in parts if part is interface or "allowed-ips" in part]
    if len(filed) <= many and sum(map(_length, filed)) <= longest:
        return _set(name, parts, longest, most_secrets)
    others = [part for part in parts if part is not interface and "allowed-ips" not in part]
    text = "[Interface]\n" + "".join(_text(part) for part in filed)
    return [Command(["wg", "addconf", name, "/dev/stdin"], text), *_set(name, others, longest, most_secrets)]


def _set(name: str, parts: Sequence[Words], longest: int, most_secrets: int) -> list[Command]:
    return [Command(argv) for argv in _joined(["wg", "set", name], parts, longest, most_secrets)]


def _text(part: Words) -> str:
    """The options of the interface or of a peer, for a file. No prefixes need no line: a peer's section replaces those it had."""
    pairs = zip(part[::2], part[1::2])
    texts = [(_OPTIONS[str(option)], value.text if isinstance(value, Secret) else value) for option, value in pairs]
    return "".join(f"{option} = {_ZERO if value == NO_KEY else value}\n" for option, value in texts if value)


def _joined(head: Words, parts: Sequence[Words], longest: int, most_secrets: int) -> Iterator[Words]:
    """The parts as few commands, in their order."""
    command, length, own = list(head), _length(head), 0
    for part in parts:
        more, new = _length(part), sum(isinstance(word, Secret) for word in part)
        if len(command) > len(head) and (length + more > longest or own + new > most_secrets):
            yield command
            command, length, own = list(head), _length(head), 0
        command += part
        length += more
        own += new
    if len(command) > len(head):
        yield command


def _length(words: Words) -> int:
    """As the kernel counts them: each argument with its end and the pointer to it (execve(2))."""
    return sum((_PATH if isinstance(word, Secret) else len(word)) + 9 for word in words)


class _Prefixes:
    """The AllowedIPs that peers gain and lose, by the peers' public keys."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._peers: dict[str, Peer] = {}
        self._gained: dict[str, list[str]] = {}
        self._lost: dict[str, list[str]] = {}
        for change in changes:
            if isinstance(change, PeerAdded):
                self._gain(change.peer, change.peer.allowed_ips)
            elif isinstance(change, PrefixMoved):
                self._gain(change.new, (change.prefix,))
            elif isinstance(change, AllowedIpsChanged):
                self._gain(change.peer, change.added)
                self._lost[change.peer.public_key] = list(change.removed)
        self._regained = {prefix for gained in self._gained.values() for prefix in gained}

    def _gain(self, peer: Peer, prefixes: Sequence[str]) -> None:
        self._peers[peer.public_key] = peer
        self._gained.setdefault(peer.public_key, []).extend(prefixes)

    def gains(self, key: str) -> bool:
        """Whether the peer gains a prefix. Such peers come first: giving them a prefix takes it from its old peer in one step."""
        return bool(self._gained.get(key))

    def named(self) -> list[str]:
        """The peers that a command has to name. A peer that only loses prefixes to other peers is not among them: naming it would
        replace all its prefixes, with a short interruption.
        """
        return [key for key in self._peers if self.gains(key) or self._loses(key)]

    def _loses(self, key: str) -> bool:
        """Whether the peer loses a prefix that no other peer gains."""
        return any(prefix not in self._regained for prefix in self._lost.get(key, ()))

    def words(self, key: str, incremental: bool) -> Words:
        """The arguments that give a peer its AllowedIPs."""
        if incremental and not self._loses(key):
            return _allowed_ips(["+" + prefix for prefix in self._gained[key]])
        return _allowed_ips(self._peers[key].allowed_ips)


def _whole(peer: Peer) -> Words:
    words: Words = ["preshared-key", Secret(peer.preshared_key)] if peer.preshared_key else []
    words += ["endpoint", peer.endpoint] if peer.endpoint else []
    return [*words, "persistent-keepalive", str(peer.keepalive), *_allowed_ips(peer.allowed_ips)]


def _allowed_ips(prefixes: Sequence[str]) -> Words:
    """A peer's prefixes. Where the option is repeated, the later ones add to the first (``config_read_cmd`` of the tools)."""
    words: Words = []
    for start in range(0, len(prefixes) or 1, PREFIXES):
        words += ["allowed-ips", ",".join(prefixes[start : start + PREFIXES])]
    return words


def _part(change: EndpointChanged | KeepaliveChanged | PresharedKeyChanged) -> Words:
    if isinstance(change, EndpointChanged):
        return ["endpoint", change.after]
    if isinstance(change, KeepaliveChanged):
        return ["persistent-keepalive", str(change.after)]
    return ["preshared-key", Secret(change.peer.preshared_key) if change.peer.preshared_key else NO_KEY]


def ip_commands(name: str, table: str, changes: Sequence[Change]) -> list[list[str]]:
    """``ip`` commands for addresses, MTU and routes, in the order of the changes."""
    where = ["dev", name] + (["table", table] if table not in ("auto", "off") else [])
    commands: list[list[str]] = []
    for change in changes:
        if isinstance(change, MtuChanged):
            commands.append(["ip", "link", "set", "mtu", str(change.after), "dev", name])
        elif isinstance(change, (AddressAdded, AddressRemoved)):
            verb = "add" if isinstance(change, AddressAdded) else "delete"
            if verb == "delete" and _family(change.value) == "-4":
                # Without it the other addresses of the same prefix go as well, and with them the routes (ip-sysctl).
                commands.append(["sysctl", "-q", "-w", f"net/ipv4/conf/{name}/promote_secondaries=1"])
            commands.append(["ip", _family(change.value), "address", verb, change.value, "dev", name])
        elif isinstance(change, (RouteAdded, RouteRemoved)):
            verb = "replace" if isinstance(change, RouteAdded) else "delete"
            commands.append(["ip", _family(change.value), "route", verb, change.value, *where])
    return commands


def _family(text: str) -> str:
    return "-6" if ":" in text else "-4"
