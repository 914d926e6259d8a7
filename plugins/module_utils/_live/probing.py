# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A packet for each peer of an interface, and whether it answers: its system, or else WireGuard alone."""

from __future__ import annotations

import json
import sys
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.archive import source_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.answers import silent_peers
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.echo import version_of

PATIENCE = 12
"""Seconds for WireGuard's own answer. It comes within 10 (KEEPALIVE_TIMEOUT, WireGuard paper, 6.5)."""
_LONGEST = 600
SIZES = (1440, 1432, 1420, 1412, 1400, 1392, 1380, 1372, 1360, 1340, 1320, 1300, 1280, 1200, 1000, 576)
"""Bytes of packets that are tried if those of the interface's MTU do not arrive."""
_HEADERS = {4: 28, 6: 48}
"""Bytes of IP and ICMP."""


def round_trips(host: Host, name: str, targets: list[str], **options: Any) -> dict[str, float | None]:
    """Address -> seconds until its answer to an echo request through the interface; None if there was none."""
    return _echo(host, name, targets, **options)["times"]


def _echo(host: Host, name: str, targets: Sequence[str], **options: Any) -> dict[str, dict[str, Any]]:
    """``times`` and ``sources`` of the program, see :mod:`echo`.

    :param host: runs commands in the interface's namespace.
    :param options: of the program, see :mod:`echo`.
    :raises CommandFailed: there is no such interface.
    """
    if not targets:
        return {"times": {}, "sources": {}}
    asked = json.dumps({"interface": name, "targets": [*targets], **options})
    done = host.run([sys.executable, "-I", "-c", source_of("_live.echo")], asked, timeout=_LONGEST)
    found: dict[str, dict[str, Any]] = json.loads(done.out)
    return found


def probe(
    host: Host, name: str, addresses: Mapping[str, str], mtu: int | None = None, patience: float = PATIENCE
) -> dict[str, dict[str, Any]]:
    """Public key -> ``answers``; ``round_trip``, the seconds until the answer to an echo request; and ``largest``, the bytes of
    the largest packet that was answered. ``source``: the address from which the system sends to the peer, None without a route.

    ``answers``: whether something came back through the tunnel. A packet filter behind the tunnel may drop echo requests; then
    WireGuard itself answers, and ``round_trip`` is None.

    :param addresses: public key -> an address of that peer.
    :param mtu: of the interface; None: sizes are not tried, and ``largest`` is None.
    """
    found = _echo(host, name, sorted({*addresses.values()}))
    times = found["times"]
    quiet = [{"public_key": key, "name": None, "address": to} for key, to in addresses.items() if times.get(to) is None]
    largest = _largest(host, name, [to for to, seconds in times.items() if seconds is not None], mtu) if mtu else {}
    silent = silent_peers(host, name, quiet, patience) if quiet else []
    return {
        key: {
            "answers": key not in silent,
            "round_trip": times.get(to),
            "largest": largest.get(to),
            "source": found["sources"].get(to),
        }
        for key, to in addresses.items()
    }


def _largest(host: Host, name: str, targets: Sequence[str], mtu: int) -> dict[str, int]:
    """Address -> bytes of the largest packet that it has answered."""
    found: dict[str, int] = {}
    for size in (mtu, *(size for size in SIZES if size < mtu)):
        for version in (4, 6):
            waiting = [to for to in targets if to not in found and version_of(to) == version]
            times = round_trips(host, name, waiting, tries=2, wait=0.4, size=size - _HEADERS[version])
            found.update({to: size for to, seconds in times.items() if seconds is not None})
    return found
