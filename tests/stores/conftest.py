# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers for all tests, and a new place for registries for each."""

from __future__ import annotations

from contextlib import closing

import pytest

from ansible_collections.meshwork.wireguard.tests.stores import places, servers


@pytest.fixture(autouse=True)
def credentials(monkeypatch, tmp_path):
    """What the libraries take from the environment, and no settings of the user or the machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PGPASSWORD", servers.PASSWORD)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", servers.KEY_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", servers.PASSWORD)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture(scope="session")
def postgresql():
    with closing(servers.Postgresql()) as server:
        yield server


@pytest.fixture(scope="session")
def pgbouncer(postgresql):
    with closing(servers.PgBouncer(postgresql)) as server:
        yield server


@pytest.fixture(scope="session")
def etcd():
    with closing(servers.Etcd()) as server:
        yield server


@pytest.fixture(scope="session")
def s3():
    with closing(servers.S3()) as server:
        yield server


@pytest.fixture(
    params=[
        "directory",
        "git",
        "postgresql",
        *(pytest.param(name, marks=pytest.mark.long) for name in ("pgbouncer", "etcd", "s3")),
    ]
)
def place(request, tmp_path):
    """A place without registries on each engine."""
    if request.param == "directory":
        return places.DirectoryPlace(tmp_path)
    if request.param == "git":
        return places.GitPlace(tmp_path)
    server = request.getfixturevalue(request.param)
    if request.param == "pgbouncer":
        return places.PostgresqlPlace(request.getfixturevalue("postgresql"), server)
    return {"postgresql": places.PostgresqlPlace, "etcd": places.EtcdPlace, "s3": places.S3Place}[request.param](server)
