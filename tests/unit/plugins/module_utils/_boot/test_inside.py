# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interface inside a namespace or a container, brought there, changed, moved and taken back by what does so on the host."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface import interface as interface_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback import verifying
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import restore, save
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.dns_endpoints import with_resolve_comments
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, CONF, GAMMA, NUMBER, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import READING, key, shorthand

UNIT = "meshwork-inside@wg0.service"
PLACES = {"web": "/proc/77/ns/net", "lab": "/run/netns/lab"}
WEB, LAB = {"container": "web"}, {"netns": "lab"}
BGP = replace(BASE, peers=(replace(BETA, allowed_ips=("10.8.0.2/32", "172.20.1.0/24"), keepalive=25),))
GONE = Completed(1, "", "nsenter: cannot open /proc/77/ns/net: No such file or directory")


class Scene:
    """The stage's host, on which a command that goes to where the interface is not finds nothing there."""

    def __init__(self, stage, monkeypatch):
        self.stage, self.host = stage, stage.host
        self.host.programs.add("podman")
        self.places = {name: self.host.path(path) for name, path in PLACES.items()}
        self.where, self.calls, self.agent = "", [], True
        self._plain = self.host.run
        for path in self.places.values():
            path.parent.mkdir(parents=True)
        monkeypatch.setattr(self.host, "run", self.run)

    def run(self, argv, stdin="", check=True, timeout=60, cwd=None):
        words, where = list(argv), ""
        if words[0] == "nsenter":
            where = next(name for name, path in PLACES.items() if words[1] == f"--net={path}")
            words = words[2:]
        if words[:2] == ["podman", "inspect"]:
            return Completed(0, "77\n" if self.places["web"].exists() else "0\n", "")
        reading = any(tuple(words[: len(p)]) == p for p in READING)
        if not reading:
            self.calls.append([*([where] if where else []), *words])
        if where != self.where and (words[:3] == ["ip", "-j", "address"] or words[:3] == ["ip", "-j", "link"]):
            return Completed(1, "", "no such device")
        if words[-1] == UNIT and words[:2] == ["systemctl", "show"]:
            return Completed(0, "ActiveState={}\nUnitFileState={}\nLoadState=loaded\n".format(
                *(("active", "enabled") if self.agent else ("inactive", "disabled"))), "")  # fmt: skip
        if words[-1] == UNIT and words[1] in ("stop", "restart"):
            self.agent = words[1] == "restart"
        return self._plain(words, stdin, check, timeout, cwd)

    def fill(self, config, inside):
        """As after an earlier run, whose program is up to date."""
        self.at(inside)
        self.stage.fill(config, up=False)
        self.where = next(iter(inside.values()))
        self.host.up(config, OWN)
        self.host.unit()
        self.interface(inside).backends["agent"].enable(config)
        self.calls.clear()

    def at(self, inside):
        self.places[next(iter(inside.values()))].write_text("")

    def interface(self, inside):
        return self.stage.interface.at(inside)

    def bring(self, config, inside, check_mode=False, **options):
        return self.interface(inside).bring_about(self.stage.wanted(config, **options), check_mode)

    @property
    def said(self):
        """What the agent reads."""
        return json.loads(self.host.read("/etc/meshwork-wireguard/wg0.inside.json") or "null")


@pytest.fixture
def there(stage, monkeypatch):
    return Scene(stage, monkeypatch)


def lines(result):
    return result["diff"]["prepared"].splitlines()


