# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import config_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import HEAD, files_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key


def network(*names):
    nodes = {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"198.18.0.{number}"}
        for number, name in enumerate(names, start=1)
    }
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": nodes})


STAR = {
    "topology": "star",
    "prefixes": ["10.8.0.0/24"],
    "nodes": {
        name: {"public_key": key(name), "addresses": [f"10.8.0.{number}"], "routes": [f"172.20.{number * 2}.0/24"], **more}
        for number, (name, more) in enumerate(
            {"a": {"hub": True, "endpoint": "198.18.0.1"}, "b": {}, "c": {"keepalive": 9}, "d": {}}.items(), start=1
        )
    },
}


@pytest.mark.parametrize("net", [network("a", "b", "c", "d"), network_from_dict(STAR)], ids=["mesh", "star"])
def test_files(net):
    files = dict(files_of(net))
    nodes = [f"nodes/{name}.conf" for name in net.nodes]
    names = ["names/0.8.10.in-addr.arpa.zone", "names/hosts", "names/wireguard.internal.zone"]
    assert sorted(files) == [*names, "network.json", *nodes]
    assert network_from_dict(json.loads(files["network.json"])) == net
    for name in net.nodes:
        (entry,) = interfaces_of([net], name)
        assert files[f"nodes/{name}.conf"] == HEAD + render_conf(config_from_dict(entry["config"]))
        assert parse_conf(files[f"nodes/{name}.conf"]).private_key is None
