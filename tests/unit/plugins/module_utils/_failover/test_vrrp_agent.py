# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent computes, and what it does on a recorded host; that tunnels follow is seen on real hosts."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import messages, vrrp_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.messages import Mailbox, alias, message_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.vrrp_agent import (
    Agent,
    digest_of,
    renewed,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost, key

SECRET = message_key(key("shared"))
FILE = "/etc/wireguard/wg0.conf"
CONF = f"""[Interface]
PrivateKey = {key("shared")}
ListenPort = 51820
FwMark = 0x6d00ca6c

[Peer]
PublicKey = {key("known")}
PresharedKey = {key("psk")}
AllowedIPs = 10.8.0.2/32, fd00:8::2/128
Endpoint = 198.51.100.2:4000

[Peer]
PublicKey = {key("learned")}
AllowedIPs = 10.8.0.3/32
PersistentKeepalive = 15

[Peer]
PublicKey = {key("unknown")}
AllowedIPs = 10.8.0.4/32
"""


def named(**endpoints):
    """Endpoints as they are learned, by the peers' aliases."""
    return {alias(SECRET, key(name)): endpoint for name, endpoint in endpoints.items()}


def test_new_sessions_begin_with_all_peers_whose_endpoint_is_known():
    learned = named(learned="203.0.113.9:1234", known="198.51.100.2:5000", gone="192.0.2.1:1")
    conf, quiet = renewed(CONF, learned, [SECRET])
    expected = CONF.replace("198.51.100.2:4000\n", "198.51.100.2:5000\nPersistentKeepalive = 25\n")
    expected = expected.replace("PersistentKeepalive = 15", "Endpoint = 203.0.113.9:1234\nPersistentKeepalive = 15")
    assert (conf, quiet) == (expected, [key("known")])


@pytest.mark.parametrize("endpoint", ["name.example:1", "198.51.100.2", "x\nPostUp = id", "[fd00::1]:0", ""])
def test_what_is_no_endpoint_is_not_taken(endpoint):
    assert renewed(CONF, named(known=endpoint), [SECRET]) == renewed(CONF, {}, [SECRET])


def test_a_peer_is_found_by_this_networks_alias_alone():
    others = {alias(message_key(key("other")), key("known")): "192.0.2.1:1", key("known"): "192.0.2.1:2"}
    assert renewed(CONF, others, [SECRET]) == renewed(CONF, {}, [SECRET])


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        pytest.param("ListenPort = 51820", "ListenPort = 51821", True, id="what is the host's own"),
        pytest.param("[Peer]\n", "[Peer]\n# Name = x\n", True, id="comments"),
        pytest.param("10.8.0.2/32, fd00", "10.8.0.2/32,fd00", True, id="spelling"),
        pytest.param("Endpoint = 198.51.100.2:4000", "Endpoint = 198.51.100.2:4001", True, id="endpoints"),
        pytest.param("10.8.0.4/32", "10.8.0.5/32", False, id="a prefix"),
        pytest.param(f"PresharedKey = {key('psk')}", f"PresharedKey = {key('psk2')}", False, id="a preshared key"),
        pytest.param(key("unknown"), key("new"), False, id="another peer"),
    ],
)
def test_which_configurations_are_another_generation(old, new, same):
    assert (digest_of(CONF, SECRET) == digest_of(CONF.replace(old, new), SECRET)) is same


def test_the_order_of_peers_is_no_matter():
    head, *peers = CONF.split("\n[Peer]\n")
    assert digest_of(CONF, SECRET) == digest_of("\n[Peer]\n".join([head, *reversed(peers)]), SECRET)


