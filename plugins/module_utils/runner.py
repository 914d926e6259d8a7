# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands on the host: argument lists, a parsable locale, a timeout, secrets on standard input only."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import NamedTuple, Optional, Sequence

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Completed(NamedTuple):
    """What a command left: exit status, standard output, standard error."""

    status: int
    out: str
    err: str


class CommandFailed(Exception):
    """A command that could not do its work; the message holds the command and what it said, never its input."""


class Runner:
    """Runs commands; tests put a recording one in its place."""

    def run(
        self, argv: Sequence[str], stdin: str = "", check: bool = True, timeout: int = 60, cwd: Optional[str] = None
    ) -> Completed:
        """Run to the end.

        :param timeout: seconds.
        :raises CommandFailed: not found, timed out, or, with ``check``, an exit status other than 0.
        """
        environment = dict(os.environ, LC_ALL="C", PATH=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)
        try:
            done = subprocess.run(
                list(argv),
                input=stdin.encode("utf-8"),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                timeout=timeout,
                check=False,
                cwd=cwd,
            )
        except FileNotFoundError:
            raise CommandFailed("%s: not found on this host" % argv[0]) from None
        except subprocess.TimeoutExpired:
            raise CommandFailed("%s: no end after %d s" % (" ".join(argv), timeout)) from None
        result = Completed(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))
        if check and result.status != 0:
            said = (result.err or result.out).strip()
            raise CommandFailed("%s: exit status %d: %s" % (" ".join(argv), result.status, said))
        return result

    def which(self, name: str) -> Optional[str]:
        """The path of a program; None where it is missing."""
        return shutil.which(name, path=os.environ.get("PATH", "") + ":" + _SYSTEM_PATH)
