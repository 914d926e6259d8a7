# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is S3's own: servers that ignore conditions, versions, and what goes wrong."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores import s3 as s3_store
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note
from ansible_collections.meshwork.wireguard.tests.stores.errors import error_of
from ansible_collections.meshwork.wireguard.tests.stores.places import S3Place
from ansible_collections.meshwork.wireguard.tests.stores.servers import free_ports

NOTE = Note("ada", "run 1", "1 node recorded: a")
CREDENTIALS = "check the credentials on the controller (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role)"
LIAR = (
    "the server writes objects although the request's condition (If-Match, If-None-Match) does not hold, so runs would overwrite "
    "each other's changes; update the server, or use another store, as postgresql://"
)


class Liar(BaseHTTPRequestHandler):
    """A server of objects that answers to conditions what ``server.lie`` says."""

    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, status, code):
        self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        condition = next((key for key in ("If-None-Match", "If-Match") if key in self.headers), None)
        with self.server.lock:
            known = self.server.objects.get(self.path)
            holds = self.headers["If-Match"] == known if condition == "If-Match" else known is None
            if condition and self.server.lie == "not implemented":
                return self.refuse(501, "NotImplemented")
            if condition and not holds and condition not in self.server.lie:
                return self.refuse(412, "PreconditionFailed")
            etag = f'"{abs(hash(body)):x}"'
            self.server.objects[self.path] = etag
        return self.answer(200, ETag=etag)

    def do_GET(self):
        known = self.server.objects.get(self.path)
        return self.answer(200, b"text", ETag=known) if known else self.refuse(404, "NoSuchKey")

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def do_DELETE(self):
        self.server.objects.pop(self.path, None)
        self.answer(204)

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def liar():
    with ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        server.objects, server.lie, server.lock = {}, (), threading.Lock()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (("If-None-Match", "If-Match"), LIAR),
        (("If-None-Match",), LIAR),
        (("If-Match",), LIAR),
        ("not implemented", "the server lacks what the registry needs; update it, or use another store, as postgresql://"),
        ((), None),
    ],
)
def test_servers_that_ignore_conditions(liar, lie, expected):
    liar.lie = lie
    address = f"s3://bucket/here?endpoint_url=http://127.0.0.1:{liar.server_address[1]}&region=x#fleet"
    with store_at(address) as store:
        assert store.read("wireguard") == ("", None), "nothing is tried before the first write"
        if expected:
            for _ in range(2):
                assert error_of(store.write, "wireguard", "text", None, NOTE).endswith(expected)
            assert liar.objects == {}
        else:
            assert store.write("wireguard", "text", None, NOTE)
            assert list(liar.objects) == ["/bucket/here/fleet/wireguard.json"]


def test_it_is_tried_once(liar):
    address = f"s3://bucket?endpoint_url=http://127.0.0.1:{liar.server_address[1]}&region=x#fleet"
    with store_at(address) as store:
        assert store.write("wireguard", "text", None, NOTE)
        liar.lie = ("If-None-Match",)
        assert store.write("office", "text", None, NOTE)
    assert sorted(liar.objects) == ["/bucket/fleet/office.json", "/bucket/fleet/wireguard.json"]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("s3://bucket?endpoint_url=http://127.0.0.1:{closed}&region=x", "cannot use S3: Could not connect to the endpoint URL"),
        ("s3://bucket?endpoint_url=nonsense&region=x", "cannot use S3: Invalid endpoint: nonsense; check endpoint_url"),
        ("s3://b(d?endpoint_url=http://127.0.0.1:{closed}&region=x", "cannot use S3: .*[Ii]nvalid bucket name"),
        ("s3://bucket?profile=missing", r"cannot use S3: The config profile \(missing\) could not be found"),
    ],
)
def test_what_goes_wrong(address, expected):
    (closed,) = free_ports(1)
    with store_at(address.format(closed=closed) + "#fleet") as store:
        for use in (store.read, store.history):
            assert re.search(expected, error_of(use, "wireguard"))


def test_no_credentials(liar, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with store_at(f"s3://bucket?endpoint_url=http://127.0.0.1:{liar.server_address[1]}&region=x#fleet") as store:
        said = error_of(store.read, "wireguard")
    assert "cannot use S3: Unable to locate credentials; " in said
    assert said.endswith(CREDENTIALS)


@pytest.mark.long
class TestServer:
    """On a real server."""

    @pytest.fixture(autouse=True)
    def place(self, s3):
        return S3Place(s3)

    def test_it_leaves_no_object_of_its_own(self, place, monkeypatch):
        monkeypatch.setattr(s3_store, "_probed", set())
        with place.open() as store:
            assert store.write("wireguard", "text", None, NOTE)
        assert place.objects() == {"meshwork/fleet/wireguard.json": b"text"}

    def test_a_bucket_without_versions(self, s3):
        with store_at(s3.address("plain") + "#fleet") as store:
            assert store.write("wireguard", "text", store.read("wireguard")[1], NOTE)
            for ask in (lambda: store.history("wireguard"), lambda: store.read_revision("wireguard", "x")):
                assert error_of(ask) == (
                    f"registry {store.address}: the bucket keeps no versions, so there is no history; enable versioning of the "
                    "bucket"
                )

    def test_long_notes(self, place):
        with place.open() as store:
            assert store.write("wireguard", "text", None, Note("ä" * 300, "r" * 5000, "€" * 300))
            (entry,) = store.history("wireguard")
        assert re.fullmatch("ä+", entry.who)
        assert re.fullmatch("r{400}", entry.run)
        assert re.fullmatch("€+", entry.summary)

    @pytest.mark.parametrize(
        ("bucket", "key", "secret", "expected"),
        [
            ("registries", None, "wrong", CREDENTIALS),
            ("registries", "AKIANOBODY", None, CREDENTIALS),
            ("missing", None, None, "create the bucket, or correct the address"),
            ("plain", "AKIAREADER", None, "allow s3:GetObject, s3:PutObject"),
        ],
    )
    def test_who_may_not(self, s3, monkeypatch, bucket, key, secret, expected):
        if key:
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        if secret:
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        with store_at(s3.address(bucket) + "#fleet") as store:
            assert expected in error_of(store.read, "wireguard")
            said = error_of(store.write, "wireguard", "text", None, NOTE)
            assert expected in said or bucket == "missing"  # SeaweedFS says that it has an internal error

    def test_who_may_only_read(self, place, monkeypatch):
        monkeypatch.setattr(s3_store, "_probed", set())
        with place.open() as store:
            assert store.write("wireguard", "text", None, NOTE)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREADER")
        for probed in (s3_store._probed, set()):
            monkeypatch.setattr(s3_store, "_probed", probed)
            with place.open() as store:
                text, revision = store.read("wireguard")
                assert text == "text"
                assert "allow s3:GetObject, s3:PutObject" in error_of(store.write, "wireguard", "more", revision, NOTE)
                assert store.read("wireguard") == (text, revision)
