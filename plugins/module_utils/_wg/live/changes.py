# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as data, from which the diff, the result and the commands are made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

from ..config.model import Peer
from ..values.keys import short


@dataclass(frozen=True)
class Change:
    """One change. Its ``kind`` is the class's name in lower case with underscores, without a final ``Change``."""

    restarts: ClassVar[bool] = False

    @property
    def kind(self) -> str:
        """For example ``peer_added``."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub("Change$", "", type(self).__name__)).lower()

    def describe(self) -> str:
        """One line for people, starting with ``+``, ``-`` or ``~``; no secrets."""
        raise NotImplementedError(type(self).__name__)

    def public(self) -> dict[str, Any]:
        """The change for programs, without secrets."""
        return dict({k: list(v) if isinstance(v, tuple) else v for k, v in self.details().items()}, kind=self.kind)

    def details(self) -> dict[str, Any]:
        """The public fields."""
        return dict(vars(self))


@dataclass(frozen=True)
class _PeerChange(Change):
    peer: Peer

    @property
    def title(self) -> str:
        """``beta (1a2b3c4d...)``, or the key alone."""
        key = short(self.peer.public_key)
        return f"peer {self.peer.name} ({key})" if self.peer.name else f"peer {key}"

    def details(self) -> dict[str, Any]:
        others = {key: value for key, value in vars(self).items() if key != "peer"}
        return dict(others, peer=self.peer.name, public_key=self.peer.public_key)


@dataclass(frozen=True)
class PeerAdded(_PeerChange):
    """A peer that the live interface does not have."""

    def describe(self) -> str:
        peer = self.peer
        settings = ["AllowedIPs " + (", ".join(peer.allowed_ips) or "none")]
        settings += ["endpoint " + peer.endpoint] if peer.endpoint else []
        settings += [f"keepalive {peer.keepalive} s"] if peer.keepalive else []
        settings += ["with a preshared key"] if peer.preshared_key else []
        return "+ {}: {}".format(self.title, ", ".join(settings))

    def details(self) -> dict[str, Any]:
        peer = self.peer
        return dict(super().details(), allowed_ips=peer.allowed_ips, endpoint=peer.endpoint, keepalive=peer.keepalive)


@dataclass(frozen=True)
class PeerRemoved(_PeerChange):
    """A live peer that is not wanted."""

    def describe(self) -> str:
        return "- " + self.title


@dataclass(frozen=True)
class AllowedIpsChanged(_PeerChange):
    """Prefixes that a peer gains or loses, except those that move to or from another live peer; see :class:`PrefixMoved`.

    A prefix that moves to a new peer is in ``removed`` of its old peer.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]

    def describe(self) -> str:
        signed = ["+" + prefix for prefix in self.added] + ["-" + prefix for prefix in self.removed]
        return "~ {}: AllowedIPs {}".format(self.title, ", ".join(signed))


@dataclass(frozen=True)
class PrefixMoved(Change):
    """A prefix that moves from one live peer to another in one step, so that it always has a peer."""

    prefix: str
    old: Peer
    new: Peer

    def describe(self) -> str:
        old, new = (peer.name or short(peer.public_key) for peer in (self.old, self.new))
        return f"~ prefix {self.prefix}: {old} -> {new}"

    def details(self) -> dict[str, Any]:
        return {
            "prefix": self.prefix,
            "from_peer": self.old.name,
            "from_public_key": self.old.public_key,
            "to_peer": self.new.name,
            "to_public_key": self.new.public_key,
        }


@dataclass(frozen=True)
class EndpointChanged(_PeerChange):
    """The address at which a peer is dialled."""

    before: str | None
    after: str

    def describe(self) -> str:
        return "~ {}: endpoint {} -> {}".format(self.title, self.before or "none", self.after)


@dataclass(frozen=True)
class EndpointNameChanged(_PeerChange):
    """The DNS endpoint of a peer, as ``host:port``, which the host resolves."""

    before: str | None
    after: str | None

    def describe(self) -> str:
        return "~ {}: DNS endpoint {} -> {}".format(self.title, self.before or "none", self.after or "none")


@dataclass(frozen=True)
class KeepaliveChanged(_PeerChange):
    """Seconds between keepalives, 0 for none."""

    before: int
    after: int

    def describe(self) -> str:
        return f"~ {self.title}: keepalive {self.before} s -> {self.after} s"


@dataclass(frozen=True)
class PresharedKeyChanged(_PeerChange):
    """``action`` is ``set``, ``replaced`` or ``cleared``; a change never contains the key itself."""

    action: str

    def describe(self) -> str:
        return f"~ {self.title}: preshared key {self.action}"


@dataclass(frozen=True)
class PrivateKeyChanged(Change):
    """The interface's own key, shown by its public key."""

    before: str | None
    after: str

    def describe(self) -> str:
        return "~ own public key {} -> {}".format(short(self.before) if self.before else "none", short(self.after))


@dataclass(frozen=True)
class _NumberChanged(Change):
    before: int
    after: int
    word: ClassVar[str]

    def describe(self) -> str:
        return f"~ {self.word} {self.before} -> {self.after}"


@dataclass(frozen=True)
class PortChanged(_NumberChanged):
    """The UDP port."""

    word: ClassVar[str] = "port"


@dataclass(frozen=True)
class FwmarkChanged(_NumberChanged):
    """The mark of outgoing packets, 0 for none."""

    word: ClassVar[str] = "fwmark"


@dataclass(frozen=True)
class MtuChanged(_NumberChanged):
    """Bytes."""

    word: ClassVar[str] = "MTU"


@dataclass(frozen=True)
class _Listed(Change):
    value: str

    def describe(self) -> str:
        noun, verb = self.kind.split("_")
        return "{} {} {}".format("+" if verb == "added" else "-", noun, self.value)


@dataclass(frozen=True)
class AddressAdded(_Listed):
    """An address with its prefix length."""


@dataclass(frozen=True)
class AddressRemoved(_Listed):
    """An address with its prefix length."""


@dataclass(frozen=True)
class RouteAdded(_Listed):
    """A route into the interface, in the table of the configuration."""


@dataclass(frozen=True)
class RouteRemoved(_Listed):
    """A route into the interface, in the table of the configuration."""


@dataclass(frozen=True)
class RestartNeeded(Change):
    """A setting that only a restart of the interface applies."""

    setting: str
    restarts: ClassVar[bool] = True

    def describe(self) -> str:
        return f"~ {self.setting} changes: the interface is restarted"


@dataclass(frozen=True)
class HostChange(Change):
    """Something around the interface: its file, its unit, the host's forwarding. ``what`` is ``file``, ``unit``, ..."""

    what: str
    action: str

    def describe(self) -> str:
        sign = {"created": "+", "started": "+", "removed": "-", "stopped": "-"}.get(self.action, "~")
        return f"{sign} {self.what}: {self.action}"
