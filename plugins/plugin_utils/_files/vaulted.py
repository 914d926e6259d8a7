# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets in files on the controller, encrypted with the vault password of the run."""

from __future__ import annotations

from typing import Any


def encrypted(loader: Any, text: str) -> str | None:
    """The text as ansible-vault writes it; None if the run has no vault password.

    :param loader: of the running action.
    """
    vault = loader._vault
    if not vault.secrets:
        return None
    return str(vault.encrypt(text).decode())


def decrypted(loader: Any, text: str) -> str:
    """The text of a file that may be encrypted.

    :raises AnsibleError: no vault password of the run decrypts it.
    """
    return str(loader._vault.decrypt(text).decode()) if text.startswith("$ANSIBLE_VAULT") else text
