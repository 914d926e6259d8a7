# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all stores have in common."""

from __future__ import annotations

import datetime
import re

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.attempts import until_written
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note

NOTE = Note("ada@controller", "run 1", "2 nodes recorded: a, b")
OLD, NEW, NEWER = '{\n"nodes": {"a": {}}\n}\n', '{\n"nodes": {"a": {}, "b": {}}\n}\n', '{\n"nodes": {"c": {}}\n}\n'


@pytest.fixture
def store(place):
    with place.open() as store:
        yield store


def test_of_nothing(store):
    assert store.read("wireguard") == ("", None)
    assert store.networks() == []
    assert not store.write("wireguard", NEW, "a-revision-of-another-time", NOTE)
    assert store.read("wireguard") == ("", None)


def test_what_is_written_is_read(place, store):
    assert store.write("wireguard", OLD, None, NOTE)
    text, revision = store.read("wireguard")
    assert (text, bool(revision)) == (OLD, True)
    assert store.write("wireguard", NEW, revision, NOTE)
    assert store.networks() == ["wireguard"]
    with place.open() as other:
        text, later = other.read("wireguard")
    assert text == NEW
    assert later != revision
    assert store.read("wireguard") == (NEW, later)


def test_one_write_at_a_time(place, store):
    assert store.write("wireguard", OLD, None, NOTE)
    assert not store.write("wireguard", NEW, None, NOTE)
    text, revision = store.read("wireguard")
    assert text == OLD
    with place.open() as other:
        assert other.read("wireguard") == (OLD, revision)
        assert other.write("wireguard", NEW, revision, NOTE)
    assert not store.write("wireguard", NEWER, revision, NOTE)
    assert not store.write("wireguard", NEWER, None, NOTE)
    assert store.read("wireguard")[0] == NEW


def test_a_revision_of_another_store_object_is_as_good(place, store):
    assert store.read("wireguard") == ("", None)
    with place.open() as other:
        assert other.write("wireguard", OLD, None, NOTE)
        revision = other.read("wireguard")[1]
    assert store.write("wireguard", NEW, revision, NOTE)


def test_networks_and_fleets_are_apart(place, store):
    assert store.write("office", OLD, None, NOTE)
    revision = store.read("office")[1]
    assert store.write("backbone", NEW, None, NOTE)
    with store_at(place.other) as other:
        assert other.read("office") == ("", None)
        assert not other.write("office", NEWER, revision, NOTE)
        assert other.write("office", NEWER, None, NOTE)
        assert other.networks() == ["office"]
    assert store.networks() == ["backbone", "office"]
    assert store.read("office") == (OLD, revision)
    assert store.write("office", NEW, revision, NOTE)


def test_history(place, store):
    texts = (OLD, NEW, NEWER)
    if not place.keeps_history:
        assert store.write("wireguard", OLD, None, NOTE)
        remedy = "keep it in git, or set wireguard_registry to the address of another store"
        for ask in (lambda: store.history("wireguard"), lambda: store.read_revision("wireguard", "x")):
            with pytest.raises(PlanError) as caught:
                ask()
            assert str(caught.value) == f"registry {store.address}: a directory has no history; {remedy}"
        return
    assert store.history("wireguard") == []
    begin = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    for number, text in enumerate(texts):
        note = Note("ada@controller", f"run {number}", f"node ü{number} recorded")
        assert store.write("wireguard", text, store.read("wireguard")[1], note)
        assert store.write("office", text, store.read("office")[1], NOTE)
    entries = store.history("wireguard")
    assert [(entry.who, entry.run, entry.summary) for entry in entries] == [
        ("ada@controller", f"run {number}", f"node ü{number} recorded") for number in (2, 1, 0)
    ]
    assert [store.read_revision("wireguard", entry.revision) for entry in entries] == [NEWER, NEW, OLD]
    assert entries[0].revision == store.read("wireguard")[1]
    for entry in entries:
        moment = datetime.datetime.strptime(entry.time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.timezone.utc)
        assert begin <= moment <= datetime.datetime.now(datetime.timezone.utc)
    with pytest.raises(PlanError) as caught:
        store.read_revision("wireguard", "no\nrevision")
    assert str(caught.value) == (
        f"registry {store.address}: network wireguard has no revision no revision; take one that its history names"
    )
    with pytest.raises(PlanError):
        store.read_revision("wireguard", "0" * 40)


@pytest.mark.parametrize("text", ["", "\n", "ä€😀\u2028 \\ ' \" %s $1\r\n\t", '{"nodes": {}}' + " " * 900_000])
def test_any_text(store, text):
    assert store.write("wireguard", text, None, NOTE)
    found, revision = store.read("wireguard")
    assert found == text
    assert revision is not None
    assert store.write("wireguard", OLD, revision, NOTE)


@pytest.mark.parametrize("text", ["a\0b", "\ud800"])
def test_no_text(store, text):
    with pytest.raises(PlanError, match="network wireguard has characters that cannot be stored"):
        store.write("wireguard", text, None, NOTE)
    assert store.read("wireguard") == ("", None)


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", "a\n", "-a", "a@b", "a'b", ".lock", "a" * 254, "ä", None])
def test_no_network(store, name):
    for use in (
        store.read,
        store.history,
        lambda name: store.write(name, OLD, None, NOTE),
        lambda name: store.read_revision(name, "x"),
    ):
        with pytest.raises(PlanError) as caught:
            use(name)
        assert re.match(f"registry {re.escape(store.address)}: network: '.*' is not a valid name; use ", str(caught.value))
    assert store.networks() == []


def test_names_are_no_patterns(store):
    """Names that engines could take for one another."""
    names = ["A", "a", "a.b", "a.json", "a.json.json", "ab", "a_b", "axb"]
    for name in names:
        assert store.write(name, name, None, NOTE)
    assert store.networks() == sorted(names)
    assert [store.read(name)[0] for name in names] == names


def test_notes_stay_on_their_lines(place, store):
    assert store.write("wireguard", OLD, None, Note("ada\nRun: x", "1\x1b[31m", "new\r\n\r\nWho: eve" + "x" * 5000))
    if place.keeps_history:
        (entry,) = store.history("wireguard")
        assert (entry.who, entry.run) == ("ada Run: x", "1?[31m")
        assert entry.summary.startswith("new Who: evexxx")
        assert len(entry.summary) <= 400


def test_damage_is_no_empty_registry(place, store):
    if place.damage is None:
        return
    assert store.write("wireguard", OLD, None, NOTE)
    place.damage("wireguard")
    with pytest.raises(PlanError) as caught:
        store.read("wireguard")
    assert re.match(r"registry .*: .*damaged.*; restore it, for example from (git|the history)\Z", str(caught.value))


def test_a_restored_backup_lets_no_old_write_pass(place, store):
    assert store.write("wireguard", OLD, None, NOTE)
    before = store.read("wireguard")[1]
    restore = place.backup()
    assert store.write("wireguard", NEW, before, NOTE)
    lost = store.read("wireguard")[1]
    restore()
    with place.open() as other:
        assert other.read("wireguard")[0] == OLD
        assert not other.write("wireguard", "lost", lost, NOTE)
        assert not other.write("wireguard", "lost", None, NOTE)
        assert until_written(other, "wireguard", lambda _: NEWER, NOTE) == NEWER
    assert not store.write("wireguard", "lost", lost, NOTE), "as many writes as before the backup was restored"
    assert store.read("wireguard")[0] == NEWER
    assert until_written(store, "wireguard", lambda text: text + " ", NOTE) == NEWER + " "
