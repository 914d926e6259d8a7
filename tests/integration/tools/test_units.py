# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens around ``wg-quick``: packages, modules of the kernel, hooks, names, daemons."""

from __future__ import annotations

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


def test_pitfall_27_wg_quick_takes_the_kernel_where_it_can(machines):
    choose = file("t27") + "quietly env WG_QUICK_USERSPACE_IMPLEMENTATION=wireguard-go wg-quick up t27\n"
    choose += "ip -d link show dev t27 | grep -o wireguard; pgrep -c wireguard-go"
    assert machines.sh(KERNELS, choose) == everywhere(KERNELS, "wireguard\n0\n")

    refused = machines.module(KERNELS, "install", {"implementation": "wireguard-go"}, fails=True)
    message = "wireguard-go: this host's kernel has WireGuard, and wg-quick always takes the kernel where it can; "
    assert {result["msg"] for result in refused.values()} == {message + "set implementation to auto"}
