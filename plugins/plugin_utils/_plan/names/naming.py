# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The DNS names of a network's nodes, ``NODE.DOMAIN``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import parse_endpoint
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import DOMAIN, LABEL

from ..model.findings import Finding, PlanError, refusal
from ..model.network import Network

_LABEL = re.compile(f"(?:{LABEL})\\Z")
_DOMAIN = re.compile(f"(?:{DOMAIN})\\Z")


def domain_of(network: Network) -> str:
    """The domain of the nodes' names.

    :raises PlanError: the network has no ``domain``, and a name that is none.
    """
    domain = network.domain or f"{network.name}.internal".lower()
    if _DOMAIN.match(domain) is None:
        raise refusal([_no_domain(network, domain)])
    return domain


def named(network: Network) -> dict[str, str]:
    """Node -> its DNS name, without nodes that have none: those without an address, revoked ones, and those with a finding.

    :raises PlanError: as :func:`domain_of`.
    """
    domain = domain_of(network)
    return {names[0]: f"{label}.{domain}" for label, names in _by_label(network).items() if label and len(names) == 1}


def name_findings(network: Network) -> Iterator[Finding]:
    """Nodes that get no DNS name, and endpoints whose names the domain would hide."""
    try:
        domain = domain_of(network)
    except PlanError as error:
        yield from error.findings
        return
    for label, names in _by_label(network).items():
        if not label:
            for name in names:
                what = f"node {name}: its name begins with no DNS label, so it has no name in {domain}"
                yield Finding("no-dns-name", (name,), what, "begin its name with 1 to 63 of A-Z a-z 0-9 - that are no address")
        elif len(names) > 1:
            what = f"nodes {', '.join(names)}: would all be {label}.{domain}, so none of them is"
            yield Finding("same-dns-name", tuple(sorted(names)), what, "give them names that differ before the first dot")
    yield from hidden_endpoints(network, domain)


def hidden_endpoints(network: Network, domain: str) -> Iterator[Finding]:
    """Endpoints whose names are in the domain: who asks in the tunnel where they are does not reach the tunnel."""
    for name, node in network.nodes.items():
        for endpoint in dict.fromkeys(node.dialled_at.values()):
            host = parse_endpoint(endpoint, "endpoint").host.lower().rstrip(".")
            if f".{host}".endswith(f".{domain}"):
                what = f"node {name}: its endpoint {endpoint} is a name in {domain}, which the nodes then look up in the tunnel"
                yield Finding("endpoint-in-domain", (name,), what, "set wireguard_domain to another domain")


def _by_label(network: Network) -> dict[str, list[str]]:
    """First label -> names of the nodes that begin with it; those that begin with none have an empty one."""
    found: dict[str, list[str]] = {}
    for name, node in network.nodes.items():
        if node.addresses and not node.revoked:
            found.setdefault(_label(name), []).append(name)
    return found


def _label(name: str) -> str:
    label = name.partition(".")[0]
    return label.lower() if _LABEL.match(label) and not _is_address(name) else ""


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _no_domain(network: Network, domain: str) -> Finding:
    return Finding("no-dns-name", (), f"network {network.name}: '{domain}' is no DNS domain", "set wireguard_domain")
