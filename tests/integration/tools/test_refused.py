# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tools accept, and then do something else with; the collection says no."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.filter.lint import lint
from ansible_collections.meshwork.wireguard.plugins.filter.peers import peers
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.ipam import assign
from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import ALL, CONTAINERS, KEY_FILE, everywhere, kinds
from ansible_collections.meshwork.wireguard.tests.integration.tools.texts import BETA, GAMMA, config, file, peer, section


def test_pitfall_06_a_prefix_or_a_key_twice_and_the_own_key(machines):
    def setconf(*lines):
        show = "quietly wg setconf t06 /run/t06; echo $?; wg show t06 allowed-ips | sort"
        return "make t06\n" + file("t06", *lines) + "mv /etc/wireguard/t06.conf /run/t06\n" + show

    prefix = [*section(BETA, "AllowedIPs = 10.9.6.1/32"), *section(GAMMA, "AllowedIPs = 10.9.6.1/32")]
    assert machines.sh(ALL, setconf(*prefix)) == everywhere(ALL, f"0\n{BETA}\t(none)\n{GAMMA}\t10.9.6.1/32\n")
    key = [*section(BETA, "AllowedIPs = 10.9.6.1/32"), *section(BETA, "AllowedIPs = 10.9.6.2/32")]
    assert machines.sh(ALL, setconf(*key)) == everywhere(ALL, f"0\n{BETA}\t10.9.6.2/32\n")
    own = section(f"$(wg pubkey <{KEY_FILE})", "AllowedIPs = 10.9.6.1/32")
    assert machines.sh(ALL, setconf(*own)) == everywhere(ALL, "0\n")

    twice = config(peer(BETA, "10.9.6.1/32", name="beta"), peer(GAMMA, "10.9.6.1/32", name="gamma"))
    assert machines.refused(ALL, "t06", twice) == (
        "interface t06: peer gamma: AllowedIPs 10.9.6.1/32 already belongs to peer beta; a prefix can belong to only one peer"
    )
    same = config(peer(BETA, "10.9.6.1/32", name="beta"), peer(BETA, "10.9.6.2/32", name="gamma"))
    assert (
        machines.refused(ALL, "t06", same)
        == "interface t06: peer gamma: has the same public key as peer beta; remove one of them"
    )
    mine = config(peer("{{ own_public_key }}", "10.9.6.1/32", name="me"))
    assert machines.refused(ALL, "t06", mine) == (
        "interface t06: peer me: its public key is this host's own; remove it from the peers"
    )


def test_pitfall_15_save_config_overwrites_what_was_edited(machines):
    edit = file("t15", "SaveConfig = true", *section(BETA)) + "quietly wg-quick up t15\n"
    edit += f"printf '[Peer]\\nPublicKey = {GAMMA}\\n' >>/etc/wireguard/t15.conf; quietly wg-quick down t15\n"
    edit += "grep PublicKey /etc/wireguard/t15.conf"
    assert machines.sh(ALL, edit) == everywhere(ALL, f"PublicKey = {BETA}\n")

    content = "[Interface]\nSaveConfig = true\n"
    assert machines.refused(ALL, "t15", content) == (
        "interface t15: SaveConfig = true overwrites the file when the interface stops; remove it"
    )


def test_pitfall_16_names_that_are_too_long_or_no_instance_of_the_unit(machines):
    naive = "quietly ip link add sixteen-letters- type bridge; echo $?\n"
    naive += (
        file("t=16") + "quietly systemctl start wg-quick@t=16; echo $?; quietly wg-quick up t=16; echo $?; wg-quick down t=16"
    )
    answers = machines.sh(ALL, naive)
    # a name that wg-quick takes, and the unit does not: systemd escapes it, wg-quick is given it escaped
    assert {host: answer.split()[1:] for host, answer in answers.items()} == everywhere(ALL, ["1", "0"])
    assert {host for host, answer in answers.items() if answer.split()[0] == "0"} == set()

    reason = "is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
    for name in ("sixteen-letters-", "t=16"):
        message = f"interface {name}: interface: '{name}' {reason}"
        assert machines.refused(CONTAINERS[:1], name, config()) == message
    machines.apply(ALL, "t.1-6_", config(addresses=["10.8.16.1/24", "10.8.16.2/24"]), forward=True)
    changed = machines.apply(ALL, "t.1-6_", config(addresses=["10.8.16.2/24"]), forward=True)
    assert kinds(changed) == everywhere(ALL, ["host", "address_removed"])
    live = "systemctl is-active wg-quick@t.1-6_; ip -br -4 address show dev t.1-6_ | awk '{print $3}'"
    assert machines.sh(ALL, live) == everywhere(ALL, "active\n10.8.16.2/24\n")


