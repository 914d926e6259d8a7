# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run installs, and of what it warns."""

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.vrrp import Vrrp
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

SAID = {
    "interface": "wg0", "address": "203.0.113.11", "peers": ["203.0.113.12"], "priority": 150, "id": 51, "interval": 100,
    "unicast": True, "preempt": False, "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}], "mark": 7,
    "port": 41820, "forwards": [4],
}  # fmt: skip


def brought_about(version, **said):
    state = "ActiveState=inactive\nUnitFileState=disabled\nLoadState=not-found\n"
    answers = {("systemctl", "show"): state, ("/usr/bin/keepalived", "--version"): f"Keepalived v{version} (01/16,2022)\n"}
    host = FakeHost(answers, programs=("keepalived",) if version else ())
    return Vrrp(host, "wg0").bring_about({**SAID, **said}, check_mode=True)


@pytest.mark.parametrize(("version", "said"), [("2.2.7", {}), ("2.1.0", {}), (None, {}), ("2.0.20", {"unicast": False})])
def test_there_is_nothing_to_warn_of(version, said):
    result = brought_about(version, **said)
    assert result["changed"] is True
    assert "warnings" not in result


def test_a_keepalived_that_counts_no_hops():
    (warning,) = brought_about("2.0.20")["warnings"]
    assert warning == (
        f"host {os.uname().nodename}, interface wg0: keepalived 2.0.20 checks only the sender's address of an "
        "advertisement, not that it comes from the same link; install keepalived 2.1.0 or later, or drop VRRP (protocol 112) "
        "from other networks with a packet filter"
    )
