# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import REPLACED
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import KEPT, Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key

OWN, SHARED = key("own"), key("shared")
CONF, KEY = "/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.key"
NETDEV, NETWORK = "/etc/systemd/network/50-wg0.netdev", "/etc/systemd/network/50-wg0.network"
BETA = Peer(key("beta"), SHARED, ("10.8.0.2/32",), "203.0.113.2:51820", 25)
RUNS = Config(addresses=("10.8.0.1/24",), port=51820, peers=(BETA,))
WANTED = replace(RUNS, peers=(replace(BETA, preshared_key=KEPT),))
GAMMA = Peer(key("gamma"), None, ("10.8.0.3/32",))
QUICK = (
    f"[interface]\nPrivateKey={OWN}\nAddress=10.8.0.1/24\nListenPort=51820\n[Peer]\nPublicKey={BETA.public_key}\n"
    f"PresharedKey={SHARED}\nAllowedIPs=10.8.0.2/32\nEndpoint=203.0.113.2:51820\nPersistentKeepalive=25\n"
)
FILES = {
    "wg-quick": {CONF: QUICK},
    "networkd": {
        NETDEV: f"[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKey={OWN}\nListenPort=51820\n[WireGuardPeer]\n"
        f"PublicKey={BETA.public_key}\nPresharedKey={SHARED}\nAllowedIPs=10.8.0.2/32\nEndpoint=203.0.113.2:51820\n"
        "PersistentKeepalive=25\n",
        NETWORK: "[Match]\nName=wg0\n[Network]\nAddress=10.8.0.1/24\n",
    },
    "hand": {},
}


class Power(Exception):
    """It failed."""


@pytest.fixture
def made(host):
    """Give a function: the host with the running interface, as a program made it."""

    def make(by):
        for path, text in FILES[by].items():
            host.write(path, text)
        host.up(RUNS, OWN)
        host.unit(active=by == "wg-quick", enabled=by == "wg-quick")
        host.answers["wg", "show", "wg0", "private-key"] = f"{OWN}\n"
        return host

    return make


def bring_about(host, by, config, check_mode=False, given=None):
    files = tuple(FILES[by]) if given is None else given
    wanted = Wanted(render_conf(config), KEY, True, None, adopted={"by": by, "files": files})
    return Interface(host, "wg0").bring_about(wanted, check_mode)


def files_of(host):
    return {path for directory in ("/etc/wireguard", "/etc/systemd/network") for path in host.glob(f"{directory}/*")}


@pytest.mark.parametrize("by", FILES)
def test_what_runs_stays(made, by):
    host = made(by)
    for check_mode in (True, False):
        result = bring_about(host, by, WANTED, check_mode)
        assert (result["changed"], result["public_key"]) == (False, public_key(OWN))
    assert (files_of(host), host.changing) == (set(FILES[by]), [])


@pytest.mark.parametrize("by", FILES)
def test_the_first_change_writes_the_files_and_renames_the_others(made, by):
    host = made(by)
    config = replace(WANTED, peers=(*WANTED.peers, GAMMA))
    ahead = bring_about(host, by, config, check_mode=True)
    assert files_of(host) == set(FILES[by])
    result = bring_about(host, by, config)
    assert result["changes"] == ahead["changes"]
    moved = [change["what"] for change in result["changes"] if change.get("action", "").startswith("renamed")]
    assert moved == [f"file {path}" for path in FILES[by]]
    assert {path for path in files_of(host) if "06-meshwork" not in path} == {
        CONF, KEY, *(path + REPLACED for path in FILES[by]),
    }  # fmt: skip
    written = parse_conf(host.read(CONF))
    assert (written.private_key, host.read(KEY)) == (OWN, f"{OWN}\n")
    assert [(peer.public_key, peer.preshared_key) for peer in written.peers] == [
        (BETA.public_key, SHARED),
        (GAMMA.public_key, None),
    ]
    assert all(host.mode_of(path) == 0o600 for path in (CONF, KEY))
    host.up(replace(RUNS, peers=(BETA, GAMMA)), OWN)
    again = bring_about(host, by, config)
    assert (again["changed"], again["changes"]) == (False, [])


@pytest.mark.parametrize("by", FILES)
def test_replaced_files_are_destroyed_with_the_backups(made, by):
    """Not those of other interfaces."""
    host = made(by)
    other = "/etc/systemd/network/wg1.netdev" + REPLACED
    host.write(other, FILES["networkd"][NETDEV].replace("wg0", "wg1"))
    bring_about(host, by, replace(WANTED, peers=(*WANTED.peers, GAMMA)))
    assert {path + REPLACED for path in FILES[by]} <= files_of(host)
    told = ["- backups: removed"] if FILES[by] else []
    for check_mode in (True, False):
        assert [change.describe() for change in Interface(host, "wg0").destroy_backups(check_mode)] == told
    assert {path for path in files_of(host) if path.endswith(REPLACED)} == {other}