NETWORK = {
    "prefixes": ["10.8.0.0/24", "fd00:8::/64"],
    "nodes": {
        "alpha": {"public_key": BETA, "addresses": ["10.8.0.1", "fd00:8::1"], "endpoint": "2001:db8::1"},
        "beta": {"public_key": GAMMA, "addresses": ["10.8.0.2", "fd00:8::2"]},
    },
}


def node(name, **values):
    return {**NETWORK, "nodes": {**NETWORK["nodes"], name: {**NETWORK["nodes"][name], **values}}}


def test_pitfall_17_addresses_cut_as_strings(machines):
    colon = f"quietly wg set t17 peer {BETA} endpoint 2001:db8::1:51820; wg show t17 endpoints\n"  # is this a port?
    bare = f"quietly wg set t17 peer {BETA} endpoint 2001:db8::1; echo $?\n"
    short = f"quietly wg set t17 peer {BETA} allowed-ips fd00:8::2/32,10.9.0.5/24; echo $(wg show t17 allowed-ips | cut -f 2)"
    naive = machines.sh(ALL, "make t17\n" + colon + bare + short)
    assert naive == everywhere(ALL, f"{BETA}\t[2001:db8::1]:51820\n1\nfd00:8::/32 10.9.0.0/24\n")

    machines.delete(ALL, "t17")
    planned = [*peers(NETWORK, "alpha"), *peers(NETWORK, "beta")]
    machines.apply(ALL, "t17", config(*planned))
    assert machines.sh(ALL, "wg show t17 endpoints | sort; wg show t17 allowed-ips | sort") == everywhere(
        ALL,
        "".join(
            f"{line}\n"
            for line in (
                *sorted((f"{BETA}\t[2001:db8::1]:51820", f"{GAMMA}\t(none)")),
                *sorted((f"{BETA}\t10.8.0.1/32 fd00:8::1/128", f"{GAMMA}\t10.8.0.2/32 fd00:8::2/128")),
            )
        ),
    )
    bare = config(peer(BETA, endpoint="2001:db8::1:51820"))
    assert machines.refused(CONTAINERS[:1], "t17", bare) == (
        "interface t17: config.peers[0].endpoint: '2001:db8::1:51820' is not an endpoint; write [2001:db8::1]:51820"
    )


def test_pitfall_17_host_bits_in_a_route():
    found = lint(node("alpha", routes=["172.20.1.5/24"]))
    assert [(finding["code"], finding["nodes"]) for finding in found] == [("host-bits", ["alpha"])]


def test_pitfall_17_the_first_address_of_a_prefix_is_every_routers(machines):
    script = """
    make a17; ip address add fd00:17::1/64 dev a17 nodad; ip link set up a17
    quietly sysctl -w net.ipv6.conf.all.forwarding=1
    ip -6 route get fd00:17:: | grep -o anycast
    """
    assert machines.sh(ALL, script) == everywhere(ALL, "anycast\n")

    nodes = {name: Node(name) for name in ("alpha", "beta", "gamma")}
    given = assign(Network(nodes=nodes, prefixes=("fd00:17::/126",)), {}, frozenset())
    assert [node.addresses for node in given.nodes.values()] == [("fd00:17::1",), ("fd00:17::2",), ("fd00:17::3",)]