def test_a_container_that_does_not_run_gets_it_with_its_start(there):
    there.agent = False
    assert lines(there.bring(BASE, WEB, check_mode=True)) == ["+ file: created", "+ agent: started"]
    assert (there.stage.text, there.said) == (None, None)
    assert lines(there.bring(BASE, WEB)) == ["+ file: created", "+ agent: started"]
    assert there.stage.text == text_of(BASE)
    assert there.said == {"conf": CONF, "container": "web", "interface": "wg0"}
    assert there.calls == [
        ["systemctl", "daemon-reload"],
        ["systemctl", "enable", UNIT],
        ["systemctl", "reset-failed", UNIT],
        ["systemctl", "restart", UNIT],
    ]
    there.calls.clear()
    assert there.bring(BASE, WEB)["changed"] is False
    assert there.calls == []
    there.interface(WEB).remove(check_mode=False)
    assert (there.stage.text, there.said) == (None, None)
    assert ["systemctl", "disable", UNIT] in there.calls


def test_a_namespace_is_made_by_the_agent(there):
    there.agent = False
    result = there.bring(BASE, LAB)
    assert lines(result)[:2] == ["+ file: created", "+ interface: started"]
    assert lines(result)[-1] == "+ agent: started"
    assert ["systemctl", "restart", UNIT] in there.calls


def test_one_that_does_not_start_leaves_nothing(there):
    there.agent = False
    there.host.answers["systemctl", "restart"] = Completed(1, "", "Job failed")
    with pytest.raises(CommandFailed, match=f"systemctl restart {UNIT}: Job failed"):
        there.bring(BASE, LAB)
    assert (there.stage.text, there.said) == (None, None)


@pytest.mark.parametrize("inside", [WEB, LAB])
def test_nothing_to_do(there, inside):
    there.fill(BGP, inside)
    assert there.bring(BGP, inside)["changed"] is False
    assert there.calls == []


@pytest.mark.parametrize("inside", [WEB, LAB])
def test_a_change_is_made_live(there, inside):
    """The agent is asked for nothing, and no other peer is touched."""
    where = next(iter(inside.values()))
    there.fill(replace(BGP, peers=(*BGP.peers, GAMMA)), inside)
    bare = replace(BGP.peers[0], preshared_key=None, keepalive=0, allowed_ips=("10.8.0.2/32", "172.20.2.0/24"))
    wanted = replace(BGP, mtu=1380, addresses=("10.8.0.1/24", "10.8.0.9/24"), peers=(bare, GAMMA))
    result = there.bring(wanted, inside)
    assert lines(result) == [
        "~ file: changed",
        "~ MTU 1420 -> 1380",
        f"~ peer beta ({shorthand('beta')}): AllowedIPs +172.20.2.0/24, -172.20.1.0/24",
        f"~ peer beta ({shorthand('beta')}): keepalive 25 s -> 0 s",
        f"~ peer beta ({shorthand('beta')}): preshared key cleared",
        "+ address 10.8.0.9/24",
        "+ route 172.20.2.0/24",
        "- route 172.20.1.0/24",
    ]
    (told,) = [words for words in there.calls if words[1:3] == ["wg", "set"]]
    assert told[:5] == [where, "wg", "set", "wg0", "peer"]
    assert {told[5], *told[6:]} >= {key("beta"), "persistent-keepalive", "preshared-key", "/dev/null"}
    assert key("gamma") not in told
    assert there.calls == [
        told,
        [where, "ip", "link", "set", "mtu", "1380", "dev", "wg0"],
        [where, "ip", "-4", "address", "add", "10.8.0.9/24", "dev", "wg0"],
        [where, "ip", "-4", "route", "replace", "172.20.2.0/24", "dev", "wg0", "table", "main"],
        [where, "ip", "-4", "route", "delete", "172.20.1.0/24", "dev", "wg0", "table", "main"],
    ]
    assert there.stage.text == text_of(wanted)


def test_a_full_tunnel_comes_live(there):
    """It is a route like others, so nothing is restarted."""
    there.fill(BASE, LAB)
    result = there.bring(replace(BASE, peers=(replace(BETA, allowed_ips=("0.0.0.0/0",)),)), LAB)
    assert result["restarted"] is False
    assert ["lab", "ip", "-4", "route", "replace", "0.0.0.0/0", "dev", "wg0", "table", "main"] in there.calls


