# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.firewalld import FirewalldPort
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Completed
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

NOW = ("firewall-cmd", "--quiet", "--query-port=51820/udp")
LATER = ("firewall-cmd", "--quiet", "--permanent", "--query-port=51820/udp")
YES, NO = Completed(0, "", ""), Completed(1, "", "")


@pytest.mark.parametrize(
    ("now", "later", "is_open", "commands"),
    [
        (NO, NO, True, [["--add-port=51820/udp"], ["--permanent", "--add-port=51820/udp"]]),
        (YES, NO, True, [["--permanent", "--add-port=51820/udp"]]),
        (YES, YES, True, []),
        (YES, YES, False, [["--remove-port=51820/udp"], ["--permanent", "--remove-port=51820/udp"]]),
        (NO, NO, False, []),
    ],
)
def test_a_port(now, later, is_open, commands):
    host = FakeHost({NOW: now, LATER: later}, programs=("firewall-cmd",))
    for check in (True, False):
        result = FirewalldPort(host, 51820).bring_about(is_open, check)
        assert result["changed"] is bool(commands)
        changing = [call[2:] for call in host.calls if not call[-1].startswith(("--query", "--state"))]
        assert changing == ([] if check else commands)


@pytest.mark.parametrize(
    "host",
    [FakeHost(), FakeHost({("firewall-cmd", "--quiet", "--state"): Completed(252, "", "")}, programs=("firewall-cmd",))],
)
def test_where_it_does_not_run(host):
    assert FirewalldPort(host, 51820).bring_about(True, check_mode=False)["changed"] is False
    assert not [call for call in host.calls if call[-1] != "--state"]
