# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change of one interface, made at once or prepared as a pending one, and never while another one is pending."""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.results import result_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.answers import kept_peers
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import PendingChange
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.timer import Timer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change


class Changing:
    """The interface of that name, for a module.

    ``inside``: where it is to be, or is, where it is to be removed; see :class:`Interface`.
    """

    def __init__(self, host: Host, name: str, inside: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._name = name
        self._interface = Interface(host, name, inside=inside)

    def run(self, wanted: Wanted | None, check_mode: bool, only_prepare: bool, destroy_backups: bool = False) -> dict[str, Any]:
        """Bring the interface there, or say what that would change.

        Peers that ended go at once, also where the rest is pending.

        :param wanted: None: the interface is to be removed.
        :param destroy_backups: of the file, where the interface is removed.
        :raises ValueError: a configuration that is refused, or a change that is still pending.
        :raises CommandFailed: the host could not be brought there.
        """
        if check_mode:
            ahead = self._bring_about(wanted, check_mode=True)
            return dict(_with(ahead, self._backups(destroy_backups, check_mode=True)), pending="")
        pending, number = PendingChange(self._host, self._name), ""
        with pending.locked():
            if pending.overdue:
                Timer(self._host, self._name).restore("nobody confirmed it in time")
            pending.refuse_if_pending()
            pending.forget()
            taken = self._interface.take_out(wanted) if only_prepare and wanted is not None and wanted.ended else []
            result = self._bring_about(wanted, check_mode=only_prepare)
            if only_prepare and result["changed"]:
                number = Timer(self._host, self._name, self._interface.inside).prepare(wanted, self._kept(wanted))
            result = _with(result, [*taken, *self._backups(destroy_backups, check_mode=False)])
        return dict(result, pending=number)

    def _backups(self, destroy: bool, check_mode: bool) -> list[Change]:
        return self._interface.destroy_backups(check_mode) if destroy else []

    def _bring_about(self, wanted: Wanted | None, check_mode: bool) -> dict[str, Any]:
        if wanted is None:
            return self._interface.remove(check_mode)
        return self._interface.bring_about(wanted, check_mode)

    def _kept(self, wanted: Wanted | None) -> list[dict[str, Any]]:
        if wanted is None or not wanted.up:
            return []
        ahead = self._interface.look(wanted, check_mode=False)
        return kept_peers(ahead.desired, ahead.current.live, time.time())


def _with(result: dict[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """A result with some more changes, which were made first."""
    if not changes:
        return result
    more = result_of(changes, result["public_key"])
    diff = {"prepared": more["diff"]["prepared"] + result["diff"]["prepared"]}
    return dict(result, changed=True, changes=more["changes"] + result["changes"], diff=diff)
