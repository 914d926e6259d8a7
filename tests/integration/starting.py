# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ``ansible`` and ``ansible-playbook`` by processes that stay: see ``ansible_server.py``."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

_SERVER = Path(__file__).with_name("ansible_server.py")
_IDLE = defaultdict(list)
"""Environment -> the servers that were started with it, without those that run something now. Ansible reads it once."""


@contextlib.contextmanager
def _server(environment):
    given = {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}
    idle = _IDLE[frozenset(given.items())]
    if not idle:
        command, pipe = [sys.executable, _SERVER], subprocess.PIPE
        idle.append(subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=given, start_new_session=True))
    server = idle.pop()
    yield server
    idle.append(server)


def start(words, directory, environment):
    """As ``subprocess.run``, with the output as text."""
    with _server(environment) as server, tempfile.TemporaryDirectory() as folder:
        files = {name: f"{folder}/{name}" for name in ("stdout", "stderr")}
        print(json.dumps({"words": [*map(str, words)], "cwd": str(directory), **files}), file=server.stdin, flush=True)
        status = int(server.stdout.readline())
        texts = {name: Path(path).read_text(encoding="utf-8") for name, path in files.items()}
    return subprocess.CompletedProcess(words, status, **texts)
