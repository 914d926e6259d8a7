# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface as it was before a change (place, file, live state, enabled backends), and the way back to it."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field, replace
from typing import Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import DEFAULT, Current, Interface
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import public_key_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.live_change import change_live
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import without_dns_endpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.diff import compare, kernels_own


@dataclass(frozen=True)
class Saved:
    """JSON-ready. ``text``: the file; ``live``: the running configuration in the format of wg-quick, with keys; both may be None.

    ``backends``: those that would have brought it up at the next boot.
    """

    text: str | None = field(repr=False)
    live: str | None = field(repr=False)
    backends: Sequence[str]
    forwarding: str | None
    isolation: str | None = None
    inside: Mapping[str, str] = field(default_factory=dict)


def save(name: str, interface: Interface, current: Current) -> Saved:
    """The current state.

    :raises CommandFailed: it cannot be read.
    """
    live = None
    if current.live is not None and current.host is not None:
        shown = parse_conf(current.host.run(["wg", "showconf", name]).out)
        described = current.config or Config()
        addresses = tuple(address for address in current.live.addresses if not kernels_own(address, described))
        whole = replace(
            shown, addresses=addresses, mtu=current.live.mtu, table=described.table, dns=described.dns, hooks=described.hooks
        )
        if whole.full_tunnel:
            whole = replace(whole, fwmark=described.fwmark)  # wg-quick gives it one of its own
        live = render_conf(whole)
    return Saved(current.text, live, current.backends, interface.forwarding.saved(), interface.isolation.saved(), current.inside)


def restore(host: Host, name: str, interface: Interface, saved: Saved) -> None:
    """Restore everything, with the fewest changes.

    A container that ends meanwhile gets the restored interface when it starts again.

    :param interface: in the place where it was.
    :raises CommandFailed: it could not be restored.
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
    current = interface.find(desired.table)
    if saved.live is None or current.inside != saved.inside:
        _take_down(interface, current, name)
    if current.inside != saved.inside:
        interface.leave(current)
        current = interface.find(desired.table)
    interface.isolation.apply(saved.isolation)
    _put_back(host, interface, saved, current, desired, name)
    _restore_backend(interface, saved, desired)
    interface.dns_endpoints.apply(saved.text if (saved.live is not None or saved.backends) and not saved.inside else None)
    interface.forwarding.restore(saved.forwarding)


def _restore_backend(interface: Interface, saved: Saved, live: Config) -> None:
    """Enable only the backend that was enabled."""
    if saved.backends:
        described = interface.find().config
        interface.enable(saved.backends[0], live if described is None else without_dns_endpoints(described))
        return
    for title, backend in interface.backends.items():
        if saved.live is None or title == DEFAULT:  # a disabled unit may have started it
            backend.forget()
        else:
            backend.release(live)


def _take_down(interface: Interface, current: Current, name: str) -> None:
    """Take it down even if a hook of the change fails: it must not stop the rollback."""
    with contextlib.suppress(CommandFailed):
        interface.take_down(current)
    if current.host is not None:
        current.host.run(["ip", "link", "delete", "dev", name], check=False)


def _put_back(host: Host, interface: Interface, saved: Saved, current: Current, desired: Config, name: str) -> None:
    public = public_key_of(host, desired.private_key) if desired.private_key else ""
    if saved.live is not None:
        now = compare(desired, public, current.config, current.live, time.time()) if current.live else ()
        if current.live is None or any(change.restarts for change in now):
            _take_down(interface, current, name)
            host.write(interface.path, saved.live if saved.text is None else saved.text)
            interface.backends[next(iter(saved.backends), DEFAULT)].start(desired)
            current = interface.find(desired.table)
    if saved.text is None:
        host.remove(interface.path)
    else:
        host.write(interface.path, saved.text)
    if saved.live is not None and current.live is not None and current.host is not None:
        changes = compare(desired, public, current.config, current.live, time.time())
        change_live(current.host, name, desired, [change for change in changes if not change.restarts])
