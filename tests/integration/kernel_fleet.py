# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet whose hosts have kernels of their own, with WireGuard in them; for tests it is like any other."""

from __future__ import annotations

import shlex
import subprocess

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet


class KernelFleet(Fleet):
    """Ansible and tests reach the hosts over ssh, with the configuration that the lab wrote."""

    @property
    def ssh_config(self):
        """Known before the lab is up."""
        return f"/run/meshwork-lab/kernel/{self.name}/ssh_config"

    def _write(self, name, data):
        reached = {
            "lab_backend": "kernel",
            "ansible_connection": "ssh",
            "ansible_ssh_args": f"-F {self.ssh_config}",
        }
        groups = {group: {**content, "vars": {**content["vars"], **reached}} for group, content in data.items()}
        return super()._write(name, groups)

    def run(self, host, *argv, check=True, stdin=None):
        """Run a command on a host, not through Ansible; its standard output."""
        command = ["ssh", "-F", self.ssh_config, f"{self.name}-{host}", shlex.join(argv)]
        return subprocess.run(command, check=check, capture_output=True, text=True, input=stdin or "").stdout


class MixedFleet(KernelFleet):
    """The first host has WireGuard in its kernel, the others have wireguard-go."""

    def __init__(self, directory, name, subnet, hosts, variables, image="bookworm-wireguard"):
        first = next(iter(hosts))
        mixed = {host: {**(values or {}), "lab_kernel_wireguard": host == first} for host, values in hosts.items()}
        super().__init__(directory, name, subnet, mixed, variables, image)
