# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the list of the variables that roles and playbooks read anew: those that no host may say of itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import jinja2.meta
import yaml

ROOT = Path(__file__).parents[2]
NAMES_FILE = ROOT / "plugins" / "plugin_utils" / "_ansible" / "variable_names.py"
EXPRESSIONS = ("when", "that", "changed_when", "failed_when", "until")
"""Keys whose values are expressions without braces."""
CORES_OWN = re.compile(r"(ansible_\w+|inventory_hostname|inventory_dir|hostvars|groups|omit|item|lookup|q|query|range|dict)\Z")
PREFIXES = ("wireguard_", "doctor_", "drill_", "import_")
HEAD = '''\
# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables that roles and playbooks read, made by tests/bin/variable_names.py."""

from __future__ import annotations

NAMES = frozenset(
    {
'''
FEET = "    }\n)\n"


def _undeclared(expression: str) -> set[str]:
    environment = jinja2.Environment(autoescape=True)
    known = re.sub(r"\|\s*[\w.]+", "|string", re.sub(r"\bis\s+(not\s+)?[\w.]+", r"is \1defined", expression))
    return jinja2.meta.find_undeclared_variables(environment.parse(known))


def _read_by(value: Any, key: str = "") -> Iterator[str]:
    """The variables in the expressions of a YAML value."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _read_by(item, str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _read_by(item, key)
    elif isinstance(value, str):
        yield from _undeclared("{{ " + value + " }}" if key in EXPRESSIONS and "{{" not in value else value)


def _declared(value: Any) -> Iterator[str]:
    """The variables that tasks and plays set for themselves."""
    if isinstance(value, dict):
        for name, item in value.items():
            if name == "vars" and isinstance(item, dict):
                yield from item
            if name in ("register", "loop_var") and isinstance(item, str):
                yield item
            yield from _declared(item)
    for item in value if isinstance(value, list) else ():
        yield from _declared(item)


def _loaded(pattern: str) -> Iterator[Any]:
    for path in sorted(ROOT.glob(pattern)):
        yield yaml.safe_load(path.read_text(encoding="utf-8"))


def names() -> list[str]:
    """Options and variables of roles, what tasks and playbooks read, and what these register, sorted."""
    found: set[str] = set()
    for spec in _loaded("roles/*/meta/argument_specs.yml"):
        for entry in spec["argument_specs"].values():
            found.update(entry.get("options", ()))
    for pattern in ("roles/*/defaults/main.yml", "roles/*/vars/main.yml"):
        for values in _loaded(pattern):
            found.update(values or ())
            found.update(_read_by(values))
    for pattern in ("roles/*/tasks/*.yml", "playbooks/*.yml"):
        for tasks in _loaded(pattern):
            declared = set(_declared(tasks))
            found |= {*_read_by(tasks)} - declared  # what a task sets for itself stands above facts
            found.update(name for name in declared if name.startswith(PREFIXES))
    # `query` is a function, too, so status reads the variable by its name.
    return sorted({name for name in found if not CORES_OWN.match(name) and not name.startswith("__wireguard_")} | {"query"})


def names_text() -> str:
    """The file's text."""
    return HEAD + "".join(f'        "{name}",\n' for name in names()) + FEET


if __name__ == "__main__":
    NAMES_FILE.write_text(names_text(), encoding="utf-8")
