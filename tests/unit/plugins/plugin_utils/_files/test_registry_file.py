# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import fcntl
import multiprocessing
import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.registry_file import LOCK, locked, read, write
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, render_registry

REMEDY = "set wireguard_registry to a writable directory, or to '' for no registry"
TEXT = render_registry("wireguard", Registry({"alpha": {"addresses": ["10.8.0.1"]}}))


def lock_is_free(directory):
    descriptor = os.open(directory / LOCK, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_locked_keeps_others_out(tmp_path):
    directory = tmp_path / "deep" / ".wireguard"
    with locked(directory):
        assert not lock_is_free(directory)
    assert lock_is_free(directory)
    with pytest.raises(RuntimeError), locked(directory):
        raise RuntimeError
    assert lock_is_free(directory)
    assert os.listdir(directory) == [LOCK]
    assert (directory / LOCK).stat().st_mode & 0o777 == 0o600


def test_who_waits_too_long_is_told_for_what(tmp_path):
    with locked(tmp_path), pytest.raises(PlanError) as caught, locked(tmp_path, 0.3):
        pass
    path = tmp_path / LOCK
    assert str(caught.value) == (
        f"registry {path}: locked for 0.3 seconds by another run or program; find it with `fuser -v {path}`, end it, and start "
        "again"
    )
    with locked(tmp_path, 0.3):
        pass


def test_who_may_only_read_the_directory_holds_nobody_up(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with locked(tmp_path, 0.3):
            pass
    finally:
        os.close(descriptor)


def test_a_lock_that_is_a_link_is_refused(tmp_path):
    (tmp_path / LOCK).symlink_to(tmp_path / "victim")
    with pytest.raises(PlanError, match="Too many levels of symbolic links"), locked(tmp_path):
        pass
    assert not (tmp_path / "victim").exists()


def add_entries(directory, writer):
    """What a run does again and again: read, merge, write, under the lock."""
    path = directory / "wireguard.json"
    for number in range(20):
        with locked(directory):
            _text, registry = read(path)
            nodes = {**registry.nodes, f"node-{writer}-{number}": {"addresses": []}}
            write(path, render_registry("wireguard", Registry(nodes)))


def test_no_entry_of_several_writers_at_once_is_lost(tmp_path):
    directory = tmp_path / ".wireguard"
    writers = [multiprocessing.Process(target=add_entries, args=(directory, writer)) for writer in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * 4
    _text, registry = read(directory / "wireguard.json")
    assert set(registry.nodes) == {f"node-{writer}-{number}" for writer in range(4) for number in range(20)}
    assert sorted(os.listdir(directory)) == [LOCK, "wireguard.json"]


def test_no_directory_to_lock(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PlanError) as caught, locked(tmp_path / "file"):
        pass
    assert str(caught.value) == f"registry {tmp_path / 'file'}: File exists; {REMEDY}"
    with pytest.raises(PlanError) as caught, locked(tmp_path / "file" / "x"):
        pass
    assert str(caught.value) == f"registry {tmp_path / 'file' / 'x'}: Not a directory; {REMEDY}"


def test_read(tmp_path):
    path = tmp_path / "wireguard.json"
    assert read(path) == ("", Registry())
    path.write_text(TEXT)
    assert read(path) == (TEXT, Registry({"alpha": {"addresses": ["10.8.0.1"]}}))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_damage_is_no_empty_registry(tmp_path, content):
    path = tmp_path / "wireguard.json"
    path.write_bytes(content)
    with pytest.raises(PlanError, match=r"registry .*/wireguard\.json: "):
        read(path)


def test_write_replaces_in_one_step(tmp_path):
    path = tmp_path / "wireguard.json"
    path.write_text("old")
    with path.open() as before:
        write(path, TEXT)
        assert before.read() == "old"
    assert path.read_text() == TEXT
    assert path.stat().st_mode & 0o777 == 0o644
    assert os.listdir(tmp_path) == ["wireguard.json"]


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "wireguard.json"
    path.mkdir()
    with pytest.raises(PlanError) as caught:
        write(path, TEXT)
    assert str(caught.value) == f"registry {path}: is not a file; remove it, or choose another directory; {REMEDY}"
    assert os.listdir(tmp_path) == ["wireguard.json"]
