# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd: files for the boot, and an interface that is made by hand until then."""

from __future__ import annotations

import grp
import os
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot import networkd as networkd_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.networkd import Networkd
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.saved import restore, save
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd_files import networkd_files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import HostChange
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, CONF, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

DIRECTORY, LEFT = "/etc/systemd/network", "/run/systemd/network/05-meshwork-wg0.network"
UNIT = "wg-quick@wg0.service"
DESIRED = replace(BASE, private_key=OWN)
NAMES = [f"05-meshwork-wg0.{end}" for end in ("key", "netdev", "network")]
RELOAD = ["systemctl", "daemon-reload"]


class Desk:
    """A host, with the program's directories."""

    def __init__(self, stage, monkeypatch):
        self.stage, self.host = stage, stage.host
        self.directory, self.left = self.host.path(DIRECTORY), self.host.path(LEFT)
        self.directory.mkdir(parents=True)
        monkeypatch.setattr(Networkd, "_group", os.getegid())
        self.networkd = Networkd(stage.host, "wg0", CONF)
        self.host.answers["ip", "-j", "-d", "link"] = '[{"linkinfo": {"info_kind": "wireguard"}}]'
        self.host.answers["systemctl", "is-active"] = Completed(3, "", "")
        self.host.answers["systemctl", "is-enabled"] = "enabled\n"

    def files(self, config=DESIRED):
        return {file.name: file.text for file in networkd_files("wg0", config, "05-meshwork-wg0", DIRECTORY, CONF)}

    @property
    def existing(self):
        return {path.name: path.read_text() for path in sorted(self.directory.iterdir())}

    def run(self, config=BASE, **options):
        wanted = self.stage.wanted(config, **{"backend": "systemd-networkd", **options})
        return self.stage.interface.bring_about(wanted, check_mode=False)

    def lines(self, config=BASE, **options):
        return self.run(config, **options)["diff"]["prepared"].splitlines()

    def known(self, admin="configured"):
        """networkd has read the files, and the link is there."""
        for path, text in (
            ("/sys/class/net/wg0/ifindex", "7\n"),
            ("/run/systemd/netif/links/7", f"ADMIN_STATE={admin}\nNETWORK_FILE={DIRECTORY}/{NAMES[2]}\n"),
        ):
            self.host.put(path, text)


@pytest.fixture
def desk(stage, monkeypatch):
    return Desk(stage, monkeypatch)


def test_the_files_are_written_and_removed(desk):
    assert desk.networkd.changes(DESIRED) == [HostChange("systemd-networkd", "created")]
    assert (desk.networkd.changes(None), desk.networkd.enabled()) == ([], False)
    desk.networkd.enable(DESIRED)
    assert desk.existing == desk.files()
    assert [oct(desk.host.mode_of(f"{DIRECTORY}/{name}")) for name in NAMES] == ["0o640", "0o640", "0o644"]
    assert (desk.networkd.changes(DESIRED), desk.networkd.enabled()) == ([], True)
    assert desk.networkd.changes(None) == [HostChange("systemd-networkd", "removed")]
    desk.networkd.forget()
    assert desk.existing == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_is_another_is_written_again(desk, name):
    desk.networkd.enable(DESIRED)
    path = desk.directory / name
    for alter in (lambda: path.write_text("another"), path.unlink, lambda: path.chmod(0o600)):
        alter()
        if desk.host.mode_of(f"{DIRECTORY}/{name}") == 0o600 and name.endswith("network"):
            continue
        assert desk.networkd.changes(DESIRED) == [HostChange("systemd-networkd", "changed")]
        desk.networkd.enable(DESIRED)
        assert desk.existing == desk.files()


