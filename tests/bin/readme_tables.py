# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the generated tables anew: of variables in README.md, and of findings in docs/planning.md."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PLANNING = ROOT / "docs" / "planning.md"
ROLES = ("network", "install", "keypair", "interface", "failover", "routing", "drill", "clients", "containers", "firewall")
BEGIN, END = "<!-- tables: begin -->\n", "<!-- tables: end -->\n"


def plain(text: str) -> str:
    """Ansible's markup as Markdown. What is in M(), O(), P() keeps its last part: an option's name, a plugin's full name."""
    text = re.sub(r"O\((?:[^()]*[:#])?([^():#]+)\)", r"`\1`", text)
    text = re.sub(r"P\(([^()#]+)#\w+\)", r"`\1`", text)
    return re.sub(r"[CMV]\(([^()]+)\)", r"`\1`", text).replace("|", "\\|")


def sentences(description: str | list[str]) -> str:
    return plain(" ".join([description] if isinstance(description, str) else description))


def kind(option: dict[str, Any]) -> str:
    if "choices" in option and option["type"] != "list":
        return ", ".join(f"`{choice}`" for choice in option["choices"])
    return f"list of {option['elements']}" if option["type"] == "list" else str(option["type"])


def default(option: dict[str, Any]) -> str:
    value = option.get("default")
    return "" if value is None else f" Default: `{json.dumps(value).strip(chr(34))}`."


def table(role: str) -> Iterator[str]:
    text = (ROOT / "roles" / role / "meta/argument_specs.yml").read_text(encoding="utf-8")
    spec = yaml.safe_load(text)["argument_specs"]["main"]
    yield f"**Role `{role}`**: {spec['short_description']}\n\n| variable | type | meaning |\n|---|---|---|\n"
    for name, option in spec["options"].items():
        yield f"| `{name}` | {kind(option)} | {sentences(option['description'])}{default(option)} |\n"
    yield "\n"


def findings() -> Iterator[str]:
    known = import_module("ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings").CODES
    yield "| code | severity | meaning |\n|---|---|---|\n"
    for code, (severity, meaning) in known.items():
        yield f"| `{code}` | {severity} | {plain(meaning)} |\n"
    yield "\n"


def rendered(text: str, lines: Iterable[str] | None = None) -> str:
    """The text with its tables as they should be, those of the README where no lines are given."""
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the text lacks the lines {BEGIN.strip()} and {END.strip()}")
    wanted = (line for role in ROLES for line in table(role)) if lines is None else lines
    return before + begin + "\n" + "".join(wanted) + end + after


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / ".cache" / "collections"))
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
    PLANNING.write_text(rendered(PLANNING.read_text(encoding="utf-8"), findings()), encoding="utf-8")
