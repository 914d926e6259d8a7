# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.files import Files

FILES = Files()


def test_read(tmp_path):
    path = tmp_path / "wg0.conf"
    assert FILES.read(str(path)) is None
    path.write_bytes(b"\xef\xbb\xbf[Interface]\r\n# M\xc3\xbcnchen\n")
    assert FILES.read(str(path)) == "[Interface]\r\n# M\u00fcnchen\n"


def test_bytes_that_are_no_text_come_back_as_they_were(tmp_path):
    path = tmp_path / "wg0.conf"
    path.write_bytes(b"[Interface]\n# M\xfcnchen\n")
    text = FILES.read(str(path))
    FILES.write(str(path), text)
    assert path.read_bytes() == b"[Interface]\n# M\xfcnchen\n"


@pytest.mark.parametrize(("mode", "of_directory"), [(0o600, 0o700), (0o644, 0o755)])
def test_write_makes_directories_as_closed_as_the_file(tmp_path, mode, of_directory):
    path = tmp_path / "new" / "file"
    before = os.umask(0o022)
    try:
        FILES.write(str(path), "text\r\n", mode=mode)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"text\r\n"
    assert FILES.mode_of(str(path)) == mode
    assert FILES.mode_of(str(path.parent)) == of_directory
    assert os.listdir(path.parent) == ["file"]


def test_write_replaces_the_file_and_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    FILES.write(str(path), "new")
    assert (path.read_text(), FILES.mode_of(str(path)), FILES.owner_of(str(path))) == ("new", 0o600, os.geteuid())


def test_a_write_that_fails_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(OSError, match="file"):
        FILES.write(str(path), "new")
    assert os.listdir(tmp_path) == ["file"]


def test_remove(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    FILES.remove(str(path))
    FILES.remove(str(path))
    assert not path.exists()
    assert FILES.mode_of(str(path)) is None
    assert FILES.owner_of(str(path)) is None


def test_a_root(tmp_path):
    """What a host has at ``/`` is in a directory, and is called as the host calls it."""
    files = Files(str(tmp_path))
    files.write("/etc/a/one", "1\n")
    files.write("/etc/a/two", "2\n")
    (tmp_path / "etc/[a]").mkdir()
    assert (tmp_path / "etc/a/one").read_text() == "1\n"
    assert (files.read("/etc/a/one"), files.read_bytes("/etc/a/one"), files.value("/etc/a/one")) == ("1\n", b"1\n", "1")
    assert (files.names("/etc/a"), files.names("/etc/none")) == (["one", "two"], [])
    assert files.glob("/etc/a/t*") == ["/etc/a/two"]
    assert [files.exists(path) for path in ("/etc/a", "/etc/a/one", "/etc/none")] == [True, True, False]
    assert [files.is_directory(path) for path in ("/etc/a", "/etc/a/one", "/etc/none")] == [True, False, False]
    files.rename("/etc/a/two", "/etc/a/three")
    files.link("/etc/a/to", "none")
    assert (files.has_name("/etc/a/to"), files.exists("/etc/a/to"), os.readlink(tmp_path / "etc/a/to")) == (True, False, "none")
    files.remove_if_empty("/etc/a")
    assert files.names("/etc/a") == ["one", "three", "to"]
    files.remove_tree("/etc/a")
    files.remove_tree("/etc/a")
    assert files.names("/etc") == ["[a]"]
    files.remove_if_empty("/etc/[a]")
    assert files.names("/etc") == []


def test_a_root_whose_name_is_a_pattern(tmp_path):
    files = Files(str(tmp_path / "[x]*"))
    files.write("/run/one", "")
    assert files.glob("/run/*") == ["/run/one"]


def test_a_value_that_cannot_be_read(tmp_path):
    assert (Files().value(str(tmp_path / "none")), Files().value(str(tmp_path))) == (None, None)


def test_a_private_directory(tmp_path):
    files = Files(str(tmp_path))
    (tmp_path / "run").mkdir(mode=0o755)
    files.private_directory("/run")
    files.private_directory("/run/deeper")
    assert [files.mode_of(path) for path in ("/run", "/run/deeper")] == [0o700, 0o700]
