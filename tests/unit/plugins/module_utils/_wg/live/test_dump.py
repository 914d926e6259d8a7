# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import (
    LiveDevice,
    LivePeer,
    handshake_age,
    parse_dump,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key

OWN, PUBLIC, BETA, GAMMA, SHARED = key("own"), key("public"), key("beta"), key("gamma"), key("shared")
NONE = "(none)"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[OWN, PUBLIC, "51820", "off"]], LiveDevice(PUBLIC, 51820, 0, {})),
        ([[NONE, NONE, "0", "off"]], LiveDevice(None, 0, 0, {})),
        ([[OWN, PUBLIC, "51820", "0xca6c"]], LiveDevice(PUBLIC, 51820, 0xCA6C, {})),
        (
            [[OWN, PUBLIC, "51820", "off"], [BETA, NONE, NONE, NONE, "0", "0", "0", "off"]],
            LiveDevice(PUBLIC, 51820, 0, {BETA: LivePeer(BETA)}),
        ),
        (
            [
                [OWN, PUBLIC, "51820", "off"],
                [GAMMA, SHARED, "[2001:db8::3]:51820", "fd00:8::3/128,10.8.0.3/32", "1700000000", "92", "148", "25"],
                [BETA, NONE, "203.0.113.2:1", "10.8.0.2/32", "0", "0", "148", "off"],
            ],
            LiveDevice(
                PUBLIC,
                51820,
                0,
                {
                    GAMMA: LivePeer(
                        GAMMA, SHARED, "[2001:db8::3]:51820", ("10.8.0.3/32", "fd00:8::3/128"), 1700000000, 92, 148, 25
                    ),
                    BETA: LivePeer(BETA, None, "203.0.113.2:1", ("10.8.0.2/32",), 0, 0, 148, 0),
                },
            ),
        ),
    ],
    ids=["no peers", "no key", "a mark", "a bare peer", "two peers"],
)
def test_parse(rows, expected):
    device = parse_dump("".join("\t".join(row) + "\n" for row in rows))
    assert device == expected
    assert OWN not in repr(device)
    assert SHARED not in repr(device)


@pytest.mark.parametrize(
    "text",
    ["", "\n", "Unable to access interface: No such device\n", f"{OWN}\t{PUBLIC}\t1\toff\n{BETA}\t{SHARED}\n"],
)
def test_no_dump_and_no_secret_in_the_error(text):
    with pytest.raises(ValueError, match=r"\Aunexpected output of `wg show NAME dump`\Z"):
        parse_dump(text)


NOW = 1_700_000_000.5


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (0, None),
        (1_700_000_000, 0),
        (1_699_999_900, 100),
        (1_700_000_050, 0),  # the clock went back
        (100, 100),  # boringtun reports the age
        (86_400 * 365, 86_400 * 365),
    ],
)
def test_pitfall_21_handshake_age(reported, expected):
    assert handshake_age(reported, NOW) == expected
