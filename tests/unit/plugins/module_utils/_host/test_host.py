# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import re
import resource

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret


@pytest.mark.parametrize(
    ("argv", "options", "expected"),
    [
        (["cat"], {"stdin": "M\u00fcnchen"}, Completed(0, "M\u00fcnchen", "")),
        (["sh", "-c", "echo $LC_ALL"], {}, Completed(0, "C\n", "")),
        (["sh", "-c", "echo out; echo err >&2; exit 3"], {"check": False}, Completed(3, "out\n", "err\n")),
        (["echo", "$HOME; *"], {}, Completed(0, "$HOME; *\n", "")),
        (["printf", r"\377"], {}, Completed(0, "\ufffd", "")),
        (["pwd"], {"cwd": "/"}, Completed(0, "/\n", "")),
    ],
)
def test_run(argv, options, expected):
    assert Host().run(argv, **options) == expected


@pytest.mark.parametrize(
    ("argv", "options", "message"),
    [
        (["sh", "-c", "echo no >&2; exit 3"], {}, "sh -c echo no >&2; exit 3: exit status 3: no"),
        (["sh", "-c", "echo out; exit 1"], {}, "sh -c echo out; exit 1: exit status 1: out"),
        (["meshwork-no-such-program", "x"], {"check": False}, "meshwork-no-such-program: not found on this host"),
        (["sleep", "9"], {"timeout": 0.05}, "sleep 9: no end after 0.05 s"),
    ],
)
def test_failures(argv, options, message):
    with pytest.raises(CommandFailed) as caught:
        Host().run(argv, stdin="secret", **options)
    assert str(caught.value) == message


def test_programs_of_the_system_are_found_whatever_the_path(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert Host().which("sh") in ("/usr/bin/sh", "/bin/sh")
    assert Host().which("meshwork-no-such-program") is None
    assert Host().run(["sh", "-c", "echo $PATH"]).out.startswith("/nowhere:")


def test_secrets_are_in_pipes():
    """Each is read as a file, to its end, and is neither among the arguments nor in a message."""
    script = 'for path; do test -p "$path" && cat "$path"; done; tr "\\0" " " </proc/$$/cmdline'
    done = Host().run(["sh", "-c", script, "sh", Secret("one"), "/dev/null", Secret("two")])
    first, second, arguments = done.out.split("\n")
    assert (first, second) == ("one", "two")
    assert re.fullmatch(r".* sh /proc/self/fd/\d+ /dev/null /proc/self/fd/\d+ ", arguments)
    with pytest.raises(CommandFailed) as caught:
        Host().run(["false", Secret("one")])
    assert str(caught.value) == "false (secret): exit status 1: "
    assert "one" not in repr(Secret("one"))


def test_no_pipe_stays_open():
    before = os.listdir("/proc/self/fd")
    for argv in (["true"], ["false"], ["meshwork-no-such-program"]):
        with contextlib.suppress(CommandFailed):
            Host().run([*argv, *map(Secret, map(str, range(Host().most_secrets())))])
    assert os.listdir("/proc/self/fd") == before


def test_a_long_command_is_cut_in_messages():
    with pytest.raises(CommandFailed) as caught:
        Host().run(["false", *["peer"] * 1000])
    assert str(caught.value) == ("false" + " peer" * 99) + "...: exit status 1: "


@pytest.mark.parametrize(
    ("before", "expected", "after"),
    [
        ((1024, 524288), 3996, (4096, 524288)),
        ((1024, 2048), 1948, (2048, 2048)),
        ((64, 64), 1, (64, 64)),
        ((1024, -1), 3996, (4096, -1)),
        ((8192, 8192), 3996, (8192, 8192)),
        ((-1, -1), 3996, (-1, -1)),
    ],
)
def test_the_limit_of_open_files_is_raised(monkeypatch, before, expected, after):
    limits = [before]
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limit: limits.append(limit))
    assert (Host().most_secrets(), limits[-1]) == (expected, after)
