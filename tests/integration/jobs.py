# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that have a part of the hosts each: controllers in containers, which have nothing in common but a store.

Each run of a job is a new container that is thrown away at its end. It reaches the hosts over ssh, as anybody does.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import yaml

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB, ROOT, Run

sys.path.insert(0, str(LAB))

from lablib.container.images import CONTROLLER, tag

sys.path.remove(str(LAB))

_SSH = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=auto -o ControlPersist=60"
_COLLECTION = "/usr/share/ansible/collections/ansible_collections/meshwork/wireguard"
_NUMBERS = itertools.count()
# What the job begins with is only read; all that it writes is gone with the container.
_BEGIN = 'cp -r /job /runner && cd /runner && chmod 600 env/ssh_key && exec "$@"'


def prepare(fleet):
    """Let controllers in containers reach the fleet's hosts; their key."""
    subprocess.run([LAB / "lab", "image", CONTROLLER], check=True, capture_output=True)
    identity = fleet.directory / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", identity], check=True)
    public = identity.with_suffix(".pub").read_text(encoding="utf-8")
    for host in fleet.members:
        fleet.run(host, "sh", "-c", "mkdir -p -m 700 /root/.ssh && cat >/root/.ssh/authorized_keys", stdin=public)
    return identity


class Process:
    """One run in a container."""

    def __init__(self, name, command):
        self.name = name
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT, text=True)

    def ended(self):
        """The run, once it has ended."""
        self.stdout, self.stderr = self._process.communicate()[0], ""
        self.returncode = self._process.returncode
        return Run(self)

    def kill(self):
        """End all of its processes at once, unless it has ended already; its status is 137 then."""
        subprocess.run([LAB / "podman", "kill", "--signal", "KILL", self.name], check=False, capture_output=True)
        return self.ended()


class Job:
    """A controller with an inventory of some hosts, and no registry of its own. ``identity``: see :func:`prepare`.

    Its directory is one of ansible-runner: inventory, environment, a key for ssh, and a project with a playbook for each of
    ``record``, ``apply`` and ``mesh``.
    """

    def __init__(self, fleet, number, hosts, registry, environment, identity):
        self.hosts = tuple(hosts)
        self._fleet, self._environment = fleet, dict(environment)
        self._directory = fleet.directory / "jobs" / str(number)
        whole = yaml.safe_load(Path(fleet.inventory).read_text(encoding="utf-8"))["wireguard"]
        own = {key: value for key, value in whole["vars"].items() if not key.startswith(("lab_", "ansible_"))}
        reached = {"ansible_user": "root", "ansible_ssh_common_args": _SSH, "ansible_python_interpreter": "/usr/bin/python3"}
        members = {host: {**whole["hosts"][host], "ansible_host": fleet.underlay[host]} for host in hosts}
        values = {**own, **reached, "wireguard_registry": registry, "wireguard_sliced": True}
        self._write("inventory/hosts.yml", yaml.safe_dump({"wireguard": {"hosts": members, "vars": values}}))
        self._write("env/envvars", json.dumps(self._environment))
        self._write("env/ssh_key", identity.read_text(encoding="utf-8"))
        for playbook in ("record", "apply", "mesh"):
            self._write(f"project/{playbook}.yml", f"- import_playbook: meshwork.wireguard.{playbook}\n")

    def _write(self, path, text):
        (self._directory / path).parent.mkdir(parents=True, exist_ok=True)
        (self._directory / path).write_text(text, encoding="utf-8")

    def _contained(self, *command):
        name = f"{self._fleet.name}-job{next(_NUMBERS)}"
        given = {"ANSIBLE_NOCOLOR": "1", "ANSIBLE_PIPELINING": "1", "ANSIBLE_PRIVATE_KEY_FILE": "/runner/env/ssh_key"}
        options = [f"--env={key}={value}" for key, value in {**given, **self._environment}.items()]
        mounts = [f"--volume={ROOT}:{_COLLECTION}:ro", f"--volume={self._directory}:/job:ro"]
        network = f"--network={self._fleet.name}-underlay"
        run = [LAB / "podman", "run", "--rm", "--name", name, network, "--pids-limit=-1", "--ulimit=nofile=20000:20000"]
        words = [*run, "--ulimit=nproc=30000:30000", *options, *mounts, tag(CONTROLLER), "sh", "-ec", _BEGIN, "job", *command]
        return Process(name, [str(word) for word in words])

    def start(self, playbook, *words):
        """Start a playbook of the collection with ansible-playbook."""
        return self._contained("ansible-playbook", "-i", "inventory", f"meshwork.wireguard.{playbook}", *words)

    def start_runner(self, playbook):
        """Start the project's playbook with ansible-runner, as AWX does."""
        return self._contained("ansible-runner", "run", "/runner", "--playbook", f"{playbook}.yml")

    def run(self, playbook, *words):
        """Run a playbook."""
        return self.start(playbook, *words).ended()


def at_once(jobs, playbook, *words):
    """All of them, begun together."""
    return [process.ended() for process in [job.start(playbook, *words) for job in jobs]]