class Scene(FakeHost):
    """What the agent's commands find and do."""

    def __init__(self, monkeypatch, root):
        super().__init__(root=root)
        self.address, self.showconf = False, CONF
        self.rules = "5181: from all fwmark 0x7 lookup 7\n5182: from all fwmark 0x7 unreachable\n"
        self.said = []
        monkeypatch.setattr(vrrp_agent, "say", self.said.append)
        monkeypatch.setattr(vrrp_agent, "announce", lambda address, link: self.calls.append(("announce", address, link)))
        self.put(FILE, CONF)
        self.put("/proc/net/if_inet6")
        self.private_directory(RUN)
        config = {
            "interface": "wg0", "address": "127.0.0.1", "peers": ["127.0.0.2"], "mark": 7, "port": 41820, "forwards": [4],
            "private_key_file": "/etc/wireguard/wg0.key",
            "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}, {"address": "172.20.7.1/24", "interface": "lan0"}],
        }  # fmt: skip
        self.put("/etc/meshwork-wireguard/wg0.vrrp.json", json.dumps(config))
        self.put("/sys/class/net/wg0/flags", "0x1091\n")
        self.agent = Agent(self, "/etc/meshwork-wireguard/wg0.vrrp.json")
        self.agent.load()
        self.calls.clear()

    def run(self, argv, stdin="", check=True, timeout=60, cwd=None):  # noqa: ARG002 - as the real one
        return Completed(0, self.said_by(argv, stdin), "")

    def said_by(self, argv, text):
        words = " ".join(argv)
        if words == "ip -o address show dev eth0":
            return "2: eth0    inet 203.0.113.10/24 scope global\n" if self.address else "2: eth0    inet 203.0.113.11/24 brd x\n"
        if words.endswith("rule show"):
            return self.rules
        if words == "ip -j -4 route show table main dev eth0":
            return json.dumps([{"dst": "default", "gateway": "203.0.113.1", "flags": []}, {"dst": "203.0.113.0/24", "flags": []}])
        if words == "wg showconf wg0":
            return self.showconf
        if words == "wg show wg0 peers":
            return "".join(f"{key(name)}\n" for name in ("known", "learned", "unknown"))
        if words == "wg show wg0 private-key":
            return key("shared") + "\n"
        self.calls.append(words if not text else (words, text))
        return ""

    def told(self, **message):
        self.agent.siblings["127.0.0.2"].heard = time.monotonic()
        self.agent.take(self.agent.siblings["127.0.0.2"], {"stamp": None, "endpoints": {}, **message})


@pytest.fixture
def host(monkeypatch, tmp_path):
    made = Scene(monkeypatch, tmp_path)
    yield made
    made.agent.socket.close()
    made.agent.netlink.close()


ROUTES = [
    "ip -4 route replace 203.0.113.0/24 dev eth0 src 203.0.113.10 table 7",
    "ip -4 route replace default via 203.0.113.1 dev eth0 src 203.0.113.10 table 7",
]
ANNOUNCED = [("announce", "203.0.113.10", "eth0"), ("announce", "172.20.7.1", "lan0")]


def test_it_follows_the_floating_address(host):
    host.agent.follow()
    assert (host.agent.active, host.calls) == (False, [])
    host.address = True
    host.agent.learned = named(learned="203.0.113.9:1234")
    host.agent.follow()
    conf, _quiet = renewed(CONF, host.agent.learned, [SECRET])
    assert host.calls == [*ROUTES, ("wg setconf wg0 /dev/stdin", conf), *ANNOUNCED]
    host.calls.clear()
    host.agent.follow()
    assert host.calls == ROUTES
    host.address = False
    host.calls.clear()
    host.agent.follow()
    assert (host.agent.active, host.calls) == (False, ["ip -4 route flush table 7", "ip -6 route flush table 7"])


def test_keepalives_that_began_sessions_end_also_where_sessions_begin_twice(host):
    conf, quiet = renewed(CONF, {}, [SECRET])
    host.address = True
    host.agent.follow()
    host.showconf = conf
    host.agent.take_over("the only active host again")
    host.calls.clear()
    host.agent.stop_keepalives()
    assert host.calls == [f"wg set wg0 peer {quiet[0]} persistent-keepalive 0"]
    host.agent.stop_keepalives()
    assert len(host.calls) == 1


def test_keepalives_wait_for_the_lock(host):
    host.agent.quiet = [key("known")]
    held = hold_lock(host)
    host.agent.stop_keepalives()
    assert ([call for call in host.calls if "keepalive" in call], host.agent.quieted > 0) == ([], True)
    os.close(held)
    host.agent.stop_keepalives()
    assert [call for call in host.calls if "keepalive" in call] == [f"wg set wg0 peer {key('known')} persistent-keepalive 0"]


def test_rules_that_somebody_took_away_come_back(host):
    host.rules = "5181: from all fwmark 0x8 lookup 8\n"
    host.agent.follow()
    assert host.calls == [
        f"ip -{version} rule add priority {words}"
        for version in (4, 6)
        for words in ("5181 fwmark 7 lookup 7", "5182 fwmark 7 unreachable")
    ]


def test_endpoints_come_from_the_active_host(host):
    host.told(active=False, term=0, endpoints={"a": "192.0.2.1:1"})
    assert host.agent.learned == {}
    host.told(active=True, term=5, endpoints={"a": "192.0.2.1:1"})
    assert host.agent.learned == {"a": "192.0.2.1:1"}


