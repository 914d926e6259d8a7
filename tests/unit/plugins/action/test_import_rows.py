# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations that others have written, and the whole of what an import says of them: files of a directory, read and imported.

Each kind stands with siblings. What runs is never refused, and nothing is lost or added without a line.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.conf_files import found_in_directory
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_to_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.importing import ALL, imported
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import adopted_interface
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.report import report
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAMES = ("hub", "full", "split", "a", "b", "c", "phone", "east", "west", "old")
PUBLIC = {name: public_key(key(name)) for name in NAMES}
PSK = key("psk")


def conf(own, *lines):
    """A file of wg-quick. Without ``own`` it has no private key."""
    return "\n".join(["[Interface]", *([f"PrivateKey = {key(own)}"] if own else []), *lines, ""])


def peer(name, *lines):
    """A section of one peer, as lines."""
    return "\n".join(["[Peer]", f"PublicKey = {PUBLIC[name]}", *lines])


def hub(address, *lines, port=51820):
    return conf("hub", f"Address = {address}", f"ListenPort = {port}", *lines)


def netdev(own, *lines):
    return "\n".join(
        ["[NetDev]", "Name=wg0", "Kind=wireguard", "[WireGuard]", *([f"PrivateKey={key(own)}"] if own else []), *lines, ""]
    )


def networkd_peer(name, *lines):
    return "\n".join(["[WireGuardPeer]", f"PublicKey={PUBLIC[name]}", *lines])


def keyfile(name, *lines):
    head = ["[connection]", "id=wg0", "type=wireguard", "interface-name=wg0", "[wireguard]", f"private-key={key('a')}"]
    return "\n".join([*head, f"[wireguard-peer.{PUBLIC[name]}]", *lines, ""])


TO_HUB = ("AllowedIPs = 10.9.0.0/24", "Endpoint = 203.0.113.4:51820")
KEPT_ALIVE = (*TO_HUB, "PersistentKeepalive = 25")
PHONE = peer("phone", "AllowedIPs = 10.9.0.2/32")
LEARNED = conf("hub", "Address = 10.14.0.1/24", "ListenPort = 51820", "SaveConfig = true")
CLIENTS = {
    "hub.conf": hub("10.9.0.1/24", *(peer(name, f"AllowedIPs = 10.9.0.{n}/32") for n, name in ((2, "full"), (3, "split")))),
    "full.conf": conf("full", "Address = 10.9.0.2/24", peer("hub", "AllowedIPs = 0.0.0.0/0", *KEPT_ALIVE[1:])),
    "split.conf": conf("split", "Address = 10.9.0.3/24", peer("hub", *KEPT_ALIVE)),
}
PAIR = {
    "a/wg0.conf": conf("a", "ListenPort = 51820", peer("b", "AllowedIPs = 10.17.0.2/32", "Endpoint = b.example.org:51820")),
    "b/wg0.conf": conf("b", "ListenPort = 51820", peer("a", "AllowedIPs = 10.17.0.1/32", "Endpoint = a.example.org:51820")),
}
DN42 = {
    f"r/dn42_{name}.conf": conf(
        "hub", f"ListenPort = {port}", "Address = fe80::aa:1/64", "Table = off",
        "PostUp = ip addr add dev %i 172.22.50.1/32 peer 172.20.9.1/32",
        peer(name, "AllowedIPs = 172.16.0.0/12, fd00::/8", f"Endpoint = {name}.example.net:22550"),
    )
    for name, port in (("east", 22601), ("west", 22602))
}  # fmt: skip
HALVES = conf("a", "Address = 10.9.0.2/32", peer("hub", "AllowedIPs = 0.0.0.0/1, 128.0.0.0/1, ::/1, 8000::/1", *TO_HUB[1:]))
BOTH = {
    f"x/wg{n}.conf": conf(
        name, f"Address = 10.{n}9.0.1/24", f"ListenPort = 5182{n}", peer("phone", f"AllowedIPs = 10.{n}9.0.2/32")
    )
    for n, name in ((1, "a"), (2, "b"))
}

