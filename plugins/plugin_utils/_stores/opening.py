# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an address to its store. Nothing is connected yet, and only its engine is imported."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import (
    ETCD,
    GIT,
    POSTGRESQL,
    is_directory,
    parse_address,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.directory import DirectoryStore
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Store


def store_at(address: str) -> Store:
    """The store at an address, or in a directory.

    :raises PlanError: no address of a store.
    """
    if is_directory(address):
        return DirectoryStore(Path(address).expanduser())
    parsed = parse_address(address)
    if parsed.scheme in POSTGRESQL:
        from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.postgresql import PostgresqlStore

        return PostgresqlStore(parsed)
    if parsed.scheme in GIT:
        from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.git import GitStore

        return GitStore(parsed)
    if parsed.scheme in ETCD:
        from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.etcd import EtcdStore

        return EtcdStore(parsed)
    from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.s3 import S3Store

    return S3Store(parsed)
