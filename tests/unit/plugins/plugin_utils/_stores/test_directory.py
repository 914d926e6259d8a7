# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.directory import LOCK, DirectoryStore
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note

REMEDY = "set wireguard_registry to a writable directory, or to '' for no registry"
NOTE = Note("ada", "run 1", "1 node recorded: a")


def refused(use, *arguments):
    with pytest.raises(PlanError) as caught:
        use(*arguments)
    return str(caught.value)


def locked(path):
    """The descriptor of a lock that is held until it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def test_files(tmp_path):
    directory = tmp_path / "deep" / ".wireguard"
    store = DirectoryStore(directory)
    assert (store.read("wireguard"), store.networks()) == (("", None), [])
    assert not directory.exists()
    assert store.write("wireguard", "text", None, NOTE)
    assert sorted(os.listdir(directory)) == [LOCK, "wireguard.json"]
    assert (directory / LOCK).stat().st_mode & 0o777 == 0o600
    assert store.path("wireguard").stat().st_mode & 0o777 == 0o644
    assert store.path("wireguard").read_text() == "text"
    os.close(locked(directory / LOCK))


def test_reading_needs_no_lock(tmp_path):
    store = DirectoryStore(tmp_path)
    assert store.write("wireguard", "text", None, NOTE)
    descriptor = locked(tmp_path / LOCK)
    assert store.read("wireguard")[0] == "text"
    os.close(descriptor)


def test_who_waits_too_long_is_told_for_what(tmp_path):
    store = DirectoryStore(tmp_path, 0.3)
    descriptor = locked(tmp_path / LOCK)
    path = tmp_path / LOCK
    assert refused(store.write, "wireguard", "text", None, NOTE) == (
        f"registry {path}: locked for 0.3 seconds by another run or program; find it with `fuser -v {path}`, end it, and start "
        "again"
    )
    os.close(descriptor)
    assert store.write("wireguard", "text", None, NOTE)


def test_who_may_only_read_the_directory_holds_nobody_up(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    assert DirectoryStore(tmp_path, 0.3).write("wireguard", "text", None, NOTE)
    os.close(descriptor)


def test_a_lock_that_is_a_link_is_refused(tmp_path):
    (tmp_path / LOCK).symlink_to(tmp_path / "victim")
    assert "Too many levels of symbolic links" in refused(DirectoryStore(tmp_path).write, "wireguard", "text", None, NOTE)
    assert not (tmp_path / "victim").exists()


def test_a_file_that_is_a_link_is_read_and_not_replaced(tmp_path):
    (tmp_path / "elsewhere").write_text("text")
    store = DirectoryStore(tmp_path / "registries")
    store.directory.mkdir()
    store.path("wireguard").symlink_to(tmp_path / "elsewhere")
    text, revision = store.read("wireguard")
    assert text == "text"
    assert refused(store.write, "wireguard", "more", revision, NOTE) == (
        f"registry {store.path('wireguard')}: is a link, and links are not followed; remove it; {REMEDY}"
    )
    assert (tmp_path / "elsewhere").read_text() == "text"


def test_no_directory(tmp_path):
    (tmp_path / "file").write_text("")
    store = DirectoryStore(tmp_path / "file")
    assert refused(store.write, "wireguard", "text", None, NOTE) == f"registry {tmp_path / 'file'}: File exists; {REMEDY}"
    assert refused(store.read, "wireguard") == f"registry {tmp_path / 'file' / 'wireguard.json'}: Not a directory; {REMEDY}"
    assert refused(store.networks) == f"registry {tmp_path / 'file'}: Not a directory; {REMEDY}"
    below = DirectoryStore(tmp_path / "file" / "x")
    assert refused(below.write, "wireguard", "text", None, NOTE) == f"registry {below.directory}: Not a directory; {REMEDY}"


def test_a_write_replaces_in_one_step(tmp_path):
    store = DirectoryStore(tmp_path)
    store.path("wireguard").write_text("old")
    with store.path("wireguard").open() as before:
        assert store.write("wireguard", "text", store.read("wireguard")[1], NOTE)
        assert before.read() == "old"
    assert store.path("wireguard").read_text() == "text"
    assert sorted(os.listdir(tmp_path)) == [LOCK, "wireguard.json"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    store = DirectoryStore(tmp_path)
    store.path("wireguard").mkdir()
    assert refused(store.write, "wireguard", "text", None, NOTE) == (
        f"registry {store.path('wireguard')}: is not a file; remove it, or choose another directory; {REMEDY}"
    )
    assert refused(store.read, "wireguard") == f"registry {store.path('wireguard')}: Is a directory; {REMEDY}"
    assert sorted(os.listdir(tmp_path)) == [LOCK, "wireguard.json"]


def test_damage_is_no_empty_registry(tmp_path):
    store = DirectoryStore(tmp_path)
    store.path("wireguard").write_bytes(b"\xff\xfe")
    assert refused(store.read, "wireguard").startswith(
        f"registry {store.path('wireguard')}: is damaged: 'utf-8' codec can't decode"
    )


def test_other_files_are_no_networks(tmp_path):
    for name in ("b.json", "a.json", ".hidden.json", "x.txt", "-x.json", ".json", "a b.json", LOCK):
        (tmp_path / name).write_text("")
    assert DirectoryStore(tmp_path).networks() == ["a", "b"]
