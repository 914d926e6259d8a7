# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registries of a run's networks: read, planned with, and written, as often as another run is faster."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.planning import Planned, Run, plan
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    check_lineage,
    read_registry,
    render_registry,
    summary_of,
    with_lineage,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.attempts import Texts, read_all, until_all_written
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import checked_store, note_of, place_of, store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note, Store

Diff = dict[str, str]
"""A change as Ansible shows it."""


class Registries:
    """The registries of these networks.

    :param address: of their store, or a directory; None: there are none.
    :param lineages: network -> the lineage that this run has seen before.
    :param variables: of the task.
    :ivar lineages: those of now.
    """

    def __init__(
        self,
        address: str | None,
        networks: Collection[str],
        sources: InventorySources,
        lineages: Mapping[str, str],
        variables: Mapping[str, Any],
    ) -> None:
        self._address = address
        self._networks = networks
        self._sources = sources
        self._variables = variables
        self.lineages = {name: str(lineage) for name, lineage in lineages.items()}

    @property
    def shown(self) -> str | None:
        """The address without its password."""
        return self._address and store_at(self._address).address

    def read(self) -> dict[str, Registry]:
        """The registries of now."""
        with checked_store(str(self._address), self._networks, self._sources) as store:
            texts = read_all(store, self._networks)
            return {name: read_registry(text, place_of(store, name)) for name, text in texts.items()}

    def planned(self, run: Run, writes: bool, check: Callable[[Planned], None]) -> tuple[Planned, list[Diff]]:
        """Plan, and write what changes; or only predict it.

        :param check: refuses a plan before it is written.
        :raises PlanError: a network cannot work, or the store cannot be used.
        """
        results: list[Planned] = []

        def change(registries: Mapping[str, Registry]) -> Mapping[str, Registry]:
            results.append(plan(run, registries))
            check(results[-1])
            return results[-1].registries

        if self._address is None:
            change(dict.fromkeys(self._networks, Registry()))
            return results[-1], []
        node = uuid.getnode()
        with checked_store(self._address, self._networks, self._sources) as store:
            run = replace(run, seeds={name: f"{node} {place_of(store, name)}" for name in self._networks})
            changes = self._changed(store, change, writes)
        return results[-1], changes

    def changed(self, change: Callable[[Mapping[str, Registry]], Mapping[str, Registry]], writes: bool) -> list[Diff]:
        """Change the registries: those of all networks -> the new ones of those that change.

        :param change: has no effect but its result, because it is called for each attempt.
        :raises PlanError: the store cannot be used, or what ``change`` raises.
        """
        with checked_store(str(self._address), self._networks, self._sources) as store:
            return self._changed(store, change, writes)

    def _changed(
        self, store: Store, change: Callable[[Mapping[str, Registry]], Mapping[str, Registry]], writes: bool
    ) -> list[Diff]:
        def changed(texts: Texts) -> dict[str, str]:
            registries = {name: read_registry(text, place_of(store, name)) for name, text in texts.items()}
            for name, registry in registries.items():
                check_lineage(self.lineages.get(name), registry, place_of(store, name))
                if registry.lineage:
                    self.lineages[name] = registry.lineage
            new = change(registries)
            if writes:
                new = {name: with_lineage(registry, secrets.token_hex(16)) for name, registry in new.items()}
            return {name: render_registry(name, registry) for name, registry in new.items()}

        def note(before: str, after: str) -> Note:
            return note_of(summary_of(read_registry(before, "before"), read_registry(after, "after")), self._variables)

        if writes:
            done = until_all_written(store, self._networks, changed, note)
            written = {name: read_registry(text, name).lineage for name, (_before, text) in done.items()}
            self.lineages |= {name: lineage for name, lineage in written.items() if lineage}
        else:
            texts = read_all(store, self._networks)
            done = {name: (texts[name], after) for name, after in changed(texts).items()}
        return [
            {"before": before, "after": after, "before_header": place_of(store, name), "after_header": place_of(store, name)}
            for name, (before, after) in done.items()
        ]
