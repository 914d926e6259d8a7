# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What two hosts see of each other: handshakes, roaming, clocks, forwarding."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import KERNELS, PAIRS, kinds
from ansible_collections.meshwork.wireguard.tests.integration.tools.texts import config, peer

PORT = 51899
PING = "ping -q -c 2 -i 0.3 -W 2 {} >/dev/null && echo answers || echo silence\n"
LAN = """
ip netns add lan; ip link add lan0 type veth peer name eth0 netns lan
ip address add 10.78.0.1/24 dev lan0; ip link set up lan0
ip -n lan address add 10.78.0.2/24 dev eth0; ip -n lan link set up eth0; ip -n lan route add default via 10.78.0.1
"""
on_both = pytest.mark.parametrize("pair", PAIRS, ids=["userspace", "kernel"])


class Tunnel:
    """Two hosts, an interface `pair` on each: the near one, 10.77.0.1, is dialled by the far one, 10.77.0.2."""

    def __init__(self, machines, pair):
        self._machines = machines
        self._near, self._far = pair
        self.near_key, self.far_key = (machines.keys[host] for host in pair)
        self.near_endpoint, self.far_endpoint = (f"{machines.underlay[host]}:{PORT}" for host in pair)

    def near(self, script):
        return self._machines.sh([self._near], script)[self._near]

    def far(self, script):
        return self._machines.sh([self._far], script)[self._far]

    def apply_near(self, wanted, **arguments):
        return kinds(self._machines.apply([self._near], "pair", wanted, **arguments))[self._near]

    def apply_far(self, wanted):
        return kinds(self._machines.apply([self._far], "pair", wanted))[self._far]

    def start_over(self, more=""):
        """A script for the near host: forget the session, and know more of the far host than before."""
        key = self.far_key
        return f"wg set pair peer {key} remove; wg set pair peer {key} allowed-ips 10.77.0.2/32 {more}\n"

    def up(self):
        up = f"make pair; wg set pair listen-port {PORT}; ip address add {{}}/24 dev pair; ip link set mtu 1420 up dev pair\n"
        self.near(up.format("10.77.0.1") + self.start_over())
        dial = f"wg set pair peer {self.near_key} allowed-ips 10.77.0.0/24,10.78.0.0/24 endpoint {self.near_endpoint}"
        self.far(up.format("10.77.0.2") + dial)

    def down(self):
        away = "systemctl stop wg-quick@pair; ip netns delete lan; ip link delete lan0; rm -f /etc/wireguard/pair.conf\n"
        self._machines.sh([self._near, self._far], away)
        self._machines.delete([self._near, self._far], "pair")


@pytest.fixture
def tunnel(machines, pair):
    made = Tunnel(machines, pair)
    made.up()
    yield made
    made.down()


@on_both
def test_pitfall_11_a_peer_that_roams_is_no_drift(tunnel):
    assert tunnel.far(PING.format("10.77.0.1")) == "answers\n"
    wanted = config(
        peer(tunnel.near_key, "10.77.0.0/24", "10.78.0.0/24", endpoint=tunnel.near_endpoint),
        addresses=["10.77.0.2/24"],
        port=PORT,
    )
    assert tunnel.apply_far(wanted) == ["host", "route_added", "host"]

    assert tunnel.near(f"wg set pair listen-port {PORT + 1}\n" + PING.format("10.77.0.2")) == "answers\n"
    moved = tunnel.near_endpoint.replace(str(PORT), str(PORT + 1))
    compared = 'wg show pair endpoints | cut -f 2; wg showconf pair | grep -cF "$(wg-quick strip pair | grep Endpoint)"'
    assert tunnel.far(compared) == f"{moved}\n0\n"
    assert tunnel.apply_far(wanted) == []
    assert tunnel.far("wg show pair endpoints | cut -f 2") == f"{moved}\n"


@on_both
def test_pitfall_12_a_hub_that_dials_takes_its_spokes_off_the_floating_address(tunnel):
    own, _colon, _port = tunnel.near_endpoint.partition(":")
    floating = own.rpartition(".")[0] + ".200"
    tunnel.near(f"ip address add {floating}/24 dev eth0\n" + tunnel.start_over())
    dial = f"wg set pair peer {tunnel.near_key} endpoint {floating}:{PORT}\n" + PING.format("10.77.0.1")
    ask = "wg show pair endpoints | cut -f 2"
    assert tunnel.far(dial + ask) == f"answers\n{floating}:{PORT}\n"  # the hub answers from where it was asked

    assert tunnel.near(tunnel.start_over(f"endpoint {tunnel.far_endpoint}") + PING.format("10.77.0.2")) == "answers\n"
    assert tunnel.far(ask) == f"{own}:{PORT}\n"
    tunnel.near(f"ip address delete {floating}/24 dev eth0")


@pytest.mark.parametrize("pair", [KERNELS], ids=["kernel"])  # a container has the machine's clock
def test_pitfall_14_a_host_whose_clock_went_back_cannot_shake_hands(tunnel):
    again = tunnel.start_over(f"endpoint {tunnel.far_endpoint}")
    assert tunnel.near(again + PING.format("10.77.0.2")) == "answers\n"
    back = f"now=$(date +%s); date -s @$((now - 3600)) >/dev/null; {again}{PING.format('10.77.0.2')}"
    back += "wg show pair latest-handshakes | cut -f 2; date -s @$((now + 5)) >/dev/null\n"
    assert tunnel.near(back) == "silence\n0\n"
    assert tunnel.near(again + PING.format("10.77.0.2")) == "answers\n"


@on_both
def test_pitfall_23_handshakes_do_not_say_that_a_node_forwards(tunnel):
    tunnel.near("sysctl -qw net.ipv4.ip_forward=0\n" + LAN)
    behind = "ip route replace 10.78.0.0/24 dev pair\n" + PING.format("10.77.0.1") + PING.format("10.78.0.2")
    shaken = "wg show pair latest-handshakes | cut -f 2 | grep -c '^[1-9]'\n"
    assert tunnel.far(behind + shaken) == "answers\nsilence\n1\n"

    wanted = config(peer(tunnel.far_key, "10.77.0.2/32"), addresses=["10.77.0.1/24"], port=PORT)
    tunnel.apply_near(wanted, forward=True)
    assert tunnel.far(behind) == "answers\nanswers\n"


@on_both
def test_pitfall_29_no_handshake_without_traffic(tunnel):
    ask = "wg show pair latest-handshakes | cut -f 2 | grep -c '^[1-9]'\n"
    assert tunnel.far("sleep 1; " + ask + PING.format("10.77.0.1") + ask) == "0\nanswers\n1\n"


@on_both
def test_pitfall_29_a_strict_filter_drops_what_comes_another_way(tunnel):
    assert tunnel.far(PING.format("10.77.0.1")) == "answers\n"
    tunnel.near("sysctl -qw net.ipv4.ip_forward=1\n" + LAN)
    received = "awk '/^Icmp:/ {n += $10} END {print n}' /proc/net/snmp"  # InEchos, below a line of names
    tunnel.far("ip route add 10.78.0.0/24 dev eth0; sysctl -qw net.ipv4.conf.all.rp_filter=0")
    arrived = []
    for value in (1, 2):
        before = tunnel.far(f"sysctl -qw net.ipv4.conf.pair.rp_filter={value}; {received}")
        tunnel.near("ip netns exec lan ping -q -c 3 -i 0.2 -W 1 10.77.0.2 >/dev/null")
        arrived.append(int(tunnel.far(received)) - int(before))
    assert arrived == [0, 3]
    tunnel.far("ip route delete 10.78.0.0/24 dev eth0")
