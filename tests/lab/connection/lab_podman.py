# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connection ``lab_podman``: one call of podman per module, where containers.podman.podman needs six."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleConnectionFailure, AnsibleError
from ansible.plugins.connection import ConnectionBase

DOCUMENTATION = """
name: lab_podman
short_description: Run modules in the containers of a lab, with pipelining
author: meshwork.wireguard contributors (@meshwork)
description:
  - Programs run by C(podman exec -i), which takes a module on its standard input.
extends_documentation_fragment:
  - connection_pipelining
options:
  remote_addr:
    description: Name of the container.
    default: inventory_hostname
    vars:
      - name: inventory_hostname
      - name: ansible_host
  podman_executable:
    description: The program.
    default: podman
    vars:
      - name: ansible_podman_executable
"""

NOT_RUN = 125
"""The exit status with which podman says that it could not even start the program (podman-exec(1))."""
NOT_RUNNING = b"Error: can only create exec sessions on running containers"
"""What podman says of a container that is stopped, with another exit status."""


class Connection(ConnectionBase):  # type: ignore[misc]
    """Nothing is kept between two programs."""

    transport = "lab_podman"
    has_pipelining = True

    def _connect(self) -> Connection:
        self._connected = True
        return self

    def close(self) -> None:
        self._connected = False

    def _exec(self, words: list[str], data: bytes | None) -> tuple[int, bytes, bytes]:
        command = [self.get_option("podman_executable"), "exec", "-i", self.get_option("remote_addr"), *words]
        done = subprocess.run(command, input=data or b"", capture_output=True, check=False)
        if done.returncode == NOT_RUN or done.stderr.startswith(NOT_RUNNING):
            raise AnsibleConnectionFailure(done.stderr.decode("utf-8", "replace").strip())
        return done.returncode, done.stdout, done.stderr

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return self._exec(["/bin/sh", "-c", cmd], in_data)

    def put_file(self, in_path: str, out_path: str) -> None:
        super().put_file(in_path, out_path)
        self._check(self._exec(["tee", out_path], Path(in_path).read_bytes()), in_path)

    def fetch_file(self, in_path: str, out_path: str) -> None:
        super().fetch_file(in_path, out_path)
        done: Any = self._exec(["cat", in_path], None)
        self._check(done, in_path)
        Path(out_path).write_bytes(done[1])

    def _check(self, done: tuple[int, bytes, bytes], path: str) -> None:
        if done[0] != 0:
            raise AnsibleError(f"{path}: {done[2].decode('utf-8', 'replace').strip()}")