ROWS = {
    # an address that ends the prefix
    "a server on .0": {
        "hub/wg0.conf": hub(
            "10.252.1.0/24", "PostUp =", "Table = auto", "MTU = 1450", peer("phone", "AllowedIPs = 10.252.1.1/32")
        )
    },
    "beside a sound one": {
        "hub/wg0.conf": conf("a", "Address = 10.250.0.1/24", "ListenPort = 51820", peer("b", "AllowedIPs = 10.250.0.2/32")),
        "hub/wg1.conf": hub("10.252.1.0/24", peer("phone", "AllowedIPs = 10.252.1.1/32"), port=51821),
    },
    "a peer on .255": {"h.conf": hub("10.9.0.1/24", peer("phone", "AllowedIPs = 10.9.0.255/32"))},
    "more peers than addresses": {
        "h.conf": hub("10.9.0.1/30", *(peer(name, f"AllowedIPs = 10.9.0.{n}/32") for n, name in enumerate(NAMES[1:], start=2)))
    },
    # peers that hooks load
    "peers in a file beside": {
        "gw/wg0.conf": hub("10.254.7.1/24", "PostUp = wg addconf %i /etc/wireguard/peers.conf", port=11110),
        "gw/peers.conf": peer("a", "AllowedIPs = 10.254.7.2/32", "Endpoint = 203.0.113.71:11110", "PersistentKeepalive = 60")
        + "\n",
    },
    "peers in a file that is not there": {
        "gw/wg0.conf": hub("10.254.7.1/24", "PostUp = wg addconf %i /etc/wireguard/peers.conf")
    },
    "a template that nothing starts": {
        "gw/wg0.conf": hub("10.254.7.1/24", PHONE.replace("10.9.0", "10.254.7")),
        "gw/client.conf": f"[Interface]\nPrivateKey = <private key>\n[Peer]\nPresharedKey = {PSK}\n",
    },
    # one key on several interfaces
    "one key, an interface for each peer": DN42,
    "one key on two hosts": {
        "a/wg0.conf": hub("10.9.0.1/24", PHONE),
        "b/wg0.conf": hub("10.9.0.1/24", PHONE),
    },
    "one client on two interfaces": BOTH,
    "two networks of one host": {
        "x/wg0.conf": hub("10.9.0.1/24", PHONE),
        "x/wg1.conf": conf("a", "Address = 10.19.0.1/24", "ListenPort = 51821", peer("c", "AllowedIPs = 10.19.0.2/32")),
    },
    # preshared keys that are elsewhere
    "networkd names a file beside": {
        "c/wg0.netdev": netdev(
            "",
            "PrivateKeyFile=/etc/systemd/network/wg0.key",
            "ListenPort=51820",
            networkd_peer("a", "PresharedKeyFile=/etc/systemd/network/a.psk", "AllowedIPs=10.61.0.2/32"),
        ),
        "c/wg0.network": "[Match]\nName=wg0\n[Network]\nAddress=10.61.0.1/24\n",
        "c/a.psk": PSK,
        "c/wg0.key": key("hub") + "\n",
    },
    "networkd names a file that is not there": {
        "c/wg0.netdev": netdev("hub", networkd_peer("a", "PresharedKeyFile=/etc/a.psk", "AllowedIPs=10.61.0.2/32")),
        "c/wg0.network": "[Match]\nName=wg0\n[Network]\nAddress=10.61.0.1/24\n",
    },
    "NetworkManager has it in a keyring": {
        "l/wg0.nmconnection": keyfile(
            "hub",
            "preshared-key-flags=1",
            "allowed-ips=10.63.0.0/24;",
            "[ipv4]",
            "address1=10.63.0.5/24",
            "[ipv6]",
            "method=disabled",
        )
    },
    "a hook sets it": {
        "h/wg0.conf": hub(
            "10.9.0.1/24", f"PostUp = wg set %i peer {PUBLIC['phone']} preshared-key /etc/wireguard/phone.psk", PHONE
        )
    },
    # each client keeps its own way
    "a full and a split client": CLIENTS,
    "two full clients": {
        "hub.conf": hub("10.9.0.1/24", PHONE.replace(PUBLIC["phone"], PUBLIC["full"])),
        "full.conf": CLIENTS["full.conf"],
    },
    "a split client that reaches a LAN, too": {
        "hub.conf": hub("10.9.0.1/24", peer("split", "AllowedIPs = 10.9.0.3/32")),
        "split.conf": CLIENTS["split.conf"].replace("10.9.0.0/24", "10.9.0.0/24, 192.168.1.0/24"),
    },
    # endpoints that SaveConfig wrote
    "endpoints of roaming clients": {
        "hub/wg0.conf": LEARNED + peer("a", "AllowedIPs = 10.14.0.2/32", "Endpoint = 198.51.100.23:61004"),
        "a/wg0.conf": conf("a", "Address = 10.14.0.2/24", peer("hub", *KEPT_ALIVE).replace("10.9.0", "10.14.0")),
    },
    "an endpoint that the host dials": {
        "hub/wg0.conf": LEARNED
        + peer("a", "AllowedIPs = 10.14.0.2/32", "Endpoint = 198.51.100.23:61004", "PersistentKeepalive = 25")
    },
    "SaveConfig is off": {
        "hub/wg0.conf": LEARNED.replace("true", "false")
        + peer("a", "AllowedIPs = 10.14.0.2/32", "Endpoint = 198.51.100.23:61004")
    },
    # DNS
    "routing domains": {
        "l/wg0.conf": conf(
            "a",
            "Address = 10.16.0.5/24",
            "DNS = 192.168.1.5, ~corp.example, ~lab.example.org",
            peer("hub", "AllowedIPs = 10.16.0.0/24", *TO_HUB[1:]),
        )
    },
    "search domains": {
        "l/wg0.conf": conf(
            "a",
            "Address = 10.16.0.5/24",
            "DNS = 192.168.1.5,example.org,example.com",
            peer("hub", "AllowedIPs = 10.16.0.0/24", *TO_HUB[1:]),
        )
    },
    "all queries": {
        "l/wg0.conf": conf(
            "a", "Address = 10.16.0.5/24", "DNS = fd00::5 ~.", peer("hub", "AllowedIPs = 10.16.0.0/24", *TO_HUB[1:])
        )
    },
    # addresses that are in no file
    "addresses that the peers name": PAIR,
    "a hook adds the address": {
        "h.conf": conf(
            "a",
            "ListenPort = 51820",
            "Table = off",
            "PostUp = ip address add 172.20.4.1/32 peer 172.20.4.2/32 dev %i",
            peer("hub", "AllowedIPs = 172.20.0.0/14, fd00::/8", *TO_HUB[1:]),
        )
    },
    "wg showconf": {
        "h.conf": conf("a", "ListenPort = 51820", "", peer("hub", "AllowedIPs = 192.168.44.0/24", "Endpoint = 203.0.113.9:51820"))
    },
    # peers without AllowedIPs
    "clients that list each other without AllowedIPs": {
        "hub/wg0.conf": hub("10.20.0.1/24", *(peer(name, f"AllowedIPs = 10.20.0.{n}/32") for n, name in ((2, "a"), (3, "b")))),
        "a/wg0.conf": conf("a", "Address = 10.20.0.2/24", peer("hub", *TO_HUB).replace("10.9.0", "10.20.0"), peer("b")),
        "b/wg0.conf": conf("b", "Address = 10.20.0.3/24", peer("hub", *TO_HUB).replace("10.9.0", "10.20.0"), peer("a")),
    },
    # endpoints
    "IPv6 without brackets": {
        "h.conf": conf("a", "Address = 10.9.0.2/24", peer("hub", "AllowedIPs = 10.9.0.1/32", "Endpoint = 2001:db8:7::1:51820"))
    },
    "IPv4 in brackets": {
        "h.conf": conf("a", "Address = 10.9.0.2/24", peer("hub", "AllowedIPs = 10.9.0.1/32", "Endpoint = [203.0.113.4]:51820"))
    },
    "a zone": {
        "h.conf": conf("a", "Address = 10.9.0.2/24", peer("hub", "AllowedIPs = 10.9.0.1/32", "Endpoint = [fe80::1%eth0]:51820"))
    },
    "halves of the Internet": {"h.conf": HALVES},
    "quarters of the Internet": {"h.conf": HALVES.replace("0.0.0.0/1,", "0.0.0.0/2, 64.0.0.0/2,")},
    "all but private networks": {
        "h.conf": HALVES.replace("0.0.0.0/1, 128.0.0.0/1, ::/1, 8000::/1", "0.0.0.0/5, 8.0.0.0/7, 11.0.0.0/8")
    },
    # prefixes and addresses
    "an IPv6 prefix of length 32": {
        "h.conf": conf("a", "Address = fd00:cafe:1::2/64", "ListenPort = 51820", peer("hub", "AllowedIPs = fd00:cafe::/32"))
    },
    "single addresses": {
        "h.conf": conf(
            "a", "Address = 10.9.0.2/32, fd00:9::2/128", peer("hub", "AllowedIPs = 10.9.0.0/24, fd00:9::/64", *TO_HUB[1:])
        )
    },
    "addresses without a length": {
        "h.conf": conf(
            "a", "Address = 10.9.0.2", "Address = fd00:9::2", peer("hub", "AllowedIPs = 10.9.0.0/24, fd00:9::/64", *TO_HUB[1:])
        )
    },
    "a /31": {
        "h.conf": conf("a", "Address = 10.9.0.2/31", "ListenPort = 51820", peer("hub", "AllowedIPs = 10.9.0.3/32", *TO_HUB[1:]))
    },
    # keys
    "the key in a file beside": {
        "h/wg0.conf": conf(
            "", "Address = 10.9.0.1/24", "ListenPort = 51820", "PostUp = wg set %i private-key /etc/wireguard/%i.key", PHONE
        ),
        "h/wg0.key": key("hub") + "\n",
    },
    "the key is not there": {
        "h/wg0.conf": conf("", "Address = 10.9.0.1/24", "PostUp = wg set %i private-key <(pass show wg/%i)", PHONE)
    },
    "the host itself as a peer": {
        "h.conf": hub("10.9.0.1/24", peer("hub", f"PresharedKey = {PSK}", "AllowedIPs = 10.9.0.1/32"), PHONE)
    },
    "a preshared key on one side": {
        "hub.conf": hub("10.9.0.1/24", peer("split", f"PresharedKey = {PSK}", "AllowedIPs = 10.9.0.3/32")),
        "split.conf": CLIENTS["split.conf"],
    },
    "a preshared key of zeros": {"h.conf": hub("10.9.0.1/24", PHONE + f"\nPresharedKey = {'A' * 43}=")},
    # routes
    "networkd makes no default route": {
        "h/50-wg0.netdev": netdev(
            "a", "ListenPort=51820", networkd_peer("hub", "AllowedIPs=0.0.0.0/0,::/0", "Endpoint=203.0.113.4:51820")
        ),
        "h/50-wg0.network": "[Match]\nName=wg0\n[Network]\nAddress=fe80::1234/64\n",
    },
    "NetworkManager makes no default route": {
        "h.nmconnection": keyfile(
            "hub",
            "endpoint=203.0.113.4:51820",
            "allowed-ips=0.0.0.0/0;",
            "[ipv4]",
            "method=manual",
            "address1=10.9.0.2/24",
            "never-default=true",
        )
    },
    # text is text
    "braces in a hook": {"h.conf": hub("10.9.0.1/24", "PostUp = podman ps --format '{{.ID}}' | head -n 1", PHONE)},
    "a key in a hook": {"h.conf": hub("10.9.0.1/24", f"PostUp = curl -d {PSK} http://192.0.2.1/%i", PHONE)},
    "a key as a name": {
        "h.conf": hub("10.9.0.1/24", f"[Peer]\n# Name = {PSK}\nPublicKey = {PUBLIC['phone']}\nAllowedIPs = 10.9.0.2/32")
    },
    # spellings
    "spellings": {
        "h.conf": hub(
            "10.9.0.1/24",
            "SaveConfig = False",
            "FwMark = OFF",
            "Table =",
            "PostUp = true\t&& true",
            PHONE + "\nPersistentKeepalive = Off",
        )
    },
    # layouts
    "as ansible.builtin.fetch makes it": {"a/etc/wireguard/wg0.conf": hub("10.9.0.1/24", PHONE)},
    # errors
    "header and key on one line": {
        "h.conf": f"[Interface] PrivateKey = {key('hub')}\nAddress = 10.9.0.1/24\n",
        "good.conf": hub("10.9.0.1/24", PHONE),
    },
    "only carriage returns": {"h.conf": f"[Interface]\rPrivateKey = {key('hub')}\rAddress = 10.9.0.1/24\r"},
    "files of other tools": {
        "amnezia.conf": conf("a", "Address = 10.9.0.2/32", "Jc = 4", "Jmin = 10", peer("hub", *TO_HUB)),
        "jinja.conf": "[Interface]\nAddress = {{ address }}\n{% for one in peers %}\n[Peer]\n{% endfor %}\n",
        "go.conf": "[Interface]\nPrivateKey = {{ .PrivateKey }}\nAddress = {{ .Address }}\n",
        "wrapped.conf": hub("10.9.0.1/24", "PostUp = iptables -A FORWARD \\", "  -j ACCEPT", PHONE),
        "unit.netdev": "[NetDev]\nKind=wireguard\n[WireGuard]\nPrivateKey=${KEY}\n",
        "keyfile.nmconnection": "[connection]\ntype=wireguard\n[wireguard]\nprivate-key=REPLACE_ME\n",
    },
    "keys at wrong places": {
        "a.conf": conf("a", f"Address = {PSK}"),
        "b.conf": conf("a", peer("hub", f"Endpoint = {PSK}")),
        "c.conf": f"{PSK}\n[Interface]\n",
        "d.conf": f"[Interface]\n{PSK}\n",
        "e.conf": f"[{PSK}]\n[Interface]\n",
        "f.conf": conf("a", f"Table = {PSK}"),
        "g.conf": conf("a", peer("hub", f"AllowedIPs = {PSK}")),
        "i.conf": conf("a", f"ListenPort = {PSK}"),
        "j.conf": conf("a", f"DNS = {PSK}"),
        "k.conf": f"[Interface]\nPrivateKey = {PSK[:-2]}\n",
        "l.conf": conf("a", f"{PSK} = 1"),
    },
}

