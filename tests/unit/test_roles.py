# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role has a README with one example, whose variables the collection has, and a link to its part of the reference."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.variable_names import NAMES

ROOT = Path(__file__).parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())


def variables(plays):
    """What an example sets: the variables of its plays and of the roles in them."""
    for play in plays:
        yield from play.get("vars", {})
        for role in play.get("roles", ()):
            yield from {} if isinstance(role, str) else role.get("vars", {})


@pytest.mark.parametrize("role", ROLES)
def test_readme(role):
    text = (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8")
    assert f"\n# meshwork.wireguard.{role}\n" in text
    assert f"](../../docs/reference.md#role-{role})" in text
    (example,) = re.findall(r"^```yaml\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    plays = yaml.safe_load(example)
    assert f"meshwork.wireguard.{role}" in example
    assert {name for name in variables(plays) if name != "net"} <= NAMES
