# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the agent makes of a configuration. Namespaces and containers themselves are in the integration tests."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot import inside_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import with_resolve_comments
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import HostWithInterface, key

CONF = "/etc/wireguard/wg0.conf"

BETA = Peer(key("beta"), key("shared"), ("10.8.0.3/32", "172.20.1.0/24"), "192.0.2.3:51820", 25)
BASE = Config(key("own"), ("10.8.0.2/24",), 51820, mtu=1400, peers=(BETA,))


class There(HostWithInterface):
    """A host whose containers are places; commands in one are recorded without the way there. An interface that is new has
    nothing."""

    def __init__(self, root, places):
        super().__init__(root)
        self.places, self.outside, self.there, self.moved = places, set(), {}, []
        self.before_adding = lambda: None
        self.up(Config(), key("other"))

    def run(self, argv, stdin="", check=True, timeout=60, cwd=None):
        words, place = list(argv), None
        if words[0] == "nsenter":
            place, words = words[1].partition("=")[2], words[2:]
        if words[:4] == ["ip", "link", "add", "dev"]:
            self.outside.add("wg0")
            self.before_adding()
        elif words[:3] == ["ip", "link", "delete"]:
            self.outside.discard("wg0") if place is None else self.there.pop("wg0", None)
        elif words[:3] == ["ip", "link", "set"] and "netns" in words:
            self.moved.append(words[-1])
            if words[-1] != self.places["web"]:
                raise CommandFailed("Invalid netns value")
            self.outside.discard("wg0")
            self.there["wg0"] = words[-1]
        elif words[:4] == ["ip", "-j", "link", "show"]:
            return Completed(0, '[{"ifname": "wg0"}]' if self.there.get("wg0") == place else "", "")
        return super().run(words, stdin, check, timeout, cwd)


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A container, and the agent of its interface."""
    there = There(tmp_path, {"web": "/first"})
    there.put("/first")
    monkeypatch.setattr(inside_agent, "place_of", lambda _host, inside: there.places[inside["container"]])
    monkeypatch.setattr(inside_agent, "PAUSE", 0)
    there.said = "/etc/meshwork-wireguard/wg0.inside.json"
    there.put(there.said, json.dumps({"interface": "wg0", "container": "web", "conf": CONF}))
    there.agent = inside_agent.Agent(there, there.said)
    there.conf = there.put(CONF, render_conf(BASE))
    return there


def test_a_container_that_starts_again_before_it_has_its_interface(web):
    """Its namespace has gone between two commands: nothing is left outside, and the next look asks where it is now."""

    def start_again():
        if not web.moved:
            web.rename("/first", "/before")
            web.put("/second")
            web.places["web"] = "/second"

    web.before_adding = start_again
    with pytest.raises(CommandFailed, match="Invalid netns value"):
        web.agent.look()
    assert web.outside == set()
    web.agent.look()
    web.agent.look()
    assert (web.moved, web.there, web.outside) == (["/first", "/second"], {"wg0": "/second"}, set())


def test_one_that_cannot_be_configured_is_made_again(web):
    """Nothing is there in between: half an interface would be left alone."""
    web.answers["wg", "set"] = Completed(1, "", "Operation not permitted")
    with pytest.raises(CommandFailed, match="Operation not permitted"):
        web.agent.look()
    assert (web.outside, web.there) == (set(), {})
    del web.answers["wg", "set"]
    web.agent.look()
    assert list(web.there) == ["wg0"]


def test_a_new_interface_gets_everything(web):
    web.agent.look()
    assert web.secrets == [key("own"), key("shared")]
    changing = [words for words in web.changing if words[0] == "ip"]
    assert changing == [
        ["ip", "link", "delete", "dev", "wg0"],
        ["ip", "link", "add", "dev", "wg0", "type", "wireguard"],
        ["ip", "link", "set", "dev", "wg0", "netns", web.places["web"]],
        ["ip", "link", "set", "dev", "wg0", "up"],
        ["ip", "link", "set", "mtu", "1400", "dev", "wg0"],
        ["ip", "-4", "address", "add", "10.8.0.2/24", "dev", "wg0"],
        ["ip", "-4", "route", "replace", "172.20.1.0/24", "dev", "wg0", "table", "main"],
    ]


def test_in_userspace_it_is_moved_when_the_program_has_it(web, monkeypatch):
    monkeypatch.setattr(inside_agent.time, "sleep", lambda _seconds: None)
    web.answers["ip", "link", "add"] = Completed(2, "", "Unknown device type")
    web.programs.add("wireguard-go")
    dump, asked = web.answers["wg", "show", "wg0", "dump"], iter([1, 1, 0])
    web.answers["wg", "show", "wg0", "dump"] = lambda _stdin: Completed(next(asked, 0), dump, "")
    web.agent.look()
    words = [words for words in web.calls if words[0] == "wireguard-go" or words[1:2] == ["show"] or "netns" in words]
    shown = ["wg", "show", "wg0", "dump"]
    assert words[:5] == [["wireguard-go", "wg0"], *3 * [shown], ["ip", "link", "set", "dev", "wg0", "netns", web.moved[0]]]


def test_a_full_tunnel_is_a_route(web):
    """It is the tunnel's own packets that wg-quick keeps out of it, and these are outside."""
    web.conf.write_text(render_conf(replace(BASE, peers=(replace(BETA, allowed_ips=("0.0.0.0/0",)),))))
    web.agent.look()
    assert ["ip", "-4", "route", "replace", "0.0.0.0/0", "dev", "wg0", "table", "main"] in web.changing


