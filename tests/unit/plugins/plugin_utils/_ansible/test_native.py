# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from collections.abc import Sequence
from types import MappingProxyType

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import documents, native, networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


class Text(str):
    """As Ansible's tagged texts are."""

    __slots__ = ()


class Number(int):
    pass


def kinds(value):
    if isinstance(value, dict):
        return {type(value)}.union(*(kinds(key) | kinds(item) for key, item in value.items()))
    return {type(value)}.union(*map(kinds, value)) if isinstance(value, list) else {type(value)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (MappingProxyType({Text("a"): (Text("b"), Number(1), 1.5, True, None)}), {"a": ["b", 1, 1.5, True, None]}),
        (map(Text, ["a"]), ["a"]),
        (Text("a"), "a"),
        ({}, {}),
    ],
)
def test_pitfall_31_plain_values(value, expected):
    found = native(value)
    assert found == expected
    assert kinds(found) <= {dict, list, str, int, float, bool, type(None)}


class Vaulted(Sequence):
    """As the vaulted texts of ansible-core before 2.19 are: no str, and each look decrypts."""

    __ENCRYPTED__ = True
    looks = 0

    def __init__(self, plain):
        self._ciphertext = b"$ANSIBLE_VAULT;" + plain[::-1].encode()
        self._plain = plain

    def __str__(self):
        type(self).looks += 1
        return self._plain

    def __getitem__(self, index):
        return str(self)[index]

    def __len__(self):
        return len(str(self))


def test_vaulted_texts_are_texts_and_decrypted_once():
    found = [native({"a": [Vaulted(text)]}) for text in ("one", "two", "one")]
    assert (found, Vaulted.looks) == ([{"a": ["one"]}, {"a": ["two"]}, {"a": ["one"]}], 2)
    assert kinds(found[0]) == {dict, list, str}


def test_other_values_are_refused():
    with pytest.raises(TypeError, match=r"\Aa value of type object cannot be part of a network\Z"):
        native({"a": object()})


DOCUMENT = {"prefixes": ["10.8.0.0/24"], "nodes": {"a": {}}}
OTHER = {**DOCUMENT, "name": "office"}


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (DOCUMENT, ["wireguard"]),
        (json.dumps(DOCUMENT), ["wireguard"]),
        ([DOCUMENT, json.dumps(OTHER)], ["wireguard", "office"]),
        (json.dumps([DOCUMENT, OTHER]), ["wireguard", "office"]),
        ([], []),
    ],
)
def test_networks(value, names):
    assert [network.name for network in networks(value)] == names


def test_a_text_is_read_once():
    text = json.dumps(DOCUMENT)
    assert networks(text)[0] is networks([Text(text)])[0]


@pytest.mark.parametrize("read", [networks, documents])
@pytest.mark.parametrize("value", [None, 7, 1.5, True, [7], [DOCUMENT, [None]]])
def test_what_is_no_document(read, value):
    with pytest.raises(PlanError, match=r"\Anetwork: must be a network document, or a list of them, not (None|7|1\.5|True)\Z"):
        read(value)


@pytest.mark.parametrize("value", ["", "{", "wireguard"])
def test_no_json(value):
    with pytest.raises(PlanError, match="network: not JSON: "):
        networks(value)