@pytest.mark.parametrize("by", ["wg-quick", "networkd"])
def test_a_power_failure_at_any_step_leaves_an_interface(made, monkeypatch, by):
    """At any step a file brings it up at the next boot, and the next run completes the change."""
    config = replace(WANTED, peers=(*WANTED.peers, GAMMA))
    host = made(by)
    steps = {"left": 0}

    def failing(operation):
        def go(*arguments, **options):
            if steps["left"] == 0:
                raise Power
            steps["left"] -= 1
            return operation(*arguments, **options)

        return go

    for name in ("write_bytes", "rename", "remove"):
        monkeypatch.setattr(host, name, failing(getattr(host, name)))
    for number in range(20):
        steps["left"] = 10**6
        for path in files_of(host):
            host.remove(path)
        made(by)
        steps["left"] = number
        try:
            bring_about(host, by, config)
            break
        except Power:
            steps["left"] = 10**6
        boots = host.exists(CONF) if by == "wg-quick" else host.exists(NETDEV) or host.exists(CONF)
        assert boots, number
        host.up(parse_conf(host.read(CONF)) if host.exists(CONF) else RUNS, OWN)
        bring_about(host, by, config)
        assert {path for path in files_of(host) if "06-meshwork" not in path} == {
            CONF, KEY, *(path + REPLACED for path in FILES[by]),
        }, number  # fmt: skip
    assert number >= (3 if by == "wg-quick" else 5)


def test_a_key_file_of_somebody_gets_another_name(made):
    host = made("wg-quick")
    host.write(KEY, key("other") + "\n")
    bring_about(host, "wg-quick", replace(WANTED, peers=(*WANTED.peers, GAMMA)))
    assert (host.read(KEY), host.read(KEY + REPLACED)) == (f"{OWN}\n", key("other") + "\n")


def test_what_hooks_add_is_theirs(made):
    """An address that no file has stays, and a peer without a preshared key keeps the one that runs."""
    host = made("wg-quick")
    text = QUICK.replace("Address=10.8.0.1/24\n", "Table=off\nPostUp=ip address add 10.8.0.1/24 dev %i\n")
    text = text.replace(f"PresharedKey={SHARED}\n", "")
    host.write(CONF, text)
    config = replace(parse_conf(text), private_key=None)
    assert bring_about(host, "wg-quick", config)["changed"] is False
    result = bring_about(host, "wg-quick", replace(config, peers=(*config.peers, GAMMA)))
    assert [change["kind"] for change in result["changes"] if change["kind"] != "host"] == ["peer_added"]
    assert f"PresharedKey = {SHARED}" in host.read(CONF)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/run/systemd/network/10-netplan-wg0.netdev", FILES["networkd"][NETDEV]),
        ("/usr/lib/systemd/network/wg.netdev", "[NetDev]\nName=wg0\nKind=wireguard\n"),
        ("/run/systemd/network/10-netplan-wg0.netdev", "[NetDev]\nName=wg0\nKind=wireguard\n[WireGuard]\nPrivateKey=s3cret\n"),
        (
            "/run/NetworkManager/system-connections/netplan-wg0.nmconnection",
            "[connection]\nid=netplan-wg0\ntype=wireguard\ninterface-name=wg0\n",
        ),
    ],
    ids=["netplan", "a package", "one that cannot be read", "netplan with NetworkManager"],
)
def test_what_is_generated_at_each_boot_has_to_go_first(made, path, text):
    """Otherwise the interface would have the old peers again after a reboot."""
    host = made("hand")
    stem = path.rpartition("/")[2].rpartition(".")[0]
    if "s3cret" in text:
        path = path.replace(stem, "wg0")
    host.write(path, text)
    assert bring_about(host, "hand", WANTED)["changed"] is False
    changed = replace(WANTED, peers=(*WANTED.peers, GAMMA))
    for check_mode in (True, False):
        with pytest.raises(ValueError, match="would make the interface again at the next boot") as caught:
            bring_about(host, "hand", changed, check_mode)
        assert str(caught.value).startswith(path)
        assert "s3cret" not in str(caught.value)
    assert (files_of(host), host.changing) == (set(), [])
    host.write(path.replace("wg0", "wg1"), text.replace("wg0", "wg1"))
    host.remove(path)
    assert bring_about(host, "hand", changed)["changed"] is True


@pytest.mark.parametrize("more", ["autoconnect=false\n", "[.nmmeta]\nnm-generated=true\nvolatile=true\nexternal=true\n"])
def test_a_connection_that_does_not_make_the_interface_stays(made, more):
    """NetworkManager writes one of its own for each link that something else has made."""
    host = made("hand")
    text = "[connection]\nid=wg0\nuuid=17c5\ntype=wireguard\ninterface-name=wg0\n"
    host.write("/run/NetworkManager/system-connections/wg0.nmconnection", text + more)
    assert bring_about(host, "hand", replace(WANTED, peers=(*WANTED.peers, GAMMA)))["changed"] is True
    assert host.read("/run/NetworkManager/system-connections/wg0.nmconnection") == text + more


def test_a_file_of_the_host_counts_instead_of_a_generated_one(made):
    host = made("networkd")
    host.write(NETDEV.replace("/etc", "/run"), FILES["networkd"][NETDEV])
    assert bring_about(host, "networkd", replace(WANTED, peers=(*WANTED.peers, GAMMA)))["changed"] is True


def test_files_that_cannot_be_read(made):
    host = made("wg-quick")
    host.write(CONF, "[Interface]\nPrivateKey = s3cret\n")
    with pytest.raises(
        ValueError, match=r"^wg0.conf: line 2: PrivateKey: not a WireGuard key .*; correct it, or remove"
    ) as caught:
        bring_about(host, "wg-quick", WANTED)
    assert "s3cret" not in str(caught.value)
