# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From hosts' interfaces to an inventory, in two levels.

An interface is *understood* where the plan of a network gives the same configuration. It becomes a part of that network, with a
topology. Any other interface is *adopted* as it is: nothing about it is checked, and nothing of it changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_interface, parse_name

from ..documents.inventory import DEFAULT_GROUP
from ..model.findings import PlanError
from .found import Found
from .guessing import Guess, Imported
from .parts import parts_of

ALL = "all"
"""Instead of interface names: all of them."""

_OTHERS = "the same network would change other hosts"


@dataclass(frozen=True)
class Adopted:
    """An interface that stays as it is. ``why``: what stands between it and a network, one line each."""

    found: Found
    why: tuple[str, ...]


@dataclass(frozen=True)
class Imports:
    """Networks, the largest first, adopted interfaces, and what was not imported, one line each."""

    networks: tuple[Imported, ...] = ()
    adopted: tuple[Adopted, ...] = ()
    problems: tuple[str, ...] = ()


def imported(found: Iterable[Found], name: str = "wireguard", understand: Collection[str] = ()) -> Imports:
    """The networks that interfaces make, and the interfaces that make none. Peers of each other are one network.

    :param name: of the first network; the others have their interface's name appended, and beside others, so has ``wireguard``.
    :param understand: the interfaces that become parts of networks although a run would change them, or :data:`ALL`.
    """
    problems: list[str] = []
    interfaces = list(_named(found, problems))
    parts = sorted(parts_of(interfaces), key=lambda part: (-len(part), part[0].interface, part[0].host))
    networks: list[tuple[list[Found], Imported]] = []
    adopted: list[Adopted] = []
    for part in parts:
        guess, why = _guess(part, name)
        asked = ALL in understand or any(item.interface in understand for item in part)
        if guess is not None and (guess.distance == 0 or asked):
            networks.append((part, guess))
            left = [item for item in part if not guess.network.nodes[item.host].managed]
            adopted += [Adopted(item, guess.differences[item.host]) for item in left]
        else:
            adopted += [Adopted(item, why.get(item.host, ()) or (_OTHERS,)) for item in part]
    return Imports(
        tuple(_titled(networks, name)),
        tuple(sorted(adopted, key=lambda one: (one.found.host, one.found.interface))),
        tuple(problems),
    )


def _named(found: Iterable[Found], problems: list[str]) -> Iterator[Found]:
    """The interfaces whose names may be names in an inventory, without peers that are the interface itself."""
    for item in found:
        try:
            parse_name(item.host, "host")
            parse_interface(item.interface, f"host {item.host}: interface")
        except ValueError as error:
            problems.append(f"{error}; rename it before importing")
            continue
        peers = tuple(peer for peer in item.config.peers if peer.public_key != item.public_key)
        notes = ["peer with its own key: is left out, as WireGuard leaves it out"] if peers != item.config.peers else []
        yield replace(item, config=replace(item.config, peers=peers), notes=(*item.notes, *notes))


def _guess(part: list[Found], name: str) -> tuple[Imported | None, Mapping[str, tuple[str, ...]]]:
    """The network of some interfaces, None if they make none, and host -> why it does not adopt the network as it is."""
    unknown = [item for item in part if item.public_key is None]
    shared = [item for item, times in Counter(item.public_key for item in part).items() if times > 1]
    reason = ""
    if unknown:
        reason = "its private key is not there, so its public key is unknown"
    elif shared:
        reason = "several hosts have the same key; hosts of one node are not recognised"
    else:
        try:
            guess = Guess(name, part).best()
            return guess, guess.differences
        except PlanError as error:
            reason = str(error)
    return None, {item.host: (reason,) for item in part}


def _titled(networks: Iterable[tuple[list[Found], Imported]], name: str) -> Iterator[Imported]:
    listed = list(networks)
    several = len(listed) > 1 and name == DEFAULT_GROUP  # which is the group around theirs then
    names = [f"{name}_{part[0].interface}" if number or several else name for number, (part, _guess) in enumerate(listed)]
    numbered, seen = Counter(names), Counter[str]()
    for title, (_part, guess) in zip(names, listed, strict=True):
        seen[title] += 1
        unique = title if numbered[title] == 1 else f"{title}_{seen[title]}"
        yield replace(guess, network=replace(guess.network, name=unique))
