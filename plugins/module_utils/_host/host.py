# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host: its files, and commands: argument lists, a parsable locale, a timeout, secrets on standard input only."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.files import Files

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


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
        self, argv: Sequence[str], stdin: str = "", check: bool = True, timeout: int = 60, cwd: str | None = None
    ) -> Completed:
        """Run a command to its end.

        :param timeout: seconds.
        :raises CommandFailed: not found, timed out, or, with ``check``, an exit status other than 0.
        """
        environment = dict(os.environ, LC_ALL="C", PATH=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)
        try:
            done = subprocess.run(  # pylint: disable=ansible-bad-function
                list(argv),
                input=stdin.encode("utf-8"),
                capture_output=True,
                env=environment,
                timeout=timeout,
                check=False,
                cwd=cwd,
            )
        except FileNotFoundError:
            raise CommandFailed(f"{argv[0]}: not found on this host") from None
        except subprocess.TimeoutExpired:
            raise CommandFailed(f"{' '.join(argv)}: no end after {timeout} s") from None
        result = Completed(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
        if check and result.status != 0:
            output = (result.err or result.out).strip()
            raise CommandFailed(f"{' '.join(argv)}: exit status {result.status}: {output}")
        return result

    def which(self, name: str) -> str | None:
        """The path of a program; None if it is not installed."""
        return shutil.which(name, path=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)
