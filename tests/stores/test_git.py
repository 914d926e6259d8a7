# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is git's own: commits, what else is in a branch, and what goes wrong."""

from __future__ import annotations

import base64
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores import git_commands
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note
from ansible_collections.meshwork.wireguard.tests.stores.certificates import signed_certificate
from ansible_collections.meshwork.wireguard.tests.stores.errors import error_of
from ansible_collections.meshwork.wireguard.tests.stores.places import GitPlace
from ansible_collections.meshwork.wireguard.tests.stores.servers import PASSWORD, free_ports

NOTE = Note("ada@controller", "run 1", "2 nodes recorded: a, b")
ACCESS = (
    "check the address, and that the controller may read and write there (an SSH key without passphrase or in an agent, a token)"
)


@pytest.fixture
def place(tmp_path):
    return GitPlace(tmp_path)


def test_a_commit(place):
    with place.open() as store:
        assert store.write("wireguard", "text\n", None, NOTE)
        assert store.write("wireguard", "more\n", store.read("wireguard")[1], NOTE)
    shown = place.git("log", "--format=%an <%ae>%n%cn%n%B", "--stat", "-1", "fleet")
    assert shown.splitlines() == [
        "meshwork.wireguard <meshwork.wireguard@localhost>", "meshwork.wireguard", "wireguard: 2 nodes recorded: a, b", "",
        "Who: ada@controller", "Run: run 1", "", "", " wireguard.json | 2 +-", " 1 file changed, 1 insertion(+), 1 deletion(-)",
    ]  # fmt: skip
    assert place.git("rev-list", "--count", "fleet") == "2"
    assert place.git("for-each-ref", "--format=%(refname)") == "refs/heads/fleet"


def test_what_else_is_in_the_branch_is_kept(place):
    others = {
        "README": ("100644", b"read me\r\n"),
        ".gitattributes": ("100644", b"* text=auto eol=crlf filter=evil\n"),
        "run": ("100755", b"#!/bin/sh\n"),
        "link": ("120000", b"/etc/passwd"),
    }
    place.commit(others)
    before = place.git("ls-tree", "-r", "fleet").splitlines()
    with place.open() as store:
        assert store.write("wireguard", "text\n", None, NOTE)
        assert store.read("wireguard")[0] == "text\n"
        assert store.networks() == ["wireguard"]
    after = place.git("ls-tree", "-r", "fleet").splitlines()
    assert [line for line in after if "wireguard.json" not in line] == before
    assert len(after) == len(before) + 1


def test_a_folder(place):
    with store_at(place.address + ":site/.wireguard") as store:
        assert store.write("wireguard", "text", None, NOTE)
        assert store.networks() == ["wireguard"]
        assert [entry.summary for entry in store.history("wireguard")] == [NOTE.summary]
    with place.open() as store:
        assert store.networks() == []
        assert store.write("wireguard", "other", None, NOTE)
    assert place.git("ls-tree", "-r", "--name-only", "fleet").splitlines() == ["site/.wireguard/wireguard.json", "wireguard.json"]


def test_a_link_is_not_followed(place):
    place.commit({"wireguard.json": ("120000", b"/etc/passwd")})
    with place.open() as store:
        expected = f"registry {place.address}: wireguard.json in branch fleet is no file; remove it there, or take another branch"
        assert error_of(store.read, "wireguard") == expected
        assert error_of(store.write, "wireguard", "text", None, NOTE) == expected


def test_changes_by_hand_are_in_the_history(place):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        old = store.read("wireguard")[1]
        place.commit({"wireguard.json": ("100644", b"by hand"), "x": ("100644", b"")})
        assert not store.write("wireguard", "more", old, NOTE)
        text, revision = store.read("wireguard")
        assert text == "by hand"
        place.commit({"x": ("100644", b"")})
        assert store.read("wireguard") == ("", None)
        assert store.write("wireguard", "again", None, NOTE)
        entries = store.history("wireguard")
        assert [(entry.who, entry.summary) for entry in entries] == [
            ("ada@controller", NOTE.summary), ("Ada", "by hand"), ("Ada", "by hand"), ("ada@controller", NOTE.summary),
        ]  # fmt: skip
        assert entries[2].revision == revision
        assert store.read_revision("wireguard", revision) == "by hand"
        error_of(store.read_revision, "wireguard", entries[1].revision)