def test_the_group_that_reads_the_keys(desk, monkeypatch):
    monkeypatch.undo()
    found = {entry.gr_name: entry.gr_gid for entry in grp.getgrall()}
    assert Networkd(desk.host, "wg0", "/etc/wireguard/wg0.conf")._group == found.get("systemd-network")


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        (lambda _desk: None, None),
        (
            lambda desk: desk.host.answers.update({("systemctl", "is-enabled"): Completed(1, "disabled\n", "")}),
            (
                "systemd-networkd is not enabled on this host, so nothing would make the interface at the next boot; "
                "enable systemd-networkd.service (it also manages the other interfaces), or use the backend wg-quick"
            ),
        ),
        (
            lambda desk: desk.host.answers.update(
                {("ip", "-j", "-d", "link"): "", ("ip", "link", "add"): Completed(2, "", "Operation not supported")}
            ),
            (
                "systemd-networkd makes the device itself, through the kernel, and the kernel of this host has no WireGuard; "
                "boot one that has it (Linux 5.6 or later), or use the backend wg-quick"
            ),
        ),
        (
            lambda desk: (desk.directory / "10-vpn.netdev").write_text("[NetDev]\nName=wg0\nKind=wireguard\n"),
            "{directory}/10-vpn.netdev also makes an interface with this name; remove it",
        ),
        (lambda desk: (desk.directory / "10-all.network").write_text("[Match]\nName=wg0\n"), None),
        (lambda desk: (desk.directory / "10-bad.netdev").write_text("damaged\n"), None),
        (lambda desk: desk.networkd.enable(DESIRED), None),
    ],
)
def test_what_a_host_cannot_have(desk, alter, expected):
    alter(desk)
    assert outcome(desk.networkd.check, DESIRED) == (expected and f"refused: {expected.format(directory=DIRECTORY)}")


def test_a_fresh_start_is_made_by_hand(desk):
    bare = replace(BASE, private_key=None, addresses=(), mtu=1420, peers=())

    def appear(words):
        if words[:3] == ["ip", "link", "add"]:
            desk.host.up(bare, key("none yet"))
            desk.host.unit()

    desk.host.on_call = appear
    assert desk.lines()[-1] == "+ systemd-networkd: created"
    assert desk.existing == desk.files()
    said = [words for words in desk.host.changing if words[0] in ("ip", "wg", "systemctl")]
    flush = [
        ["ip", family, *what, "dev", "wg0"]
        for family in ("-4", "-6")
        for what in (["address", "flush"], ["route", "flush", "table", "all"])
    ]
    assert said[:2] == [
        ["systemctl", "is-enabled", "systemd-networkd.service"],
        ["ip", "link", "add", "dev", "wg0", "type", "wireguard"],
    ]
    assert [words for words in said if "flush" in words] == flush
    (command,) = [words for words in said if words[:3] == ["wg", "set", "wg0"]]
    assert command[3] == "private-key"
    assert command[5:7] == ["peer", BETA.public_key]
    assert ["ip", "-4", "address", "add", "10.8.0.1/24", "dev", "wg0"] in said
    assert not any(words[:2] in (["systemctl", "restart"], ["systemctl", "enable"]) for words in said)


def test_a_start_that_fails_leaves_nothing(desk):
    desk.host.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "Operation not supported")
    desk.host.on_call = lambda words: desk.host.up(BASE, OWN) if words[:3] == ["ip", "link", "set"] else None
    desk.host.answers["wg", "set"] = Completed(1, "", "Invalid argument")
    desk.host.on_call = lambda words: (
        desk.host.up(replace(BASE, peers=()), key("none yet")) if words[:3] == ["ip", "link", "set"] else None
    )
    with pytest.raises(CommandFailed, match="Invalid argument"):
        desk.networkd.start(DESIRED)
    assert desk.host.changing[-1] == ["ip", "link", "delete", "dev", "wg0"]


def test_it_takes_over_from_wg_quick_and_hands_back(desk):
    desk.stage.fill(BASE)
    desk.host.calls.clear()
    assert desk.lines() == ["~ unit: disabled", "+ systemd-networkd: created"]
    assert desk.existing == desk.files()
    assert desk.host.changing[1:] == [RELOAD, ["systemctl", "stop", UNIT], RELOAD, ["systemctl", "disable", UNIT]]
    desk.host.unit()
    assert desk.lines() == []

    desk.host.answers["ip", "-j", "link", "show", "dev", "wg0"] = '[{"ifname": "wg0"}]'
    desk.host.calls.clear()
    assert desk.lines(backend="wg-quick") == ["~ unit: enabled", "- systemd-networkd: removed"]
    start = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
    assert desk.host.changing == [["systemctl", "enable", UNIT], RELOAD, *start, RELOAD]
    assert (desk.existing, desk.left.read_text()) == ({}, desk.files()[NAMES[2]])


