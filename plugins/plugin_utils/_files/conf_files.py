# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations of several hosts in a directory: HOST.conf, or HOST/wg0.conf, and so on with the other formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign import Foreign
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import Unreadable, described
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import Found
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key

INTERFACE = "wg0"
"""Name of the interface of a file that is named after its host and does not say it."""


def found_in_directory(directory: Path) -> list[Found]:
    """The interfaces of all hosts.

    :raises PlanError: there are none, or one cannot be read.
    """
    found = [*_of(directory, None)]
    for folder in sorted(path for path in directory.iterdir() if path.is_dir() and not path.name.startswith(".")):
        found += _of(folder, folder.name)
    if not found:
        raise PlanError(f"{directory}: holds no WireGuard configurations, neither as HOST.conf nor as HOST/wg0.conf")
    return found


def _of(folder: Path, host: str | None) -> Iterator[Found]:
    texts = {path.name: path.read_bytes().decode("utf-8-sig", "replace") for path in sorted(folder.iterdir()) if path.is_file()}
    try:
        for one in described(texts):
            foreign = one.foreign
            interface = foreign.interface or (one.stem if host else INTERFACE)
            said = tuple(f"setting {line}: is left out" for line in foreign.left_out)
            yield Found(host or one.stem, interface, _key(foreign, folder / one.stem), foreign.config, said=said)
    except Unreadable as error:
        raise PlanError(f"{folder}/{error}") from None


def _key(foreign: Foreign, path: Path) -> str:
    private = foreign.config.private_key
    if private is None and foreign.key_file:
        file = path.parent / Path(foreign.key_file).name
        private = file.read_text(encoding="utf-8").strip() if file.is_file() else None
    if private is None:
        raise PlanError(
            f"{path}: has no private key, so its public key is not known; read it from the host, or put the key beside it"
        )
    return public_key(private)