def test_the_users_settings_do_no_harm(place, tmp_path, monkeypatch):
    """Hooks, signatures, colours, templates, another repository in the environment."""
    evil = tmp_path / "evil"
    evil.mkdir()
    for hook in ("pre-push", "reference-transaction", "post-index-change", "post-checkout"):
        (evil / hook).write_text(f"#!/bin/sh\npwd >>{tmp_path}/ran\n")
        (evil / hook).chmod(0o755)
    settings = {
        "core.hooksPath": evil, "init.templateDir": tmp_path / "template", "commit.gpgSign": "true", "push.gpgSign": "true",
        "color.ui": "always", "log.showSignature": "true", "push.default": "nothing", "core.autocrlf": "true",
        "fetch.prune": "true", "log.date": "relative", "init.defaultBranch": "fetched", "core.askPass": f"touch {tmp_path}/asked",
    }  # fmt: skip
    for key, value in settings.items():
        subprocess.run(["git", "config", "--global", key, str(value)], check=True)
    shutil.copytree(evil, tmp_path / "template/hooks")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "elsewhere/index"))
    with place.open() as store:
        assert store.write("wireguard", "text\r\n", None, NOTE)
        assert store.read("wireguard")[0] == "text\r\n"
        assert [entry.who for entry in store.history("wireguard")] == [NOTE.who]
    assert set((tmp_path / "ran").read_text().splitlines()) == {str(place.repository)}, "the server has hooks of its own"
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_left_behind(place, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(git_commands.tempfile, "tempdir", str(temporary))
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        assert len(os.listdir(temporary)) == 1
        (repository,) = temporary.iterdir()
        assert repository.stat().st_mode & 0o777 == 0o700
    assert os.listdir(temporary) == []
    assert store.read("wireguard")[0] == "text", "a closed store opens again"
    store.close()
    assert os.listdir(temporary) == []


def test_other_networks_of_the_branch_overtake_nobody(place):
    """The branch moves before each push of a run, by another network's commit; its own network has not changed."""
    with place.open() as store, place.open() as other:
        assert store.read("wireguard") == ("", None)
        for number in range(3):
            assert other.write("office", f"{number}", other.read("office")[1], NOTE)
        assert store.write("wireguard", "text", None, NOTE)
        assert store.networks() == ["office", "wireguard"]
        assert store.read("office")[0] == "2"


def test_a_server_that_refuses(place):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        revision = store.read("wireguard")[1]
        hook = place.repository / "hooks/pre-receive"
        hook.write_text("#!/bin/sh\necho 'ask Bob \033[31m first' >&2; exit 1\n")
        hook.chmod(0o755)
        said = error_of(store.write, "wireguard", "more", revision, NOTE)
        assert said.startswith(f"registry {place.address}: git: ")
        assert "remote: ask Bob ?[31m first" in said
        assert "(pre-receive hook declined)" in said
        assert said.endswith("; allow the controller to push to this branch, or take another one")
        assert store.read("wireguard") == ("text", revision)


def test_a_lock_that_was_left_behind(place):
    with place.open() as store:
        assert store.write("wireguard", "text", None, NOTE)
        revision = store.read("wireguard")[1]
        lock = place.repository / "refs/heads/fleet.lock"
        lock.write_text("")
        threading.Timer(1, lock.unlink).start()
        assert store.write("wireguard", "more", revision, NOTE)


def test_no_repository(tmp_path):
    with store_at(f"git+file://{tmp_path}/missing#fleet") as store:
        said = error_of(store.read, "wireguard")
        assert said.startswith(
            f"registry {store.address}: git: fatal: '{tmp_path}/missing' does not appear to be a git repository"
        )
        assert said.endswith(f"; {ACCESS}")
        assert said == error_of(store.write, "wireguard", "text", None, NOTE)
        assert said == error_of(store.history, "wireguard")


def test_no_git(place, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with place.open() as store:
        expected = f"registry {place.address}: git cannot be started (No such file or directory); install git on the controller"
        assert error_of(store.read, "wireguard") == expected
        assert error_of(store.write, "wireguard", "text", None, NOTE) == expected


def test_a_server_that_does_not_answer(monkeypatch, tmp_path):
    """Also the programs that git has started are ended."""
    monkeypatch.setattr(git_commands, "SECONDS", 1.0)
    sleeper = tmp_path / "ssh"
    sleeper.write_text(f"#!/bin/sh\necho $$ >{tmp_path}/pid; exec sleep 600\n")
    sleeper.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(sleeper))
    with store_at("git+ssh://git@host/fleet.git#main") as store:
        said = error_of(store.read, "wireguard")
    assert said == (
        "registry git+ssh://git@host/fleet.git#main: git: no answer within 1 seconds; check that the server can be reached from "
        "the controller"
    )
    state = Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}/stat")
    assert not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z"


