# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin under ansible-playbook."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

PREFIXES = ["10.8.0.0/24"]
PRINT = {"ansible.builtin.debug": {"msg": "RESULT={{ plan | to_json | b64encode }}"}, "run_once": True}


def play(**arguments):
    task = {"meshwork.wireguard.registry": {"keys_from": "keys", **arguments}, "run_once": True, "register": "plan"}
    return [{"hosts": "all", "gather_facts": False, "tasks": [task, PRINT]}]


def host(seen=None, **values):
    found = {"keys": {"keys": {"wg0": key(seen)}}} if seen else {}
    return {**values, **found}


def inventory(path, hosts, **variables):
    path.parent.mkdir(exist_ok=True)
    values = {"wireguard_prefixes": PREFIXES, **variables}
    path.write_text(json.dumps({"wireguard": {"vars": values, "hosts": hosts}}))
    return path


ALPHA = host("alpha", wireguard_endpoint="203.0.113.1")
BETA = host("beta")


@pytest.fixture
def run(playbook):
    """Give a function that runs a play to its end: (its tasks succeeded, the result, the whole output)."""

    def go(plays, *options):
        process = playbook(plays, *options)
        output, _none = process.communicate(timeout=120)
        found = re.search(r"RESULT=([A-Za-z0-9+/=]+)", output)
        return process.returncode == 0, found and json.loads(base64.b64decode(found.group(1))), output

    return go


def interfaces(result):
    return {host: steps["interfaces"] for host, steps in result["hosts"].items() if steps["interfaces"]}


def left(result):
    return {host: steps["left"] for host, steps in result["hosts"].items() if steps["left"]}


def nodes_in(path):
    return json.loads(path.read_text())["nodes"]


def test_the_registry_is_written_once(run, tmp_path):
    hosts = inventory(
        tmp_path / "inventory" / "hosts.json", {"alpha": {**ALPHA, "wireguard_forward": True}, "beta": BETA, "gamma": host()}
    )
    file = tmp_path / "inventory" / ".wireguard" / "wireguard.json"
    expected = {
        "alpha": {
            "addresses": ["10.8.0.1"],
            "endpoint": "203.0.113.1:51820",
            "forward": True,
            "public_key": key("alpha"),
        },
        "beta": {"addresses": ["10.8.0.2"], "public_key": key("beta")},
        "gamma": {"addresses": ["10.8.0.3"]},
    }

    _ok, result, output = run(play(), "-i", hosts, "--check", "--diff")
    assert result["changed"] is True
    assert not file.parent.exists()
    assert '+  "gamma": {"addresses": ["10.8.0.3"]}' in output

    ok, result, _output = run(play(), "-i", hosts, "--limit", "beta")
    assert (ok, result["changed"]) == (True, True)
    assert nodes_in(file) == expected
    assert file.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in file.parent.iterdir()) == [".lock", "wireguard.json"]
    written = file.stat().st_mtime_ns

    ok, result, output = run(play(), "-i", hosts)
    assert (ok, result["changed"], result["diff"], result["pending"]) == (True, False, [], ["gamma"])
    assert file.stat().st_mtime_ns == written
    assert interfaces(result) == {"alpha": ["wg0"], "beta": ["wg0"], "gamma": ["wg0"]}
    (network,) = map(json.loads, result["networks"])
    assert {name: node["addresses"] for name, node in network["nodes"].items()} == {
        "alpha": ["10.8.0.1"],
        "beta": ["10.8.0.2"],
        "gamma": ["10.8.0.3"],
    }
    assert result["notes"] == [
        "network wireguard: without wireguard_endpoint, so they dial the others but cannot be dialled: beta, gamma"
    ]


def test_writers_at_the_same_time_lose_nothing(playbook, tmp_path):
    """Each run has seen one host only; together they know all."""
    names = ["alpha", "beta", "gamma", "delta"]
    running = []
    for name in names:
        hosts = {other: host(name if other == name else None, wireguard_endpoint="203.0.113.1") for other in names}
        running.append(playbook(play(), "-i", inventory(tmp_path / f"{name}.json", hosts)))
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(names), outputs
    found = nodes_in(tmp_path / ".wireguard" / "wireguard.json")
    assert {name: node.get("public_key") for name, node in found.items()} == {name: key(name) for name in names}


