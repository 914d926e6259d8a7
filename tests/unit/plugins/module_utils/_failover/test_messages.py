# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which messages are believed: two hosts that send each other what they write, and somebody in between."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.messages import (
    SILENT,
    Mailbox,
    Sibling,
    alias,
    message_key,
    opened,
    plain,
    sealed,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key

SECRET = message_key(key("shared"))
A, B = "203.0.113.11", "203.0.113.12"


class Host:
    """One start of the program on a host, and what it knows of the other one."""

    def __init__(self, address, other, interface="wg0", secrets=None):
        self.mail, self.sibling, self.address, self.other = Mailbox(), Sibling(), address, other
        self.mail.belongs_to(secrets or [SECRET], interface, address)
        self.now = 100.0

    def writes(self, number=0, **said):
        """A message under its first key, or another one."""
        return self.mail.write(self.mail.keys[number], self.other, self.sibling.answers(self.now), said)

    def reads(self, data, sender=None):
        """What it believes of a message; and whether it answers at once."""
        message, waits = self.mail.read(data, sender or self.other, self.sibling, self.now)
        return message and {name: message[name] for name in message if name not in HEAD}, waits


HEAD = ("from", "to", "interface", "challenge", "answers", "count")


@pytest.fixture
def pair():
    return Host(A, B), Host(B, A)


def acquainted(first, second):
    """Until each believes the other; the number of messages that it took, where each answers at once."""
    count = 0
    for _time in range(4):
        for one, other in ((first, second), (second, first)):
            if first.reads is None:
                continue
            count += 1
            other.reads(one.writes())
            if first.sibling.challenge == second.mail.challenge and second.sibling.challenge == first.mail.challenge:
                return count
    raise AssertionError("they do not believe each other")


def test_a_start_is_believed_after_three_messages(pair):
    first, second = pair
    assert first.reads(second.writes(n=1)) == (None, True)
    assert second.reads(first.writes(n=2)) == ({"n": 2}, True)
    assert first.reads(second.writes(n=3)) == ({"n": 3}, True)
    assert second.reads(first.writes(n=4)) == ({"n": 4}, False)
    assert first.reads(second.writes(n=5)) == ({"n": 5}, False)


def test_a_host_that_starts_again_is_believed_after_two_messages(pair):
    first, second = pair
    acquainted(first, second)
    again = Host(B, A)
    assert again.reads(first.writes(n=1)) == (None, True)  # it was for the one before
    assert first.reads(again.writes(n=2)) == ({"n": 2}, True)
    assert again.reads(first.writes(n=3)) == ({"n": 3}, True)


def test_what_was_said_before_is_not_believed_again(pair):
    first, second = pair
    acquainted(first, second)
    old = second.writes(n=1)
    assert first.reads(old) == ({"n": 1}, False)
    assert first.reads(old) == (None, False)
    late, later = second.writes(n=2), second.writes(n=3)
    assert first.reads(later) == ({"n": 3}, False)
    assert first.reads(late) == (None, False)


def test_nothing_is_believed_that_was_sent_before_a_restart(pair):
    """All that was ever recorded, sent to the new start, before and after it has met the other."""
    first, second = pair
    recorded = [second.writes(n=number) for number in range(3)]
    acquainted(first, second)
    recorded += [second.writes(n=number) for number in range(3, 6)]
    again = Host(A, B)
    assert [again.reads(data)[0] for data in recorded] == [None] * 6
    acquainted(again, second)
    assert [again.reads(data)[0] for data in recorded] == [None] * 6
    assert again.reads(second.writes(n=9)) == ({"n": 9}, False)


def test_nor_what_an_earlier_start_of_the_sender_has_said(pair):
    first, second = pair
    acquainted(first, second)
    recorded = [second.writes(n=number) for number in range(3)]
    assert [first.reads(data)[0] for data in recorded] == [{"n": 0}, {"n": 1}, {"n": 2}]
    again = Host(B, A)
    acquainted(first, again)
    assert [first.reads(data)[0] for data in recorded] == [None] * 3
    assert first.reads(again.writes(n=9))[0] == {"n": 9}


