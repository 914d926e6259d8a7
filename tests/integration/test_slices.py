# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several controllers, each with a slice of the hosts, and a database that knows the network."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import closing

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.tests.integration.jobs import Job, at_once, prepare
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually
from ansible_collections.meshwork.wireguard.tests.stores.servers import PASSWORD, Postgresql

FEW = (("alpha", "delta"), ("beta",), ("gamma",))
MANY = tuple(tuple(f"h{number:02}" for number in range(first, 12, 3)) for first in range(3))


class Fleet:
    """Hosts in slices, the database, and a job for each slice."""

    def __init__(self, made, slices, database):
        self.made, self.database = made, database
        self.address = f"{database.address()}#fleet"
        identity = prepare(made)
        self.hosts = sorted(host for some in slices for host in some)
        secret = {"PGPASSWORD": PASSWORD}
        self.jobs = [Job(made, number, some, self.address, secret, identity) for number, some in enumerate(slices)]
        self.made.addresses = lambda: {name: entry["addresses"] for name, entry in self.nodes().items()}
        self.made.public_keys = lambda: {entry.get("public_key"): name for name, entry in self.nodes().items()}

    def nodes(self):
        with store_at(self.address) as store:
            text, _revision = store.read("wireguard")
        return json.loads(text)["nodes"] if text else {}

    def links(self):
        """Host -> the names of its WireGuard interfaces, and whether it has a key."""
        script = "ip -br link show type wireguard 2>/dev/null; ls /etc/wireguard 2>/dev/null; true"
        return {host: self.made.run(host, "sh", "-c", script).split() for host in self.hosts}

    def live(self):
        """Host -> the public keys of its live peers."""
        return {host: sorted(self.made.run(host, "wg", "show", "wg0", "peers").split()) for host in self.hosts}

    def peers(self):
        return {host: self.made.peers(host) for host in self.hosts}


@pytest.fixture(scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.long)], ids=["four hosts", "twelve hosts"])
def fleet(request, make_fleet):
    hosts = [host for some in request.param for host in some]
    before = os.environ.get("PGPASSWORD")
    os.environ["PGPASSWORD"] = PASSWORD
    made = make_fleet(dict.fromkeys(hosts))
    gateway = made.underlay[hosts[0]].rpartition(".")[0] + ".1"
    with closing(Postgresql(gateway)) as database:
        yield Fleet(made, request.param, database)
    os.environ.pop("PGPASSWORD") if before is None else os.environ.update(PGPASSWORD=before)


def said(run):
    return " ".join(run.output.split())


def test_without_the_database_no_host_is_changed(fleet):
    fleet.database.end()
    before = fleet.links()
    for playbook in ("record", "apply", "mesh"):
        run = fleet.jobs[0].run(playbook)
        assert run.status != 0
        assert f"registry {fleet.address}: " in said(run)
        assert PASSWORD not in run.output
    assert fleet.links() == before
    fleet.database.start()


def test_what_is_not_recorded_is_not_applied(fleet):
    before = fleet.links()
    run = fleet.jobs[0].run("apply")
    assert run.status != 0
    assert "but the registry has none for alpha" in said(run) or "but the registry has none for h00" in said(run)
    assert {host: [name for name in found if name.startswith("wg0")] for host, found in fleet.links().items()} == {
        host: [name for name in found if name.startswith("wg0")] for host, found in before.items()
    }


def test_slices_record_at_once_also_where_one_is_killed(fleet):
    processes = [job.start("record") for job in fleet.jobs]
    killed = []
    for patience in (4, 9):  # once early, once late
        time.sleep(patience)
        killed.append(processes[0].kill().status)
        processes[0] = fleet.jobs[0].start("record")
    assert 137 in killed
    runs = [process.ended() for process in processes]
    assert [run.status for run in runs] == [0] * len(runs), "\n".join(run.output for run in runs)
    nodes = fleet.nodes()
    assert sorted(nodes) == fleet.hosts
    addresses = [address for entry in nodes.values() for address in entry["addresses"]]
    assert len(addresses) == len(set(addresses))
    keys = {host: fleet.made.run(host, "sh", "-c", "wg pubkey </etc/wireguard/wg0.key").strip() for host in fleet.hosts}
    assert {name: entry["public_key"] for name, entry in nodes.items()} == keys
    assert all("wg0.conf" not in found for found in fleet.links().values())


