# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way into the hosts: a configuration of ssh that any ssh, and so Ansible, can use."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from lablib.inventory import Lab
from lablib.kernel.folder import lab_folder, private_key
from lablib.kernel.network import MANAGEMENT, management_address, namespace_file

CONNECT = Path(__file__).parents[2] / "kernel" / "connect.py"

COMMON = """\
Host *
  User root
  IdentityFile {key}
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ProxyUseFdpass yes
  ServerAliveInterval 5
  ControlMaster auto
  ControlPersist 60
  ControlPath {folder}/%n.ssh
"""


def ssh_config(lab: Lab) -> Path:
    return lab_folder(lab) / "ssh_config"


def ssh_name(lab: Lab, host: str) -> str:
    return f"{lab.name}-{host}"


def write_ssh_config(lab: Lab) -> None:
    enter = shlex.join(["nsenter", f"--net={namespace_file(lab)}", sys.executable, str(CONNECT)])
    hosts = ""
    for host in lab.hosts:
        hosts += f"Host {ssh_name(lab, host.name)}\n  ProxyCommand {enter} {management_address(host)}%%{MANAGEMENT}\n"
    ssh_config(lab).write_text(hosts + COMMON.format(key=private_key(lab), folder=lab_folder(lab)), encoding="utf-8")


def on_host(lab: Lab, host: str, *command: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
    words = ["ssh", "-F", str(ssh_config(lab)), ssh_name(lab, host), *command]
    return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)


def forget(lab: Lab, host: str) -> None:
    """End the shared connection to a host, which a host that was killed would leave to wait for answers."""
    socket = lab_folder(lab) / f"{ssh_name(lab, host)}.ssh"
    if socket.exists():
        subprocess.run(["ssh", "-S", socket, "-O", "exit", host], capture_output=True, check=False)
        socket.unlink(missing_ok=True)
