# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mistakes in a network: one code for each kind, and a finding for each place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

ERROR, WARNING, NOTE = "error", "warning", "note"
"""An error stops the run before any host is touched. Warnings and notes are printed in every run."""

CODES: dict[str, tuple[str, str]] = {
    "invalid-value": (ERROR, "A key is unknown, or its value is invalid."),
    "host-bits": (ERROR, "A prefix has host bits set; WireGuard would silently clear them."),
    "interface-name": (ERROR, "Linux or C(wg-quick) would refuse the interface's name."),
    "no-prefixes": (ERROR, "The network has no prefixes to allocate addresses from."),
    "address-outside": (ERROR, "A node's address is outside all of the network's prefixes."),
    "reserved-address": (ERROR, "A node's address is the first or last one of a prefix, which systems reserve."),
    "duplicate-address": (ERROR, "Two nodes have the same overlay address."),
    "address-in-route": (
        ERROR,
        "A node's address is inside another node's route, so that node would look for it behind itself.",
    ),
    "own-key": (ERROR, "Two linked nodes have the same public key; WireGuard silently ignores a peer with its own key."),
    "duplicate-key": (ERROR, "Two nodes have the same public key; of two peers with one key WireGuard keeps the last."),
    "same-route": (ERROR, "Two nodes have the same route; a prefix can have only one owner."),
    "same-prefix": (ERROR, "Two peers of an interface would have the same prefix; WireGuard silently removes it from the first."),
    "open-isolation": (
        ERROR,
        "A route behind a hub contains addresses or routes of isolated spokes, so they would reach each other.",
    ),
    "unenforced-isolation": (
        WARNING,
        "A hub of isolated spokes is unmanaged, so nothing there drops what a spoke with changed AllowedIPs sends to others.",
    ),
    "no-address": (ERROR, "A node has no address (wireguard_addresses: none), but failover or a container network needs one."),
    "port-zero": (ERROR, "A node has an endpoint, but its port changes at each start."),
    "shared-endpoint": (WARNING, "Two nodes have the same endpoint; only one can answer."),
    "endpoint-in-tunnel": (
        ERROR,
        "A node's endpoint is inside the network's prefixes: the tunnel's packets would be routed into the tunnel.",
    ),
    "endpoint-in-route": (
        ERROR,
        "A node's endpoint is inside its own routes: its peers would route the tunnel's packets into the tunnel.",
    ),
    "endpoint-in-allowed-ips": (
        ERROR,
        (
            "A peer's endpoint is inside a prefix that a node sends to its exit, and that is not of length 0, for which wg-quick "
            "has rules: the tunnel's packets would be routed into the tunnel."
        ),
    ),
    "endpoint-not-excluded": (
        NOTE,
        (
            "A peer's endpoint may be inside what a node sends into the tunnel: it is a name, or the node is a client, whose "
            "application decides."
        ),
    ),
    "endpoint-behind-peer": (
        WARNING,
        ("A node's endpoint is inside another node's route: nodes with both as peers dial one through the other."),
    ),
    "management-in-tunnel": (
        WARNING,
        (
            "The address at which Ansible reaches a host is inside a prefix that goes into the tunnel: the return path "
            "of the SSH connection may change."
        ),
    ),
    "topology": (ERROR, "The topology is unknown, or the nodes do not meet its requirements."),
    "unknown-node": (ERROR, "A link or wireguard_home names a node or group that is not in the network."),
    "self-link": (ERROR, "A link connects a node to itself."),
    "empty-group": (WARNING, "A group in a link has no members in the network, so the link has no effect."),
    "undialable-link": (ERROR, "A link connects two nodes neither of which can be dialled."),
    "vrrp": (ERROR, "A node that runs on several hosts lacks a setting that failover between them needs."),
    "bgp": (ERROR, "The network does not meet the requirements of failover with BGP."),
    "exit": (ERROR, "A node sends more than the network's traffic into the tunnel, but to which peer is ambiguous."),
    "inside": (ERROR, "An interface in a namespace or container uses an unsupported setting."),
    "no-site": (WARNING, "A node has a site endpoint but no site, so no node dials it there."),
    "one-way-link": (
        WARNING,
        (
            "A node without an endpoint sends no keepalives: after a period of silence, only that node can reopen the "
            "tunnel, and it cannot be reached until it does."
        ),
    ),
    "forwarding-off": (ERROR, "Two nodes cannot reach each other because a node between them does not forward."),
    "unreachable": (ERROR, "Two nodes cannot reach each other: no path of links connects them."),
    "interface-clash": (ERROR, "Two networks of a host have the same interface name."),
    "port-clash": (ERROR, "Two networks of a host have the same port."),
    "network-overlap": (ERROR, "Two networks of a host send the same prefix into different interfaces."),
    "network-nested": (WARNING, "A prefix of one network of a host is inside a prefix of another; the longer one wins."),
    "pending": (WARNING, "No run has seen the node's public key yet, so it is not a peer of any node."),
    "hook-order": (
        WARNING,
        "PreUp commands run before the interface exists on some hosts and afterwards on others, depending on their tools.",
    ),
    "no-dns-name": (
        WARNING,
        "A node's name begins with no DNS label, so it gets no DNS name, or a whole network gets none.",
    ),
    "same-dns-name": (WARNING, "Several nodes would have the same DNS name, so none of them gets it."),
    "endpoint-in-domain": (
        WARNING,
        "The name of an endpoint is inside the domain of the nodes' names; hosts could not look it up any more.",
    ),
    "no-endpoint": (NOTE, "No other node dials the node; it dials the others."),
    "no-effect": (NOTE, "A key has no effect in this network."),
}
"""Code -> severity, meaning. The table in the reference is generated from this one."""

