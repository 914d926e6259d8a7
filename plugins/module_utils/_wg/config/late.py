# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that are host names, kept out of the way of ``wg``.

``wg`` resolves a name once, and fails as a whole where one does not resolve: the interface stays down for all its peers. So the
file names them in comments ``# Resolve = hub.example.net:51820``, each a line of its own in the peer's section.

Where the interface takes the way to the name servers, the name stands beside the comment as well: only before the interface is up
it can be asked for, and without an answer the host would be cut off.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..values.addresses import parse_endpoint
from .conf import comments_of
from .model import Config

_ENDPOINT = re.compile(r"\s*endpoint\s*=([^#]*)", re.IGNORECASE)
_RESOLVE = re.compile(r"# Resolve = (\S+)\s*\Z")


def takes_name_servers(config: Config) -> bool:
    """Whether names are asked for through the interface once it is up: all packets go through it, or it sets the servers."""
    everything = any(prefix.endswith(("/0", "/1")) for peer in config.peers for prefix in peer.allowed_ips)
    return bool(config.dns) or (everything and config.table == "auto")


def without_names(config: Config) -> Config:
    """What ``wg`` is told of it: no endpoint where that is a name."""
    peers = [replace(p, endpoint=None) if p.endpoint and _is_name(p.endpoint) else p for p in config.peers]
    return replace(config, peers=tuple(peers))


def with_late_names(text: str, at_start: bool = False) -> str:
    """A configuration whose endpoints are addresses; those that were names are comments.

    :param text: what ``parse_conf`` reads.
    :param at_start: keep the names, too; see :func:`takes_name_servers`.
    """
    return "\n".join(_late(line, at_start) for line in text.split("\n"))


def _late(line: str, at_start: bool) -> str:
    found = _ENDPOINT.match(line)
    if not found or not _is_name(found.group(1)):
        return line
    comment = f"# Resolve = {found.group(1).strip()}"
    return f"{line}\n{comment}" if at_start else comment


def _is_name(endpoint: str) -> bool:
    return parse_endpoint(endpoint, "Endpoint").is_name


def late_names(text: str | None) -> dict[str, str]:
    """Public key -> ``host:port``, of the peers with a name to resolve on the host; none in a text that is no configuration."""
    try:
        peers = comments_of(text) if text is not None else []
    except ValueError:
        return {}
    found = ((key, _RESOLVE.match(line)) for key, comments in peers for line in comments)
    return {key: name.group(1) for key, name in found if name}
