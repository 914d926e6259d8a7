# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets in which Ansible reaches one host through the tunnel from another one, as operators do who manage over WireGuard."""

from __future__ import annotations

import subprocess

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet

SSH = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ConnectTimeout=5"

SHARED = f"{SSH} -o ControlMaster=auto -o ControlPersist=60"


class OverTunnel:
    """Adds the way over the tunnel to a fleet. ``jump`` gives the words of ssh that open a connection from the first host."""

    def manage_over_tunnel(self, host, first):
        """From now on Ansible reaches ``host`` at its overlay address, from ``first``."""
        address = self.addresses()[host][0]
        identity, jump = self.jump(first)
        self.members[host] |= {
            "ansible_connection": "ssh",
            "ansible_host": address,
            "ansible_user": "root",
            "ansible_ssh_args": f"{SHARED} -i {identity} -o ProxyCommand='{jump} -W %h:%p'",
        }
        self.write_inventory()


class ContainerFleetOverTunnel(OverTunnel, Fleet):
    """Containers get a key of their own for this."""

    def jump(self, first):
        identity = self.directory / "id"
        if not identity.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identity], check=True)
            for host in self.members:
                script = "mkdir -p -m 700 /root/.ssh && cat >/root/.ssh/authorized_keys"
                self.run(host, "sh", "-c", script, stdin=identity.with_suffix(".pub").read_text(encoding="utf-8"))
        return identity, f"ssh {SSH} -i {identity} root@{self.underlay[first]}"


class KernelFleetOverTunnel(OverTunnel, KernelFleet):
    """Hosts with a kernel of their own have sshd already."""

    def jump(self, first):
        return f"/run/meshwork-lab/kernel/{self.name}/key", f"ssh -F {self.ssh_config} {self.name}-{first}"