def test_who_sends_old_messages_without_end_keeps_nobody_from_meeting(pair):
    first, _second = pair
    old = []
    for _start in range(6):
        other = Host(B, A)
        old.append(other.writes())
    again = Host(B, A)
    for _round in range(5):
        for data in old:
            first.reads(data)
        again.reads(first.writes())
        first.reads(again.writes())
    assert (first.sibling.challenge, again.sibling.challenge) == (again.mail.challenge, first.mail.challenge)
    assert [first.reads(data)[0] for data in old] == [None] * 6


def test_its_own_message_sent_back_is_not_believed(pair):
    first, second = pair
    acquainted(first, second)
    assert first.reads(first.writes(n=1), sender=B) == (None, False)
    assert first.reads(first.writes(n=1), sender=A) == (None, False)


@pytest.mark.parametrize(
    "liar",
    [
        pytest.param(Host(B, A, interface="wg1"), id="another interface"),
        pytest.param(Host("203.0.113.13", A), id="another sender"),
        pytest.param(Host(B, "203.0.113.14"), id="another receiver"),
        pytest.param(Host(B, A, secrets=[message_key(key("other"))]), id="another key"),
    ],
)
def test_what_is_for_somebody_else_is_not_believed(pair, liar):
    first, second = pair
    acquainted(first, second)
    liar.sibling.challenge, liar.sibling.heard = first.mail.challenge, liar.now  # it has heard it on the wire
    assert first.reads(liar.writes(n=1)) == (None, False)
    assert first.reads(second.writes(n=2)) == ({"n": 2}, False)


def test_a_message_from_another_address_is_not_believed(pair):
    first, second = pair
    acquainted(first, second)
    assert first.reads(second.writes(n=1), sender="198.51.100.66") == (None, False)


def test_a_sibling_that_is_silent_is_not_alive(pair):
    first, second = pair
    assert not first.sibling.alive(0.1)
    acquainted(first, second)
    assert first.sibling.alive(first.now)
    first.now += SILENT
    assert not first.sibling.alive(first.now)
    old = second.writes()
    first.reads(old)
    first.now += SILENT
    first.reads(old)
    assert not first.sibling.alive(first.now)


def test_only_signed_messages_are_read():
    message = {"count": 1, "active": True, "endpoints": {alias(SECRET, key("a")): "198.51.100.2:4000"}}
    data = sealed(SECRET, message)
    assert opened(SECRET, data) == message
    assert opened(message_key(key("other")), data) is None
    for place in (0, 31, 32, len(data) - 1):
        assert opened(SECRET, data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) is None
    assert opened(SECRET, b"") is None


@pytest.mark.parametrize("body", [{}, [], {"from": B, "to": A, "interface": "wg0"}, "text", {"from": B, "to": A, "count": "x"}])
def test_what_another_version_has_signed(pair, body):
    first, _second = pair
    with pytest.raises((ValueError, KeyError, TypeError)):
        first.reads(sealed(SECRET, body))


def test_nobody_on_the_wire_learns_who_a_peer_is(pair):
    first, _second = pair
    data = first.writes(endpoints={alias(SECRET, key("a")): "198.51.100.2:4000"})
    assert key("a").encode() not in data
    assert key("shared").encode() not in data
    names = {alias(message_key(key(secret)), key(peer)) for secret in ("shared", "other") for peer in ("a", "b")}
    assert len(names) == 4
    assert json.loads(data[32:])["endpoints"] == {alias(SECRET, key("a")): "198.51.100.2:4000"}


def test_one_spelling():
    assert [plain(text) for text in ("2001:DB8:0::1", "fe80::1%eth0", A)] == ["2001:db8::1", "fe80::1", A]


NEXT = message_key(key("next"))


def test_hosts_understand_each_other_while_their_key_changes():
    """The one with the old key says everything twice. The other, which knows only the new one, hears one of the two."""
    first, second = (Host(*hosts, secrets=[SECRET, NEXT]) for hosts in ((A, B), (B, A)))
    acquainted(first, second)
    second.mail.belongs_to([NEXT], "wg0", B)
    assert second.reads(first.writes(0, n=1)) == (None, False)
    assert second.reads(first.writes(1, n=1)) == ({"n": 1}, False)
    assert first.reads(second.writes(n=2)) == ({"n": 2}, False)
    first.mail.belongs_to([NEXT], "wg0", A)
    assert second.reads(first.writes(n=3)) == ({"n": 3}, False)
    assert first.reads(Host(B, A, secrets=[SECRET]).writes(n=4)) == (None, False)
