# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables as plain values, without what is not set: ``default(omit)``, empty texts and null."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

try:
    from ansible.errors import AnsibleValueOmittedError

    _EARLY = False
except ImportError:  # before ansible-core 2.19 an omitted value is a text
    _EARLY = True

    class AnsibleValueOmittedError(AnsibleError):  # type: ignore[no-redef,misc]
        """Never raised."""


_QUOTED = re.compile("^{{.*?}}: ")
_OMITTED = re.compile("__omit_place_holder__[0-9a-f]+")


def given(where: str, name: str, read: Callable[[], Any], untemplated: Mapping[str, Any]) -> Any:
    """The value of a variable, None if it is not set.

    What is not set is left out of lists. In mappings it becomes None, or is left out if it is omitted. Zero, false and empty
    lists are values.

    :param where: who sets it, as ``host alpha``.
    :param read: returns the value, which is templated then.
    :param untemplated: the same variables as the inventory has them.
    :raises PlanError: a template that cannot be evaluated.
    """
    try:
        return _only_set(read(), lambda: set(texts_in(untemplated.get(name))))
    except AnsibleValueOmittedError:
        return None
    except _Undefined as error:
        reason = _why(untemplated, name) or str(error)
    except (AnsibleError, _Partial) as error:
        reason = _reason(error)
    raise PlanError(f"{where}: {name}: {reason}; define what its template uses, or correct the template") from None


def only_set(value: Any) -> Any:
    """A value of a filter or an action without what is not set, as :func:`given`.

    :raises PlanError: a text of which a part was left out. It may be a secret, so it is not repeated.
    """
    try:
        return _only_set(value, set)
    except _Partial:
        raise PlanError("a value is only a part, as default(omit) left out the rest; correct its template") from None


def _only_set(value: Any, raw: Callable[[], set[str]]) -> Any:
    return next(_set(value, raw), None)


class _Undefined(Exception):
    """A text that still is a template."""


class _Partial(Exception):
    """A text of which a part was left out."""


def _why(variables: Mapping[str, Any], name: str) -> str | None:
    """What is undefined. Hostvars of ansible-core before 2.19 do not tell."""
    try:
        Templar(loader=None, variables=variables).template(variables[name])
    except AnsibleError as error:
        return _reason(error)
    return None


def _reason(error: Exception) -> str:
    """An error's text, which before ansible-core 2.19 begins with the template, and says each reason twice."""
    text = _QUOTED.sub("", str(error)).split(". ", maxsplit=1)[0] if _EARLY else str(error)
    return text.rstrip(".")


def _set(value: Any, raw: Callable[[], set[str]]) -> Iterator[Any]:
    if isinstance(value, str):
        _check(value, raw)
        if not _OMITTED.fullmatch(value):
            yield native(value) or None
    elif isinstance(value, Mapping):
        yield {native(key): item for key, items in value.items() for item in _set(items, raw)}
    elif isinstance(value, (list, tuple)):
        yield [item for items in value for item in _set(items, raw) if item is not None]
    elif type(value).__name__ != "_OmitType":  # private in ansible-core 2.19 and later
        yield native(value)


def _check(text: str, raw: Callable[[], set[str]]) -> None:
    """Before ansible-core 2.19, texts with undefined variables stay as they are, and an omitted value may be a part of a text."""
    if _EARLY and "{{" in text and not getattr(text, "__UNSAFE__", False) and text in raw():
        raise _Undefined(f"'{text}' uses an undefined variable")
    if _OMITTED.search(text) and not _OMITTED.fullmatch(text):
        raise _Partial(f"'{_OMITTED.sub('', text)}' is only a part, as default(omit) left out the rest")


def texts_in(value: Any) -> Iterator[str]:
    """All texts in a value, except keys."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (Mapping, list, tuple)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from texts_in(item)
