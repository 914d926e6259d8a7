# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes from outside is written so that Ansible takes it as it stands."""

from __future__ import annotations

import pytest
from ansible.parsing.dataloader import DataLoader
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import native
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.inventory_yaml import inventory_yaml, marked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.migration.inventory_text import Template


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("hub.example.net:51820", "hub.example.net:51820"),
        ("10.8.0.0/24", "10.8.0.0/24"),
        ("two words, and = more @ +", "two words, and = more @ +"),
        ("yes", "'yes'"),
        ("", "''"),
        ("[2001:db8::1]:51820", "!unsafe '[2001:db8::1]:51820'"),
        ("{{ lookup('pipe', 'id') }}", "!unsafe '{{ lookup(''pipe'', ''id'') }}'"),
        ("iptables -A x; true", "!unsafe 'iptables -A x; true'"),
        ("a\nb", '!unsafe "a\\nb"'),
        ("~", "'~'"),
        ("Müller", '!unsafe "Müller"'),
        ("\x1b]0;owned\x07", '!unsafe "\\e]0;owned\\a"'),
        ("a\u2028b", '!unsafe "a\\Lb"'),
        (Template("{{ x['y'] }}"), "'{{ x[''y''] }}'"),
    ],
)
def test_text(text, written):
    assert inventory_yaml({"a": text}) == f"a: {written}\n"
    expected = (
        [] if text == "~" or "!unsafe" not in written else [(f"a: written as !unsafe, so that it is not a template: {text!a}")]
    )
    assert marked({"a": text}) == expected


class Tagged(str):
    """Ansible's own types of text are such."""

    __slots__ = ()


def test_text_of_a_type_of_its_own():
    assert inventory_yaml({Tagged("alpha"): [Tagged("{{ x }}")]}) == inventory_yaml({"alpha": ["{{ x }}"]})


def test_places_are_told():
    found = marked({"all": {"hosts": {"alpha": {"wireguard_hooks": {"post_up": ["true", "a | b"]}}}}})
    assert found == ["all.hosts.alpha.wireguard_hooks.post_up.1: written as !unsafe, so that it is not a template: 'a | b'"]


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text("abc", min_size=1), inner)))
def test_ansible_reads_the_same(value):
    assert native(DataLoader().load(inventory_yaml({"a": value}))) == {"a": value}
