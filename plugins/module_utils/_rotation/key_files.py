# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that contain a private key, when the next one takes its place."""

from __future__ import annotations

import os
import stat

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import STEM
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import NETWORK_MANAGER, NETWORKD, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import (
    COPIES,
    files_with,
    next_key_file,
    read_key,
)

USED = (f"{WIREGUARD}/*.conf", f"{NETWORKD}/{STEM}*", f"{NETWORK_MANAGER}/{STEM}*")
"""Patterns of the files that bring interfaces up."""


def use_next_key(host: Host, path: str) -> None:
    """Put the next key into all files that contain the one in use. Copies with that one are removed.

    The key's own file comes last, so that this can be repeated wherever it was interrupted.

    :param path: of the key's file.
    :raises InvalidKey: a file does not contain a key.
    """
    old, new = read_key(host, path), read_key(host, next_key_file(path))
    if new is None:
        return
    if old is not None:
        for copy in files_with(host, old, COPIES):
            host.remove(copy)
        for file in files_with(host, old, USED):
            status = os.stat(host.real(file))
            host.write(file, (host.read(file) or "").replace(old, new), stat.S_IMODE(status.st_mode), status.st_gid)
    host.rename(next_key_file(path), path)
