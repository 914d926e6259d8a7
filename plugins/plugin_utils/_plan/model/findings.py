# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a network: one code per mistake, and a finding for each place where it was made."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

ERROR, WARNING, NOTE = "error", "warning", "note"
"""An error is refused before any host is touched, a warning is said in every run, a note is worth knowing."""

CODES: dict[str, tuple[str, str]] = {
    "invalid-value": (ERROR, "A key is unknown, or its value cannot be read."),
    "host-bits": (ERROR, "A prefix has bits set behind its length; WireGuard would silently cut them off."),
    "interface-name": (ERROR, "Linux or C(wg-quick) would refuse the interface's name."),
    "no-prefixes": (ERROR, "The network has no prefixes to take addresses from."),
    "address-outside": (ERROR, "A node's address lies in none of the network's prefixes."),
    "reserved-address": (ERROR, "A node's address is a prefix's first or last one, which systems keep for themselves."),
    "duplicate-address": (ERROR, "Two nodes have the same overlay address."),
    "address-in-route": (ERROR, "A node's address lies in another node's route, so that one looks for it behind itself."),
    "own-key": (ERROR, "Two nodes that are linked have the same public key; WireGuard silently ignores a peer with its own key."),
    "duplicate-key": (ERROR, "Two nodes have the same public key; of two peers with one key WireGuard keeps the last."),
    "same-route": (ERROR, "The same route is on two nodes; a prefix has one owner."),
    "same-prefix": (ERROR, "Two peers of one interface would have the same prefix; WireGuard silently takes it from the first."),
    "open-isolation": (
        ERROR,
        "A route behind a hub contains what isolated spokes have, so they would reach each other.",
    ),
    "unenforced-isolation": (
        WARNING,
        "A hub of isolated spokes is not managed, so nothing there drops what a spoke with other AllowedIPs sends to others.",
    ),
    "port-zero": (ERROR, "A node has an endpoint, and a port that changes at each start."),
    "shared-endpoint": (WARNING, "Two nodes are dialled at the same address and port; only one can answer."),
    "endpoint-in-tunnel": (
        ERROR,
        (
            "A node's endpoint lies in its own routes or in the network's prefixes: packets to it would go into the tunnel that "
            "they are to carry."
        ),
    ),
    "endpoint-behind-peer": (
        WARNING,
        ("A node's endpoint lies in another node's route: nodes that have both as peers dial the one through the other."),
    ),
    "management-in-tunnel": (
        WARNING,
        (
            "The address over which Ansible reaches a host lies in a prefix that goes into the tunnel: the way back "
            "of the SSH connection may change."
        ),
    ),
    "topology": (ERROR, "The topology is not known, or the nodes do not meet its conditions."),
    "unknown-node": (ERROR, "A link or a home names a node or a group that the network does not have."),
    "self-link": (ERROR, "A link is asked for between a node and itself."),
    "empty-group": (WARNING, "A group that a link names has no member in the network, so the link does nothing."),
    "undialable-link": (ERROR, "A link is asked for between two nodes of which neither can be dialled."),
    "standby": (ERROR, "Hosts that are one node lack something without which they cannot stand by for one another."),
    "routed": (ERROR, "Hubs are to route, and the network is not one in which they can."),
    "exit": (ERROR, "A node sends more than the network into the tunnel, and it is not clear to which peer."),
    "inside": (ERROR, "An interface is to be inside a namespace or a container, with something that does not work there."),
    "no-site": (WARNING, "A node has a site endpoint and no site, so nobody dials it there."),
    "one-way-link": (
        WARNING,
        (
            "A node that cannot be dialled sends no keepalives: after a while of silence only it can open the tunnel, and nobody "
            "reaches it until it does."
        ),
    ),
    "forwarding-off": (ERROR, "Two nodes cannot reach each other because a node between them does not forward."),
    "unreachable": (ERROR, "Two nodes cannot reach each other: there is no path of links between them."),
    "interface-clash": (ERROR, "Two networks of a host have the same interface name."),
    "port-clash": (ERROR, "Two networks of a host have the same port."),
    "network-overlap": (ERROR, "Two networks of a host send the same prefix into different interfaces."),
    "network-nested": (WARNING, "A prefix of one network of a host lies in a prefix of another; the longer one wins."),
    "pending": (WARNING, "No run has seen the node's public key yet, so it is nobody's peer."),
    "hook-order": (
        WARNING,
        "PreUp commands run before the interface is there on some hosts, and after it on others, by their tools.",
    ),
    "no-endpoint": (NOTE, "Nobody dials the node, it dials the others."),
}
"""Code -> severity, meaning. The documentation's table is made from this one."""


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
    """A network that cannot work as it is described; the message names the object and the remedy."""

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


def refuse(code: str, nodes: Iterable[str], what: str, remedy: str = "") -> PlanError:
    """The error that has one finding."""
    return refusal([Finding(code, tuple(sorted(nodes)), what, remedy)])


def refusal(findings: Iterable[Finding]) -> PlanError:
    """The error that has all these findings, one line each."""
    found = tuple(findings)
    return PlanError("\n".join(map(str, found)), found)


def stop_at_errors(findings: Iterable[Finding]) -> None:
    """Go on only where nothing is an error.

    :raises PlanError: with all the errors.
    """
    errors = [finding for finding in findings if finding.severity == ERROR]
    if errors:
        raise refusal(errors)
