# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From an address to its store, and what its history says of a run."""

from __future__ import annotations

import getpass
import os
import socket
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import (
    ETCD,
    GIT,
    POSTGRESQL,
    is_directory,
    parse_address,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.directory import DirectoryStore
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note, Store

_RUNS = ("awx_job_id", "tower_job_id")
"""Variables that AWX gives its jobs."""
_RUNS_IN_ENVIRONMENT = ("CI_JOB_URL", "GITHUB_RUN_ID", "BUILD_URL", "SEMAPHORE_TASK_ID")
_STARTED = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def store_at(address: str) -> Store:
    """The store at an address, or in a directory. Nothing is connected yet, and only its engine is imported.

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


def checked_store(address: str, networks: Iterable[str], sources: InventorySources) -> Store:
    """The store at an address. A directory is one that Ansible does not parse as inventory.

    :raises PlanError: no address of a store, or it would be parsed.
    """
    store = store_at(address)
    if isinstance(store, DirectoryStore):
        sources.check(*map(store.path, networks))
    return store


def place_of(store: Store, network: str) -> str:
    """How messages and diffs name the registry of a network."""
    return str(store.path(network)) if isinstance(store, DirectoryStore) else f"{store.address}, network {network}"


def note_of(summary: str, variables: Mapping[str, Any]) -> Note:
    """Who runs this, in which run, and what changes.

    :param variables: of the task; AWX tells its job in them.
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in containers
        user = f"uid {os.getuid()}"
    job = next((f"job {variables[name]}" for name in _RUNS if variables.get(name)), None)
    url = next((os.environ[name] for name in _RUNS_IN_ENVIRONMENT if os.environ.get(name)), None)
    return Note(f"{user}@{socket.gethostname()}", job or url or f"{_STARTED}, process {os.getppid()}", summary)
