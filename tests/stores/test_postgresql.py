# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is PostgreSQL's own: roles, tables, and what goes wrong."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note
from ansible_collections.meshwork.wireguard.tests.stores.errors import error_of
from ansible_collections.meshwork.wireguard.tests.stores.places import PostgresqlPlace
from ansible_collections.meshwork.wireguard.tests.stores.servers import PASSWORD, free_ports

ROOT = Path(__file__).parents[2]
NOTE = Note("ada", "run 1", "1 node recorded: a")
CREDENTIALS = "check the address and the credentials (PGUSER, and PGPASSWORD or PGPASSFILE, or PGSERVICE)"
GRANT = (
    "grant the role SELECT, and to record INSERT and UPDATE, on the tables meshwork_registry and meshwork_registry_history, and "
    "CREATE on the schema until they exist"
)


@pytest.fixture
def place(postgresql):
    return PostgresqlPlace(postgresql)


def tables(postgresql):
    query = "SELECT relname FROM pg_class WHERE relname LIKE 'meshwork%' AND relkind = 'r' ORDER BY 1"
    return [name for (name,) in postgresql.admin(query, database="registries")]


def test_reading_creates_nothing(place, postgresql):
    with place.open() as store:
        assert (store.read("wireguard"), store.history("wireguard"), store.networks()) == (("", None), [], [])
        error_of(store.read_revision, "wireguard", "x")
        assert tables(postgresql) == []
        assert store.write("wireguard", "text", None, NOTE)
    assert tables(postgresql) == ["meshwork_registry", "meshwork_registry_history"]


def test_who_may_only_read(place, postgresql):
    with store_at(postgresql.address(user="reader") + "#fleet") as reader:
        assert reader.read("wireguard") == ("", None)
        said = error_of(reader.write, "wireguard", "text", None, NOTE)
        assert said.startswith(f"registry {reader.address}: permission denied for schema public LINE 1: CREATE TABLE")
        assert said.endswith(f"; {GRANT}")
        assert tables(postgresql) == []
        with place.open() as store:
            assert store.write("wireguard", "text", None, NOTE)
        postgresql.admin("GRANT SELECT ON meshwork_registry TO reader", database="registries")
        text, revision = reader.read("wireguard")
        assert text == "text"
        assert reader.networks() == ["wireguard"]
        refused = f"registry {reader.address}: permission denied for table meshwork_registry; {GRANT}"
        for known in (None, revision):
            assert error_of(reader.write, "wireguard", "other", known, NOTE) == refused
        said = error_of(reader.history, "wireguard")
        assert said == refused.replace("meshwork_registry;", "meshwork_registry_history;")
    with store_at(postgresql.address(user="stranger") + "#fleet") as stranger:
        assert error_of(stranger.read, "wireguard") == refused.replace("reader@", "stranger@")
    with place.open() as store:
        assert store.read("wireguard") == ("text", revision)
        assert len(store.history("wireguard")) == 1


def test_who_may_write_needs_no_more_once_there_are_tables(place, postgresql):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
    postgresql.admin(
        "GRANT SELECT, INSERT, UPDATE ON meshwork_registry, meshwork_registry_history TO stranger", database="registries"
    )
    with store_at(postgresql.address(user="stranger") + "#fleet") as stranger:
        assert stranger.write("wireguard", "more", stranger.read("wireguard")[1], NOTE)
        assert stranger.write("office", "text", None, NOTE)
        assert [entry.summary for entry in stranger.history("wireguard")] == [NOTE.summary] * 2


def test_a_change_and_its_history_are_one(place, postgresql):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        revision = store.read("wireguard")[1]
        postgresql.admin("ALTER TABLE meshwork_registry_history RENAME COLUMN run TO walk", database="registries")
        said = error_of(store.write, "wireguard", "more", revision, NOTE)
        assert said.endswith("the tables are not those of this collection; use another database")
        assert store.read("wireguard") == ("text", revision)


def test_tables_that_all_create_at_once(place, postgresql):
    """Each looks, finds none, and creates them: CREATE TABLE IF NOT EXISTS fails for some."""
    for _ in range(5):
        postgresql.database("registries")
        written, failed, ready = [], [], threading.Barrier(8)

        def write(number, ready=ready, written=written, failed=failed):
            try:
                with place.open() as store:
                    ready.wait(20)
                    written.append(store.write("wireguard", f"{number}", None, NOTE))
            except PlanError as error:
                failed.append(str(error))

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (sorted(written), failed) == ([False] * 7 + [True], [])


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_databases_of_other_encodings(postgresql, encoding):
    postgresql.admin(
        "DROP DATABASE IF EXISTS odd WITH (FORCE)",
        f"CREATE DATABASE odd OWNER fleet ENCODING {encoding} LOCALE 'C' TEMPLATE template0",
    )
    with store_at(postgresql.address("odd") + "#fleet") as store:
        assert store.write("wireguard", "ü", None, NOTE)
        assert store.read("wireguard")[0] == "ü"
        if encoding == "LATIN1":
            said = error_of(store.write, "office", "€", None, NOTE)
            assert "has no equivalent in encoding" in said