REMEDY = "set wireguard_registry to a writable directory, or to '' for no registry"


@pytest.mark.parametrize(
    ("arguments", "hosts", "message"),
    [
        ({"path": "{root}/file"}, {"alpha": ALPHA}, "registry {root}/file/wireguard.json: Not a directory; " + REMEDY),
        (
            {"path": ""},
            {"alpha": ALPHA},
            (
                "node alpha: lacks an address in a prefix, and none can be allocated without a registry; set "
                "wireguard_addresses for it, or wireguard_registry to a directory"
            ),
        ),
        ({}, {"alpha": host(), "beta": host()}, "nodes alpha and beta cannot reach each other: no path"),
        ({}, {"alpha": host(wireguard_networks=["x"])}, "host alpha: wireguard_networks must be a mapping from network names"),
        ({}, {"alpha": host(wireguard_port="x")}, "node alpha.port: 'x' is not a port (0 to 65535)"),
    ],
)  # fmt: skip
def test_errors(run, tmp_path, arguments, hosts, message):
    (tmp_path / "file").write_text("")
    arguments = {name: value.replace("{root}", str(tmp_path)) for name, value in arguments.items()}
    ok, result, output = run(play(**arguments), "-i", inventory(tmp_path / "hosts.json", hosts))
    assert (ok, result) == (False, None)
    assert message.replace("{root}", str(tmp_path)) in " ".join(output.split())
    assert not (tmp_path / ".wireguard" / "wireguard.json").exists()


SECRET, OTHER = "correct horse battery staple", "another secret, as long as it must be"
GIVEN = key("given")


def keyed(hosts, **values):
    """Members, each with these values besides its own."""
    return {name: {**ALPHA, **values, **own} for name, own in hosts.items()}


@pytest.mark.parametrize(
    ("hosts", "more", "message"),
    [
        (
            keyed({"alpha": {}, "beta": {"wireguard_preshared_secret": OTHER}}, wireguard_preshared_secret=SECRET),
            (),
            "network wireguard: wireguard_preshared_secret differs between alpha and beta; ",
        ),
        (
            keyed({"alpha": {}, "beta": {"wireguard_preshared_secret": SECRET}}),
            (),
            "network wireguard: wireguard_preshared_secret is set on beta but not on alpha; ",
        ),
        (
            keyed({"alpha": {}}, wireguard_preshared_keys=[{"nodes": ["alpha", "delta"], "key": GIVEN}]),
            (),
            "network wireguard: wireguard_preshared_keys names 'delta', which is not a node of the network; ",
        ),
        (
            keyed({"alpha": {}}),
            ("-e", "wireguard_preshared_secret=short"),
            "wireguard_preshared_secret is shorter than 16 characters; make one with `openssl rand -base64 32`",
        ),
    ],
)
def test_preshared_secrets_that_cannot_be(run, tmp_path, hosts, more, message):
    ok, result, output = run(
        play(keys_from=""), "-i", inventory(tmp_path / "hosts.json", hosts), "--limit", "alpha", "-vvv", *more
    )
    assert (ok, result) == (False, None)
    assert message in " ".join(output.split())
    assert [secret for secret in (SECRET, OTHER, GIVEN, "=short", "'short'") if secret in output.partition("PLAY [")[2]] == []
    assert [path.name for path in tmp_path.glob(".wireguard/*")] in ([], [".lock"])


PLAY = [{**play()[0], "vars": {"wireguard_preshared_secret": SECRET}}]


