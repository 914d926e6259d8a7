# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.followers import followers
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OLD = Peer(key("old"), key("shared"), ("10.8.0.2/32", "172.20.2.0/24"), "203.0.113.2:51820", 25, "beta")
NEXT = Peer(key("next"), key("shared"), (), None, 0, "beta", key("old"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, {}),
        ("no configuration", {}),
        (render_conf(Config(peers=(OLD,))), {}),
        (render_conf(Config(peers=(NEXT,))), {}),
        (
            render_conf(Config(peers=(NEXT, OLD))),
            {key("next"): {"old": key("old"), "allowed_ips": ["10.8.0.2/32", "172.20.2.0/24"], "keepalive": 25}},
        ),
    ],
)
def test_followers(text, expected):
    assert followers(text) == expected
