# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Endpoints that are host names, kept out of the way of ``wg``.

``wg`` resolves a name once, and fails as a whole where one does not resolve: the interface stays down for all its peers. So the
file names them in comments ``# Resolve = hub.example.net:51820``, which :mod:`resolver` reads on the host.
"""

from __future__ import annotations

import re

from .addresses import parse_endpoint

_ENDPOINT = re.compile(r"\s*endpoint\s*=([^#]*)", re.IGNORECASE)
_RESOLVE = re.compile(r"# Resolve = \S", re.MULTILINE)


def with_late_names(text: str) -> str:
    """A configuration whose endpoints are addresses; those that were names are comments.

    :param text: what ``parse_conf`` reads.
    """
    return "\n".join(map(_late, text.split("\n")))


def _late(line: str) -> str:
    found = _ENDPOINT.match(line)
    if not found or not parse_endpoint(found.group(1), "Endpoint").is_name:
        return line
    return f"# Resolve = {found.group(1).strip()}"


def has_late_names(text: str | None) -> bool:
    """Whether there is a name to resolve on the host."""
    return text is not None and _RESOLVE.search(text) is not None
