# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import CLOSED, OPEN, Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

ELSEWHERE = "choose another directory"
OTHER = 12345
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="gives files away")


def mode(path):
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.parametrize(
    ("closed", "content", "file", "directory"),
    [(False, "new\n", OPEN, "0o755"), (True, "new\n", CLOSED, "0o700"), (False, b"\xff\x00", CLOSED, "0o755")],
)
def test_put(tmp_path, closed, content, file, directory):
    writer = Writer(tmp_path / "a", check=False, closed=closed)
    assert writer.put("b/c", content, file)
    path = tmp_path / "a/b/c"
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert (mode(path), mode(path.parent), mode(tmp_path / "a")) == (oct(file), directory, directory)
    assert (writer.written, writer.removed, writer.changed) == ([str(path)], [], True)
    where = str(path)
    shown = [{"before": "", "after": "new\n", "before_header": where, "after_header": where}]
    assert writer.diff == (shown if file == OPEN else [])
    assert os.listdir(path.parent) == ["c"]
    again = Writer(tmp_path / "a", check=False)
    assert not again.put("b/c", content, file)
    assert not again.changed


def test_a_file_that_others_may_read_is_closed(tmp_path):
    (tmp_path / "key").write_text("x")
    assert Writer(tmp_path, check=False).put("key", "x", CLOSED)
    assert mode(tmp_path / "key") == "0o600"


def test_replaced_in_one_step(tmp_path):
    (tmp_path / "a").write_text("old")
    with (tmp_path / "a").open() as before:
        Writer(tmp_path, check=False).put("a", "new")
        assert before.read() == "old"
    assert (tmp_path / "a").read_text() == "new"


def test_check_mode_predicts_and_writes_nothing(tmp_path):
    (tmp_path / "b").write_text("old")
    writer = Writer(tmp_path, check=True)
    assert writer.put("a/x", "new")
    assert writer.put("b", "new")
    writer.remove("b")
    assert writer.written == [str(tmp_path / "a/x"), str(tmp_path / "b")]
    assert writer.removed == [str(tmp_path / "b")]
    assert [entry["before"] for entry in writer.diff] == ["", "old"]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("b", "old")]


def test_reading_and_removing(tmp_path):
    writer = Writer(tmp_path / "a", check=False)
    assert (writer.read("x"), writer.names(""), writer.names("y"), writer.is_directory("y")) == (None, [], [], False)
    writer.put("x", "1")
    writer.put("y/z", "2")
    assert (writer.read("x"), writer.names(""), writer.names("y"), writer.is_directory("y")) == (b"1", ["x", "y"], ["z"], True)
    writer.remove("y/z")
    assert writer.names("y") == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a").write_text("old")

    def full(*_arguments, **_named):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(PlanError) as caught:
        Writer(tmp_path, check=False).put("a", "new")
    assert str(caught.value) == f"{tmp_path}/a: No space left on device"
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a", "old")]


def link_to_file(root, victim):
    (root / "d").mkdir(parents=True)
    (root / "d/f").symlink_to(victim / "f")
    return f"{root}/d/f: is a link, and links are not followed; remove it"


def link_to_directory(root, victim):
    root.mkdir()
    (root / "d").symlink_to(victim)
    return f"{root}/d: is a link or a file, but must be a directory; remove it, or choose another directory"


def file_for_directory(root, _victim):
    root.mkdir()
    (root / "d").write_text("")
    return f"{root}/d: is a link or a file, but must be a directory; remove it, or choose another directory"


def directory_for_file(root, _victim):
    (root / "d/f").mkdir(parents=True)
    return f"{root}/d/f: is not a file; remove it, or choose another directory"


def pipe_for_file(root, _victim):
    (root / "d").mkdir(parents=True)
    os.mkfifo(root / "d/f")
    return f"{root}/d/f: is not a file; remove it, or choose another directory"


def is_open(path):
    return f"{path}: is writable for all users, who could redirect what is written there; run chmod o-w on it, or {ELSEWHERE}"


def open_to_everybody(root, _victim):
    (root / "d").mkdir(parents=True)
    (root / "d").chmod(0o777)
    return is_open(root / "d")


def named_open_to_everybody(root, _victim):
    (root / "d").mkdir(parents=True)
    root.chmod(0o777)
    return (
        f"{root}: is writable for all users, who could redirect what is written there; run chmod o-w on it, or choose another "
        "directory"
    )


MADE = [
    link_to_file,
    link_to_directory,
    file_for_directory,
    directory_for_file,
    pipe_for_file,
    open_to_everybody,
    named_open_to_everybody,
]


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize("check", [True, False])
def test_refused(tmp_path, make, check):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "f").write_text("precious")
    message = make(tmp_path / "root", victim)
    with pytest.raises(PlanError) as caught:
        Writer(tmp_path / "root", check=check).put("d/f", "new")
    assert str(caught.value) == message
    assert [(path.name, path.read_text()) for path in victim.iterdir()] == [("f", "precious")]


@needs_root
@pytest.mark.parametrize("name", ["root", "root/d"])
def test_directories_of_other_users_are_refused(tmp_path, name):
    (tmp_path / "root/d").mkdir(parents=True)
    os.chown(tmp_path / name, OTHER, OTHER)
    with pytest.raises(PlanError) as caught:
        Writer(tmp_path / "root", check=False).put("d/f", "new")
    assert str(caught.value) == (
        f"{tmp_path / name}: belongs to another user (uid {OTHER}), who could redirect what is written there; make it yours "
        "(chown), or choose another directory"
    )


@needs_root
@pytest.mark.parametrize(("mode", "trusted"), [(0o755, True), (0o777, False), (0o1777, False)])
def test_who_owns_the_working_directory_is_trusted_as_ansible_does(tmp_path, monkeypatch, mode, trusted):
    (tmp_path / "project/.wireguard").mkdir(parents=True)
    for path in (tmp_path / "project", tmp_path / "project/.wireguard"):
        os.chown(path, OTHER, OTHER)
    (tmp_path / "project").chmod(mode)
    monkeypatch.chdir(tmp_path / "project")
    writer = Writer(tmp_path / "project/.wireguard", check=False)
    if trusted:
        assert writer.put("f", "new")
    else:
        with pytest.raises(PlanError, match="belongs to another user"):
            writer.put("f", "new")


@needs_root
def test_a_link_of_another_user_is_refused_where_the_directory_is_named(tmp_path):
    (tmp_path / "home").mkdir()
    (tmp_path / "own").symlink_to("home")
    assert Writer(tmp_path / "own", check=False).put("f", "new")
    (tmp_path / "others").symlink_to("home")
    os.lchown(tmp_path / "others", OTHER, OTHER)
    with pytest.raises(PlanError, match=f"others: belongs to another user \\(uid {OTHER}\\)"):
        Writer(tmp_path / "others", check=False).put("g", "new")


def test_with_the_sticky_bit_everybody_may_write(tmp_path):
    (tmp_path / "root").mkdir()
    (tmp_path / "root").chmod(0o1777)
    assert Writer(tmp_path / "root", check=False).put("d/f", "new")


@pytest.mark.parametrize("name", ["../f", "a/../../f", "/etc/f"])
def test_paths_that_lead_out_are_refused(tmp_path, name):
    with pytest.raises(PlanError, match="is not below"):
        Writer(tmp_path / "root", check=False).put(name, "new")