class Other:
    """The other host, which writes to the agent."""

    def __init__(self, agent):
        self.mail, self.agent = Mailbox(), agent
        self.mail.belongs_to([SECRET], "wg0", "127.0.0.2")

    def sends(self, answers=None, sender="127.0.0.2", **said):
        answers = [self.agent.mail.challenge] if answers is None else answers
        self.agent.hear(self.mail.write(SECRET, "127.0.0.1", answers, {"stamp": None, "active": True, "term": 5, **said}), sender)


def test_only_what_answers_this_start_is_believed(host):
    other = Other(host.agent)
    host.agent.sent = time.monotonic() - 2 * vrrp_agent.HURRY
    other.sends(answers=[], endpoints={"a": "192.0.2.1:1"})
    assert (host.agent.learned, host.agent.sent) == ({}, 0.0)  # it is answered at once
    other.sends(answers=["another start"], endpoints={"a": "192.0.2.1:1"})
    other.sends(sender="127.0.0.3", endpoints={"a": "192.0.2.1:1"})
    assert host.agent.learned == {}
    other.sends(endpoints={"a": "192.0.2.1:2"})
    assert host.agent.learned == {"a": "192.0.2.1:2"}


def test_what_waits_for_an_answer_does_not_keep_the_agent_busy(host):
    host.agent.sent = told = time.monotonic() + 1
    Other(host.agent).sends(answers=[])
    assert host.agent.sent == told


def test_two_agents_meet_over_sockets(host):
    """Within two beats, and what is no message at all does not hinder it."""
    other = Mailbox()
    other.belongs_to([SECRET], "wg0", "127.0.0.2")
    host.agent.config["port"] = 41820
    host.agent.bind()
    if not host.agent.bound:
        pytest.skip("the port is taken")
    with contextlib.closing(vrrp_agent.socket.socket(vrrp_agent.socket.AF_INET, vrrp_agent.socket.SOCK_DGRAM)) as there:
        there.settimeout(5)
        there.bind(("127.0.0.2", 41820))
        host.agent.send()
        hello = json.loads(there.recvfrom(65536)[0][32:])
        assert hello["answers"] == []
        for data in (
            b"",
            b"x" * 100,
            other.write(SECRET, "127.0.0.1", [hello["challenge"]], {"stamp": None, "active": False, "term": 0}),
        ):
            there.sendto(data, ("127.0.0.1", 41820))
        host.agent.listen()
        host.agent.send()
        assert json.loads(there.recvfrom(65536)[0][32:])["answers"] == [other.challenge]
        assert host.agent.siblings["127.0.0.2"].alive(time.monotonic())