@pytest.mark.parametrize(
    ("plays", "hosts", "more"),
    [
        (play(), keyed({"alpha": {}, "beta": host("beta")}, wireguard_preshared_secret=SECRET), ()),
        (play(), keyed({"alpha": {}, "beta": host("beta")}), ("-e", f"wireguard_preshared_secret='{SECRET}'")),
        (PLAY, keyed({"alpha": {}, "beta": host("beta")}), ()),
    ],
    ids=["inventory", "command line", "play"],
)
def test_a_secret_is_in_no_result_and_not_in_the_registry(run, tmp_path, plays, hosts, more):
    given = {"wireguard_preshared_keys": [{"nodes": ["beta", "alpha"], "key": GIVEN}]}
    hosts = inventory(tmp_path / "inventory" / "hosts.json", hosts, **given)
    ok, result, output = run(plays, "-i", hosts, "--diff", "-vvv", *more)
    assert ok, output
    assert [warning for warning in result.get("warnings", []) if "preshared" in warning] == []
    registry = (tmp_path / "inventory" / ".wireguard" / "wireguard.json").read_text()
    places = {"output": output, "result": json.dumps(result), "registry": registry}
    assert [(place, secret) for place, text in places.items() for secret in (SECRET, GIVEN) if secret in text] == []


def test_a_secret_that_changes(run, tmp_path):
    """The registry has ids, and no run goes on with the new one alone before all pairs have come to it."""
    path = tmp_path / "inventory" / "hosts.json"
    hosts = {"alpha": ALPHA, "beta": BETA}
    inventory(path, hosts, wireguard_preshared_secret=OTHER, wireguard_preshared_secret_previous=SECRET)
    ok, _result, output = run(play(), "-i", path, "--diff", "-vvv")
    assert ok, output
    registry = (path.parent / ".wireguard" / "wireguard.json").read_text()
    assert '"preshared_base": "d388a9263abe0952"' in registry
    inventory(path, hosts, wireguard_preshared_secret=OTHER)
    ok, _result, early = run(play(), "-i", path, "--diff", "-vvv")
    assert not ok
    assert "network wireguard: alpha - beta still use the previous preshared secret; " in " ".join(early.split())
    assert (path.parent / ".wireguard" / "wireguard.json").read_text() == registry
    inventory(path, hosts, wireguard_preshared_secret=OTHER, wireguard_preshared_secret_previous=f"not {SECRET}")
    ok, _result, wrong = run(play(), "-i", path, "--diff", "-vvv")
    assert not ok
    assert "network wireguard: its preshared secret is neither wireguard_preshared_secret nor " in " ".join(wrong.split())
    assert [secret for secret in (SECRET, OTHER) if secret in output + registry + early + wrong] == []