TOLD = Path(__file__).with_name("import_rows.txt")
"""The whole report of each row."""


def rows_told():
    told, name = {}, ""
    for line in TOLD.read_text(encoding="utf-8").split("\n"):
        if line.startswith("# "):
            name = line[2:]
            told[name] = []
        elif line and not line.startswith("## "):
            told[name].append(line)
    return told


def outcome(folder, files, understand=()):
    """What is imported, and all that is said: the report, and what cannot be read after ``!``."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(text.encode())
    found, problems = found_in_directory(folder)
    made = imported(found, understand=understand)
    return made, [*report(made), *(f"! {problem}".replace(f"{folder}/", "") for problem in problems)]


def test_every_row_is_told():
    assert list(rows_told()) == list(ROWS)


@pytest.mark.parametrize("name", ROWS)
def test_rows(tmp_path, name):
    made, lines = outcome(tmp_path, ROWS[name])
    assert lines == rows_told()[name]
    entries = [adopted_interface(one.found) for one in made.adopted]
    shown = "\n".join([*lines, json.dumps([entries, [network_to_dict(one.network) for one in made.networks]])])
    hooks = [hook for entry in entries for hook in entry["config"].get("hooks", {}).get("post_up", ())]
    secrets = [*map(key, NAMES), *([] if PSK in "".join(hooks) else [PSK])]
    assert not [secret for secret in secrets if secret in shown]


@pytest.mark.parametrize("name", ROWS)
def test_rows_that_shall_be_understood(tmp_path, name):
    """Nothing that is asked for makes an interface disappear, or a key appear."""
    made, lines = outcome(tmp_path, ROWS[name], [ALL])
    asked = [host for one in made.networks for host in one.differences] + [one.found.host for one in made.adopted]
    plain = outcome(tmp_path, ROWS[name])[0]
    assert sorted(asked) == sorted(
        [host for one in plain.networks for host in one.differences] + [o.found.host for o in plain.adopted]
    )
    assert not [secret for secret in [*map(key, NAMES), PSK] if secret in "\n".join(lines)]


def test_all_rows_in_one_run(playbook, ansible, tmp_path):
    """Each row's hosts by other names. Ansible reads the inventory, and no key is anywhere but in its hook and its own file."""
    folder = tmp_path / "confs"
    for number, files in enumerate(ROWS.values()):
        for path, text in files.items():
            host, _slash, rest = path.rpartition("/") if "/" not in path else (path.split("/")[0], "/", path.split("/", 1)[1])
            stem, _dot, ending = path.rpartition(".")
            target = folder / f"r{number}-{host or stem}" / (rest if host else f"wg0.{ending}")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text.encode())
    task = {
        "meshwork.wireguard.import_networks": {"dest": str(tmp_path / "out"), "directory": str(folder), "preshared_keys": True}
    }
    show = {"ansible.builtin.debug": {"msg": "{{ told }}"}}
    process = playbook(
        [{"hosts": "localhost", "gather_facts": False, "tasks": [{**task, "register": "told"}, show]}], "--diff", "-vv"
    )
    output, _none = process.communicate(timeout=300)
    assert process.returncode == 0, output[-3000:]
    assert not [name for name in NAMES if key(name) in output]
    assert PSK not in output
    out = tmp_path / "out"
    files = {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file()}
    assert not [(name, path) for name in NAMES for path, text in files.items() if key(name) in text]
    assert {path for path, text in files.items() if PSK in text} <= {"wireguard.yml", "group_vars/wireguard/preshared_keys.yml"}
    assert [line.strip() for line in files["wireguard.yml"].split("\n") if PSK in line] == [
        f"- !unsafe 'curl -d {PSK} http://192.0.2.1/%i'"
    ]
    process = ansible("ansible-inventory", "-i", str(out / "wireguard.yml"), "--list")
    listed, _none = process.communicate(timeout=300)
    assert "WARN" not in listed
    assert json.loads(listed[listed.index("{") :])["wireguard_adopted"]["hosts"]
