# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is etcd's own: users, certificates, how much it keeps, and what goes wrong."""

from __future__ import annotations

import json
import re
import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores import etcd as etcd_store
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.etcd_gateway import encoded
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note
from ansible_collections.meshwork.wireguard.tests.stores.certificates import signed_certificate
from ansible_collections.meshwork.wireguard.tests.stores.errors import error_of
from ansible_collections.meshwork.wireguard.tests.stores.places import EtcdPlace
from ansible_collections.meshwork.wireguard.tests.stores.servers import PASSWORD, Etcd, free_ports

pytestmark = pytest.mark.long
NOTE = Note("ada", "run 1", "1 node recorded: a")
CREDENTIALS = "check user and password, in the address or in ETCDCTL_USER and ETCDCTL_PASSWORD"
REACH = "check that the server runs and can be reached from the controller"


@pytest.fixture
def place(etcd):
    return EtcdPlace(etcd)


def test_texts_that_are_too_large(place):
    with place.open() as store:
        assert store.write("wireguard", '"\n' * (etcd_store.LARGEST // 2), None, NOTE)
        text, revision = store.read("wireguard")
        assert len(text) == etcd_store.LARGEST
        assert error_of(store.write, "wireguard", "ä" + "x" * etcd_store.LARGEST, revision, NOTE) == (
            f"registry {store.address}: the text of network wireguard has 1000002 bytes, but etcd takes 1000000; use another "
            "store, as postgresql://"
        )


def test_old_revisions_are_removed(place, monkeypatch):
    monkeypatch.setattr(etcd_store, "KEPT", 3)
    with place.open() as store:
        assert store.write("wireguardian", "text", None, NOTE)
        for number in range(6):
            assert store.write("wireguard", f"{number}", store.read("wireguard")[1], NOTE)
        entries = store.history("wireguard")
        assert [store.read_revision("wireguard", entry.revision) for entry in entries] == ["5", "4", "3"]
        assert store.read("wireguardian")[0] == "text"
        assert len(store.history("wireguardian")) == 1


def test_a_text_that_is_gone(place):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        revision = store.read("wireguard")[1]
        place.gateway.call("kv/deleterange", {"key": encoded(f"meshwork/fleet/texts/wireguard/{revision}")})
        assert error_of(store.read, "wireguard") == (
            f"registry {store.address}: the text of network wireguard is missing, revision {revision}; restore it from a backup"
        )


def test_users(monkeypatch):
    with closing(Etcd()) as server:
        with store_at(server.address(f"ada:{quote(PASSWORD, safe='')}@") + "#fleet") as store:
            assert error_of(store.read, "wireguard").endswith("authentication is not enabled; leave user and password out")
        place = EtcdPlace(server)
        call = place.gateway.call
        prefix = {"key": encoded("meshwork/fleet/"), "range_end": encoded("meshwork/fleet0")}
        for name, kind in (("root", None), ("ada", "READWRITE"), ("reader", "READ"), ("stranger", None)):
            call("auth/role/add", {"name": name})
            if kind:
                call("auth/role/grant", {"name": name, "perm": {"permType": kind, **prefix}})
            call("auth/user/add", {"name": name, "password": PASSWORD})
            call("auth/user/grant", {"user": name, "role": name})
        call("auth/enable", {})
        with place.open() as store:
            said = error_of(store.read, "wireguard")
            assert said == f"registry {store.address}: etcdserver: user name is empty; {CREDENTIALS}"
        with store_at(server.address(f"ada:{quote(PASSWORD, safe='')}@") + "#fleet") as store:
            assert store.address == server.address("ada@") + "#fleet"
            assert store.write("wireguard", "text", None, NOTE)
            assert store.read("wireguard")[0] == "text"
            store._gateway._token = "expired"
            assert store.read("wireguard")[0] == "text"
            assert error_of(store_at(server.address(f"ada:{quote(PASSWORD, safe='')}@") + "#other").read, "wireguard") == (
                f"registry {server.address('ada@')}#other: etcdserver: permission denied; give the user's role read and write "
                "permission on the registry's prefix"
            )
        for name, given in (("ada", "wrong"), ("nobody", PASSWORD)):
            with store_at(server.address(f"{name}:{quote(given, safe='')}@") + "#fleet") as store:
                said = error_of(store.read, "wireguard")
                assert re.search(f"authentication failed, invalid user ID or password; {CREDENTIALS}", said)
        monkeypatch.setenv("ETCDCTL_USER", "reader")
        monkeypatch.setenv("ETCDCTL_PASSWORD", PASSWORD)
        with place.open() as store:
            text, revision = store.read("wireguard")
            assert (text, len(store.history("wireguard"))) == ("text", 1)
            assert "permission denied; give the user's role" in error_of(store.write, "wireguard", "more", revision, NOTE)
            assert store.read("wireguard") == (text, revision)
        monkeypatch.setenv("ETCDCTL_USER", f"stranger:{PASSWORD}")
        monkeypatch.delenv("ETCDCTL_PASSWORD")
        with place.open() as store:
            assert "permission denied" in error_of(store.read, "wireguard")


def test_certificates(tmp_path, monkeypatch):
    authority, certificate, key = signed_certificate(tmp_path)
    with closing(Etcd((certificate, key))) as server:
        with store_at(f"{server.address()}?ca={authority}#fleet") as store:
            assert store.write("wireguard", "text", None, NOTE)
        with store_at(f"{server.address()}#fleet") as store:
            said = error_of(store.read, "wireguard")
            assert "ertificate" in said
            assert said.endswith("; give the file of the authority that signed the server's certificate: ?ca=FILE before the #")
            monkeypatch.setenv("ETCDCTL_CACERT", str(authority))
        with store_at(f"{server.address()}#fleet") as store:
            assert store.read("wireguard")[0] == "text"
        with store_at(f"{server.address()}?ca={tmp_path}/missing.pem#fleet") as store:
            assert "cannot reach etcd: " in error_of(store.read, "wireguard")
        with store_at(f"{server.address().replace('https', 'http')}#fleet") as store:
            error_of(store.read, "wireguard")


def test_no_server():
    (port,) = free_ports(1)
    with store_at(f"etcd+http://127.0.0.1:{port}/x#fleet") as store:
        for use in (store.read, store.history):
            said = error_of(use, "wireguard")
            assert "Connection refused" in said
            assert said.endswith(f"; {REACH}")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b"<html>", "cannot reach etcd: "),
        (200, b"[]", "the answer is none of etcd"),
        (200, b'{"kvs": [{"key": "eA==", "value": "x"}]}', "the answer is none of etcd"),
        (200, b'{"kvs": 1}', "the answer is none of etcd"),
        (404, b"<html>", "the answer is HTTP status 404, and none of etcd's"),
        (302, b"", "the answer is HTTP status 302, and none of etcd's"),
        (500, json.dumps({"error": "x\x1b[31m\ny", "code": 2}).encode(), r": x\?\[31m y; check the server and its log"),
    ],
)
def test_other_servers(status, body, expected):
    class Other(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with store_at(f"etcd+http://127.0.0.1:{server.server_address[1]}#fleet") as store:
                assert re.search(expected, error_of(store.read, "wireguard"))
        finally:
            server.shutdown()
            thread.join()
