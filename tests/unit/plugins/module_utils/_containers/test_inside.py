# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the agent makes of a configuration. Namespaces and containers themselves are in the integration tests."""

from __future__ import annotations

import json
import socket

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._containers import inside, inside_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._containers.inside import Inside
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

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


def test_settings():
    assert inside_agent.settings(CONF) == inside_agent.Settings(
        ["10.8.0.2/24", "fd00:8::2/64"], ["10.8.0.1/32", "0.0.0.0/0", "172.20.1.0/24"], "1400"
    )
    assert inside_agent.settings("[Interface]\n").mtu == "1420"


@pytest.mark.usefixtures("names")
def test_what_wg_is_given():
    lines = inside_agent.for_wg(CONF).splitlines()
    assert "Endpoint = 192.0.2.1:51820" in lines
    assert "Endpoint = [2001:db8::2]:51820" in lines
    assert not [line for line in lines if line.startswith(("Address", "MTU"))]
    assert f"PrivateKey = {key('own')}" in lines


def test_a_name_that_does_not_resolve_costs_no_other_peer(names, capfd):
    del names["alpha.example.org"]
    lines = inside_agent.for_wg(CONF).splitlines()
    assert [line for line in lines if line.startswith("Endpoint")] == ["Endpoint = [2001:db8::2]:51820"]
    assert capfd.readouterr().err == "alpha.example.org does not resolve; its peer has no endpoint for now\n"


def test_names_of_endpoints():
    assert inside_agent.names_of(CONF) == {key("alpha"): ("alpha.example.org", 51820)}


def test_places(tmp_path, monkeypatch):
    monkeypatch.setattr(inside_agent, "NETNS", str(tmp_path))
    monkeypatch.setattr(inside_agent, "container_pid", {"web": 77, "stopped": None}.get)
    (tmp_path / "lab").write_text("")
    assert [
        inside_agent.place_of(where)
        for where in ({"netns": "lab"}, {"netns": "none"}, {"container": "web"}, {"container": "stopped"})
    ] == [f"{tmp_path}/lab", None, "/proc/77/ns/net", None]


def test_a_container_that_starts_again_before_it_has_its_interface(tmp_path, monkeypatch):
    """Its namespace has gone between two commands: nothing is left outside, and the next look asks where it is now."""
    first, second = tmp_path / "first", tmp_path / "second"
    places = {"web": first}
    first.write_text("")
    outside, there, seen = set(), {}, []

    def run(argv, *_args, **_options):
        if argv[:3] == ["ip", "link", "add"]:
            outside.add("wg0")
            if not seen:
                first.unlink()
                second.write_text("")
                places["web"] = second
        elif argv[:3] == ["ip", "link", "delete"]:
            outside.discard("wg0")
        elif argv[:3] == ["ip", "link", "set"] and "netns" in argv:
            seen.append(argv[-1])
            if argv[-1] != str(places["web"]):
                raise OSError("Invalid netns value")
            outside.discard("wg0")
            there["wg0"] = argv[-1]
        elif "link" in argv and "show" in argv:
            return "wg0" if there.get("wg0") == argv[1].partition("=")[2] else ""
        return "[]" if "-j" in argv else ""

    monkeypatch.setattr(inside_agent, "run", run)
    monkeypatch.setattr(inside_agent, "place_of", lambda said: str(places[said["container"]]))
    conf = tmp_path / "wg0.conf"
    conf.write_text("[Interface]\n")
    (tmp_path / "said.json").write_text(json.dumps({"interface": "wg0", "container": "web", "conf": str(conf)}))
    agent = inside_agent.Agent(str(tmp_path / "said.json"))
    with pytest.raises(OSError, match="Invalid netns value"):
        agent.look()
    assert outside == set()
    agent.look()
    agent.look()
    assert (seen, there, outside) == ([str(first), str(second)], {"wg0": str(second)}, set())


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An interface on a host whose container does not run."""
    for name in ("CONFIG", "UNITS"):
        monkeypatch.setattr(inside, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(inside, "PROGRAM", str(tmp_path / "program.py"))
    monkeypatch.setattr(inside_agent, "container_pid", lambda _name: None)
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
    inside.InsideRunner(host, "/run/netns/lab").run(["wg", "show"])
    assert host.calls == [["nsenter", "--net=/run/netns/lab", "wg", "show"]]
