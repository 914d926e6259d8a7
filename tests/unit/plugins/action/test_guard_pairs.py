# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs that change on one side only, under ansible-playbook."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAMES = ("alpha", "beta", "gamma")
NODES = {
    name: {"public_key": key(name), "addresses": [f"10.8.0.{index}"], "endpoint": f"203.0.113.{index}"}
    for index, name in enumerate(NAMES, start=1)
}
DOCUMENT = {"prefixes": ["10.8.0.0/24"], "nodes": NODES}
WARNING = "preshared keys change on one side only, because the other host is not in this run: "


def prepared(host, *changing):
    """What the look at a host has registered."""
    looked = {"changes": [], "peers": [], "preshared": [peer for peer in changing if peer != host]}
    return {"interfaces": {"wg0": looked, "wg1": {**looked, "preshared": []}}}


@pytest.mark.parametrize(
    ("changing", "options", "unseen", "expected"),
    [
        (NAMES, [], None, None),
        (NAMES, ["--limit", "alpha"], None, "alpha - beta, alpha - gamma; "),
        (NAMES, ["--limit", "alpha,gamma"], None, "alpha - beta, beta - gamma; "),
        (NAMES, [], "beta", "alpha - beta, beta - gamma; "),
        ([], ["--limit", "alpha"], None, None),
    ],
)
def test_what_is_warned_of(playbook, tmp_path, changing, options, unseen, expected):
    path = tmp_path / "hosts.json"
    hosts = {name: {} if name == unseen else {"prepared": prepared(name, *changing)} for name in NAMES}
    path.write_text(json.dumps({"all": {"hosts": hosts}}))
    tasks = [{"meshwork.wireguard.guard": {"networks": [DOCUMENT], "prepared": "prepared"}, "run_once": True}]
    process = playbook([{"hosts": "all", "gather_facts": False, "tasks": tasks}], "-i", path, *options)
    output, _none = process.communicate()
    said = " ".join(output.split())
    assert process.returncode == 0, output
    assert (f"network wireguard: {WARNING}{expected}" in said) == bool(expected), output
    assert (WARNING in said) == bool(expected), output
    assert "changed=0" in output
