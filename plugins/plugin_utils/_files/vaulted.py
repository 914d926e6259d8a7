# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in files on the controller, encrypted with the vault password of the run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any


def encrypted(loader: Any, text: str) -> str | None:
    """The text as ansible-vault writes it; None where the run has no vault password.

    :param loader: of the running action.
    """
    vault = loader._vault
    if not vault.secrets:
        return None
    return str(vault.encrypt(text).decode())


def decrypted(loader: Any, text: str) -> str:
    """The text of a file that may be encrypted.

    :raises AnsibleError: no vault password of the run opens it.
    """
    return str(loader._vault.decrypt(text).decode()) if text.startswith("$ANSIBLE_VAULT") else text


def write_closed(path: Path, content: str | bytes) -> None:
    """Replace a file in one step; nobody but its owner reads it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(content.encode() if isinstance(content, str) else content)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
