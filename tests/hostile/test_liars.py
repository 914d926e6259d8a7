# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever hosts answer, the others, the registry and the controller are as if they had not been reached.

All lies are told in one run. Which of them is to blame for a difference, the tests marked ``long`` tell: one run for each.
"""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.answers import key
from ansible_collections.meshwork.wireguard.tests.hostile.conftest import HONEST, SECRET
from ansible_collections.meshwork.wireguard.tests.hostile.lies import EITHER, FAILED, FIRST, GONE, IGNORED, LIES, ROOT

REMOVED = {GONE: {"addresses": ["10.8.3.200"], "public_key": key(GONE)}}
CHANGE = {"wireguard_underlay_mtu": 1400}
LATER = [*HONEST, *(lie.host for lie in FIRST), "key-is-betas", "key-has-a-hook", "says-wireguard-remove"]


def known(make_world, lies):
    """Runs before this one have seen the keys of all hosts. Something is to change on alpha and beta."""
    world = make_world(lies, wireguard_topology="star")
    run = world.run("meshwork.wireguard.mesh", "--limit", ",".join(HONEST))
    assert run.status == 0, run.output
    world.know({lie.host: key(lie.host) for lie in lies}, REMOVED)
    return world.copy(world.root.with_name("known"), **CHANGE)


def settled(lies):
    """Who has no more to do than to answer once; the others are sent something after their lie, or lie then."""
    return [lie.host for lie in lies if lie.module == "prepare" and "ansible_facts" not in str(list(lie.values))]


def told(world, lies):
    """The run without those who lie, and the run with them. A few are not reached; who is not in the run counts as little."""
    few = [lie.host for lie in lies[:: len(lies) // 10 + 1]]
    without = world.copy(world.root.with_name("without"))
    without.be(unreachable=few)
    world.be(lies, settled=settled(lies))
    options = ("meshwork.wireguard.mesh", "--diff")
    return without.run(*options, "--limit", ",".join([*HONEST, *few])), world.run(*options)


def others(run):
    """What hosts that do not lie were sent, and the files of the controller, but for what is drawn when a registry begins."""
    files = {name: re.sub('"lineage": "[0-9a-f]{32}"', '"lineage": "drawn"', text) for name, text in run.files.items()}
    return {host: run.sent.get(host) for host in HONEST}, files


def same(run, other):
    """Compared in small parts, so that a difference can be read."""
    (sent, files), (others_sent, others_files) = others(run), others(other)
    assert {host: run.modules(host) for host in HONEST} == {host: other.modules(host) for host in HONEST}
    assert list(files) == list(others_files)
    for name, text in others_files.items():
        assert files[name].splitlines() == text.splitlines(), name
    for host, lines in others_sent.items():
        for line, expected in zip(sent[host], lines, strict=True):
            assert line.split("\\n") == expected.split("\\n"), host
    assert (sent, files) == (others_sent, others_files)


def judge(run, lie):
    if lie.expected == FAILED:
        said = run.said_of(lie.host)
        assert run.failed(lie.host)
        assert lie.word in said
        assert not lie.word or f"host {lie.host}" in said
    elif lie.expected == IGNORED:
        assert not run.failed(lie.host), run.said_of(lie.host)
    else:
        assert lie.expected == EITHER
        assert lie.host in run.recap


@pytest.fixture(scope="module")
def world(make_world):
    return known(make_world, LIES)


@pytest.fixture(scope="module")
def runs(world):
    return told(world, LIES)


def test_the_fake_hosts_are_good_hosts_when_they_do_not_lie(make_world):
    world = make_world(FIRST)
    hosts = {*HONEST, *(lie.host for lie in FIRST)}
    first, second = world.run(), world.run()
    assert (first.status, second.status) == (0, 0), first.output
    assert {host: first.recap[host]["changed"] > 0 for host in hosts} == dict.fromkeys(hosts, True)
    assert {host: second.recap[host]["changed"] for host in hosts} == dict.fromkeys(hosts, 0)
    look, change = "meshwork.wireguard.prepare", "meshwork.wireguard.interface"
    assert {host: first.modules(host) for host in hosts} == {host: [look, change] for host in hosts}
    assert {host: second.modules(host) for host in hosts} == {host: [look] for host in hosts}
    nodes = json.loads(world.registry.read_text())["nodes"]
    assert {name: node["public_key"] for name, node in nodes.items()} == {host: key(host) for host in hosts}


def test_nobody_else_notices(runs):
    without, lying = runs
    assert {host: len(sent) for host, sent in others(without)[0].items()} == {"alpha": 2, "beta": 2}
    same(lying, without)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.host)
def test_who_lies_fails_alone(runs, lie):
    judge(runs[1], lie)


def test_the_output_is_plain_text(runs):
    assert "\x1b" not in runs[1].output
    assert "\u2028" not in runs[1].output
    assert len(runs[1].output) < 2_000_000


def test_nothing_of_the_controller_is_sent_to_them(world, runs):
    assert SECRET not in str(runs[1].sent)
    assert not list(world.root.rglob("PWNED"))
    assert not list(world.root.rglob("elsewhere"))


def test_later_runs_go_on(world, runs):
    """With what the run has left on the controller; a registry is read whole, whatever hosts are in the play."""
    assert ROOT not in runs[1].files
    world.be()
    later = world.run("meshwork.wireguard.mesh", "--limit", ",".join(LATER))
    assert later.status == 0, later.output


CLAIMS = "key-is-alphas", "key-is-betas", "key-is-a-removed-nodes"
"""As long as no registry knows whose a key is, nobody can tell: then all who claim it are left out, and named."""
NEW = [
    *FIRST,
    *(
        lie
        for lie in LIES
        if lie.host.startswith(("key-", "says-wireguard-r")) and lie.expected != EITHER and lie.host not in CLAIMS
    ),
    *(lie for lie in LIES if lie.word == "live peers"),
]


def test_new_hosts_that_lie(make_world):
    """No run has seen them before. Who is believed is as good as an honest host; who is not, as one that is not reached."""
    world = make_world(NEW)
    wrong = [lie.host for lie in NEW if lie.expected == FAILED and lie.word != "live peers"]
    without = world.copy(world.root.with_name("without"))
    without.be(unreachable=wrong, settled=settled(NEW))
    world.be(NEW, settled=settled(NEW))
    same(world.run(), without.run())


@pytest.mark.long
@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.host)
def test_alone(make_world, lie):
    """With a run of its own, whatever other lies do."""
    world = known(make_world, [lie])
    without, lying = told(world, [lie])
    same(lying, without)
    judge(lying, lie)
    assert "\x1b" not in lying.output
    assert SECRET not in str(lying.sent)
    assert not [*world.root.rglob("PWNED"), *world.root.rglob("elsewhere")]
    world.be()
    assert world.run().status == 0