def test_names_are_the_agents(there, monkeypatch):
    monkeypatch.setattr(interface_module, "unresolved", lambda *_what: [])
    there.fill(BASE, LAB)
    wanted = replace(BASE, peers=(replace(BETA, endpoint="beta.example.org:1", allowed_ips=("0.0.0.0/0",)),))
    there.bring(wanted, LAB)
    assert there.stage.text == with_resolve_comments(text_of(wanted))
    assert not [words for words in there.calls if "systemctl" in words]


def test_too_many_removals_are_refused(there):
    there.fill(replace(BASE, peers=(BETA, GAMMA)), LAB)
    with pytest.raises(ValueError, match="beta"):
        there.bring(replace(BASE, peers=()), LAB)
    assert there.calls == []


@pytest.mark.parametrize("said", [{"hooks": Hooks(post_up=("true",))}, {"dns": ("192.0.2.53",)}, {"table": "off"}])
def test_what_does_nothing_inside_is_refused(there, said):
    with pytest.raises(ValueError, match="do nothing inside a namespace; remove them"):
        there.bring(replace(BASE, **said), LAB)
    assert (there.calls, there.said) == ([], None)


def test_it_moves_in(there):
    there.stage.fill(BASE)
    there.at(LAB)
    there.agent = False
    result = there.bring(BASE, LAB)
    assert lines(result) == ["~ interface: moved", "~ unit: disabled", "+ agent: started"]
    assert [words for words in there.calls if words[-1] in (UNIT, "wg-quick@wg0.service")] == [
        ["systemctl", "stop", "wg-quick@wg0.service"],
        ["systemctl", "enable", UNIT],
        ["systemctl", "reset-failed", UNIT],
        ["systemctl", "restart", UNIT],
        ["systemctl", "stop", "wg-quick@wg0.service"],
        ["systemctl", "disable", "wg-quick@wg0.service"],
    ]
    assert there.said["netns"] == "lab"


def test_it_moves_out(there):
    there.fill(BASE, WEB)
    result = there.bring(BASE, {})
    assert lines(result) == ["~ interface: moved", "~ unit: enabled", "- agent: removed"]
    assert [words for words in there.calls if words[-1] in (UNIT, "wg-quick@wg0.service")] == [
        ["systemctl", "stop", UNIT],
        ["systemctl", "stop", UNIT],
        ["systemctl", "disable", UNIT],
        ["systemctl", "reset-failed", "wg-quick@wg0.service"],
        ["systemctl", "restart", "wg-quick@wg0.service"],
        ["systemctl", "enable", "wg-quick@wg0.service"],
    ]
    assert there.said is None


def test_a_move_that_fails_is_taken_back(there):
    there.fill(BASE, WEB)
    there.host.answers["systemctl", "restart", "wg-quick@wg0.service"] = Completed(1, "", "Job failed")
    with pytest.raises(CommandFailed, match="Job failed"):
        there.bring(BASE, {})
    assert (there.said["container"], there.stage.text) == ("web", text_of(BASE))
    assert there.calls[-1] == ["systemctl", "restart", UNIT]


def test_the_host_need_not_forward_for_it(there):
    there.fill(BASE, LAB)
    assert there.bring(BASE, LAB, forward=True)["changed"] is False
    there.stage.sysctl.parent.mkdir()
    there.stage.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    assert lines(there.bring(BASE, LAB, forward=True)) == ["- forwarding: removed"]
    assert there.stage.sysctl.exists() is False


WIDER = replace(BASE, peers=(BETA, GAMMA))


