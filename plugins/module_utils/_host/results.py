# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes as what a module returns."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change


def result_of(changes: Sequence[Change], public: str | None) -> dict[str, Any]:
    """Changes as a module's result."""
    return {
        "changed": bool(changes),
        "changes": [change.public() for change in changes],
        "restarted": any(change.restarts for change in changes),
        "public_key": public,
        "diff": {"prepared": "".join(change.describe() + "\n" for change in changes)},
    }