def test_slices_apply_at_once_and_every_pair_answers(fleet):
    runs = at_once(fleet.jobs, "apply")
    assert [run.status for run in runs] == [0] * len(runs), "\n".join(run.output for run in runs)
    assert fleet.peers() == {host: [other for other in fleet.hosts if other != host] for host in fleet.hosts}
    assert eventually(lambda: fleet.made.unreachable_pairs(fleet.hosts), []) == []
    for playbook in ("record", "apply"):
        for run in at_once(fleet.jobs, playbook):
            assert (run.status, run.changed()) == (0, set()), run.output
            assert "WARNING" not in run.output.upper().replace("[WARNING]: PLATFORM", ""), run.output


def test_ansible_runner_in_containers_that_are_thrown_away(fleet):
    for playbook in ("record", "apply"):
        for process in [job.start_runner(playbook) for job in fleet.jobs]:
            run = process.ended()
            assert (run.status, run.changed()) == (0, set()), run.output
            assert run.recap, run.output


def test_apply_needs_only_to_read(fleet):
    fleet.database.admin(
        "GRANT USAGE ON SCHEMA public TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", database="registries"
    )
    address = f"{fleet.database.address(user='reader')}#fleet"
    run = fleet.jobs[1].run("apply", "-e", f"wireguard_registry={address}")
    assert (run.status, run.changed()) == (0, set()), run.output


def test_a_key_that_could_not_be_recorded_is_recorded_by_the_next_run(fleet):
    """The database may only be read by then, so nothing but the key is changed."""
    (host,) = fleet.jobs[1].hosts[:1]
    before, peers = fleet.nodes(), fleet.peers()
    address = f"{fleet.database.address(user='reader')}#fleet"
    run = fleet.jobs[1].run("record", "-e", f"wireguard_registry={address}", "-e", "wireguard_regenerate=always", "--limit", host)
    assert run.status != 0
    assert "reader" in said(run)
    assert (fleet.nodes(), fleet.peers()) == (before, peers)
    run = fleet.jobs[1].run("record")
    assert run.status == 0, run.output
    changed = fleet.nodes()[host]["public_key"]
    assert changed != before[host]["public_key"]
    assert changed == fleet.made.run(host, "sh", "-c", "wg pubkey </etc/wireguard/wg0.key").strip()
    for run in at_once(fleet.jobs, "apply"):
        assert run.status == 0, run.output
    assert eventually(lambda: fleet.made.unreachable_pairs(fleet.hosts), []) == []


def test_an_old_dump_drops_and_renumbers_nobody(fleet):
    """It is from before a node was recorded."""
    address = f"{fleet.database.address(user='admin')}"
    with store_at(fleet.address) as store:
        whole, _revision = store.read("wireguard")
    before, nodes = fleet.live(), fleet.nodes()
    lost = fleet.jobs[2].hosts[0]
    old = json.loads(whole)
    del old["nodes"][lost]
    fleet.database.admin("UPDATE meshwork_registry SET document = '" + json.dumps(old) + "'", database="registries")
    dump = fleet.database.program("pg_dump", "--format=custom")
    fleet.database.database("registries")
    subprocess.run(
        [fleet.database.programs / "pg_restore", "--dbname", address], input=dump, env={**os.environ, "PGPASSWORD": PASSWORD},
        check=True, capture_output=True,
    )  # fmt: skip
    for run in at_once(fleet.jobs, "apply"):
        assert run.status != 0 or run.changed() == set(), run.output
    assert fleet.live() == before
    assert [job.run("record").status for job in fleet.jobs[2:]] == [0]  # it knows its own key and address
    runs = at_once(fleet.jobs, "record")
    assert [run.status for run in runs] == [0] * len(runs), "\n".join(run.output for run in runs)
    assert fleet.nodes() == nodes
    for run in at_once(fleet.jobs, "apply"):
        assert (run.status, run.changed()) == (0, set()), run.output
    assert fleet.live() == before
