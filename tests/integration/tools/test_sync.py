# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``wg`` does with less than the whole truth, beside what the collection does."""

from __future__ import annotations

import base64

from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import ALL, KEY_FILE, everywhere, kinds
from ansible_collections.meshwork.wireguard.tests.integration.tools.texts import BETA, GAMMA, config, made, peer, random_key

NOTING_WG = """
printf '#!/bin/sh\\necho "$*" >>/run/noted\\nexec /usr/bin/wg "$@"\\n' >/usr/local/bin/wg
chmod 755 /usr/local/bin/wg
: >/run/noted
"""
NOTED = "rm /usr/local/bin/wg; grep '^set' /run/noted"


PRESHARED = random_key()


def test_pitfall_01_a_sync_without_the_key_takes_the_key_away(machines):
    machines.apply(ALL, "t01", config(peer(BETA, "10.9.1.1/32")))
    sync = f"printf '[Peer]\\nPublicKey = {BETA}\\n' | wg syncconf t01 /dev/stdin; echo $?; wg show t01 public-key"
    assert machines.sh(ALL, sync) == everywhere(ALL, "0\n(none)\n")

    repaired = machines.apply(ALL, "t01", config(peer(GAMMA, "10.9.1.1/32")))  # the key is not in there either
    assert kinds(repaired) == everywhere(ALL, ["host", "private_key_changed", "peer_removed", "peer_added"])
    assert machines.sh(ALL, "wg show t01 public-key") == {host: f"{key}\n" for host, key in machines.keys.items()}


def test_pitfall_02_where_strip_fails_the_sync_takes_all(machines):
    machines.apply(ALL, "t02", config(peer(BETA, "10.9.2.1/32")))
    assert machines.refused(ALL, "t02", "\n") == "interface t02: line 1: has no [Interface] section"
    live = machines.sh(ALL, "wg show t02 public-key; wg show t02 peers")
    assert live == {host: f"{key}\n{BETA}\n" for host, key in machines.keys.items()}

    sync = """
    set -o pipefail; mv /etc/wireguard/t02.conf /run
    wg syncconf t02 <(wg-quick strip t02 2>/dev/null); echo $?; wg show t02 public-key; wg show t02 peers
    """
    assert machines.sh(ALL, sync) == everywhere(ALL, "0\n(none)\n")


def test_pitfall_03_what_leaves_the_file_stays_live(machines):
    sync = f"""
    make t03; printf '{PRESHARED}' >/run/psk
    wg set t03 peer {BETA} preshared-key /run/psk persistent-keepalive 25
    printf "[Interface]\\nPrivateKey = $(cat {KEY_FILE})\\n[Peer]\\nPublicKey = {BETA}\\n" | wg syncconf t03 /dev/stdin
    """
    ask = "wg show t03 dump | tail -n 1 | cut -f 2,8"
    stays, goes = f"{PRESHARED}\t25\n", "(none)\toff\n"
    assert machines.sh(ALL, sync + ask) == {host: goes if host in machines.newer else stays for host in ALL}

    machines.delete(ALL, "t03")
    machines.apply(ALL, "t03", config(peer(BETA, preshared_key=PRESHARED, keepalive=25)))
    assert machines.sh(ALL, ask) == everywhere(ALL, stays)
    cleared = machines.apply(ALL, "t03", config(peer(BETA)))
    assert kinds(cleared) == everywhere(ALL, ["host", "keepalive_changed", "preshared_key_changed"])
    assert machines.sh(ALL, ask) == everywhere(ALL, goes)


def test_pitfall_04_a_sync_changes_the_port_and_takes_the_mark_of_a_full_tunnel(machines):
    ask = "wg show t04 listen-port; wg show t04 fwmark\n"
    full = {"mtu": 1420, "peers": [peer(BETA, "0.0.0.0/0")]}  # neither port nor mark: wg and wg-quick choose them
    machines.apply(ALL, "t04", full)
    first = machines.sh(ALL, ask)
    chosen = {host: answer.split()[0] for host, answer in first.items()}
    mark = {host: answer.split()[1] for host, answer in first.items()}
    assert all(value.startswith("0x") for value in mark.values()), mark

    machines.apply(ALL, "t04", {**full, "peers": [*full["peers"], peer(GAMMA, "10.9.4.1/32")]})
    assert machines.sh(ALL, ask) == first

    synced = machines.sh(ALL, "wg-quick strip t04 >/run/t04; wg syncconf t04 /run/t04\n" + ask)
    for host, answer in synced.items():
        port, after = answer.split()
        assert port != chosen[host], host
        assert after == "off", host
    machines.sh(ALL, "systemctl stop wg-quick@t04")  # the hosts' own packets went into it


def test_pitfall_05_a_sync_touches_no_address_route_or_mtu(machines):
    before = config(peer(BETA, "10.9.5.0/24"), addresses=["10.8.5.1/24"])
    after = config(peer(BETA, "10.9.6.0/24"), addresses=["10.8.6.1/24"], mtu=1380)
    machines.apply(ALL, "t05", before)
    ask = """
    ip -br -4 address show dev t05 | awk '{print $3}'; ip -o link show dev t05 | grep -o 'mtu [0-9]*'
    ip -4 route show dev t05 | grep -v kernel | tr -d ' '; echo $(wg show t05 allowed-ips | cut -f 2)
    """
    text = "s/10.9.5/10.9.6/; s/10.8.5/10.8.6/; s/1420/1380/"
    sync = f"sed '{text}' /etc/wireguard/t05.conf >/run/t05.conf; wg-quick strip /run/t05.conf | wg syncconf t05 /dev/stdin\n"
    halves = "10.8.5.1/24\nmtu 1420\n10.9.5.0/24scopelink\n10.9.6.0/24\n"
    assert machines.sh(ALL, sync + ask) == everywhere(ALL, halves)

    changed = machines.apply(ALL, "t05", after)
    expected = ["host", "mtu_changed", "address_added", "address_removed", "route_added", "route_removed"]
    assert kinds(changed) == everywhere(ALL, expected)
    assert machines.sh(ALL, ask) == everywhere(ALL, "10.8.6.1/24\nmtu 1380\n10.9.6.0/24scopelink\n10.9.6.0/24\n")


