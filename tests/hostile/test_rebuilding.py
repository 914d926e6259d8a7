# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry is lost and rebuilt: a host that lies gives no other node a wrong entry, and is named."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.answers import key
from ansible_collections.meshwork.wireguard.tests.hostile.conftest import HONEST
from ansible_collections.meshwork.wireguard.tests.hostile.lies import EITHER, FAILED, JINJA, TITLE, Lie

IMPORT = ("meshwork.wireguard.import", "-e", "import_registry=true")
SILENT = "silent"
"""A host that does not answer."""
_PEERS = "interfaces.0.config.peers"


def claims(**values):
    return {f"interfaces.0.{path.replace('__', '.')}": value for path, value in values.items()}


def peer(name, public_key, *addresses):
    return {_PEERS: [{"name": name, "public_key": key(public_key), "allowed_ips": [f"{one}/32" for one in addresses]}]}


LIES = {
    "key-of-alpha": (claims(public_key=key("alpha")), EITHER, "10.8.0.3, but has"),
    "key-of-silent": (claims(public_key=key(SILENT)), EITHER, ""),
    "address-of-alpha": (claims(config__addresses=["10.8.0.1/22"]), EITHER, "it says that it has 10.8.0.1, but has"),
    "address-of-silent": (claims(config__addresses=["10.8.0.4/22"]), EITHER, "it says that it has 10.8.0.4, but has"),
    "address-of-the-prefix": (claims(config__addresses=["10.8.0.0/22"]), EITHER, "it says that it has 10.8.0.0, but has"),
    "silent-has-another-key": (peer(SILENT, "evil", "10.8.0.4"), EITHER, f"not recorded: {SILENT}: its public key is"),
    "silent-has-another-address": (peer(SILENT, SILENT, "10.8.0.1"), EITHER, f"not recorded: {SILENT}: in 10.8.0.0/22 it has"),
    "silent-has-another-name": (peer("other", SILENT, "10.8.0.4"), EITHER, f"not recorded: {SILENT}: its public key is"),
    "alpha-has-another-key": (peer("alpha", "evil", "10.8.0.1"), EITHER, "not imported: the peer alpha"),
    "alpha-has-another-address": (peer("alpha", "alpha", "10.8.0.9"), EITHER, ""),
    "beta-is-the-name-of-alpha": (peer("beta", "alpha", "10.8.0.2"), EITHER, ""),
    "name-is-a-template": ({f"{_PEERS}.0.name": JINJA}, EITHER, ""),
    "name-is-a-title": ({f"{_PEERS}.0.name": TITLE}, FAILED, ""),
    "peers-are-text": ({_PEERS: JINJA}, FAILED, ""),
}


@pytest.fixture(scope="module")
def lost(make_world):
    """A network of alpha, beta, a host that will lie, and one that will be silent, whose registry is lost; and what it had."""
    world = make_world([Lie("liar", "conf_info", EITHER), Lie(SILENT, "conf_info", EITHER)])
    first = world.run()
    assert first.status == 0, first.output
    entries = json.loads(world.registry.read_text())["nodes"]
    assert {name: entry["addresses"] for name, entry in entries.items()} == {
        "alpha": ["10.8.0.1"],
        "beta": ["10.8.0.2"],
        "liar": ["10.8.0.3"],
        SILENT: ["10.8.0.4"],
    }
    world.registry.unlink()
    return world, entries


def rebuilt(world, tmp_path, lies, *options):
    copy = world.copy(tmp_path / "controller")
    copy.be(lies, unreachable=[SILENT])
    run = copy.run(*IMPORT, *options)
    entries = json.loads(copy.registry.read_text())["nodes"] if copy.registry.exists() else {}
    return copy, run, entries


def test_without_a_lie_all_is_there(lost, tmp_path):
    world, entries = lost
    copy, run, found = rebuilt(world, tmp_path, [])
    assert (run.status, found) == (0, entries), run.output
    assert {run.recap[host]["changed"] for host in (*HONEST, "liar")} == {0, 1}
    again = copy.run(*IMPORT)
    assert {again.recap[host]["changed"] for host in (*HONEST, "liar")} == {0}
    copy.be(unreachable=[SILENT])
    assert {copy.run().recap[host]["changed"] for host in (*HONEST, "liar")} == {0}


@pytest.mark.parametrize("name", LIES)
def test_no_other_entry_is_wrong(lost, tmp_path, name):
    world, entries = lost
    values, expected, said = LIES[name]
    copy, run, found = rebuilt(world, tmp_path, [Lie("liar", "conf_info", expected, values=values)])
    assert found == {other: entries[other] for other in found}
    assert set(HONEST) <= set(found), run.output
    assert said in run.output
    assert run.failed("liar") is (expected == FAILED)
    assert not list(copy.root.rglob("PWNED"))
    assert "\x1b" not in run.output
