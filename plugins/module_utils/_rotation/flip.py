# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change of a running interface to its next key, and back if its peers do not follow.

Its peers know both keys. What decides is which one this host uses: it sends a handshake to all of them at once, and whoever
answers has followed. The files keep the old key until all have answered, so a host that loses its power meanwhile comes back with
it.

Preshared keys that change with the key are set just before it, and set back just before the old one: what they are mixed into is
the answer to a handshake, and only the handshakes after the change have the new key.
"""

from __future__ import annotations

import time
from types import MappingProxyType
from typing import Callable, Iterable, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Argument, CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.locks import interface_lock
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.handshakes import Handshakes, handshakes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import NO_KEY
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import RECENT, LivePeer, handshake_age, parse_dump
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret

PATIENCE = 30
"""Seconds in which all peers have to answer."""
FIRST = 0.3
"""Seconds until a handshake without an answer is started anew; doubled each time. WireGuard itself waits for 5."""
_LOOK = 0.01
_LOCKED = 30
_AT_ONCE = 1
"""A keepalive in seconds: WireGuard makes a handshake at once when it is switched on."""


class Flip:
    """One interface. ``links`` are the peers that must answer, each with the keys under which it may do so."""

    def __init__(
        self,
        host: Host,
        interface: str,
        read: Callable[[str], Handshakes] = handshakes,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._host, self._interface = host, interface
        self._read, self._clock, self._sleep = read, clock, sleep
        self._preshared: Mapping[str, str | None] = {}

    def links(self, follows: Sequence[tuple[str, str]] = ()) -> list[tuple[str, ...]]:
        """The peers that have a session now; others may be down, and prove nothing.

        :param follows: pairs of a next key and the one that it follows: a peer that changes meanwhile answers under either.
        """
        after = {old: upcoming for upcoming, old in follows}
        now = self._clock()
        ages = {key: handshake_age(peer.handshake, now) for key, peer in self._peers().items()}
        heard = {key for key, age in ages.items() if age is not None and age <= RECENT}
        links = [(key, *([after[key]] if key in after else [])) for key in ages if key not in {new for new, _old in follows}]
        return [link for link in links if heard.intersection(link)]

    def change(
        self,
        old: str,
        new: str,
        links: Iterable[tuple[str, ...]],
        patience: float = PATIENCE,
        preshared: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[str, ...]:
        """Use the new private key, and wait until all peers have answered; otherwise use the old one again. Gives the public keys
        of those that have not.

        :param preshared: public key of a peer -> its preshared key from the change on.
        :raises CommandFailed: WireGuard refuses; the old key is used.
        :raises Held: a run holds the interface's lock for too long; nothing is changed.
        """
        with interface_lock(self._host, self._interface, _LOCKED):
            before = self._peers()
            since = self._clock()
            self._preshared = {key: before[key].preshared_key for key in preshared if key in before}
            try:
                self._use(new, before, {key: preshared[key] for key in self._preshared})
                waiting = self._wait([*links], since, patience)
            except BaseException:
                self._use(old, before, self._preshared)
                self._restore(before)
                raise
            if waiting:
                self._return(old, before)
            else:
                self._restore(before)
        return tuple(link[0] for link in waiting)

    def go_back(self, old: str) -> None:
        """Use the old private key and the old preshared keys again, after a change that was made.

        :raises CommandFailed: WireGuard refuses.
        """
        with interface_lock(self._host, self._interface, _LOCKED):
            self._return(old, self._peers())

    def _return(self, old: str, before: dict[str, LivePeer]) -> None:
        """Use the old key again, and give peers the time for a handshake."""
        self._use(old, before, self._preshared)
        self._sleep(_AT_ONCE)
        self._restore(before)

    def _use(self, private_key: str, peers: Iterable[str], preshared: Mapping[str, str | None]) -> None:
        """Set the preshared keys and the key, and send all peers a handshake."""
        self._set_preshared({key: preshared[key] for key in peers if key in preshared})
        self._set([], *([key, "persistent-keepalive", "0"] for key in peers))
        self._set(["private-key", Secret(private_key)], *([key, "persistent-keepalive", str(_AT_ONCE)] for key in peers))

    def _wait(self, links: list[tuple[str, ...]], since: float, patience: float) -> list[tuple[str, ...]]:
        """The peers that have not answered in the end. A handshake that got lost is started anew."""
        pause, again, end = FIRST, since + FIRST, since + patience
        while True:
            times = self._read(self._interface)
            links = [link for link in links if not any(times.get(key, 0) / 1e9 > since for key in link)]
            now = self._clock()
            if not links or now >= end:
                return links
            if now >= again:
                pause *= 2
                again = now + pause
                self._anew([key for link in links for key in link])
            self._sleep(_LOOK)

    def _anew(self, keys: Iterable[str]) -> None:
        """Remove peers and add them again, with all that they have, in one command: that starts a handshake at once."""
        peers = self._peers()
        for key in keys:
            if key in peers:
                peer = peers[key]
                again: list[Argument] = [key, "persistent-keepalive", str(_AT_ONCE), "allowed-ips", ",".join(peer.allowed_ips)]
                again += ["endpoint", peer.endpoint] if peer.endpoint else []
                again += ["preshared-key", Secret(peer.preshared_key)] if peer.preshared_key else []
                self._set([], [key, "remove"], again)

    def _restore(self, before: dict[str, LivePeer]) -> None:
        """The keepalives as they were. The prefixes of peers that have changed, too, are another program's."""
        self._set([], *([key, "persistent-keepalive", str(peer.keepalive)] for key, peer in before.items()))

    def _set_preshared(self, keys: Mapping[str, str | None]) -> None:
        """Set preshared keys, in as few commands as can have so many secrets."""
        words = [[peer, "preshared-key", Secret(key) if key else NO_KEY] for peer, key in keys.items()]
        most = self._host.most_secrets() if words else 1
        for start in range(0, len(words), most):
            self._set([], *words[start : start + most])

    def _set(self, device: Sequence[Argument], *peers: Sequence[Argument]) -> None:
        words = [word for peer in peers for word in ("peer", *peer)]
        if device or words:
            self._host.run(["wg", "set", self._interface, *device, *words])

    def _peers(self) -> dict[str, LivePeer]:
        """The live peers.

        :raises CommandFailed: there is no such interface.
        """
        try:
            return dict(parse_dump(self._host.run(["wg", "show", self._interface, "dump"]).out).peers)
        except ValueError as error:
            raise CommandFailed(str(error)) from None
