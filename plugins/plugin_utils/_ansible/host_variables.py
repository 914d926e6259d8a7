# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory's variables as plain values, host by host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.facts import refuse_facts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.given import given, texts_in
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.variable_names import NAMES
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.inventory import PREFIX, VARIABLES, Inventory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.unread import OF_OTHER_ROLES

KNOWN = frozenset(NAMES).union(VARIABLES)
"""The names that are read."""
_MANAGED_AT = "ansible_host"
_TEMPLATE = re.compile(r"{[{%]")


class _Variables(Mapping[str, Mapping[str, Any]]):
    """The ``wireguard_*`` variables per host, and some others. A host's variables are templated on first use, and only once,
    because that is slow.

    Variables that are facts of the host are refused then. ``unread``: name -> hosts that set it, of variables that nothing reads.
    """

    def __init__(self, hostvars: Mapping[str, Any], also: Iterable[str]) -> None:
        self._hostvars = hostvars
        self._also = tuple(also)
        self._read: dict[str, dict[str, Any]] = {}
        self.unread: dict[str, set[str]] = {}

    def __getitem__(self, host: str) -> Mapping[str, Any]:
        if host not in self._read:
            values = HostValues(self._hostvars, host)
            refuse_facts(host, values.raw)
            found: dict[str, Any] = {name: native(values[name]) for name in self._also if name in values}
            for name in (_MANAGED_AT, *VARIABLES):
                if name in values:
                    found[name] = given(f"host {host}", name, partial(values.__getitem__, name), values.raw)
            self._read[host] = found
            for name in _unread(values.raw):
                self.unread.setdefault(name, set()).add(host)
        return self._read[host]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hostvars)

    def __len__(self) -> int:
        return len(self._hostvars)


class HostValues:
    """A host's variables. Those without a template are taken as they are, since Ansible collects all of them for each access.

    ``raw``: as the inventory has them.
    """

    def __init__(self, hostvars: Mapping[str, Any], host: str) -> None:
        raw_get = getattr(hostvars, "raw_get", None)
        self.raw: Mapping[str, Any] = raw_get(host) if raw_get else {}
        self._hostvars, self._host = hostvars, host
        self._templated: Mapping[str, Any] | None = None if raw_get else hostvars[host]

    def __contains__(self, name: str) -> bool:
        return name in (self.raw if self._templated is None else self._templated)

    def __getitem__(self, name: str) -> Any:
        if self._templated is None:
            if _is_plain(self.raw[name]):
                return self.raw[name]
            self._templated = self._hostvars[self._host]
        return self._templated[name]


def _is_plain(value: Any) -> bool:
    """Whether a value has no templates and nothing encrypted."""
    if value is None or isinstance(value, (bool, int, float)):
        return True
    if isinstance(value, str):
        return "{" not in value and not hasattr(value, "_ciphertext")
    if isinstance(value, Mapping):
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    return isinstance(value, (list, tuple)) and all(map(_is_plain, value))


def inventory(
    hostvars: Mapping[str, Any],
    groups: Mapping[str, Any],
    play: Mapping[str, Any] | None = None,
    also: Iterable[str] = (),
    template: Callable[[Any], Any] = native,
) -> Inventory:
    """The inventory as plain values.

    :param play: the variables of the running task, if there is one. Those that are not in ``hostvars`` come from the play.
    :param template: evaluates the play's variables.
    :param also: names of additional variables to read of each host, besides ``wireguard_*`` and ``ansible_host``.
    :raises PlanError: a variable is a fact of a host, see :func:`refuse_facts`; raised when that host's variables are read.
    """
    variables = _Variables(hostvars, also)
    of_play: dict[str, Any] = {}
    if play is not None:
        own = variables[play["inventory_hostname"]]
        for name in VARIABLES:
            if name in play and own.get(name) is None:
                value = given("play", name, partial(template, play[name]), play)
                of_play |= {} if value is None else {name: value}
    return Inventory(variables, {native(name): native(hosts) for name, hosts in groups.items()}, of_play, variables.unread)


def _unread(values: Mapping[str, Any]) -> set[str]:
    """The names in a host's untemplated variables that nothing reads, not even a template of another variable."""
    names = {str(name) for name in values if str(name).startswith(PREFIX)} - KNOWN - OF_OTHER_ROLES
    return names - _used({key: value for key, value in values.items() if key != "ansible_facts"}, names) if names else names


def _used(values: Mapping[str, Any], names: Iterable[str]) -> set[str]:
    """The names that templates of other variables use."""
    texts = [(key, text) for key, value in values.items() for text in texts_in(value) if _TEMPLATE.search(text)]
    return {name for name in names if any(key != name and re.search(rf"\b{re.escape(name)}\b", text) for key, text in texts)}
