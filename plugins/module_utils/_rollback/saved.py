# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface as it was before a change: where it was, file, live state and what keeps it, and the way back there."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import DEFAULT, Found, Interface
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import without_dns_endpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare, kernels_own


@dataclass(frozen=True)
class Saved:
    """JSON-ready. ``text``: the file; ``live``: what ran, in the format of wg-quick, with keys; None where there was none.

    ``kept_by``: the backends that would have made it at the next boot.
    """

    text: str | None = field(repr=False)
    live: str | None = field(repr=False)
    kept_by: Sequence[str]
    forwarding: str | None
    isolation: str | None = None
    inside: Mapping[str, str] = field(default_factory=dict)


def save(name: str, interface: Interface, found: Found) -> Saved:
    """What there is now.

    :raises CommandFailed: it cannot be read.
    """
    live = None
    if found.live is not None and found.there is not None:
        shown = parse_conf(found.there.run(["wg", "showconf", name]).out)
        said = found.config or Config()
        addresses = tuple(address for address in found.live.addresses if not kernels_own(address, said))
        whole = replace(shown, addresses=addresses, mtu=found.live.mtu, table=said.table, dns=said.dns, hooks=said.hooks)
        if whole.full_tunnel:
            whole = replace(whole, fwmark=said.fwmark)  # wg-quick gives it one of its own
        live = render_conf(whole)
    return Saved(found.text, live, found.kept_by, interface.forwarding.saved(), interface.isolation.saved(), found.inside)


def restore(host: Host, name: str, interface: Interface, saved: Saved) -> None:
    """Bring all back, with the least change.

    A container that ends meanwhile gets the interface with its next start, from what is brought back.

    :param interface: to be where it was.
    :raises CommandFailed: it could not be brought back.
    """
    namespace = interface.namespace
    try:
        _restore(host, name, interface, saved)
    except CommandFailed:
        if interface.namespace == namespace:
            raise
        _restore(host, name, interface, saved)


def _restore(host: Host, name: str, interface: Interface, saved: Saved) -> None:
    desired = parse_conf(saved.live) if saved.live is not None else Config()
    found = interface.find(desired.table)
    if saved.live is None or found.inside != saved.inside:
        _take_down(interface, found, name)
    if found.inside != saved.inside:
        interface.leave(found)
        found = interface.find(desired.table)
    interface.isolation.apply(saved.isolation)
    _put_back(host, interface, saved, found, desired, name)
    _keep(interface, saved, desired)
    interface.late.apply(saved.text if (saved.live is not None or saved.kept_by) and not saved.inside else None)
    interface.forwarding.restore(saved.forwarding)


def _keep(interface: Interface, saved: Saved, live: Config) -> None:
    """By what kept it, and by nothing else."""
    if saved.kept_by:
        described = interface.find().config
        interface.keep(saved.kept_by[0], live if described is None else without_dns_endpoints(described))
        return
    for title, backend in interface.backends.items():
        if saved.live is None or title == DEFAULT:  # a unit that is not enabled may have started it
            backend.forget()
        else:
            backend.release(live)


def _take_down(interface: Interface, found: Found, name: str) -> None:
    """Whatever the hooks of the change do: one that fails must not keep the host from going back."""
    with contextlib.suppress(CommandFailed):
        interface.take_down(found)
    if found.there is not None:
        found.there.run(["ip", "link", "delete", "dev", name], check=False)


def _put_back(host: Host, interface: Interface, saved: Saved, found: Found, desired: Config, name: str) -> None:
    public = public_key_of(host, desired.private_key) if desired.private_key else ""
    if saved.live is not None:
        now = compare(desired, public, found.config, found.live, time.time()) if found.live else ()
        if found.live is None or any(change.restarts for change in now):
            _take_down(interface, found, name)
            host.write(interface.path, saved.live if saved.text is None else saved.text)
            interface.backends[next(iter(saved.kept_by), DEFAULT)].start(desired)
            found = interface.find(desired.table)
    if saved.text is None:
        host.remove(interface.path)
    else:
        host.write(interface.path, saved.text)
    if saved.live is not None and found.live is not None and found.there is not None:
        changes = compare(desired, public, found.config, found.live, time.time())
        change_live(found.there, name, desired, [change for change in changes if not change.restarts])
