# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the program remembers of each peer from one measurement to the next, and which peers get a packet in this one."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Mapping, Tuple

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import InvalidConfig, flag, read_keys
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MetricsSettings
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_identifier, parse_name

Place = Tuple[str, str]
"""Network, and name of the peer."""


@dataclass(frozen=True)
class Known:
    """``endpoint``: the latest one; ``changes``: how often it became another. ``probed``: when the peer got its latest packet, in
    seconds since the epoch; ``answers``: whether it answered; ``round_trip``: seconds, None without an answer to an echo request.
    """

    endpoint: str | None = None
    changes: int = 0
    probed: float | None = None
    answers: bool | None = None
    round_trip: float | None = None

    def at(self, endpoint: str | None) -> Known:
        """The same peer with the endpoint that it has now. A peer without one keeps the former."""
        if endpoint is None or endpoint == self.endpoint:
            return self
        return replace(self, endpoint=endpoint, changes=self.changes + (self.endpoint is not None))


Memory = Dict[Place, Known]
_UNKNOWN = vars(Known())


def memory_in(text: str | None) -> Memory:
    """Read the text of the file; None: there is none yet.

    :raises ValueError: it is damaged.
    """
    found: Memory = {}
    for network, peers in _mapping(json.loads(text) if text is not None else {}, "peers").items():
        for name, entry in _mapping(peers, parse_identifier(network, "network")).items():
            found[network, parse_name(name, "peer")] = Known(**read_keys(entry, f"{network}.{name}", _KNOWN))
    return found


def memory_text(memory: Mapping[Place, Known]) -> str:
    """The text of the file."""
    found: dict[str, dict[str, Any]] = {}
    for (network, name), known in memory.items():
        found.setdefault(network, {})[name] = {key: value for key, value in vars(known).items() if value != _UNKNOWN[key]}
    return json.dumps(found, sort_keys=True) + "\n"


def due(settings: MetricsSettings, memory: Mapping[Place, Known], most: int) -> dict[str, dict[str, str]]:
    """Interface -> public key -> address: the peers that get a packet now, which are those that have waited longest.

    :param most: how many peers fit.
    """
    waiting = sorted(
        (memory.get((interface.network, peer), Known()).probed or 0.0, name, peer)
        for name, interface in settings.interfaces.items()
        for peer, its in interface.peers.items()
        if its.address is not None
    )
    found: dict[str, dict[str, str]] = {}
    for _probed, name, peer in waiting[:most]:
        its = settings.interfaces[name].peers[peer]
        found.setdefault(name, {}).update({key: str(its.address) for key in its.keys})
    return found


def _mapping(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidConfig(f"{what}: must be a mapping")
    return value


def _number(value: Any, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        raise InvalidConfig(f"{what}: must be a number that is not negative")
    return value


def _count(value: Any, what: str) -> int:
    if not isinstance(value, int):
        raise InvalidConfig(f"{what}: must be a whole number")
    return int(_number(value, what))


_KNOWN: Mapping[str, Callable[[Any, str], Any]] = {
    "endpoint": lambda value, what: str(parse_endpoint(str(value), what)),
    "changes": _count,
    "probed": _number,
    "answers": flag,
    "round_trip": _number,
}
