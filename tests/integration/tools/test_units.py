# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens around ``wg-quick``: packages, modules of the kernel, hooks, names, daemons."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.filter.interfaces import interfaces
from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import (
    ALL,
    CONTAINERS,
    KERNELS,
    KEY_FILE,
    everywhere,
    kinds,
)
from ansible_collections.meshwork.wireguard.tests.integration.tools.texts import BETA, GAMMA, config, file, peer, section


def test_pitfall_09_a_hook_that_sets_the_key(machines):
    hook = f"PreUp = wg set %i private-key {KEY_FILE}".replace("%", "%%")
    naive = f'printf "[Interface]\\n{hook}\\n" >/etc/wireguard/n09.conf; quietly wg-quick up n09; wg show n09 public-key'
    answers = machines.sh(ALL, naive)  # the interface is not there yet, and setconf would take the key away
    assert answers == {host: f"{key}\n" if host in machines.newer else "" for host, key in machines.keys.items()}

    machines.apply(ALL, "t09", config(hooks={"post_up": ["wg show %i public-key >/run/t09"]}))
    seen = machines.sh(ALL, f'cat /run/t09; grep -c "^PrivateKey = $(cat {KEY_FILE})$" /etc/wireguard/t09.conf')
    assert seen == {host: f"{key}\n1\n" for host, key in machines.keys.items()}


def test_pitfall_18_a_name_that_does_not_resolve_keeps_the_interface_down(machines):
    hosts = ("bookworm", "trixie")
    script = file("t18", *section(BETA, "Endpoint = hub.invalid:51820"), *section(GAMMA, "Endpoint = 192.0.2.2:51820"))
    script += """
    ask() { systemctl show --property ActiveState --value wg-quick@t18; wg show t18 endpoints 2>/dev/null | grep -c :; }
    cp /etc/resolv.conf /run/resolv.conf

    # a resolver that says no: the unit fails for good, the other peer's tunnel with it
    printf '192.0.2.2 other\\n' >/run/hosts; quietly systemctl start wg-quick@t18; ask

    # no resolver, as early at boot: the unit waits without end, and so do the other peer and the boot
    echo nameserver 127.0.0.1 >/etc/resolv.conf; systemctl start --no-block wg-quick@t18; sleep 2; ask

    # until the name is there
    cp /etc/hosts /run/hosts; echo 192.0.2.1 hub.invalid >>/etc/hosts
    for try in $(seq 30); do systemctl is-active -q wg-quick@t18 && break; sleep 0.5; done; ask
    cat /run/hosts >/etc/hosts; cat /run/resolv.conf >/etc/resolv.conf
    """
    assert machines.sh(hosts, script) == everywhere(hosts, "failed\n0\nactivating\n0\nactive\n2\n")

    named, other = peer(BETA, "10.9.18.1/32", endpoint="hub.invalid:51820"), peer(GAMMA, endpoint="192.0.2.2:51820")
    machines.apply(hosts, "u18", config(named, other))
    again = "systemctl restart wg-quick@u18 && wg show u18 endpoints | sort"
    assert machines.sh(hosts, again) == everywhere(hosts, f"{BETA}\t(none)\n{GAMMA}\t192.0.2.2:51820\n")


def test_pitfall_19_a_killed_daemon_leaves_its_socket_and_an_active_unit(machines):
    machines.apply(CONTAINERS, "t19", config(peer(BETA, "10.9.19.1/32")))
    kill = """
    test -S /run/wireguard/t19.sock && pkill -KILL -f '^(/usr/bin/)?wireguard-go t19$'; sleep 0.3
    ls /run/wireguard | grep t19; ip link show dev t19 2>&1 | grep -o 'does not exist'
    quietly systemctl start wg-quick@t19; echo $?; ip link show dev t19 2>&1 | grep -o 'does not exist'
    """
    gone = "t19.sock\ndoes not exist\n0\ndoes not exist\n"
    assert machines.sh(CONTAINERS, kill) == everywhere(CONTAINERS, gone)

    repaired = machines.apply(CONTAINERS, "t19", config(peer(BETA, "10.9.19.1/32")))
    assert kinds(repaired) == everywhere(CONTAINERS, ["host", "peer_added"])
    assert machines.sh(CONTAINERS, "wg show t19 peers") == everywhere(CONTAINERS, f"{BETA}\n")
    # sockets belong to the file system: another network namespace sees this one's, and cannot have the name
    other = "unshare --net wg show interfaces | grep -ow t19; unshare --net wireguard-go t19 2>&1 | grep -o 'socket in use'"
    assert machines.sh(CONTAINERS, other) == everywhere(CONTAINERS, "t19\nsocket in use\n")


