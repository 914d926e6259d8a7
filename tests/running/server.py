# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that has imported Ansible's programs and forks a child for each run, which so begins at once.

A run is a line of JSON on the standard input: ``{"words": [...], "cwd": ..., "stdout": ..., "stderr": ...}``, the last two are
paths of files; the answer is a line with its exit status. What Ansible keeps in its temporary directory, built modules above all,
serves all runs.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys

from ansible.cli import adhoc, inventory, playbook
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig

_COLLECTION = "ansible_collections.meshwork.wireguard"
_USERS = ("action.interface", "action.prepare", "action.registry", "filter.interfaces", "filter.network")
_PROGRAMS = {"ansible": adhoc.main, "ansible-inventory": inventory.main, "ansible-playbook": playbook.main}


def _import_helpers():
    """Import what the collection's plugins import: Ansible's own loader keeps no compiled code, and compiles it for each task."""
    init_plugin_loader()
    for user in _USERS:
        importlib.import_module(f"{_COLLECTION}.plugins.{user}")
    AnsibleCollectionConfig.collection_finder._remove()  # each run brings its own, and loads the plugins themselves
    for name in [name for name in sys.modules if name.startswith("ansible_collections") and "_utils." not in name]:
        del sys.modules[name]
    gc.freeze()


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
    _import_helpers()
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
