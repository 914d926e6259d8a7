# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the JSON Schema of network documents anew, from the planner's table of keys."""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCHEMA_FILE = ROOT / "docs" / "network.schema.json"

sys.path.insert(0, str(ROOT / ".cache" / "collections"))

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.schema import document_schema  # noqa: E402


def schema_text():
    """The file's text."""
    return json.dumps(document_schema(), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
