# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host: its files, and commands: argument lists, a parsable locale, a timeout, secrets in pipes only."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from contextlib import ExitStack
from typing import NamedTuple, Sequence, Union

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.files import Files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import Secret

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FILES, _SPARE = 4096, 100
_SHOWN = 500
"""Characters of a command in a message."""

Argument = Union[str, Secret]


class Completed(NamedTuple):
    """The result of a command: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


class CommandFailed(Exception):
    """A command failed; the message contains the command and its output, never its input."""


class Host(Files):
    """The host that code runs on. Tests replace it by one that records commands, and has its files in a directory."""

    def run(
        self, argv: Sequence[Argument], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """Run a command to its end.

        :param argv: with at most :meth:`most_secrets`.
        :param timeout: seconds.
        :raises CommandFailed: not found, timed out, or, with ``check``, an exit status other than 0.
        """
        environment = dict(os.environ, LC_ALL="C", PATH=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)
        try:
            with ExitStack() as stack:
                pipes = {index: _pipe(stack, word.text) for index, word in enumerate(argv) if isinstance(word, Secret)}
                words = [f"/proc/self/fd/{pipes[i]}" if isinstance(word, Secret) else word for i, word in enumerate(argv)]
                done = subprocess.run(  # pylint: disable=ansible-bad-function
                    words,
                    input=stdin.encode("utf-8"),
                    capture_output=True,
                    env=environment,
                    timeout=timeout,
                    check=False,
                    cwd=cwd,
                    pass_fds=tuple(pipes.values()),
                )
        except FileNotFoundError:
            raise CommandFailed(f"{argv[0]}: not found on this host") from None
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{shown(argv)}: no end after {timeout} s") from None
        result = Completed(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
        if check and result.status != 0:
            output = (result.err or result.out).strip()
            raise CommandFailed(f"{shown(argv)}: exit status {result.status}: {output}")
        return result

    def most_secrets(self) -> int:
        """How many secrets a command can have: each is an open file. The limit of this process is raised as far as that is needed
        (getrlimit(2)).
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        possible = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < possible:
            resource.setrlimit(resource.RLIMIT_NOFILE, (possible, hard))
            soft = possible
        return max(1, (_FILES if soft == resource.RLIM_INFINITY else min(soft, _FILES)) - _SPARE)

    def which(self, name: str) -> str | None:
        """The path of a program; None if it is not installed."""
        return shutil.which(name, path=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)


def shown(argv: Sequence[Argument]) -> str:
    """A command in a message: without secrets, and cut if it is long."""
    text = " ".join("(secret)" if isinstance(word, Secret) else word for word in argv)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."


def _pipe(stack: ExitStack, text: str) -> int:
    """A pipe that has the text, and no more writers: it is read as a file. Its memory is the kernel's."""
    reading, writing = os.pipe()
    stack.callback(os.close, reading)
    try:
        os.write(writing, text.encode("utf-8") + b"\n")
    finally:
        os.close(writing)
    return reading
