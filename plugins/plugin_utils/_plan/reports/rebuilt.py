# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rebuilt registry has, from where, and what it has not."""

from __future__ import annotations

from collections.abc import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import short

from ..state.rebuilding import Rebuilt

_REMEDY = (
    "get them to answer; leave out a host that is wrong (--limit), and run this again; or set wireguard_public_key and "
    "wireguard_addresses for them"
)


def report(network: str, rebuilt: Rebuilt) -> Iterator[str]:
    """The lines for one network."""
    recorded = [*rebuilt.own, *rebuilt.others]
    yield f"network {network}: nodes recorded anew: {len(recorded)}"
    if rebuilt.known:
        yield f"  as before: {', '.join(rebuilt.known)}"
    if rebuilt.own:
        yield f"  from their own answers: {', '.join(rebuilt.own)}"
    for name, hosts in rebuilt.others.items():
        yield f"  {name}: from {f'the peers of {_few(hosts)}' if hosts else 'the inventory'}"
    for name, why in rebuilt.refused.items():
        yield f"  not recorded: {name}: {why}"
    if rebuilt.refused:
        yield f"    {_REMEDY}"
    if rebuilt.unseen:
        yield f"  no host that answered has them, so a run takes them for new: {', '.join(rebuilt.unseen)}"
    for key, (title, hosts) in rebuilt.strangers.items():
        yield f"  not imported: the peer {title or 'without a name'} ({short(key)}) of {_few(hosts)}"
    if rebuilt.strangers:
        yield "    neither the inventory nor the registry has them, so a run removes these peers; add those that you want"
    if rebuilt.silent:
        yield f"  no answer: {', '.join(rebuilt.silent)}"
    for host, errors in rebuilt.errors.items():
        yield from (f"  not read: host {host}, {error}" for error in errors)
    if recorded:
        yield "  keys and addresses of removed nodes cannot be rebuilt: they are no longer reserved"


def _few(hosts: tuple[str, ...]) -> str:
    more = f" and {len(hosts) - 5} more" if len(hosts) > 5 else ""
    return f"{', '.join(hosts[:5])}{more}"
