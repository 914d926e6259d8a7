# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What finds broken external links, against a server on loopback."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ansible_collections.meshwork.wireguard.tests.bin.links import links_in, wrong


@pytest.fixture
def server():
    """The address of a server, and what it was asked. A path is the list of its answers, the last one for good."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answers = self.path.strip("/").split(",")
            status = answers[min(sum(path == self.path for _method, path in asked), len(answers) - 1)]
            asked.append((self.command, self.path))
            self.send_response(int(status))
            self.end_headers()

        def do_HEAD(self):
            self.do_GET()

        def log_message(self, *_words):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()


@pytest.mark.parametrize(
    ("answers", "expected", "methods"),
    [
        ("200", None, ["HEAD"]),
        ("405,200", None, ["HEAD", "GET"]),
        ("403", None, ["HEAD", "GET"]),
        ("404", "404", ["HEAD", "GET"]),
        ("503,200", None, ["HEAD", "HEAD"]),
        ("503", "503", ["HEAD", "HEAD", "HEAD"]),
    ],
)
def test_answers(server, answers, expected, methods):
    address, asked = server
    assert wrong(f"{address}/{answers}", pause=0) == expected
    assert [method for method, _path in asked] == methods


def test_nobody_answers():
    assert "refused" in wrong("http://127.0.0.1:1/", pause=0)


def test_links_of_a_document():
    text = (
        "[a](https://a.test/x#y) and <https://b.test>, https://c.test/z.\n`https://d.test` https://vpn.example.org/ "
        "https://example.com\n```\nhttps://e.test\n```\n[f](f.md) https://example.test\n"
    )
    assert links_in(text) == ["https://a.test/x#y", "https://b.test", "https://c.test/z", "https://example.test"]
