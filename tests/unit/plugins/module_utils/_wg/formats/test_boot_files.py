# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs cannot have is refused, with the remedy."""

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.boot_files import BootFile, check_backend
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

REMEDY = "; remove it, or use the backend wg-quick"
ALL = Config(peers=(Peer(key("beta"), allowed_ips=("0.0.0.0/0",)),))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (Config(), None),
        (Config(table="off"), None),
        (Config(table="51"), None),
        (Config(table="51", peers=ALL.peers), None),
        (Config(hooks=Hooks(post_up=("true",))), f"refused: hooks: one runs no commands{REMEDY}"),
        (Config(dns=("10.8.0.53",)), f"refused: dns: one would set DNS servers only from the next boot on{REMEDY}"),
        (
            ALL,
            f"refused: AllowedIPs of length 0: one does not support full tunnels{REMEDY}",
        ),
        (Config(table="vpn"), "refused: table vpn: one accepts only table numbers; give the number"),
    ],
)
def test_what_is_refused(config, expected):
    assert outcome(check_backend, "one", config) == expected


def test_secrets_are_not_shown():
    assert "secret text" not in repr(BootFile("a.key", "secret text", True))
