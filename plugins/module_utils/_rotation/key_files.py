# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that contain a private key, when the next one takes its place, and with it the next preshared keys."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Collection, Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.file_backend import STEM
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import NETWORK_MANAGER, NETWORKD, WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import (
    COPIES,
    files_with,
    next_key_file,
    read_key,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import (
    next_preshared_keys,
    parse_conf,
    with_next_preshared_keys,
)

_CONFS = f"{WIREGUARD}/*.conf"
USED = (f"{NETWORKD}/{STEM}*", f"{NETWORK_MANAGER}/{STEM}*", _CONFS)
"""Patterns of the files that bring interfaces up. Those that say which preshared keys come next are the last."""


def use_next_key(host: Host, path: str) -> None:
    """Put the next key into all files that contain the one in use, and the next preshared keys into the same files. Copies with
    that one are removed.

    The key's own file comes last, so that this can be repeated wherever it was interrupted. A file has the old keys, or the new
    ones, and never some of each.

    :param path: of the key's file.
    :raises InvalidKey: a file does not contain a key.
    """
    old, new = read_key(host, path), read_key(host, next_key_file(path))
    if new is None:
        return
    if old is not None:
        for copy in files_with(host, old, COPIES):
            host.remove(copy)
        preshared: dict[str, str] = {}
        for file in files_with(host, old, [_CONFS]):
            preshared.update(_next_preshared_keys(host.read(file) or ""))
        for file in list(_files_with_any(host, [old, *preshared])):
            status = os.stat(host.real(file))
            text = with_next_preshared_keys((host.read(file) or "").replace(old, new), preshared)
            host.write(file, text, stat.S_IMODE(status.st_mode), status.st_gid)
    host.rename(next_key_file(path), path)


def _files_with_any(host: Host, keys: Collection[str]) -> Iterator[str]:
    """The files with the private key or a preshared key: programs may have them in different ones."""
    for pattern in USED:
        for path in host.glob(pattern):
            if not host.is_directory(path) and any(key in (host.read(path) or "") for key in keys):
                yield path


def _next_preshared_keys(text: str) -> dict[str, str]:
    with suppress(ValueError):
        return next_preshared_keys(parse_conf(text))
    return {}
