# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported Ansible's programs and forks a child for each run, which so begins at once.

A run is a line of JSON on the standard input: ``{"words": [...], "cwd": ..., "stdout": ..., "stderr": ...}``, the last two are
paths of files; the answer is a line with its exit status. What Ansible keeps in its temporary directory, built modules above all,
serves all runs.
"""

from __future__ import annotations

import json
import os
import sys

from ansible.cli import adhoc, inventory, playbook

_PROGRAMS = {"ansible": adhoc.main, "ansible-inventory": inventory.main, "ansible-playbook": playbook.main}


def _run(words, cwd, stdout, stderr):
    """The program itself, in a child; its exit status."""
    os.chdir(cwd)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
    for number, path in enumerate((os.devnull, stdout, stderr)):
        os.dup2(os.open(path, flags, 0o600), number)
    sys.argv = words
    try:
        return _PROGRAMS[words[0]](words)
    except SystemExit as end:
        return end.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main():
    del sys.path[0]  # the programs do not see this folder, either
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 250
            try:
                status = _run(**json.loads(line)) or 0
            finally:
                os._exit(status)
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)


if __name__ == "__main__":
    main()
