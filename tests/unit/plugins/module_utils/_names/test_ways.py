# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import os
import re

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.places import HOSTS_FILE, RECORDS
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.records import records_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._names.ways import networks_up, way_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.names import NamedNetwork, NamesSettings

ALPHA = {"alpha.office.internal": ("10.8.0.1",)}
OFFICE = NamedNetwork("office.internal", ("wg0",), ALPHA, ("0.8.10.in-addr.arpa",), {"wg0": ("10.8.0.1", "fd00:8::1")})
LAB = NamedNetwork("lab.internal", ("wg1", "wg1-beta"), {"beta.lab.internal": ("10.9.0.2",)}, (), {"wg1": ("10.9.0.1",)})
BOTH = {"office": OFFICE, "lab": LAB}
BLOCK = "# BEGIN meshwork.wireguard: names of WireGuard networks\n10.8.0.1 alpha.office.internal\n# END meshwork.wireguard\n"


def refused(number):
    """A renaming that fails."""

    def rename(_path, _other):
        raise OSError(number, "no")

    return rename


def up(host, *names, flags="0x10091"):
    for name in names:
        host.put(f"/sys/class/net/{name}/flags", flags + "\n")


@pytest.mark.parametrize(
    ("interfaces", "flags", "expected"),
    [
        ((), "0x0", []),
        (("wg0",), "0x10091", ["office"]),
        (("wg0",), "0x10090", []),
        (("wg1",), "0x91", ["lab"]),
        (("wg1-beta", "wg0"), "0x91", ["office", "lab"]),
    ],
)
def test_networks_that_are_up(host, interfaces, flags, expected):
    up(host, *interfaces, flags=flags)
    assert list(networks_up(host, NamesSettings("hosts", BOTH))) == expected


def test_a_block_in_the_hosts_file(host):
    there = host.put(HOSTS_FILE, "127.0.0.1 localhost \xff\n")
    before = there.read_bytes()
    there.chmod(0o640)
    way = way_of(host, NamesSettings("hosts", BOTH))
    assert (way.current({}), way.current({"office": OFFICE})) == (True, False)
    way.apply({"office": OFFICE})
    assert there.read_bytes() == before + BLOCK.encode()
    assert there.stat().st_mode & 0o777 == 0o640
    assert (way.current({}), way.current({"office": OFFICE})) == (False, True)
    written = there.stat().st_ino
    way.apply({"office": OFFICE})
    assert there.stat().st_ino == written
    way.apply({})
    assert there.read_bytes() == before
    assert host.names("/etc") == ["hosts"]


@pytest.mark.parametrize("why", ["mount", "link"])
def test_a_hosts_file_that_cannot_be_replaced_is_written_in_place(host, monkeypatch, why):
    there = host.put(HOSTS_FILE, "127.0.0.1 localhost\n")
    if why == "link":
        there.rename(there.with_name("real"))
        there.symlink_to("real")
    else:
        monkeypatch.setattr(os, "replace", refused(errno.EBUSY))
    number, names = there.stat().st_ino, host.names("/etc")
    way = way_of(host, NamesSettings("hosts", BOTH))
    way.apply({"office": OFFICE})
    assert there.read_text() == f"127.0.0.1 localhost\n{BLOCK}"
    way.apply({})
    assert there.read_text() == "127.0.0.1 localhost\n"
    assert (there.stat().st_ino, host.names("/etc")) == (number, names)


def test_another_failure_leaves_the_hosts_file(host, monkeypatch):
    there = host.put(HOSTS_FILE, "127.0.0.1 localhost\n")
    monkeypatch.setattr(os, "replace", refused(errno.ENOSPC))
    with pytest.raises(OSError, match="no"):
        way_of(host, NamesSettings("hosts", BOTH)).apply({"office": OFFICE})
    assert (there.read_text(), host.names("/etc")) == ("127.0.0.1 localhost\n", ["hosts"])


def test_a_name_of_two_networks_has_the_addresses_of_both(host):
    other = NamedNetwork("office.internal", ("wg1",), {"alpha.office.internal": ("10.9.0.1", "10.8.0.1")})
    way_of(host, NamesSettings("hosts")).apply({"office": OFFICE, "lab": other})
    assert re.findall("^[0-9].*", host.read(HOSTS_FILE), re.MULTILINE) == [
        "10.8.0.1 alpha.office.internal", "10.9.0.1 alpha.office.internal",
    ]  # fmt: skip


def test_a_label_of_selinux_is_restored(host):
    host.programs.add("restorecon")
    way_of(host, NamesSettings("hosts")).apply({"office": OFFICE})
    assert host.calls == [["restorecon", HOSTS_FILE]]


def test_records_of_each_network(host):
    way = way_of(host, NamesSettings("resolved", BOTH))
    foreign = host.put(f"{RECORDS}/other.rr", "[]")
    assert way.current({})
    way.apply(BOTH)
    assert host.names(RECORDS) == ["meshwork-lab.rr", "meshwork-office.rr", "other.rr"]
    assert host.read(f"{RECORDS}/meshwork-office.rr") == records_text(OFFICE.hosts)
    assert [way.current(some) for some in (BOTH, {"lab": LAB}, {})] == [True, False, False]
    assert [host.mode_of(path) for path in (RECORDS, f"{RECORDS}/meshwork-lab.rr")] == [0o755, 0o644]
    way.apply({"lab": LAB})
    assert host.names(RECORDS) == ["meshwork-lab.rr", "other.rr"]
    foreign.unlink()
    way.apply({})
    assert not host.exists(RECORDS)


class Resolved:
    """What resolvectl answers: interface -> servers, domains."""

    def __init__(self, host):
        self.links = {}
        host.on_call = self.called
        self.host = host

    def called(self, words):
        if words[:1] == ["resolvectl"]:
            verb, name, *values = words[1:]
            if values and verb in ("dns", "domain"):
                self.links.setdefault(name, {})[verb] = values
            elif verb == "revert":
                self.links.pop(name, None)
            shown = "\n      ".join(self.links.get(name, {}).get(verb, ()))  # it breaks lines, and has an order of its own
            self.host.answers["resolvectl", verb, name] = f"Link 7 ({name}): {shown}".rstrip() + "\n"


def test_routes_to_the_hubs(host):
    up(host, "wg0")
    resolved = Resolved(host)
    way = way_of(host, NamesSettings("resolver", BOTH))
    assert (way.current({}), way.current({"office": OFFICE})) == (True, False)
    way.apply({"office": OFFICE})
    links = {"wg0": {"dns": ["10.8.0.1", "fd00:8::1"], "domain": ["~office.internal", "~0.8.10.in-addr.arpa"]}}
    assert resolved.links == links
    assert ["resolvectl", "default-route", "wg0", "false"] in host.calls
    assert way.current({"office": OFFICE})
    host.calls.clear()
    way.apply({"office": OFFICE})
    assert host.calls == [["resolvectl", "dns", "wg0"], ["resolvectl", "domain", "wg0"]]
    resolved.links["eth0"] = {"dns": ["192.0.2.1"]}
    way.apply({})
    assert resolved.links == {"eth0": {"dns": ["192.0.2.1"]}}


def test_routes_that_are_refused_are_taken_back(host):
    up(host, "wg0")
    host.answers["resolvectl", "domain", "wg0", "~office.internal"] = Completed(1, "", "Link wg0 is managed.")
    with pytest.raises(CommandFailed, match="Link wg0 is managed"):
        way_of(host, NamesSettings("resolver", BOTH)).apply({"office": OFFICE})
    assert host.calls[-1] == ["resolvectl", "revert", "wg0"]