def hold_lock(host):
    descriptor = os.open(host.real(f"{RUN}/wg0.interface-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def test_sessions_begin_under_the_lock_of_runs(host, monkeypatch):
    locked = []

    plain = host.said_by

    def said_by(argv, text):
        if list(argv[:2]) in (["wg", "showconf"], ["wg", "setconf"]):
            descriptor = os.open(host.real(f"{RUN}/wg0.interface-lock"), os.O_RDWR)
            with pytest.raises(BlockingIOError):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.close(descriptor)
            locked.append(argv[1])
        return plain(argv, text)

    monkeypatch.setattr(host, "said_by", said_by)
    host.address = True
    host.agent.follow()
    assert locked == ["showconf", "setconf"]


def test_a_stuck_run_keeps_no_fail_over_from_happening(host):
    """And what the run takes away meanwhile goes again as soon as it has ended."""
    assert vrrp_agent.LOCKED < 2.0  # else the others take this host to be down
    host.agent.own_stamp(SECRET)
    held = hold_lock(host)
    host.address = True
    began = time.monotonic()
    host.agent.follow()
    assert vrrp_agent.LOCKED <= time.monotonic() - began < vrrp_agent.LOCKED + 1
    assert [call[0] for call in host.calls if "setconf" in call[0]] == ["wg setconf wg0 /dev/stdin"]
    assert host.said[0].startswith("another process has changed interface wg0 for more than 1 s: ")
    without = CONF.replace(f"[Peer]\nPublicKey = {key('unknown')}\nAllowedIPs = 10.8.0.4/32\n", "")
    host.put(FILE, without)
    host.calls.clear()
    host.agent.follow()
    assert not [call for call in host.calls if "remove" in call]  # the run goes on
    os.close(held)
    host.agent.follow()
    host.agent.follow()
    assert [call for call in host.calls if "remove" in call] == [f"wg set wg0 peer {key('unknown')} remove"]


def test_sessions_begin_anew_where_the_other_has_acted_meanwhile(host):
    host.told(active=False, term=3)
    host.address = True
    host.agent.follow()
    host.calls.clear()
    host.told(active=False, term=3)
    host.told(active=True, term=9)
    assert host.calls == []
    host.told(active=False, term=9)
    assert [call for call in host.calls if "setconf" in call[0]] == [
        ("wg setconf wg0 /dev/stdin", renewed(CONF, {}, [SECRET])[0])
    ]
    host.calls.clear()
    host.told(active=False, term=9)
    assert host.calls == []


FORWARDING = "/proc/sys/net/ipv4/conf/{}/forwarding"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({}, ""),
        ({"/sys/class/net/wg0/flags": None}, "interface wg0 is not up"),
        ({"/sys/class/net/wg0/flags": "0x1090"}, "interface wg0 is not up"),
        ({FORWARDING.format("all"): "0"}, "the kernel does not forward IPv4 (all)"),
        ({FORWARDING.format("wg0"): "0"}, "the kernel does not forward IPv4 (wg0)"),
        ({"/proc/sys/net/ipv6/conf/all/forwarding": "0"}, ""),
    ],
)
def test_who_is_healthy(host, files, why):
    for path, text in files.items():
        host.remove(path) if text is None else host.put(path, text + "\n")
    now = host.agent.began + vrrp_agent.PATIENCE
    assert host.agent.fault(now) == why
    host.agent.report_health(now)
    assert host.read(f"{RUN}/wg0.health") == ("-254\n" if why else "0\n")


def test_a_host_that_has_just_started_waits_for_what_the_others_know(host):
    waits = "has just started, and waits for the other hosts"
    assert host.agent.fault(host.agent.began + 0.1) == waits
    host.told(active=True, term=1)
    assert host.agent.fault(host.agent.began + 0.1) == ""


def test_a_host_with_an_older_configuration_is_faulted(host):
    written, digest = host.agent.own_stamp(SECRET)
    now = host.agent.began + 10
    for stamp, older in (([written + 5, "other"], True), ([written - 5, "other"], False), ([written + 5, digest], False)):
        host.told(active=True, term=1, stamp=stamp)
        host.agent.siblings["127.0.0.2"].heard = now
        assert host.agent.is_older(now) is older
    host.told(active=True, term=1, stamp=[written + 5, "other"])
    host.agent.siblings["127.0.0.2"].heard = now
    assert host.agent.is_older(now + messages.SILENT) is False  # nobody is there any more
    host.agent.active = True
    assert host.agent.is_older(now) is False  # a run may be under way
    host.agent.siblings["127.0.0.2"].heard = now + vrrp_agent.GRACE + 1
    assert host.agent.is_older(now + vrrp_agent.GRACE + 1) is True


def test_messages_go_out_under_the_next_key_too_until_it_is_used(host):
    upcoming, agent = message_key(key("next")), host.agent
    assert agent.keys == (SECRET,)
    host.put("/etc/wireguard/wg0.next.key", key("next") + "\n")
    assert host.identity_of(agent.next_key_file()) != agent.next_key
    agent.load_keys()
    assert agent.keys == agent.mail.keys == (SECRET, upcoming)
    written, digest = agent.own_stamp(upcoming)
    host.told(active=True, term=1, stamp=[written + 5, digest])
    assert agent.is_older(time.monotonic()) is False
    host.told(active=True, term=1, stamp=[written + 5, "other"])
    assert agent.is_older(time.monotonic()) is True
    agent.learned = {alias(upcoming, key("learned")): "192.0.2.7:7"}
    assert "Endpoint = 192.0.2.7:7\n" in renewed(CONF, agent.learned, agent.keys)[0]
    host.remove("/etc/wireguard/wg0.next.key")
    assert host.identity_of(agent.next_key_file()) != agent.next_key
    agent.load_keys()
    assert agent.keys == (SECRET,)


def test_a_damaged_next_key_is_told_and_left_out(host):
    host.put("/etc/wireguard/wg0.next.key", "no key\n")
    host.agent.load_keys()
    assert host.agent.keys == (SECRET,)
    assert ["wg0.next.key" in line and "no key" not in line for line in host.said] == [True]
