# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that have a part of the hosts each, and nothing in common but a store: each sees its own directory alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import yaml

from ansible_collections.meshwork.wireguard.tests.integration.fleet import ENVIRONMENT, Run

# The job's directory is in another place for it, and those of the others are nowhere.
_ALONE = """
mkdir -p /run/meshwork-job
mount --bind "$0" /run/meshwork-job
mount -t tmpfs tmpfs "$1"
cd /run/meshwork-job
shift
exec "$@"
"""


class Job:
    """A controller with a home, an inventory of some hosts, and no registry of its own."""

    def __init__(self, fleet, number, hosts, registry, environment):
        self.hosts = tuple(hosts)
        self._parent = fleet.directory / "jobs"
        self._directory = self._parent / str(number)
        self._directory.mkdir(parents=True)
        whole = yaml.safe_load(Path(fleet.inventory).read_text(encoding="utf-8"))["wireguard"]
        members = {host: values for host, values in whole["hosts"].items() if host in hosts}
        values = {**whole["vars"], "wireguard_registry": registry, "wireguard_sliced": True}
        text = yaml.safe_dump({"wireguard": {"hosts": members, "vars": values}})
        (self._directory / "inventory.yml").write_text(text, encoding="utf-8")
        self._environment = {**os.environ, **ENVIRONMENT, "HOME": "/run/meshwork-job", **environment}

    def start(self, playbook, *words, environment=()):
        """Start a playbook in a process group of its own."""
        command = ["ansible-playbook", "-i", "inventory.yml", f"meshwork.wireguard.{playbook}", *words]
        return subprocess.Popen(
            ["unshare", "--mount", "sh", "-ec", _ALONE, str(self._directory), str(self._parent), *command],
            env={**self._environment, **dict(environment)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, playbook, *words, environment=()):
        """Run a playbook."""
        return ended(self.start(playbook, *words, environment=environment))


class _Done:
    def __init__(self, status, output):
        self.returncode, self.stdout, self.stderr = status, output, ""


def ended(process):
    """The run, once it has ended."""
    output, _errors = process.communicate()
    return Run(_Done(process.returncode, output))


def at_once(jobs, playbook, *words):
    """All of them, begun together."""
    return [ended(process) for process in [job.start(playbook, *words) for job in jobs]]
