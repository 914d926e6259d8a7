# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories as YAML, in which imported text is not templated.

Ansible templates every string of an inventory that does not have the tag ``!unsafe``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import Template

_HARMLESS = re.compile(r"[A-Za-z0-9_.:/@+=, -]*\Z")
_TEXT = "tag:yaml.org,2002:str"
_RESOLVER = yaml.resolver.Resolver()
_SHOWN = 200
"""Characters of a text in a report."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _is_marked(text: str) -> bool:
    """Whether a text gets the tag. Not texts that Ansible would read as another type then, because it reads tagged values as
    YAML.
    """
    return not _HARMLESS.match(text) and _RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) == _TEXT  # type: ignore[no-untyped-call]


def _represent(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    text = str(text)  # host names have a type of Ansible's own
    style = None if text.isascii() and text.isprintable() else '"'  # PyYAML would break lines at U+2028, too
    return dumper.represent_scalar("!unsafe" if _is_marked(text) else _TEXT, text, style)


def _represent_template(dumper: _Dumper, text: Template) -> yaml.ScalarNode:
    return dumper.represent_str(str(text))


_Dumper.add_representer(str, _represent)
_Dumper.add_multi_representer(str, _represent)
_Dumper.add_representer(Template, _represent_template)


def inventory_yaml(inventory: Mapping[str, Any]) -> str:
    """The text of an inventory made of plain values; only a :class:`Template` stays a template."""
    return yaml.dump(dict(inventory), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def marked(inventory: Mapping[str, Any]) -> list[str]:
    """The texts that are written with the tag, one line each, with their places."""
    return [
        f"{'.'.join(path)}: written as !unsafe, so that it is not a template: {text[:_SHOWN]!a}"
        for path, text in _texts(inventory, ())
    ]


def _texts(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, (*path, str(key)))
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            yield from _texts(item, (*path, str(number)))
    elif isinstance(value, str) and not isinstance(value, Template) and _is_marked(value):
        yield path, value
