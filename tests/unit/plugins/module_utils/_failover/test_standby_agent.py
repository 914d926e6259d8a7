# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent computes, and what it does on a recorded host; that tunnels follow is seen on real hosts."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import standby_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.standby_agent import (
    Agent,
    digest_of,
    message_key,
    opened,
    renewed,
    sealed,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key

SECRET = message_key(key("shared"))
CONF = f"""[Interface]
ListenPort = 51820
FwMark = 0x6d00ca6c
PrivateKey = {key("shared")}

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


def test_new_sessions_begin_with_all_peers_whose_endpoint_is_known():
    conf, quiet = renewed(
        CONF, {key("learned"): "203.0.113.9:1234", key("known"): "198.51.100.2:5000", key("gone"): "192.0.2.1:1"}
    )
    assert conf == (
        f"""[Interface]
ListenPort = 51820
FwMark = 0x6d00ca6c
PrivateKey = {key("shared")}

[Peer]
PublicKey = {key("known")}
PresharedKey = {key("psk")}
AllowedIPs = 10.8.0.2/32, fd00:8::2/128
Endpoint = 198.51.100.2:5000
PersistentKeepalive = 25

[Peer]
PublicKey = {key("learned")}
AllowedIPs = 10.8.0.3/32
Endpoint = 203.0.113.9:1234
PersistentKeepalive = 15

[Peer]
PublicKey = {key("unknown")}
AllowedIPs = 10.8.0.4/32
"""
    )
    assert quiet == [key("known")]


def test_only_signed_messages_are_read():
    message = {"time": 1.5, "count": 1, "acts": True, "endpoints": {key("a"): "198.51.100.2:4000"}}
    data = sealed(SECRET, message)
    assert opened(SECRET, data) == message
    assert opened(message_key(key("other")), data) is None
    for place in (0, 31, 32, len(data) - 1):
        assert opened(SECRET, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) is None
    assert opened(SECRET, b"") is None
    assert key("shared").encode() not in data


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


class Host:
    """What the agent's commands find and do."""

    def __init__(self, monkeypatch, root):
        self.address, self.calls, self.files = False, [], {}
        self.rules = "5181: from all fwmark 0x7 lookup 7\n5182: from all fwmark 0x7 unreachable\n"
        monkeypatch.setattr(standby_agent, "run", self.run)
        monkeypatch.setattr(standby_agent, "read", self.read)
        monkeypatch.setattr(standby_agent, "say", lambda _text: None)
        monkeypatch.setattr(standby_agent, "announce", lambda address, link: self.calls.append(("announce", address, link)))
        monkeypatch.setattr(standby_agent, "RUN", str(root))
        monkeypatch.setattr(standby_agent, "ETC", str(root))
        self.root = root
        (root / "wg0.conf").write_text(CONF, encoding="utf-8")
        config = {
            "interface": "wg0", "address": "127.0.0.1", "peers": ["127.0.0.2"], "mark": 7, "port": 41820, "forwards": [4],
            "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}, {"address": "172.20.7.1/24", "interface": "lan0"}],
        }  # fmt: skip
        (root / "wg0.standby.json").write_text(json.dumps(config), encoding="utf-8")
        self.files["/sys/class/net/wg0/flags"] = "0x1091"
        self.agent = Agent(str(root / "wg0.standby.json"))
        self.agent.load()
        self.calls.clear()

    def read(self, path):
        return self.files.get(path, CONF if path.endswith("wg0.conf") else None)

    def run(self, argv, text="", check=True):  # noqa: ARG002 - as the real one
        words = " ".join(argv)
        if words == "ip -o address show dev eth0":
            return "2: eth0    inet 203.0.113.10/24 scope global\n" if self.address else "2: eth0    inet 203.0.113.11/24 brd x\n"
        if words.endswith("rule show"):
            return self.rules
        if words == "ip -j -4 route show table main dev eth0":
            return json.dumps([{"dst": "default", "gateway": "203.0.113.1", "flags": []}, {"dst": "203.0.113.0/24", "flags": []}])
        if words == "wg showconf wg0":
            return CONF
        if words == "wg show wg0 private-key":
            return key("shared") + "\n"
        self.calls.append(words if not text else (words, text))
        return ""

    def told(self, **message):
        sibling = self.agent.siblings["127.0.0.2"]
        count = sibling.last[1] + 1
        self.agent.take(sibling, {"time": standby_agent.time.time(), "count": count, "stamp": None, "endpoints": {}, **message})


