# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that a plugin evaluates by name, with other values for the variables that they name."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import evaluate, trust_as_template

CONF = "[Interface]\nAddress = {{ own.address }}\n"


def values(**variables):
    return {name: trust_as_template(value) if isinstance(value, str) else value for name, value in variables.items()}


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"text": "plain"}, "plain"),
        ({"text": CONF, "own": {"address": "10.8.0.1/24"}}, "[Interface]\nAddress = 10.8.0.1/24\n"),
        ({"text": "{{ other }}", "other": "{{ last }}", "last": "end\n"}, "end\n"),
        ({"text": {"key": 7}}, {"key": 7}),
        ({"text": "{{ lookup('ansible.builtin.vars', 'other') }}", "other": "seen"}, "seen"),
        ({"text": "{{ lookup('ansible.builtin.template', path) }}", "own": {"address": "::1/64"}, "path": "own.j2"}, "::1/64\n"),
    ],
)
def test_evaluate(variables, expected, tmp_path, monkeypatch):
    (tmp_path / "own.j2").write_text("{{ own.address }}\n")
    monkeypatch.chdir(tmp_path)
    templar = Templar(loader=DataLoader(), variables=values(text="not this one", own={"address": "none"}))
    assert evaluate(templar, "text", values(**variables)) == expected
    assert templar.template(trust_as_template("{{ text }}")) == "not this one"  # the task's own variables are as before


@pytest.mark.parametrize("text", ["", "a.b", "a b", "a }}{{ b", "lookup('ansible.builtin.pipe', 'id')", "a|b", "1a", "a\n"])
def test_expressions_are_refused(text):
    templar = Templar(loader=DataLoader(), variables={})
    with pytest.raises(AnsibleError) as caught:
        evaluate(templar, text, {"a": 1, "b": 2})
    assert "is not a variable name; put the expression into a variable" in str(caught.value)


@pytest.mark.parametrize(("variables", "name"), [({}, "text"), ({"text": "{{ missing }}"}, "missing")])
def test_what_is_undefined(variables, name):
    with pytest.raises(AnsibleError, match=f"'{name}' is undefined"):
        evaluate(Templar(loader=DataLoader(), variables={}), "text", values(**variables))
