# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from ansible_collections.meshwork.wireguard.plugins.module_utils._names.records import records_text


def test_records():
    text = records_text({"beta.wireguard.internal": ["10.8.0.2"], "alpha.wireguard.internal": ["10.8.0.1", "fd00:8::1"]})
    pointer = "1" + ".0" * 15 + ".0.0.0.0.0.0.0.0.8.0.0.0.0.0.d.f.ip6.arpa"
    assert json.loads(text) == [
        {"key": {"type": 1, "name": "alpha.wireguard.internal"}, "address": "10.8.0.1"},
        {"key": {"type": 12, "name": "1.0.8.10.in-addr.arpa"}, "name": "alpha.wireguard.internal"},
        {"key": {"type": 28, "name": "alpha.wireguard.internal"}, "address": "fd00:8::1"},
        {"key": {"type": 12, "name": pointer}, "name": "alpha.wireguard.internal"},
        {"key": {"type": 1, "name": "beta.wireguard.internal"}, "address": "10.8.0.2"},
        {"key": {"type": 12, "name": "2.0.8.10.in-addr.arpa"}, "name": "beta.wireguard.internal"},
    ]
    assert text.endswith("]\n")
