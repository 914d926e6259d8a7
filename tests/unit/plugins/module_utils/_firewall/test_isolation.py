# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf

CHAINS = "  chain forward {\n    counter drop\n  }\n"
FILE = "/etc/meshwork-wireguard/isolation_wg0.nft"
LAB, THERE = {"netns": "lab"}, ["nsenter", "--net=/run/netns/lab"]
OTHER = "  chain forward {\n  }\n"
LISTED = "nft", "-s", "list", "table"


@pytest.fixture
def host(host):
    host.programs.add("nft")
    return host


def made(host, systemd):
    """The isolation of wg0 on a host that systemd runs, or something else."""
    if systemd:
        host.programs.add("systemctl")
        host.path("/run/systemd/system").mkdir(parents=True, exist_ok=True)
    else:
        host.programs.discard("systemctl")
    return Isolation(host, "wg0", {})


def actions(isolation, chains):
    return [change.describe() for change in isolation.changes(chains)]


@pytest.mark.parametrize("systemd", [True, False])
def test_loaded_kept_and_dropped(host, systemd):
    isolation = made(host, systemd)
    file = host.path(FILE)
    assert (actions(isolation, None), isolation.saved()) == ([], None)
    assert actions(isolation, CHAINS) == [f"{'+' if systemd else '~'} isolation: {'started' if systemd else 'changed'}"]
    isolation.apply(CHAINS)
    assert file.read_text().endswith(f"table inet meshwork_isolation_wg0 {{\n{CHAINS}}}\n")
    host.unit(active=True, enabled=True)
    assert (actions(isolation, CHAINS), isolation.saved()) == ([], CHAINS)
    units = [words for words in host.calls if words[:2] == ["systemctl", "enable"]]
    assert bool(units) is systemd
    assert (["nft", "-f", "-"] in host.calls) is not systemd

    host.calls.clear()
    isolation.apply(CHAINS)
    assert host.changing == [] or not any(words[0] == "nft" and "-f" in words for words in host.changing)
    assert actions(isolation, OTHER) == ["~ isolation: changed"]
    host.answers[LISTED] = "somebody has changed it"
    assert actions(isolation, CHAINS) == ["~ isolation: changed"]
    host.answers[LISTED] = Completed(1, "", "No such file or directory")
    assert actions(isolation, CHAINS) == ["+ isolation: created"]

    assert actions(isolation, None) == ["- isolation: removed"]
    isolation.apply(None)
    assert (file.exists(), actions(isolation, None)) == (False, [])


def test_a_table_that_nft_refuses_fails_the_host(host):
    host.answers["/usr/bin/nft", "-c"] = host.answers["nft", "-f"] = Completed(1, "", "syntax error")
    for systemd in (True, False):
        with pytest.raises(CommandFailed, match="syntax error"):
            made(host, systemd).apply(CHAINS)
        assert not host.exists(FILE)


def test_where_the_namespace_is_not_there_yet_the_file_is_made_alone(host):
    Isolation(host, "wg0", LAB).apply(CHAINS)
    assert host.exists(FILE)
    Isolation(host, "wg0", LAB).load()
    assert host.calls == []
    host.put("/run/netns/lab")
    Isolation(host, "wg0", LAB).load()
    assert [*THERE, "nft", "-f", "-"] in host.calls


def test_in_a_namespace_no_unit_has_it(host):
    made(host, True)
    host.put("/run/netns/lab")
    isolation = Isolation(host, "wg0", LAB)
    isolation.apply(CHAINS)
    assert [words for words in host.calls if words[0] == "systemctl"] == []
    assert [*THERE, "nft", "-f", "-"] in host.calls
    host.calls.clear()
    isolation.apply(None)
    assert host.calls == [[*THERE, "nft", "delete", "table", "inet", "meshwork_isolation_wg0"]]


def test_containers_are_asked_for_where_that_matters_alone(host):
    host.programs.add("podman")
    isolation = Isolation(host, "wg0", {"container": "web"})
    isolation.apply(None)
    assert (isolation.changes(None), isolation.saved(), host.calls) == ([], None, [])
    isolation.apply(CHAINS)
    assert [words[:2] for words in host.calls] == [["podman", "inspect"]]
    assert isolation.saved() == CHAINS


@pytest.mark.parametrize(
    ("systemd", "chains", "hooks"),
    [(True, CHAINS, ()), (False, None, ()), (False, CHAINS, (f"nft -f {FILE}", "mine"))],
)
def test_the_line_of_wg_quick(host, systemd, chains, hooks):
    content = "[Interface]\nPreUp = mine\n"
    found = made(host, systemd).hooked(content, chains)
    assert parse_conf(found).hooks.pre_up == (hooks or ("mine",))


def test_other_interfaces_have_other_tables(host):
    assert len({Isolation(host, name, {}).path for name in ("wg0", "wg-0", "wg.0", "wg_0")}) == 4