def test_a_database_that_only_reads(place, postgresql):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        postgresql.admin("ALTER DATABASE registries SET default_transaction_read_only = on")
        said = error_of(store.write, "wireguard", "more", store.read("wireguard")[1], NOTE)
    assert said == (
        f"registry {store.address}: cannot execute UPDATE in a read-only transaction; use the address of the primary server"
    )


def test_a_password_in_the_address(place, postgresql, monkeypatch):
    monkeypatch.delenv("PGPASSWORD")
    address = postgresql.address().replace("fleet@", f"fleet:{quote(PASSWORD, safe='')}@") + "#fleet"
    with store_at(address) as store:
        assert store.address == place.address
        assert store.write("wireguard", "text", None, NOTE)
    with store_at(address.replace("fleet:", "nobody:")) as store:
        said = error_of(store.read, "wireguard")
        assert 'password authentication failed for user "nobody"' in said
        assert said.endswith(f"; {CREDENTIALS}")
    with place.open() as store:
        assert error_of(store.read, "wireguard").endswith(f"no password supplied; {CREDENTIALS}")


def test_credentials_of_libpq(place, postgresql, monkeypatch, tmp_path):
    monkeypatch.delenv("PGPASSWORD")
    passfile = tmp_path / "pgpass"
    passfile.write_text("*:*:*:fleet:{}\n".format(PASSWORD.replace("\\", "\\\\").replace(":", "\\:")))
    passfile.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passfile))
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
    services = tmp_path / "services"
    services.write_text(f"[fleet]\nhost=127.0.0.1\nport={postgresql.port}\nuser=fleet\ndbname=registries\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    for address in ("postgresql://?service=fleet#fleet", "postgres:///registries?service=fleet#fleet"):
        with store_at(address) as store:
            assert store.read("wireguard")[0] == "text"


@pytest.mark.parametrize(
    ("address", "password", "expected"),
    [
        (
            "postgresql://fleet@127.0.0.1:{closed}/registries",
            PASSWORD,
            r"cannot connect: .*Connection refused.*; check that the server",
        ),
        ("postgresql://fleet@127.0.0.1:{port}/registries", "wrong-" + PASSWORD, "password authentication failed"),
        ("postgresql://fleet@127.0.0.1:{port}/missing", PASSWORD, 'database "missing" does not exist; create it on the server'),
        ("postgresql://fleet@127.0.0.1:{port}/x?sslmode=require", PASSWORD, "server does not support SSL, but SSL was required"),
        ("postgresql://fleet@127.0.0.1:{port}/x?colour=red", PASSWORD, 'invalid URI query parameter: "colour"'),
    ],
)
def test_what_goes_wrong(postgresql, monkeypatch, address, password, expected):
    monkeypatch.setenv("PGPASSWORD", password)
    (closed,) = free_ports(1)
    with store_at(address.format(port=postgresql.port, closed=closed) + "#fleet") as store:
        said = error_of(store.read, "wireguard")
        assert said == error_of(store.write, "wireguard", "text", None, NOTE)
        assert said == error_of(store.networks)
    assert re.search(expected, said), said


def test_a_server_that_says_nothing(monkeypatch):
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with store_at(f"postgresql://fleet@127.0.0.1:{port}/registries#fleet") as store:
            assert "timeout expired" in error_of(store.read, "wireguard")


def test_a_connection_that_breaks(place, postgresql):
    """A server that ends a connection in the middle."""
    blocker = psycopg.connect(postgresql.address(), password=PASSWORD)
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        revision = store.read("wireguard")[1]
        blocker.execute("SELECT * FROM meshwork_registry FOR UPDATE")
        said = []
        thread = threading.Thread(target=lambda: said.append(error_of(store.write, "wireguard", "more", revision, NOTE)))
        thread.start()
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        while not postgresql.admin(query):
            pass
        thread.join(20)
        blocker.close()
        assert re.search("terminating connection .*; check the server and its log, then start again", said[0])
        assert store.read("wireguard") == ("text", revision)
        assert store.write("wireguard", "more", revision, NOTE)


@pytest.mark.parametrize(
    ("scheme", "module", "engine", "package"),
    [("postgresql", "psycopg", "PostgreSQL", "psycopg[binary]"), ("s3", "boto3", "S3", "boto3")],
)
def test_without_the_library(scheme, module, engine, package):
    user = f"u:{quote(PASSWORD, safe='')}@" if scheme == "postgresql" else ""
    program = f"""
import sys
sys.modules["{module}"] = None
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
try:
    store_at("{scheme}://{user}place#fleet").read("wireguard")
except ValueError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".cache/collections")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    address = f"{scheme}://{'u@' if user else ''}place#fleet"
    expected = f"registry {address}: {engine} needs a Python library that is missing; install {package} on the controller"
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")