def test_pitfall_07_older_tools_cannot_add_a_prefix_and_only_the_peer_that_changed_is_touched(machines):
    add = made("t07", "peer", BETA, "allowed-ips", "10.9.7.1/32")
    add += f"quietly wg set t07 peer {BETA} allowed-ips +10.9.7.2/32; echo $?; echo $(wg show t07 allowed-ips | cut -f 2)"
    old, new = "1\n10.9.7.1/32\n", "0\n10.9.7.1/32 10.9.7.2/32\n"
    assert machines.sh(ALL, add) == {host: new if host in machines.newer else old for host in ALL}

    machines.delete(ALL, "t07")
    machines.apply(ALL, "t07", config(peer(BETA, "10.9.7.1/32"), peer(GAMMA, "10.9.7.9/32")))
    machines.sh(ALL, NOTING_WG)
    machines.apply(ALL, "t07", config(peer(BETA, "10.9.7.1/32", "10.9.7.2/32"), peer(GAMMA, "10.9.7.9/32")))
    whole, added = (f"set t07 peer {BETA} allowed-ips {prefixes}\n" for prefixes in ("10.9.7.1/32,10.9.7.2/32", "+10.9.7.2/32"))
    assert machines.sh(ALL, NOTED) == {host: added if host in machines.newer else whole for host in ALL}
    assert machines.sh(ALL, "wg show t07 allowed-ips | sort") == everywhere(
        ALL, f"{BETA}\t10.9.7.1/32 10.9.7.2/32\n{GAMMA}\t10.9.7.9/32\n"
    )


def test_pitfall_08_a_prefix_that_is_taken_first_is_nobodys_for_a_while(machines):
    moved = "10.9.8.0/24"
    step = f"wg show t08 allowed-ips | grep -c {moved}\n"
    two_steps = made("t08", "peer", BETA, "allowed-ips", moved, "peer", GAMMA, "allowed-ips", "10.9.9.1/32") + step
    two_steps += f"wg set t08 peer {BETA} allowed-ips ''\n{step}wg set t08 peer {GAMMA} allowed-ips 10.9.9.1/32,{moved}\n{step}"
    back = f"wg set t08 peer {BETA} allowed-ips {moved}; wg show t08 allowed-ips | sort"
    one_step = f"{BETA}\t{moved}\n{GAMMA}\t10.9.9.1/32\n"  # GAMMA was not named
    assert machines.sh(ALL, two_steps + back) == everywhere(ALL, "1\n0\n1\n" + one_step)

    machines.delete(ALL, "t08")
    machines.apply(ALL, "t08", config(peer(BETA, "10.9.9.2/32", moved), peer(GAMMA, "10.9.9.1/32")))
    machines.sh(ALL, NOTING_WG)
    machines.apply(ALL, "t08", config(peer(BETA, "10.9.9.2/32"), peer(GAMMA, "10.9.9.1/32", moved)))
    whole, added = (f"set t08 peer {GAMMA} allowed-ips {prefixes}\n" for prefixes in (f"{moved},10.9.9.1/32", f"+{moved}"))
    assert machines.sh(ALL, NOTED) == {host: added if host in machines.newer else whole for host in ALL}
    ask = "wg show t08 allowed-ips | while read key some; do for one in $some; do echo $key $one; done; done | LC_ALL=C sort"
    owners = [(BETA, "10.9.9.2/32"), (GAMMA, moved), (GAMMA, "10.9.9.1/32")]
    assert machines.sh(ALL, ask) == everywhere(ALL, "".join(f"{key} {prefix}\n" for key, prefix in owners))


def test_pitfall_10_a_key_reads_back_clamped(machines):
    unclamped = base64.b64encode(b"\xff" * 32).decode()
    read_back = f"make t10; echo {unclamped} >/etc/wireguard/unclamped; wg set t10 private-key /etc/wireguard/unclamped\n"
    read_back += "wg show t10 private-key; wg pubkey </etc/wireguard/unclamped"
    clamped = base64.b64encode(b"\xf8" + b"\xff" * 30 + b"\x7f").decode()
    public = "hHwNLDdSNPNl5mCVUYejc1oPdhPRYJ06ak2MU66qWiI="
    naive = machines.sh(ALL, read_back)
    assert naive == everywhere(ALL, f"{clamped}\n{public}\n")

    machines.delete(ALL, "t10")
    first = machines.apply(ALL, "t10", config(), private_key_file="/etc/wireguard/unclamped")
    assert {host: result["public_key"] for host, result in first.items()} == everywhere(ALL, public)
    again = machines.apply(ALL, "t10", config(), private_key_file="/etc/wireguard/unclamped")
    assert kinds(again) == everywhere(ALL, [])
