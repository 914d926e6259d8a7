# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of modules: changes, or an error message."""

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
    """Let errors of the host, or in a module's options, end the module with their message.

    :param module: an ``AnsibleModule``.
    :param what: the object that starts the message; empty if the error names it itself.
    """
    try:
        yield
    except (CommandFailed, ValueError, OSError) as error:
        module.fail_json(msg=f"{what}: {error}" if what else str(error))
