# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module returns: its changes, or why it failed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
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


@contextmanager
def failures_reported(module: Any, what: str = "") -> Iterator[None]:
    """End a module with what went wrong on the host, or with what was asked of it.

    :param module: an ``AnsibleModule``.
    :param what: the object, as the message names it first; empty where the error does so itself.
    """
    try:
        yield
    except (CommandFailed, ValueError, OSError) as error:
        module.fail_json(msg=f"{what}: {error}" if what else str(error))
