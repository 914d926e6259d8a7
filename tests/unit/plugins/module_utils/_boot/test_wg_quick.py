# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later


from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.wg_quick import WgQuick
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import HostChange
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

NAME = "wg-quick@wg0.service"
RELOAD = ["systemctl", "daemon-reload"]
START = [["systemctl", "reset-failed", NAME], ["systemctl", "restart", NAME]]
STOP = [["systemctl", "stop", NAME]]
DISABLE = [["systemctl", "disable", NAME]]


@pytest.fixture
def quick(tmp_path):
    """A function that makes one on a host whose unit is like this, and the host."""

    def make(active, enabled, there=True):
        state = f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if enabled else 'disabled'}\n"
        host = FakeHost(
            {("systemctl", "show"): state, ("ip", "-j", "link"): '[{"ifname": "wg0"}]' if there else ""}, root=tmp_path
        )
        return WgQuick(host, "wg0", "/etc/wireguard/wg0.conf"), host

    return make


@pytest.mark.parametrize(
    ("way", "active", "enabled", "there", "commands"),
    [
        ("start", False, False, False, START),
        ("enable", True, False, True, [["systemctl", "enable", NAME]]),
        ("enable", True, True, True, []),
        ("adopt", False, True, True, [RELOAD, *START, RELOAD]),
        ("adopt", True, True, True, []),
        ("adopt", False, True, False, []),
        ("release", True, True, True, [RELOAD, *STOP, RELOAD, *DISABLE]),
        ("release", False, True, True, DISABLE),
        ("release", False, False, True, []),
        ("stop", True, True, True, STOP),
        ("stop", False, True, True, []),
        ("forget", True, True, True, DISABLE),
        ("forget", False, False, False, []),
    ],
)
def test_the_commands_of_a_backend(quick, way, active, enabled, there, commands):
    made, host = quick(active, enabled, there)
    getattr(made, way)(*([Config()] if way in ("start", "enable", "release") else []))
    assert host.changing == commands


@pytest.mark.parametrize(
    ("way", "active", "verb", "instead"),
    [
        ("adopt", False, "restart", "[Service]\nExecStart=\nExecStart=/bin/true\n"),
        ("release", True, "stop", "[Service]\nExecStop=\n"),
    ],
)
def test_the_unit_changes_hands_without_its_commands(quick, tmp_path, way, active, verb, instead):
    made, host = quick(active, True)
    drop_in = tmp_path / f"run/systemd/system/{NAME}.d/meshwork.conf"
    seen = {}
    host.on_call = lambda words: seen.update({words[1]: drop_in.read_text() if drop_in.exists() else None})
    getattr(made, way)(*([Config()] if way == "release" else []))
    assert (seen[verb], seen["daemon-reload"], drop_in.parent.exists()) == (instead, None, False)


@pytest.mark.parametrize("way", ["adopt", "release"])
def test_nothing_of_that_stays_behind_where_it_fails(quick, way):
    made, host = quick(way == "release", True)
    for verb in ("restart", "stop"):
        host.answers["systemctl", verb] = Completed(1, "", "no")
    with pytest.raises(CommandFailed):
        getattr(made, way)(*([Config()] if way == "release" else []))
    assert (host.calls[-1], host.names("/run/systemd/system")) == (RELOAD, [])


@pytest.mark.parametrize(
    ("enabled", "wanted", "changes"),
    [
        (True, True, []),
        (False, True, [HostChange("unit", "enabled")]),
        (True, False, [HostChange("unit", "disabled")]),
        (False, False, []),
    ],
)
def test_what_differs(quick, enabled, wanted, changes):
    made, _host = quick(True, enabled)
    assert made.changes(Config() if wanted else None) == changes
