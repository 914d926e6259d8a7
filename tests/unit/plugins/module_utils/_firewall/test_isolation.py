# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall import isolation as isolation_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall import nft_table as nft_module
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.isolation import Isolation
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.runner import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

CHAINS = "  chain forward {\n    counter drop\n  }\n"
OTHER = "  chain forward {\n  }\n"
LISTED = "nft", "-s", "list", "table"


@pytest.fixture
def host(tmp_path, monkeypatch):
    for name in ("CONFIG", "UNITS"):
        monkeypatch.setattr(nft_module, name, str(tmp_path / name.lower()))
    monkeypatch.setattr(isolation_module, "CONFIG", str(tmp_path / "config"))
    found = FakeHost()
    found.programs.add("nft")
    return found


def actions(isolation, chains):
    return [change.describe() for change in isolation.changes(chains)]


@pytest.mark.parametrize("systemd", [True, False])
def test_loaded_kept_and_dropped(host, tmp_path, systemd):
    isolation = Isolation(host, "wg0", systemd)
    file = tmp_path / "config/isolation_wg0.nft"
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


def test_a_table_that_nft_refuses_fails_the_host(host, tmp_path):
    host.answers["/usr/bin/nft", "-c"] = host.answers["nft", "-f"] = Completed(1, "", "syntax error")
    for systemd in (True, False):
        with pytest.raises(CommandFailed, match="syntax error"):
            Isolation(host, "wg0", systemd).apply(CHAINS)
        assert not (tmp_path / "config/isolation_wg0.nft").exists()


def test_where_the_namespace_is_not_there_yet_the_file_is_made_alone(host, tmp_path):
    Isolation(host, "wg0", systemd=False, there=False).apply(CHAINS)
    assert (tmp_path / "config/isolation_wg0.nft").exists()
    assert host.calls == []
    Isolation(host, "wg0", systemd=False).load()
    assert ["nft", "-f", "-"] in host.calls


@pytest.mark.parametrize(
    ("systemd", "chains", "hooks"),
    [(True, CHAINS, ()), (False, None, ()), (False, CHAINS, ("nft -f {root}/config/isolation_wg0.nft", "mine"))],
)
def test_the_line_of_wg_quick(host, tmp_path, systemd, chains, hooks):
    content = "[Interface]\nPreUp = mine\n"
    found = Isolation(host, "wg0", systemd).hooked(content, chains)
    expected = tuple(hook.format(root=tmp_path) for hook in hooks)
    assert parse_conf(found).hooks.pre_up == (expected or ("mine",))


def test_other_interfaces_have_other_tables(host):
    assert len({Isolation(host, name, True).path for name in ("wg0", "wg-0", "wg.0", "wg_0")}) == 4