def test_a_vaulted_secret(run, tmp_path):
    """One for all in group_vars, as ``ansible-vault encrypt_string`` writes it, and one inside ``wireguard_networks``."""
    password = tmp_path / "password"
    password.write_text("vault\n")
    encrypted = subprocess.run(
        [Path(sys.executable).parent / "ansible-vault", "encrypt_string", "--vault-password-file", password],
        input=SECRET, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    text = encrypted[encrypted.index("!vault") :]
    variables = tmp_path / "group_vars" / "wireguard.yml"
    variables.parent.mkdir()
    beta = host("beta", wireguard_endpoint="203.0.113.2")
    options = ("-i", tmp_path / "hosts.json", "--vault-password-file", password, "-vvv")

    variables.write_text(f"wireguard_preshared_secret: {text}\n")
    inventory(tmp_path / "hosts.json", {"alpha": ALPHA, "beta": beta})
    show = {"ansible.builtin.debug": {"msg": f"KEY={{{{ {INTERFACES} }}}}"}}
    ok, _result, output = run([{**play()[0], "tasks": [*play()[0]["tasks"], show]}], *options)
    assert ok, output
    assert output.count(f"KEY={DERIVED}") == 2

    several = {"alpha": {"keys": ALPHA["keys"], "wireguard_memberships": {"wireguard": {"endpoint": "203.0.113.1"}}}}
    several["beta"] = host("beta")
    variables.write_text(f"wireguard_networks:\n  wireguard:\n    prefixes: {PREFIXES}\n    preshared_secret: {text}\n")
    (tmp_path / "hosts.json").write_text(json.dumps({"wireguard": {"hosts": several}}))
    ok, _result, output = run([{**play()[0], "tasks": [*play()[0]["tasks"], show]}], *options)
    assert ok, output
    assert output.count(f"KEY={DERIVED}") == 2
    assert SECRET not in output


DERIVED = "2nKZSF4ez33nckyyqG9msJGWNbRuJYpCC64u1wrCL3w="
INTERFACES = (
    "(plan.networks | meshwork.wireguard.interfaces(inventory_hostname, "
    "preshared_secret=wireguard_preshared_secret | default(none), "
    "network_values=wireguard_networks | default(none)))[0].config.peers[0].preshared_key"
)


def test_keys_for_nodes_that_are_not_linked_are_warned_of(run, tmp_path):
    links = [{"nodes": ["alpha", "beta"], "exclude": True}]
    keys = [{"nodes": ["alpha", "beta"], "key": GIVEN}]
    others = {"beta": host("beta", wireguard_endpoint="203.0.113.2"), "gamma": host("gamma", wireguard_endpoint="203.0.113.3")}
    hosts = {"alpha": ALPHA, **others, "gamma": {**others["gamma"], "wireguard_forward": True}}
    path = inventory(tmp_path / "hosts.json", hosts, wireguard_links=links, wireguard_preshared_keys=keys)
    ok, _result, output = run(play(), "-i", path)
    assert ok, output
    assert "wireguard_preshared_keys has keys for nodes that are not linked: alpha - beta; " in " ".join(output.split())


def test_a_damaged_registry_stays_as_it_is(run, tmp_path):
    hosts = inventory(tmp_path / "hosts.json", {"alpha": ALPHA})
    file = tmp_path / ".wireguard" / "wireguard.json"
    file.parent.mkdir()
    file.write_text("<<<<<<< HEAD\n")
    ok, _result, output = run(play(), "-i", hosts)
    assert not ok
    assert f"registry {file}: cannot be read; restore it, for example from git" in " ".join(output.split())
    assert file.read_text() == "<<<<<<< HEAD\n"


def test_pitfall_47_two_inventories(run, tmp_path):
    first = inventory(tmp_path / "one" / "hosts.json", {"alpha": ALPHA})
    second = inventory(tmp_path / "two" / "hosts.json", {"beta": BETA})
    ok, _result, output = run(play(), "-i", first, "-i", second)
    assert not ok
    assert (
        f"registry: alpha comes from inventory {first.parent} and beta from {second.parent}; "
        "set wireguard_registry to one directory for both"
    ) in " ".join(output.split())
    ok, result, _output = run(play(path=str(tmp_path / "registry")), "-i", first, "-i", second)
    assert (ok, result["changed"]) == (True, True)
    assert list(nodes_in(tmp_path / "registry" / "wireguard.json")) == ["alpha", "beta"]


def test_without_a_registry_nothing_is_written(run, tmp_path):
    alpha = {**ALPHA, "wireguard_addresses": ["10.8.0.1"]}
    ok, result, _output = run(play(path=""), "-i", inventory(tmp_path / "hosts.json", {"alpha": alpha}))
    assert (ok, result["changed"], result["diff"]) == (True, False, [])
    assert not (tmp_path / ".wireguard").exists()


def test_departed_and_pruned(run, tmp_path):
    file = tmp_path / ".wireguard" / "wireguard.json"
    run(play(), "-i", inventory(tmp_path / "hosts.json", {"alpha": ALPHA, "beta": BETA}))
    alone = inventory(tmp_path / "hosts.json", {"alpha": ALPHA})
    _ok, result, output = run(play(), "-i", alone)
    assert result["changed"] is False
    assert "no longer in the inventory, but still peers of all nodes: beta" in " ".join(output.split())
    ok, result, output = run(play(prune=True), "-i", alone)
    assert (ok, result) == (False, None)
    line = "in the registry, but not in the inventory: beta; nothing was removed, because no run can tell a part of an inventory "
    assert line + "from the whole; to remove them, set -e wireguard_prune=beta" in " ".join(output.split())
    ok, result, output = run(play(prune=["alpha"]), "-i", alone)
    assert "node alpha: is in the inventory, so it cannot be pruned" in " ".join(output.split())
    ok, result, output = run(play(prune="gamma"), "-i", alone)
    assert "node gamma: is not in any network of these hosts, and never was" in " ".join(output.split())
    _ok, result, _output = run(play(prune="beta"), "-i", alone)
    assert result["changed"] is True
    assert json.loads(file.read_text())["removed"] == {"beta": {"addresses": ["10.8.0.2"], "public_key": key("beta")}}


def test_hosts_of_no_network(run, tmp_path):
    path = tmp_path / "hosts.json"
    path.write_text(json.dumps({"others": {"hosts": {"alpha": {}}}}))
    ok, result, _output = run(play(), "-i", path)
    assert (ok, result["networks"], result["changed"]) == (True, [], False)
    assert not (tmp_path / ".wireguard").exists()


TWO = {"addresses": ["10.8.0.2"], "public_key": key("beta")}
KNOWN = {"alpha": host("alpha", wireguard_endpoint="203.0.113.1", wireguard_forward=True), "beta": BETA, "gamma": host("gamma")}
LINKS = [["alpha", "beta"], ["alpha", "gamma"]]


LEFT = {"interfaces": ["wg0"], "key_names": ["wg0"], "vrrp": [], "bgp": []}


def test_remove(run, tmp_path):
    """A node that the inventory still has is removed, with the links that name it; its hosts get steps."""
    file = tmp_path / ".wireguard" / "wireguard.json"
    hosts = inventory(tmp_path / "hosts.json", KNOWN, wireguard_topology="custom", wireguard_links=LINKS)
    ok, first, output = run(play(), "-i", hosts)
    assert ok, output
    written = file.read_text()

    ok, result, output = run(play(remove=["beta"]), "-i", hosts, "--check", "--diff")
    assert (ok, result["changed"], left(result)) == (True, True, {"beta": LEFT}), output
    assert file.read_text() == written
    assert '+  "beta": {"addresses": ["10.8.0.2"]' in output

    ok, result, output = run(play(remove=["beta"]), "-i", hosts)
    assert (ok, result["changed"], left(result)) == (True, True, {"beta": LEFT}), output
    assert interfaces(result) == {"alpha": ["wg0"], "gamma": ["wg0"]}
    (network,) = map(json.loads, result["networks"])
    assert (list(network["nodes"]), network["links"]) == (["alpha", "gamma"], [["alpha", "gamma"]])
    assert result["digest"] != first["digest"]
    after = json.loads(file.read_text())
    assert (list(after["nodes"]), after["removed"]) == (["alpha", "gamma"], {"beta": TWO})

    ok, again, _output = run(play(remove=["beta"]), "-i", hosts)
    assert (ok, again["changed"], left(again), again["digest"]) == (True, False, {"beta": LEFT}, result["digest"])

    alone = inventory(tmp_path / "hosts.json", {name: KNOWN[name] for name in ("alpha", "gamma")})
    ok, gone, _output = run(play(remove=["beta"]), "-i", alone)  # nobody is left who could be told
    assert (ok, gone["changed"], left(gone)) == (True, False, {})


def test_a_node_that_only_the_registry_knows_is_removed(run, tmp_path):
    file = tmp_path / ".wireguard" / "wireguard.json"
    run(play(), "-i", inventory(tmp_path / "hosts.json", KNOWN))
    smaller = inventory(tmp_path / "hosts.json", {"alpha": KNOWN["alpha"], "gamma": KNOWN["gamma"]})
    ok, result, output = run(play(remove=["beta"]), "-i", smaller)
    assert (ok, result["changed"], left(result)) == (True, True, {}), output
    assert json.loads(file.read_text())["removed"] == {"beta": TWO}


def test_remove_a_network(run, tmp_path):
    hosts = tmp_path / "hosts.json"
    one, two = {"interface": "wg1", "prefixes": PREFIXES}, {"prefixes": ["10.9.0.0/24"]}
    place = {"wireguard_networks": {"one": one, "two": two}}
    groups = {name: {"hosts": {"alpha": {}, "beta": {}}} for name in ("one", "two")}
    dialled = {"one": {"endpoint": "203.0.113.1"}, "two": {"endpoint": "203.0.113.1", "port": 51821}}
    alpha = {"wireguard_memberships": dialled, "keys": {"keys": {"wg0": key("alpha"), "wg1": key("alpha")}}}
    beta = {"wireguard_memberships": {"two": {"port": 51821}}, "keys": {"keys": {"wg0": key("beta"), "wg1": key("beta")}}}
    everybody = {"hosts": {"alpha": alpha, "beta": beta}, "vars": place}
    hosts.write_text(json.dumps({"all": everybody, **groups}))
    ok, result, output = run(play(), "-i", hosts)
    assert ok, output
    assert (ok, interfaces(result)) == (True, {"alpha": ["wg1", "wg0"], "beta": ["wg1", "wg0"]}), output
    ok, result, output = run(play(remove_network="two"), "-i", hosts)
    assert (ok, left(result), interfaces(result)) == (
        True,
        {"alpha": LEFT, "beta": LEFT},
        {"alpha": ["wg1"], "beta": ["wg1"]},
    ), output
    assert [json.loads(text)["name"] for text in result["networks"]] == ["one"]
    two = json.loads((tmp_path / ".wireguard" / "two.json").read_text())
    assert (two["nodes"], sorted(two["removed"])) == ({}, ["alpha", "beta"])
    assert sorted(nodes_in(tmp_path / ".wireguard" / "one.json")) == ["alpha", "beta"]


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        ({"remove": ["omega"]}, {}, "node omega: is not in any network of these hosts, and never was; correct the name"),
        ({"remove": ["beta", "omega"]}, {}, "node omega: is not in any network of these hosts, and never was; correct the name"),
        ({"remove_network": "office"}, {}, "no network is called 'office'; the networks are wireguard"),
        (
            {"remove": ["alpha"]},
            {"wireguard_topology": "star", "wireguard_hub": True},
            "network wireguard: a star needs at least one hub; set wireguard_hub: true on a node",
        ),
        ({"remove": ["alpha"]}, {}, "nodes beta and gamma cannot reach each other: no path"),
    ],
    ids=["unknown", "one of two is unknown", "no such network", "the hub of a star", "the only one that others can dial"],
)
def test_what_is_not_removed(run, tmp_path, arguments, variables, message):
    file = tmp_path / ".wireguard" / "wireguard.json"
    hub = {"wireguard_hub": True} if variables.pop("wireguard_hub", False) else {}
    hosts = inventory(tmp_path / "hosts.json", {**KNOWN, "alpha": {**KNOWN["alpha"], **hub}}, **variables)
    ok, _result, output = run(play(), "-i", hosts)
    assert ok, output
    before = file.read_text()
    ok, result, output = run(play(**arguments), "-i", hosts)
    assert (ok, result) == (False, None)
    assert message in " ".join(output.split())
    assert file.read_text() == before


