# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys of clients on the controller: in a vault file, or only in the clients' own files."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import parse_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.vaulted import decrypted, encrypted
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import CLOSED, Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


def new_key() -> str:
    """A private key as ``wg genkey`` makes it: 32 random bytes, with the bits that X25519 requires."""
    raw = bytearray(os.urandom(32))
    raw[0] &= 248
    raw[31] = (raw[31] & 127) | 64
    return base64.b64encode(raw).decode()


def key_in(path: Path) -> str | None:
    """The private key in a client's file; None if there is none."""
    try:
        return parse_conf(path.read_text(encoding="utf-8")).private_key
    except (OSError, ValueError):
        return None


class ClientKeys:
    """The vault file, network -> node -> private key. Without a vault password, it is neither read nor written."""

    def __init__(self, loader: Any, path: Path) -> None:
        self._loader = loader
        self._path = path
        self._keys: dict[str, dict[str, str]] = {}
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        if text and loader._vault.secrets:
            try:
                self._keys = json.loads(decrypted(loader, text))
            except ValueError:
                raise PlanError(f"{path}: does not contain clients' keys; restore it") from None

    @property
    def can_store(self) -> bool:
        """Whether the run has a vault password."""
        return bool(self._loader._vault.secrets)

    def get(self, network: str, node: str) -> str | None:
        """The key of a node; None if there is none."""
        key = self._keys.get(network, {}).get(node)
        return parse_key(key, f"the stored key of {node}") if key else None

    def put(self, network: str, keys: Mapping[str, str]) -> bool:
        """Set exactly these keys of a network; return whether that is a change."""
        if self._keys.get(network, {}) == keys:
            return False
        self._keys[network] = dict(sorted(keys.items()))
        return self.can_store

    def write(self) -> None:
        """Replace the file."""
        text = encrypted(self._loader, json.dumps({name: keys for name, keys in sorted(self._keys.items()) if keys}))
        if text is not None:
            Writer(self._path.parent, check=False).put(self._path.name, text, CLOSED)
