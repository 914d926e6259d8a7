# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes made on the running interface, with ``wg`` and ``ip``."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import version_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    Change,
    PeerAdded,
    PresharedKeyChanged,
    PrivateKeyChanged,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import ip_commands, wg_set
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import tools_can


def change_live(host: Host, name: str, desired: Config, changes: Sequence[Change]) -> None:
    """Make the changes; those of WireGuard itself in one command, or a few if a command line is too short for them.

    :param desired: with the private key.
    :raises CommandFailed: a change failed; those after it are not made.
    """
    with _secret_files(host, desired, changes) as (key_file, preshared):
        incremental = tools_can("incremental_allowed_ips", version_of(host, "wg"))
        for command in wg_set(name, changes, key_file, preshared, incremental):
            host.run(command)
    for argv in ip_commands(name, desired.table, changes):
        host.run(argv)


@contextmanager
def _secret_files(host: Host, desired: Config, changes: Sequence[Change]) -> Iterator[tuple[str, dict[str, str]]]:
    """Files for ``wg set`` with the keys that change: readable by root only, never on a disk, removed afterwards."""
    secrets: dict[str, str] = {}
    if any(isinstance(change, PrivateKeyChanged) for change in changes):
        secrets["private"] = desired.private_key or ""
    preshared: dict[str, str] = {}
    for index, change in enumerate(changes):
        if isinstance(change, (PeerAdded, PresharedKeyChanged)) and change.peer.preshared_key:
            secrets[str(index)], preshared[change.peer.public_key] = change.peer.preshared_key, str(index)
    if not secrets:
        yield "", {}
        return
    with host.directory_for_secrets(RUN) as directory:
        for file, key in secrets.items():
            host.write(os.path.join(directory, file), key + "\n")
        yield os.path.join(directory, "private"), {key: os.path.join(directory, file) for key, file in preshared.items()}