@pytest.mark.parametrize("inside", [WEB, LAB])
def test_a_pending_change_goes_back_live(there, inside):
    there.fill(BASE, inside)
    stage, where = there.stage, next(iter(inside.values()))
    timer = type(stage.timer)(there.host, "wg0", inside)
    assert timer.prepare(stage.wanted(WIDER), []) == NUMBER
    assert there.calls == []
    stage.pending.arm(60)
    stage.timer.change()
    assert [words[:3] for words in there.calls] == [[where, "wg", "set"]]
    there.host.up(WIDER, OWN)
    there.host.unit()
    there.calls.clear()
    stage.timer.restore("nobody confirmed it in time")
    assert there.calls == [[where, "wg", "set", "wg0", "peer", key("gamma"), "remove"]]
    assert (stage.text, there.said.get("container"), stage.pending.outcome()["error"]) == (
        text_of(BASE), inside.get("container"), None,
    )  # fmt: skip


def test_a_container_that_has_gone_meanwhile_keeps_nothing_else_from_going_back(there):
    there.fill(BASE, WEB)
    stage = there.stage
    state = save("wg0", stage.interface, stage.interface.find())
    stage.fill(WIDER, up=False)
    stage.sysctl.parent.mkdir()
    stage.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    there.places["web"].unlink()
    restore(there.host, "wg0", there.interface(WEB), state)
    assert (stage.text, stage.sysctl.exists(), there.said["container"]) == (text_of(BASE), False, "web")


def test_nor_does_one_that_goes_just_then(there):
    there.fill(BASE, WEB)
    stage = there.stage
    state = save("wg0", stage.interface, stage.interface.find())
    stage.fill(WIDER, up=False)
    there.host.up(WIDER, OWN)
    there.host.unit()

    def end(words):
        if words[:2] == ["wg", "set"] and there.places["web"].exists():
            there.places["web"].unlink()
            raise CommandFailed("nsenter: cannot open")

    there.host.on_call = end
    restore(there.host, "wg0", there.interface(WEB), state)
    assert stage.text == text_of(BASE)


def test_one_that_fails_while_its_container_runs_is_told(there):
    there.fill(BASE, WEB)
    state = save("wg0", there.stage.interface, there.stage.interface.find())
    there.stage.fill(WIDER, up=False)
    there.host.up(WIDER, OWN)
    there.host.unit()
    there.host.answers["wg", "set"] = Completed(1, "", "Operation not permitted")
    with pytest.raises(CommandFailed, match="Operation not permitted"):
        restore(there.host, "wg0", there.interface(WEB), state)


def test_a_pending_move_goes_back(there):
    there.stage.fill(BASE)
    stage = there.stage
    state = save("wg0", stage.interface, stage.interface.find())
    there.fill(BASE, LAB)
    there.agent = True
    restore(there.host, "wg0", stage.interface, state)
    assert (there.said, stage.text) == (None, text_of(BASE))
    assert ["systemctl", "restart", "wg-quick@wg0.service"] in there.calls
    assert ["lab", "ip", "link", "delete", "dev", "wg0"] in there.calls


def test_a_container_that_does_not_run_any_more_is_not_verified(there):
    there.fill(BASE, WEB)
    stage = there.stage
    kept = [{"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}]
    type(stage.timer)(there.host, "wg0", WEB).prepare(stage.wanted(WIDER), kept)
    stage.pending.arm(60)
    stage.timer.change()
    there.places["web"].unlink()
    why = "its namespace or container no longer exists; the change will be rolled back"
    with pytest.raises(verifying.NotVerified, match=why):
        verifying.verify(there.host, "wg0", NUMBER)


def test_ended_peers_go_at_once(there):
    there.fill(WIDER, LAB)
    wanted = there.stage.wanted(Config(addresses=BASE.addresses, peers=()), ended=[key("gamma")], max_removals=0)
    taken = there.interface(LAB).take_out(wanted)
    assert [change.describe() for change in taken] == [f"- peer gamma ({shorthand('gamma')})"]
    assert there.calls == [["lab", "wg", "set", "wg0", "peer", key("gamma"), "remove"]]
    assert there.stage.text == text_of(BASE)