DOCUMENT = {
    "prefixes": PREFIXES,
    "nodes": {"alpha": {"endpoint": "203.0.113.9", "forward": True}, "beta": None, "phone": {"managed": False}},
}


def given(tmp_path, document):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document))
    return {"network_file": str(path)}


def test_a_file_stands_in_for_the_variables(run, tmp_path):
    hosts = inventory(tmp_path / "inventory" / "hosts.json", {"alpha": ALPHA, "beta": BETA, "gamma": host("gamma")})
    good, result, output = run(play(**given(tmp_path, DOCUMENT)), "-i", hosts)
    assert good, output
    (document,) = map(json.loads, result["networks"])
    assert document["nodes"] == {
        "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.9:51820", "forward": True},
        "beta": {"public_key": key("beta"), "addresses": ["10.8.0.2"]},
        "phone": {"addresses": ["10.8.0.3"], "managed": False},
    }
    assert (result["clients"], result["registry"]) == ({"wireguard": ["phone"]}, str(tmp_path / "inventory" / ".wireguard"))


def test_a_file_with_a_mistake(run, tmp_path):
    hosts = inventory(tmp_path / "inventory" / "hosts.json", {"alpha": ALPHA})
    good, _result, output = run(play(**given(tmp_path, {**DOCUMENT, "nodes": {"alpha": {"port": "many"}}})), "-i", hosts)
    assert (good, "node alpha.port: 'many' is not a port (0 to 65535)" in " ".join(output.split())) == (False, True)
    good, _result, output = run(play(network_file="/nowhere.json"), "-i", hosts)
    assert (good, "wireguard_network_file: /nowhere.json cannot be read" in " ".join(output.split())) == (False, True)