ELSEWHERE = frozenset({"topology", "unknown-node", "undialable-link", "vrrp", "bgp", "exit", "forwarding-off", "unreachable"})
"""Errors that may be due to nodes that neither the inventory nor the registry shows yet, but another job does."""

_NAMES = 3
"""The most names that a line about many objects has."""


@dataclass(frozen=True)
class Finding:
    """One mistake in one place. ``nodes`` are the names of the nodes concerned, sorted."""

    code: str
    nodes: tuple[str, ...]
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``note``."""
        return CODES[self.code][0]

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"code": self.code, "severity": self.severity, "nodes": list(self.nodes), "what": self.what, "remedy": self.remedy}


class PlanError(ValueError):
    """A network that cannot work. The message names the object and the remedy."""

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


def shown(kind: str, names: Sequence[str]) -> str:
    """Objects in a message: ``node a``, ``nodes a, b, c and 2 more``."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{kind}{'' if len(names) == 1 else 's'} {', '.join(names[:_NAMES])}{more}"


def refuse(code: str, nodes: Iterable[str], what: str, remedy: str = "") -> PlanError:
    """An error with one finding."""
    return refusal([Finding(code, tuple(sorted(nodes)), what, remedy)])


def refusal(findings: Iterable[Finding]) -> PlanError:
    """An error with all these findings, one line each."""
    whole = tuple(findings)
    return PlanError("\n".join(map(str, whole)), whole)


def tolerate(findings: Iterable[Finding], codes: Collection[str]) -> tuple[list[Finding], list[Finding]]:
    """The findings without errors of these codes, and those errors."""
    every = list(findings)
    tolerated = [finding for finding in every if finding.severity == ERROR and finding.code in codes]
    return [finding for finding in every if finding not in tolerated], tolerated


def stop_at_errors(findings: Iterable[Finding]) -> None:
    """Stop if a finding is an error.

    :raises PlanError: with all errors.
    """
    errors = [finding for finding in findings if finding.severity == ERROR]
    if errors:
        raise refusal(errors)
