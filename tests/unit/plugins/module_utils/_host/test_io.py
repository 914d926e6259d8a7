# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host import io


def test_read(tmp_path):
    path = tmp_path / "wg0.conf"
    assert io.read_text(str(path)) is None
    path.write_bytes(b"\xef\xbb\xbf[Interface]\r\n# M\xc3\xbcnchen\n")
    assert io.read_text(str(path)) == "[Interface]\r\n# M\u00fcnchen\n"


def test_bytes_that_are_no_text_come_back_as_they_were(tmp_path):
    path = tmp_path / "wg0.conf"
    path.write_bytes(b"[Interface]\n# M\xfcnchen\n")
    text = io.read_text(str(path))
    io.write_text(str(path), text)
    assert path.read_bytes() == b"[Interface]\n# M\xfcnchen\n"


@pytest.mark.parametrize(("mode", "of_directory"), [(0o600, 0o700), (0o644, 0o755)])
def test_write_makes_directories_as_closed_as_the_file(tmp_path, mode, of_directory):
    path = tmp_path / "new" / "file"
    before = os.umask(0o022)
    try:
        io.write_text(str(path), "text\r\n", mode=mode)
    finally:
        os.umask(before)
    assert path.read_bytes() == b"text\r\n"
    assert io.mode_of(str(path)) == mode
    assert io.mode_of(str(path.parent)) == of_directory
    assert os.listdir(path.parent) == ["file"]


def test_write_replaces_the_file_and_its_mode(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    path.chmod(0o644)
    io.write_text(str(path), "new")
    assert (path.read_text(), io.mode_of(str(path)), io.owner_of(str(path))) == ("new", 0o600, os.geteuid())


def test_a_write_that_fails_leaves_everything_as_it_was(tmp_path):
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(OSError, match="file"):
        io.write_text(str(path), "new")
    assert os.listdir(tmp_path) == ["file"]


def test_remove(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")
    io.remove(str(path))
    io.remove(str(path))
    assert not path.exists()
    assert io.mode_of(str(path)) is None
    assert io.owner_of(str(path)) is None