def test_pitfall_20_a_daemon_that_is_told_not_to_stay_in_the_foreground_forks_for_ever(machines):
    look = "pgrep -f 'wireguard-go {0}$'; sleep 0.4; pgrep -f 'wireguard-go {0}$'\n"
    start = "systemd-run -q --unit n20 -p RemainAfterExit=yes -E WG_PROCESS_FOREGROUND=0 wireguard-go n20; sleep 0.5\n"
    end = "systemctl kill -s KILL n20; systemctl stop n20"
    forks = machines.sh(
        CONTAINERS,
        "seen() { for i in $(seq 40); do pgrep -f 'wireguard-go n20$'; sleep 0.1; done; }\n"
        + start
        + "seen | sort -u | wc -l\n"
        + end,
    )
    assert {host for host, count in forks.items() if int(count) > 2} == set(CONTAINERS), forks

    machines.apply(CONTAINERS, "t20", config())
    for answer in machines.sh(CONTAINERS, look.format("t20")).values():
        before, after = answer.split()
        assert before == after
    asked = "systemctl show --property Environment wg-quick@t20 | grep -c FOREGROUND"
    assert machines.sh(CONTAINERS, asked) == everywhere(CONTAINERS, "0\n")


def test_pitfall_24_modprobe_fails_where_the_kernel_has_it(machines):
    load = "quietly modprobe --ignore-install wireguard; echo $?; ip link add n24 type wireguard && echo there"
    assert machines.sh(KERNELS, load) == everywhere(KERNELS, "1\nthere\n")

    found = machines.module(ALL, "install", {})
    assert {host: (result["kernel"], result["implementation"], result["packages"]) for host, result in found.items()} == {
        **everywhere(KERNELS, (True, "kernel", [])),
        **everywhere(CONTAINERS, (False, "wireguard-go", [])),
    }


def test_pitfall_25_the_metapackage_pulls_in_a_kernel(machines):
    hosts = ("bookworm", "trixie")
    naive = "quietly apt-get update; apt-get --simulate install wireguard | grep -c '^Inst linux-image'\n"
    naive += "quietly dpkg --purge --force-depends wireguard-tools wireguard-go; command -v wg"
    assert all(int(count) > 0 for count in machines.sh(hosts, naive).values())

    installed = machines.module(hosts, "install", {})
    assert {host: result["packages"] for host, result in installed.items()} == everywhere(
        hosts, ["wireguard-go", "wireguard-tools"]
    )
    assert machines.sh(hosts, "dpkg-query --show 'linux-image*' 2>&1; command -v wg") == everywhere(
        hosts, "dpkg-query: no packages found matching linux-image*\n/usr/bin/wg\n"
    )


def test_pitfall_26_the_mtu_that_wg_quick_guesses_is_another_by_version(machines):
    ask = "ip -o link show dev {} | grep -o 'mtu [0-9]*'; ip -4 route show dev {}\n"
    routes = "ip route add 192.0.2.1 dev eth0 mtu 1300; ip route add 192.0.2.2 dev eth0\n"
    peers = [peer(key, f"10.9.26.{index}/32", endpoint=f"192.0.2.{index}:51820") for index, key in ((1, BETA), (2, GAMMA))]
    lines = [section(p["public_key"], f"Endpoint = {p['endpoint']}", f"AllowedIPs = {p['allowed_ips'][0]}") for p in peers]
    naive = routes + file("n26", "Table = off", *lines[0], *lines[1]) + "quietly wg-quick up n26\n" + ask.replace("{}", "n26")
    guessed = {host: "mtu 1220\n" if host in machines.newer else "mtu 1420\n" for host in ALL}
    assert machines.sh(ALL, naive) == guessed

    network = {
        "prefixes": ["10.8.0.0/24"],
        "nodes": {"alpha": {"public_key": BETA, "endpoint": "192.0.2.1", "underlay_mtu": 1300}},
    }
    mtu = interfaces(network, "alpha")[0]["config"]["mtu"]
    assert mtu == 1300 - 80
    machines.apply(ALL, "t26", config(*peers, table="off", mtu=mtu))
    told = machines.sh(ALL, ask.replace("{}", "t26") + "ip route delete 192.0.2.1; ip route delete 192.0.2.2")
    assert told == everywhere(ALL, "mtu 1220\n")


def test_pitfall_27_wg_quick_takes_the_kernel_where_it_can(machines):
    choose = file("t27") + "quietly env WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick up t27\n"
    choose += "ip -d link show dev t27 | grep -o wireguard; pgrep -c wireguard-go"
    assert machines.sh(KERNELS, choose) == everywhere(KERNELS, "wireguard\n0\n")

    refused = machines.module(KERNELS, "install", {"implementation": "wireguard-go"}, fails=True)
    message = "wireguard-go: this host's kernel has WireGuard, and wg-quick always takes the kernel where it can; "
    assert {result["msg"] for result in refused.values()} == {message + "set implementation to auto"}
