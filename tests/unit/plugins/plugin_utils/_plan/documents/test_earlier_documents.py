# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network documents as earlier states of the collection wrote them, in `earlier/`: one file for each new key or value.

A file stays as it is for good. Where documents get another version, a file of that version comes beside it.
"""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import (
    NEWEST,
    network_to_dict,
    readable_network,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.schema import document_schema
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

FILES = {path.stem: path for path in sorted((Path(__file__).parent / "earlier").glob("*.json"))}
NAMES = (
    "01-first 02-clients 03-containers 04-vrrp 05-underlays 06-no-addresses 07-preshared-id 08-next-key 09-preshared-secret "
    "10-domain"
)
VALIDATOR = jsonschema.Draft202012Validator(document_schema())


@pytest.fixture(params=FILES)
def earlier(request):
    return json.loads(FILES[request.param].read_text(encoding="utf-8"))


def test_each_earlier_format_has_its_file():
    assert list(FILES) == NAMES.split()


def test_an_earlier_document_is_read_whole(earlier):
    VALIDATOR.validate(earlier)
    assert "version" not in earlier
    assert network_to_dict(readable_network(earlier)) == {"version": NEWEST, **earlier}


def test_a_version_says_what_the_document_is(earlier):
    assert readable_network({"version": 1, **earlier}) == readable_network(earlier)


@pytest.mark.parametrize("version", [NEWEST + 1, 99])
@pytest.mark.parametrize("document", [{}, {"nodes": []}, {"nodes": {"alpha": {"unheard": True}}, "unheard": 1}])
def test_a_later_document_is_refused_before_anything_in_it_is(document, version):
    with pytest.raises(PlanError) as caught:
        readable_network({"version": version, **document})
    assert str(caught.value) == (
        f"network: has version {version}, but this collection knows versions up to {NEWEST}; update the collection"
    )


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"failover": "routed"}, "network.failover: 'routed' is now called bgp; write bgp"),
        (
            {"nodes": {"gate": {"standby_addresses": {"a": "192.0.2.1"}}}},
            "node gate: unknown key 'standby_addresses'; known are ",
        ),
    ],
)
def test_what_was_renamed_before_the_first_release_is_named(document, said):
    with pytest.raises(PlanError) as caught:
        readable_network({"prefixes": ["10.8.0.0/24"], "nodes": {}, **document})
    assert said in str(caught.value)
