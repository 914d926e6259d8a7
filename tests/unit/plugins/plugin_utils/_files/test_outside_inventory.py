# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources, parsed_with
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

PROD = PurePosixPath("/inv/prod")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/inv/prod", PROD),
        ("/inv/prod/clients", PROD),
        ("/inv/prod/group_vars/all", PROD),
        ("/inv/prod/.wireguard/clients", None),
        ("/inv/prod/sub/.plan", None),
        ("/inv/production", None),
        ("/inv/clients", None),
        ("/inv", PROD),  # contains it
    ],
)
def test_parsed_with(path, found):
    assert parsed_with(PurePosixPath(path), [PurePosixPath("/etc"), PROD]) == found


@pytest.fixture
def root(tmp_path, monkeypatch):
    for path in ("inv/prod/sub/hosts", "inv/prod/.hidden/x", "inv/hosts.yml", "other/hosts"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("sources", "place"),
    [
        (["inv/prod"], "inv/prod"),
        (["inv/hosts.yml"], "inv"),
        (["other/hosts", "inv/prod"], "other"),
        (["inv/prod", "other/hosts"], "inv/prod"),
        (["alpha,", "nowhere", "/dev/null", "other/hosts"], "other"),
        (["alpha,beta,"], ""),
        ([], ""),
    ],
)
def test_place(root, sources, place):
    found = InventorySources([str(root / source) if "," not in source else source for source in sources])
    assert found.place("rendered") == root / place / ".wireguard" / "rendered"
    found.check(found.place("rendered"))


@pytest.mark.parametrize(
    ("sources", "path", "found"),
    [
        (["inv/prod"], "inv/prod/clients", "inv/prod"),
        (["inv/prod"], "inv/prod/.wireguard/clients", None),
        (["inv/prod"], "inv/clients", None),
        (["inv/prod"], "inv/prod/../clients", None),
        (["inv/prod"], "inv/prod/.wireguard/../clients", "inv/prod"),
        (["alpha,", "other", "inv/prod"], "other/x", "other"),
        (["inv/hosts.yml"], "inv/clients", None),
        (["inv/hosts.yml"], "inv/hosts.yml", "inv/hosts.yml"),
        (["inv/hosts.yml"], "inv/group_vars/all/x.yml", "inv/group_vars"),
        (["inv/hosts.yml"], "inv/host_vars", "inv/host_vars"),
        (["inv/hosts.yml"], "inv/group_vars/.wireguard", None),
        # by links, on either side
        (["inv/prod"], "link", "inv/prod"),
        (["inv/prod"], "link/sub/clients", "inv/prod"),
        (["link"], "inv/prod/clients", "inv/prod"),
        (["inv/prod"], "secret", None),
        (["inv/linking"], "other/clients", "other"),
        (["inv/linking"], "inv/prod/sub", "inv/prod/sub"),
        (["inv/linking"], "far/hosts", "far/hosts"),
    ],
)
def test_check(root, sources, path, found):
    (root / "link").symlink_to(root / "inv/prod")
    (root / "secret").symlink_to(root / "inv/prod/.hidden")
    (root / "inv/linking/deep").mkdir(parents=True)
    (root / "inv/linking/deep/there").symlink_to("../../../other")
    (root / "other/on").symlink_to(root / "inv/prod/sub")
    (root / "other/back").symlink_to(root / "inv/linking")
    (root / "inv/linking/hosts").symlink_to(root / "far/hosts")
    (root / "inv/linking/.hidden").symlink_to(root / "far")
    places = InventorySources([str(root / source) if "," not in source else source for source in sources])
    for given in (root / path, Path(path)):
        if found is None:
            places.check(given)
            continue
        with pytest.raises(PlanError) as caught:
            places.check(root / "elsewhere", given)
        assert str(caught.value) == (
            f"{given}: Ansible parses {root / found} as inventory, so what is written there would become hosts, groups or "
            "variables; choose another directory, or one whose name begins with a dot"
        )