def test_clients_that_are_revoked_or_have_expired_are_removed(run, tmp_path):
    clients = {"phone": {"public_key": key("phone")}, "tablet": {"public_key": key("tablet"), "expires": "2099-01-01"}}
    path = tmp_path / "inventory" / "hosts.json"
    alpha = {**ALPHA, "wireguard_forward": True}
    hosts = inventory(path, {"alpha": alpha}, wireguard_clients=clients)
    assert run(play(), "-i", hosts)[0]
    file = tmp_path / "inventory" / ".wireguard" / "wireguard.json"
    assert set(nodes_in(file)) == {"alpha", "phone", "tablet"}
    over = {"phone": {**clients["phone"], "revoked": True}, "tablet": {**clients["tablet"], "expires": "2020-01-01"}}
    good, result, output = run(play(), "-i", inventory(path, {"alpha": alpha}, wireguard_clients=over))
    assert good, output
    assert (set(nodes_in(file)), set(json.loads(file.read_text())["removed"])) == ({"alpha"}, {"phone", "tablet"})
    said = "network wireguard: node {}: possibly still on, not checked in this run: alpha"
    assert {said.format("phone is revoked"), said.format("tablet expired on 2020-01-01")} <= set(result["warnings"])
    assert run(play(), "-i", path)[1]["changed"] is False