def test_what_it_has_read_is_kept_right_until_the_next_boot(desk):
    desk.stage.fill(BASE)
    desk.host.put(LEFT, "older")
    other = replace(BASE, addresses=("10.8.0.9/24",))
    desk.run(other, backend="wg-quick")
    assert desk.left.read_text() == desk.files(replace(other, private_key=OWN))[NAMES[2]]
    desk.run(BASE)
    assert not desk.left.exists()


def test_removed_is_removed(desk):
    desk.stage.fill(BASE)
    desk.host.unit()
    desk.networkd.enable(DESIRED)
    desk.host.put(LEFT, "older")
    said = desk.stage.interface.remove(check_mode=False)["diff"]["prepared"].splitlines()
    assert said == ["- interface: stopped", "- systemd-networkd: removed", "- file: removed"]
    assert (desk.existing, desk.left.exists()) == ({}, False)
    assert not any(words[0] == "wg-quick" for words in desk.host.changing)


def test_a_change_of_what_keeps_it_is_taken_back(desk):
    desk.stage.fill(BASE)
    before = save("wg0", desk.stage.interface, desk.stage.interface.find())
    desk.run()
    desk.host.unit()
    desk.host.calls.clear()
    desk.host.answers["ip", "-j", "link", "show", "dev", "wg0"] = '[{"ifname": "wg0"}]'
    restore(desk.host, "wg0", desk.stage.interface, before)
    assert ["systemctl", "enable", UNIT] in desk.host.changing
    assert desk.existing == {}
    assert desk.stage.text == text_of(BASE)


def test_another_interface_whose_name_begins_alike_keeps_its_files(desk):
    other = desk.directory / "05-meshwork-wg0.5.netdev"
    other.write_text("[NetDev]\nName=wg0.5\nKind=wireguard\n")
    desk.networkd.check(DESIRED)
    desk.networkd.enable(DESIRED)
    desk.networkd.forget()
    assert list(desk.existing) == [other.name]


@pytest.mark.parametrize(
    ("known", "left", "forgets"), [(False, False, False), (True, False, True), (False, True, True)], ids=["no", "boot", "left"]
)
def test_it_forgets_what_it_knows_before_that_is_made_again(desk, known, left, forgets):
    desk.networkd.enable(DESIRED)
    if known:
        desk.known()
    if left:
        desk.host.put(LEFT, "older")
    desk.host.calls.clear()
    desk.networkd.stop()
    assert desk.host.changing == ([["networkctl", "reload"]] if forgets else [])
    assert (desk.existing, desk.left.exists()) == ({} if forgets else desk.files(), False)


def test_it_is_waited_for(desk, monkeypatch):
    desk.host.answers["systemctl", "is-active"] = ""
    desk.known("configuring")
    waits = []
    monkeypatch.setattr(networkd_module.time, "sleep", lambda seconds: (waits.append(seconds), desk.known()))
    desk.host.on_call = lambda words: (
        desk.host.up(replace(BASE, peers=()), key("none yet")) if words[:3] == ["ip", "link", "set"] else None
    )
    desk.networkd.start(DESIRED)
    assert waits == [0.1]


def test_wg_quick_starts_where_it_does_not_take_part_any_more(desk):
    desk.stage.fill(BASE, up=False)
    desk.host.put(LEFT, "older")
    desk.lines(backend="wg-quick")
    assert [words for words in desk.host.changing if words[0] != "systemctl" or words[1] == "restart"][:2] == [
        ["networkctl", "reload"], ["systemctl", "restart", UNIT],
    ]  # fmt: skip
    assert not desk.left.exists()
