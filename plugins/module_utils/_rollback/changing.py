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
    """One interface, for the module ``interface``.

    ``inside``: its place, see :class:`Interface`.
    """

    def __init__(self, host: Host, name: str, inside: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._name = name
        self._interface = Interface(host, name, inside=inside)

    def run(self, wanted: Wanted | None, check_mode: bool, only_prepare: bool, destroy_backups: bool = False) -> dict[str, Any]:
        """Configure or remove the interface, or only report the changes.

        The peers of removed nodes go at once, even if the rest is pending.

        :param wanted: None: remove the interface.
        :param destroy_backups: of the file, when the interface is removed.
        :raises ValueError: the configuration is refused, or another change is still pending.
        :raises CommandFailed: a command failed.
        """
        if check_mode:
            result = self._bring_about(wanted, check_mode=True)
            return dict(_with(result, self._backups(destroy_backups, check_mode=True)), pending="")
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
        outlook = self._interface.look(wanted, check_mode=False)
        return kept_peers(outlook.desired, outlook.current.live, time.time())


def _with(result: dict[str, Any], changes: Sequence[Change]) -> dict[str, Any]:
    """A result, preceded by changes that were made before."""
    if not changes:
        return result
    more = result_of(changes, result["public_key"])
    diff = {"prepared": more["diff"]["prepared"] + result["diff"]["prepared"]}
    return dict(result, changed=True, changes=more["changes"] + result["changes"], diff=diff)
