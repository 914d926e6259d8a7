# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PostgreSQL: a row for each network, and a table with the history.

Each operation is one short transaction on a connection of its own, without prepared statements and locks of the session, so that
it can go through a pooler such as PgBouncer. Sources: the PostgreSQL documentation, "Connection URIs" and "Read Committed
Isolation Level": an UPDATE that waited for another one looks again whether the row still has the revision.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import Address, registry_name
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Entry, Note, Store, one_line, utc

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

Result = TypeVar("Result")

TABLES = (
    """CREATE TABLE IF NOT EXISTS meshwork_registry (
  name text NOT NULL, network text NOT NULL, revision uuid NOT NULL, document text NOT NULL,
  recorded timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (name, network))""",
    """CREATE TABLE IF NOT EXISTS meshwork_registry_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, network text NOT NULL, revision uuid NOT NULL,
  recorded timestamptz NOT NULL DEFAULT now(), who text NOT NULL, run text NOT NULL, summary text NOT NULL,
  document text NOT NULL, UNIQUE (name, network, revision))""",
)
_LOOK = "SELECT to_regclass('meshwork_registry') IS NOT NULL AND to_regclass('meshwork_registry_history') IS NOT NULL"
_TRIES = 10
"""How often a run looks again whether another one has created the tables."""
_DEFAULTS = {"connect_timeout": "10", "application_name": "meshwork.wireguard", "tcp_user_timeout": "30000"}
_ENVIRONMENT = {"connect_timeout": "PGCONNECT_TIMEOUT", "application_name": "PGAPPNAME"}
_CREDENTIALS = "check the address and the credentials (PGUSER, and PGPASSWORD or PGPASSFILE, or PGSERVICE)"
_TO_CONNECT = (
    ("authentication failed", _CREDENTIALS),
    ("no password supplied", _CREDENTIALS),
    ("no pg_hba.conf entry", "allow the controller in the server's pg_hba.conf"),
    ("permission denied for database", "GRANT CONNECT on it to the role"),
    ("does not exist", "create it on the server, or correct the address"),
    ("", f"check that the server runs and can be reached from the controller, then {_CREDENTIALS}"),
)
"""A part of what the server says, and the remedy."""


class PostgresqlStore(Store):
    """The revision is a UUID. All registries of a database share its two tables."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.shown)
        self._address = address
        self._name = registry_name(address)

    def networks(self) -> list[str]:
        """See :class:`Store`."""
        found = self._looked_up("SELECT network FROM meshwork_registry WHERE name = %s", (self._name,))
        return sorted(str(row[0]) for row in found)

    def _read(self, network: str) -> tuple[str, str | None]:
        query = "SELECT document, revision FROM meshwork_registry WHERE name = %s AND network = %s"
        for text, revision in self._looked_up(query, (self._name, network)):
            return str(text), str(revision)
        return "", None

    def _history(self, network: str) -> list[Entry]:
        query = (
            "SELECT revision, recorded, who, run, summary FROM meshwork_registry_history "
            "WHERE name = %s AND network = %s ORDER BY id DESC"
        )
        found = self._looked_up(query, (self._name, network), "meshwork_registry_history")
        return [Entry(str(revision), utc(recorded), *rest) for revision, recorded, *rest in found]

    def _read_revision(self, network: str, revision: str) -> str | None:
        query = "SELECT document FROM meshwork_registry_history WHERE name = %s AND network = %s AND revision::text = %s"
        found = self._looked_up(query, (self._name, network, revision), "meshwork_registry_history")
        return str(found[0][0]) if found else None

    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        new = str(uuid.uuid4())

        def written(connection: Connection) -> bool:
            self._make_tables(connection)
            with self._transaction(connection):
                if revision is None:
                    done = connection.execute(
                        "INSERT INTO meshwork_registry (name, network, revision, document) VALUES (%s, %s, %s, %s) "
                        "ON CONFLICT (name, network) DO NOTHING",
                        (self._name, network, new, text),
                    )
                else:
                    done = connection.execute(
                        "UPDATE meshwork_registry SET revision = %s, document = %s, recorded = now() "
                        "WHERE name = %s AND network = %s AND revision::text = %s",
                        (new, text, self._name, network, revision),
                    )
                if done.rowcount == 1:
                    connection.execute(
                        "INSERT INTO meshwork_registry_history (name, network, revision, who, run, summary, document) "
                        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                        (self._name, network, new, note.who, note.run, note.summary, text),
                    )
                return done.rowcount == 1

        return self._connected(written)

    def _looked_up(self, query: str, values: tuple[str, ...], table: str = "meshwork_registry") -> list[tuple[Any, ...]]:
        """The rows; none if there is no such table."""

        def rows(connection: Connection) -> list[tuple[Any, ...]]:
            with self._transaction(connection):
                found = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (table,)).fetchone()
                return connection.execute(query.encode(), values).fetchall() if found and found[0] else []

        return self._connected(rows)

    def _make_tables(self, connection: Connection) -> None:
        """Create the tables where they are missing; of several runs that do so at once, all but one may fail and look again."""
        import psycopg.errors as errors

        taken = (errors.UniqueViolation, errors.DuplicateTable, errors.DuplicateObject, errors.InternalError_)
        for number in range(_TRIES):
            found = connection.execute(_LOOK).fetchone()
            if found and found[0]:
                return
            try:
                with self._transaction(connection):
                    for table in TABLES:
                        connection.execute(table.encode())
            except taken:
                if number == _TRIES - 1:
                    raise
                time.sleep(0.1)

    @contextmanager
    def _transaction(self, connection: Connection) -> Iterator[None]:
        with connection.transaction():
            connection.execute("SET LOCAL statement_timeout = '30s'")
            yield

    def _connected(self, use: Callable[[Connection], Result]) -> Result:
        """What a function does with a connection.

        :raises PlanError: what psycopg raises, with a remedy.
        """
        try:
            import psycopg
        except ImportError:
            raise self.error(
                "PostgreSQL needs a Python library that is missing", "install psycopg[binary] on the controller"
            ) from None
        errors = psycopg.errors
        try:
            connection = self._connect()
        except psycopg.Error as error:
            said = self._said(error)
            raise self.error(f"cannot connect: {said}", next(remedy for part, remedy in _TO_CONNECT if part in said)) from None
        try:
            with connection:
                return use(connection)
        except errors.InsufficientPrivilege as error:
            raise self.error(
                self._said(error),
                "grant the role SELECT, and to record INSERT and UPDATE, on the tables meshwork_registry and "
                "meshwork_registry_history, and CREATE on the schema until they exist",
            ) from None
        except errors.ReadOnlySqlTransaction as error:
            raise self.error(self._said(error), "use the address of the primary server") from None
        except (errors.UndefinedColumn, errors.DatatypeMismatch, errors.WrongObjectType) as error:
            raise self.error(self._said(error), "the tables are not those of this collection; use another database") from None
        except psycopg.Error as error:
            raise self.error(self._said(error), "check the server and its log, then start again") from None

    def _connect(self) -> Connection:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        given = conninfo_to_dict(self._address.url)
        for key, value in _DEFAULTS.items():
            if key not in given and _ENVIRONMENT.get(key, key) not in os.environ:
                given[key] = value
        given["client_encoding"] = "utf8"  # of a database without encoding, psycopg would return bytes
        if self._address.password is not None:
            given["password"] = self._address.password
        connection = psycopg.connect(**given, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return connection

    def _said(self, error: Exception) -> str:
        return self._address.hide(one_line(str(error)))
