# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of Ansible's programs by processes that stay: see ``server.py``."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_SERVER = Path(__file__).with_name("server.py")
_IDLE = []
"""(environment, server) of those that run nothing now, the last used at the end. Ansible reads its environment once."""
_KEPT = 6


def _taken(environment):
    """A server that was started with this environment."""
    for number, (with_, server) in enumerate(_IDLE):
        if with_ == environment:
            del _IDLE[number]
            return server
    command, pipe = [sys.executable, _SERVER], subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, start_new_session=True)


def _end(server):
    server.stdin.close()
    server.wait(timeout=30)
    server.stdout.close()


@atexit.register
def _end_all():
    for _environment, server in _IDLE:
        _end(server)


class Run:
    """A program that runs, to be used like a :class:`subprocess.Popen` with pipes; ``joined``: its errors are in its output."""

    def __init__(self, words, directory, environment, joined=False):
        self.args = [*map(str, words)]
        self.returncode = None
        self._environment = {name: value for name, value in environment.items() if name != "PYTEST_CURRENT_TEST"}
        self._folder = tempfile.TemporaryDirectory()
        self._files = {name: f"{self._folder.name}/{name}" for name in ("stdout", "stderr")}
        if joined:
            self._files["stderr"] = self._files["stdout"]
        self._server = _taken(self._environment)
        print(json.dumps({"words": self.args, "cwd": str(directory), **self._files}), file=self._server.stdin, flush=True)

    def communicate(self, timeout=None):
        """Its output and, unless joined, its errors, as soon as it has ended."""
        ready = select.select([self._server.stdout], [], [], timeout)[0]
        if not ready:
            os.killpg(self._server.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired(self.args, timeout)
        self.returncode = int(self._server.stdout.readline())
        _IDLE.append((self._environment, self._server))
        while len(_IDLE) > _KEPT:
            _end(_IDLE.pop(0)[1])
        stdout, stderr = (Path(path).read_bytes().decode("utf-8", "replace") for path in self._files.values())
        self._folder.cleanup()
        return stdout, None if self._files["stderr"] == self._files["stdout"] else stderr


def run(words, directory, environment):
    """As :func:`subprocess.run`, with the output as text."""
    started = Run(words, directory, environment)
    stdout, stderr = started.communicate()
    return subprocess.CompletedProcess(started.args, started.returncode, stdout, stderr)
