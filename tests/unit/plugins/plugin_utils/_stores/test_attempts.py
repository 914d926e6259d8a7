# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores import attempts
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.attempts import ATTEMPTS, until_written
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note, Store

NOTE = Note("ada", "run 1", "1 node recorded: a")


class Busy(Store):
    """A store in which other runs write before the first so many writes of this one."""

    def __init__(self, others):
        super().__init__("busy://host#fleet")
        self.others = others
        self.texts = []
        self.notes = []

    def networks(self):
        return ["wireguard"] if self.texts else []

    def _read(self, _network):
        return (self.texts[-1], str(len(self.texts))) if self.texts else ("", None)

    def _write(self, network, text, revision, note):
        if self.others:
            self.others -= 1
            self.texts.append(self._read(network)[0] + "o")
        if revision != self._read(network)[1]:
            return False
        self.texts.append(text)
        self.notes.append(note)
        return True

    _history = _read_revision = None


@pytest.fixture(autouse=True)
def waits(monkeypatch):
    """The seconds that were waited, without waiting."""
    seen = []
    monkeypatch.setattr(attempts.time, "sleep", seen.append)
    return seen


@given(st.integers(0, ATTEMPTS - 1), st.booleans())
def test_each_change_is_made_to_the_latest_text(others, first):
    store, read = Busy(others), []
    if not first:
        store.texts.append("x")

    def change(text):
        read.append(text)
        return text + "!"

    before = "" if first else "x"
    assert until_written(store, "wireguard", change, NOTE) == before + "o" * others + "!"
    assert read == [before + "o" * number for number in range(others + 1)]
    assert store.texts[-1] == read[-1] + "!"
    assert store.notes == [NOTE]


def test_the_note_may_depend_on_the_texts():
    store = Busy(2)
    until_written(store, "wireguard", lambda text: text + "!", lambda before, after: Note("ada", "1", f"{before} -> {after}"))
    assert store.notes == [Note("ada", "1", "oo -> oo!")]


def test_nothing_to_write():
    store = Busy(1)
    assert until_written(store, "wireguard", lambda _: None, NOTE) is None
    assert until_written(store, "wireguard", lambda text: None if text else "x", NOTE) is None, "the other run had written it"
    assert store.texts == ["o"]


def test_what_a_change_refuses_passes_through():
    def change(_text):
        raise PlanError("no")

    with pytest.raises(PlanError, match=r"\Ano\Z"):
        until_written(Busy(0), "wireguard", change, NOTE)


def test_it_ends(waits):
    store = Busy(ATTEMPTS)
    with pytest.raises(PlanError) as caught:
        until_written(store, "wireguard", lambda text: text + "!", NOTE)
    assert str(caught.value) == (
        "registry busy://host#fleet: other runs changed network wireguard during each of 20 attempts; start again when fewer "
        "runs are under way"
    )
    assert store.texts == ["o" * number for number in range(1, ATTEMPTS + 1)]
    assert len(waits) == ATTEMPTS - 1
    assert all(0 <= seconds <= 0.02 * 1.5**number for number, seconds in enumerate(waits, 1))
    assert len(set(waits)) > 1