def test_variables_that_nobody_reads_are_named(run, tmp_path):
    """Neither those that a template uses nor those of another role."""
    hosts = {
        "alpha": {**ALPHA, "wireguard_endpont": "203.0.113.9", "wireguard_public_ip": "203.0.113.1", "wireguard_vpn": "office"},
        "beta": {**BETA, "wireguard_endpoint": "{{ wireguard_own_ip }}", "wireguard_own_ip": "203.0.113.2"},
    }
    file = inventory(tmp_path / "hosts.json", hosts, wireguard_topolgy="star", wireguard_address="10.8.0.1/24")
    ok, result, output = run(play(keys_from=""), "-i", file)
    assert ok, output
    warnings = [line for line in result["warnings"] if "read by" in line]
    assert warnings == [
        "wireguard_endpont is not read by anything (host alpha); did you mean wireguard_endpoint?",
        "wireguard_topolgy is not read by anything (hosts alpha, beta); did you mean wireguard_topology?",
    ]
    assert [line for line in result["notes"] if "read by" in line] == [
        "wireguard_public_ip is not read by anything (host alpha)",
        "wireguard_vpn is not read by anything (host alpha)",
    ]


@pytest.mark.parametrize(
    ("arguments", "options", "refused"),
    [
        ({}, (), {}),
        ({"guarded": True}, (), {"alpha": "2 of 3 live peers would be removed, but at most 1 may be: x, y; "}),
        ({"guarded": True}, ("--check",), {"alpha": "2 of 3 live peers would be removed, but at most 1 may be: x, y; "}),
        ({"guarded": True, "max_removals": 2}, (), {}),
    ],
)
def test_hosts_that_would_lose_too_many_peers(run, tmp_path, arguments, options, refused):
    """What peers it has is its own word, so a host stops itself alone."""
    live = {"alpha": ["x", "y", "beta"], "beta": ["alpha"]}
    hosts = {}
    for name, peers in live.items():
        found = [{"name": peer, "public_key": key(peer)} for peer in peers]
        look = {"changes": [], "peers": json.dumps(found) if name == "alpha" else found, "preshared": [], "addresses": []}
        hosts[name] = {"wireguard_endpoint": "203.0.113.1", "keys": {"keys": {"wg0": key(name)}, "interfaces": {"wg0": look}}}
    ok, result, output = run(play(**arguments), "-i", inventory(tmp_path / "hosts.json", hosts), *options)
    assert ok, output
    found = {host: steps["refused"] for host, steps in result["hosts"].items() if steps["refused"]}
    assert {host: text.removeprefix(f"host {host}, interface wg0: ") for host, text in found.items()} == {
        host: f"{text}if that is intended, set wireguard_max_removals (in your own task, max_removals) to 2"
        for host, text in refused.items()
    }
    assert (result["exceptions"], result["settled"]) == (sorted(refused), False)
