# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A place for registries on each engine: its address, a backup of all that it holds, and damage."""

from __future__ import annotations

import base64
import shutil
import subprocess

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.tests.stores.servers import bare_repository


class Place:
    """``address`` is that of one fleet; ``other`` that of another fleet at the same place."""

    keeps_history = True
    server = None

    def __init__(self, address):
        self.base = address
        self.address = f"{address}#fleet"
        self.other = f"{address}#other"

    def open(self):
        return store_at(self.address)


class DirectoryPlace(Place):
    keeps_history = False

    def __init__(self, directory):
        self.directory = directory / "registries"
        self.address = str(self.directory)
        self.other = str(directory / "others")

    def backup(self):
        copy = self.directory.with_name("backup")
        shutil.copytree(self.directory, copy)

        def restore():
            shutil.rmtree(self.directory)
            shutil.copytree(copy, self.directory)

        return restore

    def damage(self, network):
        (self.directory / f"{network}.json").write_bytes(b"\xff\xfe{")


class GitPlace(Place):
    def __init__(self, directory):
        self.repository = directory / "registries.git"
        super().__init__(bare_repository(self.repository))

    def backup(self):
        copy = self.repository.with_name("backup")
        shutil.copytree(self.repository, copy)

        def restore():
            shutil.rmtree(self.repository)
            shutil.copytree(copy, self.repository)

        return restore

    def git(self, *arguments, data=b""):
        done = subprocess.run(["git", *arguments], cwd=self.repository, input=data, check=True, capture_output=True)
        return done.stdout.decode().strip()

    def commit(self, files, branch="fleet"):
        """A commit of a person, with these files and no others: path -> mode and content."""
        tree = ""
        for path, (mode, content) in files.items():
            blob = self.git("hash-object", "-w", "--stdin", data=content)
            tree += f"{mode} blob {blob}\t{path}\n"
        root = self.git("mktree", data=tree.encode())
        named = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org")
        known = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", branch], cwd=self.repository, capture_output=True, check=False
        )
        parents = ("-p", branch) if known.returncode == 0 else ()
        commit = self.git(*named, "commit-tree", root, *parents, "-m", "by hand\n\nWho else?")
        self.git("update-ref", f"refs/heads/{branch}", commit)
        return commit

    def damage(self, network):
        self.commit({f"{network}.json": ("100644", b"\xff\xfe{")})


class PostgresqlPlace(Place):
    def __init__(self, server, pooler=None):
        super().__init__(server.address(server.database("registries"), port=pooler.port if pooler else None))
        self.server = server

    def backup(self):
        dump = self.server.program("pg_dump", "--clean", "--if-exists")

        def restore():
            self.server.program("psql", "--quiet", "--set", "ON_ERROR_STOP=1", input=dump)

        return restore

    damage = None  # a text of PostgreSQL is never anything else


class EtcdPlace(Place):
    def __init__(self, server):
        self.server = server
        super().__init__(server.address())
        self.gateway = self.open()._gateway
        self.gateway.call("kv/deleterange", {"key": "AA==", "range_end": "AA=="})

    def backup(self):
        data, copy = self.server.directory / "data", self.server.directory / "backup"
        self.server.end()
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(data, copy)
        self.server.start()

        def restore():
            self.server.end()
            shutil.rmtree(data)
            shutil.copytree(copy, data)
            self.server.start()

        return restore

    def damage(self, network):
        head = self.open().read(network)[1]
        key = base64.b64encode(f"meshwork/fleet/texts/{network}/{head}".encode()).decode()
        self.gateway.call("kv/put", {"key": key, "value": base64.b64encode(b"\xff\xfe{").decode()})


class S3Place(Place):
    def __init__(self, server):
        self.server = server
        super().__init__(server.address())
        self.client = server.client()
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket="registries"):
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                self.client.delete_object(Bucket="registries", Key=item["Key"], VersionId=item["VersionId"])

    def objects(self):
        found = self.client.list_objects_v2(Bucket="registries", Prefix="meshwork/").get("Contents", [])
        return {item["Key"]: self.client.get_object(Bucket="registries", Key=item["Key"])["Body"].read() for item in found}

    def backup(self):
        copy = self.objects()

        def restore():
            for key, content in copy.items():
                self.client.put_object(Bucket="registries", Key=key, Body=content)

        return restore

    def damage(self, network):
        self.client.put_object(Bucket="registries", Key=f"meshwork/fleet/{network}.json", Body=b"\xff\xfe{")
