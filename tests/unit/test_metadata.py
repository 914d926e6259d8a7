# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What meta/ and the Makefile say of the collection is what stands in its folders."""

from __future__ import annotations

from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_make_generate_runs_every_generator():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = makefile.split("\ngenerate:")[1].split("\n\n")[0]
    generators = {path.name for path in ROOT.glob("tests/bin/*.py")} - {"links.py", "release.py", "stages.py"}
    assert {f"python tests/bin/{name}" for name in generators} == set(recipe.split("\n\t")[1:])


def test_action_group_has_every_module():
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["all"] == sorted(p.stem for p in (ROOT / "plugins/modules").glob("*.py"))