def test_what_is_there_is_left_alone(web):
    """Whoever changes the file changes the interface."""
    web.agent.look()
    web.calls.clear()
    web.conf.write_text(render_conf(replace(BASE, peers=())))
    web.agent.look()
    inside_agent.Agent(web, web.said).look()
    assert web.changing == []


def test_a_line_ends_where_wireguard_ends_it(web):
    web.conf.write_text(render_conf(BASE) + "# Name = x\u2028Endpoint = 192.0.2.66:1\n")
    web.agent.look()
    assert not [words for words in web.changing if "192.0.2.66:1" in words]


def endpoints(web):
    """What peers were given, as far as it comes soon."""
    end = time.monotonic() + 5
    while True:
        web.agent.look()
        found = [words[4:] for words in web.changing if words[:4] == ["wg", "set", "wg0", "peer"] and words[5] == "endpoint"]
        if found or time.monotonic() > end:
            return found


def test_names_are_resolved_outside(web, monkeypatch):
    """By the agent itself, which goes on meanwhile."""
    found = {"alpha.example.org": "192.0.2.1"}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_kind: [(0, 0, 0, "", (found[host], port))])
    peers = (replace(BETA, endpoint="alpha.example.org:51820"), Peer(key("gamma"), None, (), "nowhere.example.org:1"))
    web.conf.write_text(with_resolve_comments(render_conf(replace(BASE, peers=peers))))
    web.answers["wg", "show", "wg0", "endpoints"] = f"{key('beta')}\t(none)\n"
    web.answers["wg", "show", "wg0", "latest-handshakes"] = f"{key('beta')}\t0\n"
    assert endpoints(web) == [[key("beta"), "endpoint", "192.0.2.1:51820"]]
    made = next(words for words in web.changing if words[:2] == ["wg", "set"])
    assert not [word for word in made if "example.org" in word]


def test_the_program(web, tmp_path, monkeypatch):
    """It says when the interface is there, a new version goes on with it, and at the end it takes it away."""

    class Ended(Exception):
        pass

    def end(*what):
        raise Ended(*what)

    steps = iter([signal.SIGHUP, signal.SIGTERM])
    monkeypatch.setattr(inside_agent, "Host", lambda: web)
    monkeypatch.setattr(sys, "argv", ["agent.pyz", web.said])
    monkeypatch.setattr(inside_agent.time, "sleep", lambda _seconds: os.kill(os.getpid(), next(steps)))
    monkeypatch.setattr(os, "execv", end)
    monkeypatch.setattr(os, "_exit", end)
    before = {kind: signal.getsignal(kind) for kind in (signal.SIGHUP, signal.SIGTERM)}
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.bind(str(tmp_path / "notify"))
            monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
            with pytest.raises(Ended) as again:
                inside_agent.main()
            assert (systemd.recv(20), list(web.there)) == (b"READY=1", ["wg0"])
            assert again.value.args == (sys.executable, [sys.executable, "-I", "agent.pyz", web.said])
            with pytest.raises(Ended) as last:
                inside_agent.main()
            assert (last.value.args, web.there) == ((0,), {})
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def test_a_first_look_that_fails_ends_it(web, monkeypatch):
    """So that whoever starts it hears why."""
    web.answers["wg", "set"] = Completed(1, "", "Operation not permitted")
    monkeypatch.setattr(inside_agent, "Host", lambda: web)
    monkeypatch.setattr(sys, "argv", ["agent.pyz", web.said])
    monkeypatch.setattr(inside_agent.Signals, "heed", lambda _self: None)
    with pytest.raises(SystemExit, match="Operation not permitted"):
        inside_agent.main()
