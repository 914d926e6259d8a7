# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run changes."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.standby import Standby
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeRunner

SAID = {
    "interface": "wg0", "address": "203.0.113.11", "peers": ["203.0.113.12"], "priority": 150, "id": 51, "interval": 100,
    "unicast": True, "preempt": False, "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}], "mark": 7,
    "port": 41820, "forwards": [4],
}  # fmt: skip


def brought_about(version, **said):
    state = "ActiveState=inactive\nUnitFileState=disabled\nLoadState=not-found\n"
    answers = {("systemctl", "show"): state, ("/usr/bin/keepalived", "--version"): f"Keepalived v{version} (01/16,2022)\n"}
    runner = FakeRunner(answers, programs=("keepalived",) if version else ())
    return Standby(runner, "wg0").bring_about({**SAID, **said}, check_mode=True)


@pytest.mark.parametrize(("unicast", "first"), [(True, ["vrrp filter"]), (False, [])])
@pytest.mark.parametrize("version", ["2.2.7", "2.0.20", None])
def test_a_host_begins_to_stand_by(version, unicast, first):
    result = brought_about(version, unicast=unicast)
    assert [change["what"] for change in result["changes"]] == [*first, "standby", "vrrp"]
    assert "warnings" not in result
