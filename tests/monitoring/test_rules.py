# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The alert rules, as promtool sees them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("verb", "path"), [("check", "docs/monitoring/rules.yml"), ("test", "tests/monitoring/rules.yml")])
def test_rules(verb, path):
    done = subprocess.run(["promtool", verb, "rules", path], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
