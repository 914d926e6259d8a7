# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS endpoints, hidden from ``wg``.

``wg`` resolves a name only once. If one name does not resolve, ``wg`` fails, and the interface stays down for all peers. So the
file has these endpoints in comments, ``# Resolve = hub.example.net:51820``, each on a line of its own in the peer's section.

If the interface also carries the DNS queries, the name is written as ``Endpoint``, too: it can only be resolved before the
interface is up, and without an address the host would be cut off.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..values.addresses import parse_endpoint
from .conf import comments_of
from .model import Config

_ENDPOINT = re.compile(r"\s*endpoint\s*=([^#]*)", re.IGNORECASE)
_RESOLVE = re.compile(r"# Resolve = (\S+)\s*\Z")


def routes_dns(config: Config) -> bool:
    """Whether DNS queries go through the interface once it is up: all packets do, or it sets the DNS servers."""
    everything = any(prefix.endswith(("/0", "/1")) for peer in config.peers for prefix in peer.allowed_ips)
    return bool(config.dns) or (everything and config.table == "auto")


def without_dns_endpoints(config: Config) -> Config:
    """The configuration as ``wg`` gets it: without the DNS endpoints."""
    peers = [replace(p, endpoint=None) if p.endpoint and _is_name(p.endpoint) else p for p in config.peers]
    return replace(config, peers=tuple(peers))


def with_resolve_comments(text: str, at_start: bool = False) -> str:
    """The configuration with each DNS endpoint turned into a comment.

    :param text: the text of a configuration, as ``parse_conf`` reads it.
    :param at_start: keep the endpoint beside its comment; see :func:`routes_dns`.
    """
    return "\n".join(_commented(line, at_start) for line in text.split("\n"))


def _commented(line: str, at_start: bool) -> str:
    endpoint = _ENDPOINT.match(line)
    if not endpoint or not _is_name(endpoint.group(1)):
        return line
    comment = f"# Resolve = {endpoint.group(1).strip()}"
    return f"{line}\n{comment}" if at_start else comment


def _is_name(endpoint: str) -> bool:
    return parse_endpoint(endpoint, "Endpoint").is_name


def dns_endpoints(text: str | None) -> dict[str, str]:
    """Public key -> ``host:port``, for the peers with a DNS endpoint; empty if the text is no configuration."""
    try:
        peers = comments_of(text) if text is not None else []
    except ValueError:
        return {}
    matches = ((key, _RESOLVE.match(line)) for key, comments in peers for line in comments)
    return {key: match.group(1) for key, match in matches if match}
