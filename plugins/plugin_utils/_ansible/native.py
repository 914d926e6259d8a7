# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conversion of values from templates and hostvars to plain Python. All other code is free of Ansible's types."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import Interfaces
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network

_PLAIN: tuple[tuple[type, Callable[[Any], Any]], ...] = ((str, str.__str__), (int, int.__int__), (float, float.__float__))
"""Functions that convert a subclass's value to a plain one: ``str(value)`` may return the subclass again."""


def native(value: Any) -> Any:
    """A copy made of dict, list, str, int, float, bool and None, without subclasses.

    :raises TypeError: a value of another type.
    """
    if value is None or isinstance(value, bool):
        return value
    if getattr(value, "__ENCRYPTED__", False):
        return _decrypted(value)
    for kind, plain in _PLAIN:
        if isinstance(value, kind):
            return plain(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {native(key): native(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [native(item) for item in value]
    raise TypeError(f"a value of type {type(value).__name__} cannot be part of a network")


_texts: dict[Any, str] = {}


def _decrypted(value: Any) -> str:
    """A vaulted text of ansible-core before 2.19, which is not a str. Decryption takes 12 ms, and all members share the text."""
    ciphertext = value._ciphertext
    if ciphertext not in _texts:
        _texts[ciphertext] = str(value)
    return _texts[ciphertext]


def networks(value: Any) -> list[Network]:
    """One network document or a list of them, each a mapping or its JSON text.

    :raises PlanError: not such a document, or a contradictory one.
    """
    if isinstance(value, str):
        return list(_networks_in(str(value)))
    if isinstance(value, Mapping):
        return [network_from_dict(native(value))]
    return [network for item in _listed(value) for network in networks(item)]


def interfaces_in(value: Any) -> Interfaces:
    """The interfaces of all hosts of network documents, as :func:`networks`. A list of texts is read once per process.

    :raises PlanError: not such documents, or contradictory ones.
    """
    if not isinstance(value, (str, Mapping)) and all(isinstance(item, str) for item in _listed(value)):
        return _interfaces_in(tuple(str.__str__(item) for item in value))
    return Interfaces(networks(value))


@lru_cache(maxsize=4)
def _interfaces_in(texts: tuple[str, ...]) -> Interfaces:
    return Interfaces(network for text in texts for network in _networks_in(text))


def one_network(value: Any) -> Network:
    """One network document, a mapping or its JSON text.

    :raises PlanError: not such a document, a contradictory one, or several.
    """
    given = networks(value)
    if len(given) != 1:
        names = ", ".join(network.name for network in given) or "none"
        raise PlanError(f"takes one network document, not {len(given)} ({names}); pass only one")
    return given[0]


def _listed(value: Any) -> Iterable[Any]:
    if value is None or not hasattr(value, "__iter__"):
        raise PlanError(f"network: must be a network document, or a list of them, not {value}")
    items: Iterable[Any] = value
    return items


@lru_cache(maxsize=16)
def _networks_in(text: str) -> tuple[Network, ...]:
    """Read once per process, because the templates of a task pass the same text repeatedly."""
    return tuple(network_from_dict(document) for document in documents(text))


def documents(value: Any) -> list[Any]:
    """Like :func:`networks`, but as plain values, which are not checked.

    :raises PlanError: a text that is not JSON, or neither a document nor a list.
    """
    if isinstance(value, str):
        try:
            value = json.loads(str(value))
        except json.JSONDecodeError as error:
            raise PlanError(f"network: not JSON: {error}") from None
    if isinstance(value, Mapping):
        return [native(value)]
    return [document for item in _listed(value) for document in documents(item)]
