# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the agent makes of a configuration. Namespaces and containers themselves are in the integration tests."""

from __future__ import annotations

import functools
import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers import inside, inside_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.inside import Inside
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import locks
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._live import live_change
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, FakeRunner, key

CONF = f"""[Interface]
PrivateKey = {key("own")}
Address = 10.8.0.2/24, fd00:8::2/64
ListenPort = 51820
MTU = 1400
[Peer]
# Name = alpha
PublicKey = {key("alpha")}
AllowedIPs = 10.8.0.1/32, 0.0.0.0/0
Endpoint = alpha.example.org:51820
[Peer]
PublicKey = {key("beta")}
AllowedIPs = 172.20.1.0/24 # its LAN
Endpoint = [2001:db8::2]:51820
PersistentKeepalive = 25
"""


@pytest.fixture
def names(monkeypatch):
    """What names resolve to."""
    found = {"alpha.example.org": "192.0.2.1", "six.example.org": "2001:db8::1", "2001:db8::2": "2001:db8::2"}

    def resolve(host, _port, type):  # noqa: A002 - as the real one
        assert type == socket.SOCK_DGRAM
        if host not in found:
            raise OSError("unknown")
        return [(None, None, None, None, (found[host],))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return found


@pytest.mark.usefixtures("names")
def test_names_are_resolved_outside():
    config = inside_agent.with_addresses(parse_conf(CONF))
    assert [peer.endpoint for peer in config.peers] == ["192.0.2.1:51820", "[2001:db8::2]:51820"]


def test_a_name_that_does_not_resolve_costs_no_other_peer(names, capfd):
    del names["alpha.example.org"]
    config = inside_agent.with_addresses(parse_conf(CONF))
    assert [peer.endpoint for peer in config.peers] == [None, "[2001:db8::2]:51820"]
    assert capfd.readouterr().err == "alpha.example.org does not resolve; its peer has no endpoint for now\n"


def test_names_of_endpoints():
    assert inside_agent.names_of(parse_conf(CONF)) == {key("alpha"): "alpha.example.org:51820"}


def test_places(tmp_path, monkeypatch):
    monkeypatch.setattr(inside_agent, "NETNS", str(tmp_path))
    (tmp_path / "lab").write_text("")
    host = FakeRunner({("docker", "inspect", "--format", "{{.State.Pid}}", "web"): "77\n"}, ("podman", "docker"))
    assert [
        inside_agent.place_of(host, where)
        for where in ({"netns": "lab"}, {"netns": "none"}, {"container": "web"}, {"container": "stopped"})
    ] == [f"{tmp_path}/lab", None, "/proc/77/ns/net", None]


class There(FakeHost):
    """A host whose containers are places; commands in one are recorded without the way there."""

    def __init__(self, places):
        super().__init__()
        self.places, self.outside, self.there, self.moved = places, set(), {}, []
        self.before_adding = lambda: None

    def run(self, argv, stdin="", check=True, timeout=60, cwd=None):
        words, place = list(argv), None
        if words[0] == "nsenter":
            place, words = words[1].partition("=")[2], words[2:]
        if words[:4] == ["ip", "link", "add", "dev"]:
            self.outside.add("wg0")
            self.before_adding()
        elif words[:3] == ["ip", "link", "delete"]:
            self.outside.discard("wg0")
        elif words[:3] == ["ip", "link", "set"] and "netns" in words:
            self.moved.append(words[-1])
            if words[-1] != str(self.places["web"]):
                raise CommandFailed("Invalid netns value")
            self.outside.discard("wg0")
            self.there["wg0"] = words[-1]
        elif words[:4] == ["ip", "-o", "link", "show"]:
            return Completed(0, "wg0" if self.there.get("wg0") == place else "", "")
        return super().run(words, stdin, check, timeout, cwd)


@pytest.fixture
def web(tmp_path, monkeypatch):
    """A container, and the agent of its interface."""
    first = tmp_path / "first"
    first.write_text("")
    there = There({"web": first})
    monkeypatch.setattr(inside_agent, "place_of", lambda _runner, said: str(there.places[said["container"]]))
    monkeypatch.setattr(live_change, "RUN", str(tmp_path / "run"))
    monkeypatch.setattr(inside_agent, "interface_lock", functools.partial(locks.interface_lock, run=str(tmp_path / "run")))
    (tmp_path / "said.json").write_text(json.dumps({"interface": "wg0", "container": "web", "conf": str(tmp_path / "wg0.conf")}))
    there.agent = inside_agent.Agent(there, str(tmp_path / "said.json"))
    there.conf = tmp_path / "wg0.conf"
    return there


def test_a_container_that_starts_again_before_it_has_its_interface(web, tmp_path):
    """Its namespace has gone between two commands: nothing is left outside, and the next look asks where it is now."""
    first, second = tmp_path / "first", tmp_path / "second"

    def start_again():
        if not web.moved:
            first.unlink()
            second.write_text("")
            web.places["web"] = second

    web.before_adding = start_again
    config = Config(private_key=key("own"))
    web.conf.write_text(render_conf(config))
    with pytest.raises(CommandFailed, match="Invalid netns value"):
        web.agent.look()
    assert web.outside == set()
    web.up(config, key("own"))
    web.agent.look()
    web.agent.look()
    assert (web.moved, web.there, web.outside) == ([str(first), str(second)], {"wg0": str(second)}, set())


BETA = Peer(key("beta"), key("shared"), ("10.8.0.3/32", "172.20.1.0/24"), "192.0.2.3:51820", 25)
BASE = Config(key("own"), ("10.8.0.2/24",), 51820, mtu=1420, peers=(BETA,))


def test_what_leaves_the_file_is_cleared(web):
    """Also where the tools' own `syncconf` would leave it; nothing else is touched."""
    web.conf.write_text(render_conf(BASE))
    web.up(BASE, key("own"))
    web.agent.look()
    web.calls.clear()
    web.conf.write_text(render_conf(replace(BASE, peers=(replace(BETA, preshared_key=None, keepalive=0),))))
    web.agent.signals.stale = True
    web.agent.look()
    assert [words for words in web.changing if words[:2] == ["wg", "set"]] == [
        ["wg", "set", "wg0", "peer", key("beta"), "persistent-keepalive", "0", "preshared-key", "/dev/null"]
    ]
    assert [words for words in web.calls if "syncconf" in words] == []


def test_an_endpoint_that_moves_in_the_file_moves_at_once(web):
    web.conf.write_text(render_conf(BASE))
    web.up(BASE, key("own"))
    web.agent.look()
    web.calls.clear()
    web.conf.write_text(render_conf(replace(BASE, peers=(replace(BETA, endpoint="192.0.2.4:51820"),))))
    web.agent.signals.stale = True
    web.agent.look()
    assert ["wg", "set", "wg0", "peer", key("beta"), "endpoint", "192.0.2.4:51820"] in web.changing


def test_a_new_interface_gets_everything(web):
    web.conf.write_text(render_conf(BASE))
    web.up(Config(), key("other"))
    secrets = []

    def look(words):
        if words[:2] == ["wg", "set"]:
            files = [words[words.index(name) + 1] for name in ("private-key", "preshared-key")]
            secrets.extend(Path(path).read_text().strip() for path in files)

    web.on_call = look
    web.agent.look()
    assert secrets == [key("own"), key("shared")]
    assert ["ip", "-4", "address", "add", "10.8.0.2/24", "dev", "wg0"] in web.changing
    assert ["ip", "link", "set", "dev", "wg0", "up"] in web.changing
    routes = [words for words in web.changing if words[2:4] == ["route", "replace"]]
    assert routes == [["ip", "-4", "route", "replace", "172.20.1.0/24", "dev", "wg0", "proto", "155"]]


def test_a_line_ends_where_wireguard_ends_it(web):
    web.conf.write_text(render_conf(BASE) + "# Name = x\u2028Endpoint = 192.0.2.66:1\n")
    web.up(BASE, key("own"))
    web.agent.look()
    assert not [words for words in web.changing if "192.0.2.66:1" in words]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An interface on a host whose container does not run."""
    for name in ("CONFIG", "UNITS"):
        monkeypatch.setattr(inside, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(inside, "path_of", lambda _main: str(tmp_path / "program.pyz"))
    monkeypatch.setattr(inside_agent, "container_pid", lambda _runner, _name: None)
    (tmp_path / "wg0.key").write_text(key("own") + "\n")
    return Inside(FakeHost(), "wg0", str(tmp_path))


def bring_about(place, tmp_path, check=False, content=CONF):
    return place.bring_about(content, str(tmp_path / "wg0.key"), {"container": "web"}, check, None)


def test_a_container_that_does_not_run_gets_it_with_its_start(place, tmp_path):
    lines = ["+ file: created", "+ agent: started"]
    assert bring_about(place, tmp_path, check=True)["diff"]["prepared"].splitlines() == lines
    assert not (tmp_path / "wg0.conf").exists()
    assert bring_about(place, tmp_path)["diff"]["prepared"].splitlines() == lines
    assert (tmp_path / "wg0.conf").stat().st_mode & 0o777 == 0o600
    assert json.loads((tmp_path / "config" / "wg0.inside.json").read_text()) == {
        "conf": str(tmp_path / "wg0.conf"), "container": "web", "interface": "wg0",
    }  # fmt: skip
    assert inside.inside_here(str(tmp_path / "config")) == {"wg0": {"container": "web"}}
    assert place.remove(check_mode=False)["changed"] is True
    assert not (tmp_path / "wg0.conf").exists()


@pytest.mark.parametrize("line", ["PostUp = true", "DNS = 192.0.2.53", "Table = off"])
def test_what_does_nothing_inside_is_refused(place, tmp_path, line):
    content = CONF.replace("MTU = 1400", line)
    with pytest.raises(ValueError, match="do nothing inside a namespace; remove them"):
        bring_about(place, tmp_path, content=content)


def test_commands_run_there():
    host = FakeHost()
    inside_agent.InsideRunner(host, "/run/netns/lab").run(["wg", "show"])
    assert host.calls == [["nsenter", "--net=/run/netns/lab", "wg", "show"]]
