# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts and Ansible runs over them, for tests that look at whole runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from pathlib import Path

import yaml

from ansible_collections.meshwork.wireguard.tests.integration.keeping import WG_QUICK
from ansible_collections.meshwork.wireguard.tests.running.start import run

ROOT = Path(__file__).parents[2]
LAB = ROOT / "tests/lab"
ENVIRONMENT = {
    "ANSIBLE_CONNECTION_PLUGINS": str(LAB / "connection"),
    "ANSIBLE_PIPELINING": "1",
    "ANSIBLE_NOCOLOR": "1",
}


class Run:
    """A finished ansible-playbook: exit status, output, and the recap as host -> counters."""

    def __init__(self, done):
        self.status = done.returncode
        self.output = done.stdout + done.stderr
        self.recap = {
            host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", counters)}
            for host, counters in re.findall(r"^(\S+) +: (ok=.*)$", done.stdout, re.MULTILINE)
        }

    def changed(self):
        """The hosts on which something was changed."""
        return {host for host, counters in self.recap.items() if counters["changed"]}


class Fleet:
    """A lab with its inventory, in a directory of its own."""

    keeping = WG_QUICK

    def __init__(self, directory, name, subnet, hosts, variables, image="bookworm-wireguard"):
        self.directory = directory
        self.name = name
        self.underlay = {host: f"{subnet}.{11 + index}" for index, host in enumerate(hosts)}
        self.members = {host: dict(values or {}) for host, values in hosts.items()}
        for host, values in self.members.items():
            if values.pop("dialled", True):
                values["wireguard_endpoint"] = self.underlay[host]
        self.variables = variables
        self._lab = {
            "lab_name": name,
            "lab_underlays": {"underlay": {"subnet": f"{subnet}.0/24"}},
            "lab_image": image,
            "ansible_connection": "lab_podman",
            "ansible_podman_executable": str(LAB / "podman"),
            "ansible_host": "{{ lab_name }}-{{ inventory_hostname }}",
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        # the lab knows all hosts, also those that are not members yet
        networks = {
            host: {"lab_networks": [f"underlay:ip={ip}"], **{k: v for k, v in self.members[host].items() if k.startswith("lab_")}}
            for host, ip in self.underlay.items()
        }
        self.lab_file = self._write("lab.json", {"all": {"hosts": networks, "vars": self._lab}})
        self.write_inventory()

    def _write(self, name, data):
        """A file of the directory: an inventory in YAML, or in JSON as `ansible-inventory --list` shows one."""
        path = self.directory / name
        if path.suffix == ".json":
            shown = {host: {**group["vars"], **values} for group in data.values() for host, values in group["hosts"].items()}
            path.write_text(json.dumps({"_meta": {"hostvars": shown}}), encoding="utf-8")
        else:
            path.write_text(yaml.safe_dump(data), encoding="utf-8")
        return str(path)

    def write_inventory(self, without=()):
        """Write the users' inventory, with all members but some."""
        hosts = {host: values for host, values in self.members.items() if host not in without}
        self.inventory = self._write("inventory.yml", {"wireguard": {"hosts": hosts, "vars": {**self._lab, **self.variables}}})

    @property
    def registry(self):
        """The registry file of the network."""
        return self.directory / ".wireguard/wireguard.json"

    def lab(self, verb, *words):
        """Run a command of the lab."""
        subprocess.run([LAB / "lab", verb, self.lab_file, *words], check=True, capture_output=True, text=True)

    def settle(self):
        """Let the first run's work be as it will be later on; here it is."""

    def ansible(self, *words, environment=()):
        """Run one of Ansible's programs on the inventory."""
        env = {**os.environ, **ENVIRONMENT, **dict(environment)}
        return run([words[0], "-i", self.inventory, *words[1:]], self.directory, env)

    def play(self, *words, environment=()):
        """Apply the inventory."""
        return Run(self.ansible("ansible-playbook", "meshwork.wireguard.mesh", *words, environment=environment))

    def rotate(self, *words):
        """Change the keys."""
        return Run(self.ansible("ansible-playbook", "meshwork.wireguard.rotate", *words))

    def interrupted_rotation(self, at):
        """A change of keys whose controller is killed as soon as it says something: a pattern."""
        words = ["ansible-playbook", "-i", self.inventory, "meshwork.wireguard.rotate"]
        env = {**os.environ, **ENVIRONMENT, "PYTHONUNBUFFERED": "1"}
        with subprocess.Popen(
            words, cwd=self.directory, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True
        ) as controller:
            assert any(re.search(at, line) for line in controller.stdout), at
            subprocess.run(["pkill", "-KILL", "-s", str(controller.pid)], check=False)
        time.sleep(1)

    def changes(self, *words, playbook="meshwork.wireguard.mesh"):
        """Apply the inventory; the run, and host -> the list of changes of each run of the module `interface`."""
        told = self.directory / "changes"
        told.write_text("", encoding="utf-8")
        environment = {
            "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "interface_changes",
            "INTERFACE_CHANGES": str(told),
        }
        run = Run(self.ansible("ansible-playbook", playbook, *words, environment=environment))
        found = {}
        for line in told.read_text(encoding="utf-8").splitlines():
            host, changes = json.loads(line)
            found.setdefault(host, []).append(changes)
        return run, found

    def module(self, host, name, arguments=None, check=False, fails=False):
        """Run one module on one host and return its result; an unexpected outcome ends the test with the message."""
        words = [
            "ansible",
            host,
            "-m",
            name if "." in name else f"meshwork.wireguard.{name}",
            "--diff",
            *(["-a", json.dumps(arguments)] if arguments else []),
        ]
        done = self.ansible(*words, *(["--check"] if check else []))
        found = re.search(r"\| (SUCCESS|CHANGED|FAILED!) => (\{.*\})", done.stdout, re.DOTALL)
        assert found, done.stdout + done.stderr
        assert (found.group(1) == "FAILED!") == fails, found.group(2)
        return json.loads(found.group(2))

    def run(self, host, *argv, check=True, stdin=None):
        """Run a command on a host, not through Ansible; its standard output."""
        command = [LAB / "podman", "exec", "-i", f"{self.name}-{host}", *argv]
        return subprocess.run(command, check=check, capture_output=True, text=True, input=stdin).stdout

    def peers(self, host, interface="wg0"):
        """The names of the live peers, told by the hosts' public keys."""
        keys = self.public_keys()
        live = self.run(host, "wg", "show", interface, "peers", check=False).split()
        return sorted(keys.get(key, key) for key in live)

    def public_keys(self):
        """Public key -> node, from the registry."""
        nodes = json.loads(self.registry.read_text(encoding="utf-8"))["nodes"]
        return {entry["public_key"]: name for name, entry in nodes.items() if "public_key" in entry}

    def addresses(self):
        """Node -> overlay addresses, from the registry."""
        nodes = json.loads(self.registry.read_text(encoding="utf-8"))["nodes"]
        return {name: entry["addresses"] for name, entry in nodes.items()}

    def unreachable_pairs(self, hosts):
        """The pairs of hosts between which a ping through the tunnel gets no answer; the ways that it took are printed."""
        addresses = self.addresses()
        ping = 'ping -q -c 2 -i 0.2 -W 2 {0} >/dev/null || echo {1} "$(ip -o route get {0} 2>&1; wg show all endpoints)"\n'
        lost = []
        for source in hosts:
            targets = [(target, address) for target in hosts for address in addresses[target]]
            said = self.run(source, "sh", "-c", "".join(ping.format(address, target) for target, address in targets))
            lost += [(source, first) for first in (line.partition(" ")[0] for line in said.splitlines()) if first in hosts]
            if said:
                print(f"no answer to {source}:\n{said}")
        return lost
