# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's variables as plain values, without what is not set: ``default(omit)``, empty texts and null."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

try:
    from ansible.errors import AnsibleValueOmittedError

    _EARLY = False
except ImportError:  # before ansible-core 2.19 an omitted value is a text
    _EARLY = True

    class AnsibleValueOmittedError(AnsibleError):  # type: ignore[no-redef,misc]
        """Never raised."""


_OMITTED = re.compile("__omit_place_holder__[0-9a-f]+")


def given(host: str, name: str, values: Mapping[str, Any], untemplated: Mapping[str, Any]) -> Any:
    """The value of a host's variable, None if it is not set.

    What is not set is left out of lists. In mappings it becomes None, or is left out if it is omitted. Zero, false and empty
    lists are values.

    :param values: the host's variables, which are templated when they are read.
    :param untemplated: the same as the inventory has them.
    :raises PlanError: a template that cannot be evaluated.
    """
    try:
        return next(_set(values[name], lambda: set(texts_in(untemplated.get(name)))), None)
    except AnsibleValueOmittedError:
        return None
    except (AnsibleError, _Unreadable) as error:
        reason = str(error).rstrip(".")
        raise PlanError(f"host {host}: {name}: {reason}; define what its template uses, or correct the template") from None


class _Unreadable(Exception):
    """A text that is not what its template was to give."""


def _set(value: Any, raw: Callable[[], set[str]]) -> Iterator[Any]:
    if isinstance(value, str):
        _check(value, raw)
        if not _OMITTED.fullmatch(value):
            yield native(value) or None
    elif isinstance(value, Mapping):
        yield {native(key): item for key, items in value.items() for item in _set(items, raw)}
    elif isinstance(value, (list, tuple)):
        yield [item for items in value for item in _set(items, raw) if item is not None]
    else:
        yield native(value)


def _check(text: str, raw: Callable[[], set[str]]) -> None:
    """Before ansible-core 2.19, texts with undefined variables stay as they are, and an omitted value may be a part of a text."""
    if _EARLY and "{{" in text and not getattr(text, "__UNSAFE__", False) and text in raw():
        raise _Unreadable(f"'{text}' uses an undefined variable")
    if _OMITTED.search(text) and not _OMITTED.fullmatch(text):
        raise _Unreadable(f"'{_OMITTED.sub('', text)}' is only a part, as default(omit) left out the rest")


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a value, except keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(item)
