# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import CONFIG
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.floating import is_standby
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

SETTINGS = f"{CONFIG}/wg0.vrrp.json"
FLOATING = json.dumps({"floating": [{"interface": "eth0", "address": "192.0.2.10/24"}]})


@pytest.mark.parametrize(
    ("settings", "shown", "expected"),
    [
        pytest.param(None, "192.0.2.10/24", False, id="no failover"),
        pytest.param(FLOATING, "192.0.2.2/24", True, id="another host has the address"),
        pytest.param(FLOATING, "192.0.2.10/24", False, id="it has the address"),
        pytest.param(FLOATING, "192.0.2.100/24", True, id="an address that begins alike"),
    ],
)
def test_a_standby_host_lacks_the_floating_address(tmp_path, settings, shown, expected):
    host = FakeHost(
        {("ip", "-o", "address", "show", "dev", "eth0"): f"2: eth0    inet {shown} scope global eth0\n"}, root=tmp_path
    )
    if settings is not None:
        host.put(SETTINGS, settings)
    assert is_standby(host, "wg0") is expected


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"floating": []}', '{"floating": ["eth0"]}', '{"floating": {}}', '"floating"'])
def test_damaged_settings_are_named_with_the_remedy(tmp_path, text):
    host = FakeHost(root=tmp_path)
    host.put(SETTINGS, text)
    with pytest.raises(CommandFailed, match=f"^{SETTINGS} is damaged; run the playbook mesh"):
        is_standby(host, "wg0")
