# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager: asked to let go of what it made as soon as it changes, or is another's."""

from __future__ import annotations

import functools

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.network_manager import NetworkManager
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager_files import (
    network_manager_files,
    uuid_of,
)
from ansible_collections.meshwork.wireguard.tests.unit.plugins.module_utils._boot.test_networkd import DESIRED
from ansible_collections.meshwork.wireguard.tests.unit.stage import CONF

PATH = "/etc/NetworkManager/system-connections/05-meshwork-wg0.nmconnection"
SHOW = ["nmcli", "-g", "GENERAL.CON-UUID", "device", "show", "wg0"]
LET_GO = [["nmcli", "device", "set", "wg0", "managed", "no"], ["nmcli", "connection", "delete", "uuid", uuid_of("wg0")]]


@pytest.fixture
def make(stage):
    stage.host.programs.add("nmcli")
    return functools.partial(NetworkManager, stage.host, "wg0", CONF)


@pytest.fixture
def path(host):
    found = host.path(PATH)
    found.parent.mkdir(parents=True)
    return found


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (uuid_of("wg0") + "\n", [SHOW, LET_GO[0]]),
        ("another\n", [SHOW]),
        (Completed(10, "", "Error: Device 'wg0' not found."), [SHOW]),
    ],
)
def test_it_lets_go_of_what_it_made_when_that_changes(make, path, stage, shown, told):
    stage.host.answers["nmcli", "-g"] = shown
    make().enable(DESIRED)
    (file,) = network_manager_files("wg0", DESIRED, "05-meshwork-wg0", CONF)
    assert (path.read_text(), stage.host.mode_of(PATH)) == (file.text, 0o600)
    assert stage.host.changing == [["nmcli", "connection", "load", PATH], *told]


@pytest.mark.parametrize(
    ("status", "said"), [(8, None), (10, "nmcli connection load {path}: exit status 10: Error: failed to load connection")]
)
def test_it_need_not_run_and_must_not_refuse(make, stage, status, said):
    stage.host.answers["nmcli", "connection", "load"] = Completed(status, "", "Error: failed to load connection\n")
    try:
        make().enable(DESIRED)
        found = None
    except CommandFailed as failure:
        found = str(failure)
    assert found == (said and said.format(path=PATH))


@pytest.mark.parametrize("way", ["release", "stop"])
def test_it_lets_go(make, path, stage, way):
    for expected in ([], LET_GO):
        stage.host.calls.clear()
        if way == "release":
            make().release(DESIRED)
        else:
            make().stop()
        assert stage.host.changing == expected
        assert not path.exists()
        make().enable(DESIRED)


def test_where_it_is_gone_its_file_is_removed_all_the_same(make, path, stage):
    make().enable(DESIRED)
    stage.host.programs.remove("nmcli")
    stage.host.calls.clear()
    make().stop()
    assert (stage.host.calls, path.exists()) == ([], False)