SSH = f"""#!{sys.executable}
import os, shlex, sys
open({{log!r}}, "a").write(shlex.join(sys.argv[1:]) + "\\n")
os.execvp("sh", ["sh", "-c", sys.argv[-1]])
"""


@pytest.mark.parametrize("way", ["GIT_SSH_COMMAND", "GIT_SSH", "core.sshCommand"])
def test_ssh_asks_nothing(place, monkeypatch, tmp_path, way):
    """The user's own ssh is called, here a program that runs the command on this host."""
    log, program = tmp_path / "log", tmp_path / "a folder" / "ssh"
    program.parent.mkdir()
    program.write_text(SSH.format(log=str(log)))
    program.chmod(0o755)
    command = f"{shlex.quote(str(program))} -i /the/key"
    monkeypatch.delenv("GIT_SSH_COMMAND", raising=False)
    if way == "core.sshCommand":
        subprocess.run(["git", "config", "--global", way, command], check=True)
    else:
        monkeypatch.setenv(way, command if way == "GIT_SSH_COMMAND" else str(program))
    with store_at(f"git+ssh://git@host:2222{place.repository}#fleet") as store:
        assert store.write("wireguard", "text", None, NOTE)
        assert store.read("wireguard")[0] == "text"
    calls = [shlex.split(line) for line in log.read_text().splitlines()]
    assert {call[-1].split()[0] for call in calls} == {"git-upload-pack", "git-receive-pack"}
    for call in calls:
        assert "BatchMode=yes" in call
        assert (way == "GIT_SSH") is ("/the/key" not in call)
        assert call[-2] == "git@host"
        assert call[call.index("-p") + 1] == "2222"


def test_a_host_that_nothing_listens_on():
    (port,) = free_ports(1)
    with store_at(f"git+ssh://git@127.0.0.1:{port}/fleet.git#main") as store:
        said = error_of(store.read, "wireguard")
    assert "Connection refused" in said
    assert said.endswith("; check that the server runs and can be reached from the controller")


class Backend(BaseHTTPRequestHandler):
    """git's own server program, for who knows the password."""

    def do_GET(self):
        self.server.seen.append(self.headers.get("Authorization"))
        expected = "Basic " + base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        environment = {
            **os.environ, "GIT_PROJECT_ROOT": str(self.server.root), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": self.command, "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)), "REMOTE_USER": "ada", "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }  # fmt: skip
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200 OK").split()[0]))
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_arguments):
        pass


@pytest.fixture
def https(place, tmp_path, monkeypatch):
    """The port of a server with https and a password; its authority is known to git."""
    authority, certificate, key = signed_certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(authority))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Backend)
    server.root, server.seen = place.repository.parent, []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_https(place, https, monkeypatch):
    seen = []
    run = subprocess.Popen.__init__

    def started(self, command, *arguments, **options):
        seen.append(shlex.join(command))
        run(self, command, *arguments, **options)

    monkeypatch.setattr(git_commands.subprocess.Popen, "__init__", started)
    at = f"127.0.0.1:{https}/{place.repository.name}#fleet"
    with store_at(f"git+https://ada:{quote(PASSWORD, safe='')}@{at}") as store:
        assert store.address == f"git+https://ada@{at}"
        assert store.write("wireguard", "text", None, NOTE)
        assert store.write("wireguard", "more", store.read("wireguard")[1], NOTE)
    assert store.read("wireguard")[0] == "more"
    store.close()
    assert [command for command in seen if PASSWORD in command or quote(PASSWORD, safe="") in command] == []
    with store_at(f"git+https://bob:{quote(PASSWORD, safe='')}@{at}") as store:
        said = error_of(store.read, "wireguard")
    assert re.search("Authentication failed", said)
    with store_at(f"git+https://ghp_token@{at}") as store:
        said = error_of(store.read, "wireguard")
    assert said.startswith(f"registry git+https://{at}: git: fatal: could not read Password")
    assert "ghp_token" not in said
    monkeypatch.delenv("GIT_SSL_CAINFO")
    with store_at(f"git+https://{at}") as store:
        assert "certificate" in error_of(store.read, "wireguard")


def test_the_password_is_for_this_server_alone(place, https, tmp_path):
    """A server that redirects to another one, which asks for a password."""

    class Redirecting(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", f"https://127.0.0.1:{https}{self.path}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    _, certificate, key = (tmp_path / name for name in ("ca.pem", "certificate.pem", "key.pem"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        at = f"127.0.0.1:{server.server_address[1]}/{place.repository.name}#fleet"
        with store_at(f"git+https://ada:{quote(PASSWORD, safe='')}@{at}") as store:
            said = error_of(store.read, "wireguard")
        server.shutdown()
        thread.join()
    assert "could not read Username" in said