@pytest.fixture
def host(monkeypatch, tmp_path):
    made = Host(monkeypatch, tmp_path)
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
    assert (host.agent.acts, host.calls) == (False, [])
    host.address = True
    host.agent.learned = {key("learned"): "203.0.113.9:1234"}
    host.agent.follow()
    conf, _quiet = renewed(CONF, host.agent.learned)
    assert host.calls == [*ROUTES, ("wg setconf wg0 /dev/stdin", conf), *ANNOUNCED]
    host.calls.clear()
    host.agent.follow()
    assert host.calls == ROUTES
    host.address = False
    host.calls.clear()
    host.agent.follow()
    assert (host.agent.acts, host.calls) == (False, ["ip -4 route flush table 7", "ip -6 route flush table 7"])


def test_rules_that_somebody_took_away_come_back(host):
    host.rules = "5181: from all fwmark 0x8 lookup 8\n"
    host.agent.follow()
    assert host.calls == [
        f"ip -{version} rule add priority {words}"
        for version in (4, 6)
        for words in ("5181 fwmark 7 lookup 7", "5182 fwmark 7 unreachable")
    ]


def test_endpoints_come_from_the_one_that_acts(host):
    host.told(acts=False, term=0, endpoints={key("a"): "192.0.2.1:1"})
    assert host.agent.learned == {}
    host.told(acts=True, term=5, endpoints={key("a"): "192.0.2.1:1"})
    assert host.agent.learned == {key("a"): "192.0.2.1:1"}
    sibling = host.agent.siblings["127.0.0.2"]
    stale = {"acts": True, "term": 5, "stamp": None, "endpoints": {key("a"): "192.0.2.1:2"}}
    host.agent.take(sibling, {"time": standby_agent.time.time() - 60, "count": 99, **stale})
    host.agent.take(sibling, {"time": sibling.last[0], "count": sibling.last[1], **stale})
    assert host.agent.learned == {key("a"): "192.0.2.1:1"}


def test_sessions_begin_anew_where_the_other_has_acted_meanwhile(host):
    host.told(acts=False, term=3)
    host.address = True
    host.agent.follow()
    host.calls.clear()
    host.told(acts=False, term=3)
    host.told(acts=True, term=9)
    assert host.calls == []
    host.told(acts=False, term=9)
    assert [call for call in host.calls if "setconf" in call[0]] == [("wg setconf wg0 /dev/stdin", renewed(CONF, {})[0])]
    host.calls.clear()
    host.told(acts=False, term=9)
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
def test_who_is_fit(host, files, why):
    host.files.update(files)
    now = host.agent.began + standby_agent.PATIENCE
    assert host.agent.unfit(now) == why
    host.agent.judge(now)
    assert (host.root / "wg0.health").read_text(encoding="ascii") == ("-254\n" if why else "0\n")


def test_a_host_that_has_just_started_waits_for_what_the_others_know(host):
    waits = "has just started and waits for what the others know"
    assert host.agent.unfit(host.agent.began + 0.1) == waits
    host.told(acts=True, term=1)
    assert host.agent.unfit(host.agent.began + 0.1) == ""


def test_a_host_with_an_older_configuration_is_not_fit(host):
    written, digest = host.agent.own_stamp()
    now = host.agent.began + 10
    for stamp, older in (([written + 5, "other"], True), ([written - 5, "other"], False), ([written + 5, digest], False)):
        host.told(acts=True, term=1, stamp=stamp)
        host.agent.siblings["127.0.0.2"].heard = now
        assert host.agent.is_older(now) is older
    host.told(acts=True, term=1, stamp=[written + 5, "other"])
    host.agent.siblings["127.0.0.2"].heard = now
    assert host.agent.is_older(now + standby_agent.SILENT) is False  # nobody is there any more
    host.agent.acts = True
    assert host.agent.is_older(now) is False  # a run may be under way
    host.agent.siblings["127.0.0.2"].heard = now + standby_agent.GRACE + 1
    assert host.agent.is_older(now + standby_agent.GRACE + 1) is True
