# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.echo import answered, checksum, request
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.probing import round_trips

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="raw sockets are root's")


def test_requests_and_their_answers():
    four, six = request(4, 0x1234, 7), request(6, 0x1234, 70000)
    assert (four[0], six[0], checksum(four), six[2:4]) == (8, 128, 0, b"\0\0")
    assert [len(request(4, 1, 1, size)) for size in (0, 8, 1392)] == [8, 16, 1400]
    header = bytes([0x46]) + bytes(23)
    assert answered(4, header + b"\0" + four[1:], 0x1234) == 7
    assert answered(4, header + four, 0x1234) is None
    assert answered(4, header + b"\0" + four[1:], 0x1235) is None
    assert answered(6, bytes([129]) + six[1:], 0x1234) == 70000 & 0xFFFF
    assert answered(6, b"", 0x1234) is None


@ROOT
def test_who_answers_through_an_interface():
    """The loopback answers for 127.0.0.0/8 and ::1 alone; another address has no route through it."""
    found = round_trips(Host(), "lo", ["127.0.0.1", "127.0.0.9", "::1", "203.0.113.9"], tries=2, wait=0.2)
    assert [address for address, seconds in found.items() if seconds is None] == ["203.0.113.9"]
    assert all(0 < seconds < 0.2 for seconds in found.values() if seconds is not None)


@ROOT
def test_a_missing_interface_is_an_error():
    with pytest.raises(CommandFailed, match="No such device"):
        round_trips(Host(), "wg-missing", ["127.0.0.1"])


def test_nothing_is_sent_to_nobody():
    assert round_trips(Host(), "wg-missing", []) == {}
