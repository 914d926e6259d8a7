# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables that a plugin evaluates by name, with other values for those that they name; and what a plan has for a host."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import settings_from, settings_text
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.templating import Planned, evaluate, trust_as_template
from ansible_collections.meshwork.wireguard.tests.unit.support import key

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


DOCUMENT = {
    "prefixes": ["10.8.0.0/24"],
    "nodes": {
        "alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"], "endpoint": "203.0.113.1", "hosts": ["alpha"]},
        "phone": {"public_key": key("phone"), "addresses": ["10.8.0.2"], "managed": False},
    },
}
PLAN = {"networks": [json.dumps(DOCUMENT)], "hosts": {"alpha": {"interfaces": ["wg0"]}}}


def planned(**given):
    """What the plan has for the host alpha with these variables."""
    variables = {"inventory_hostname": "alpha", "plan": PLAN, **{f"wireguard_{name}": value for name, value in given.items()}}
    return Planned(Templar(loader=DataLoader(), variables=variables), variables, "plan")


def metrics(**given):
    """The text of its settings."""
    return planned(**given).metrics()


@pytest.mark.parametrize("value", [None, False, "false", "no", 0])
def test_no_metrics_where_nobody_wants_them(value):
    assert metrics(metrics=value) is None
    assert metrics() is None


@pytest.mark.parametrize(
    ("given", "settings", "address"),
    [
        ({"metrics": True}, {}, None),
        ({"metrics": "yes", "metrics_peers": "all"}, {}, "10.8.0.2"),
        (
            {
                "metrics": True, "metrics_interval": "30", "metrics_directory": trust_as_template("{{ '/srv/' ~ 'text' }}"),
                "key_directory": "/srv/keys", "metrics_peers": None,
            },
            {"interval": 30, "directory": "/srv/text", "key_directory": "/srv/keys"},
            None,
        ),
    ],
)  # fmt: skip
def test_the_settings_of_a_host(given, settings, address):
    peers = {"phone": {"keys": [key("phone")], "address": address}}
    wg0 = {"network": "wireguard", "node": "alpha", "key": "wg0", "inside": False, "peers": peers}
    assert metrics(**given) == settings_text(settings_from({**settings, "interfaces": {"wg0": wg0}}))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"metrics_peers": "some"}, "wireguard_metrics_peers: 'some' is not one of managed, all, none"),
        ({"metrics_interval": 1}, "metrics.interval: '1' is not a number from 10 to 3600"),
        ({"metrics": "perhaps"}, "'perhaps' is not a valid boolean"),
    ],
)
def test_settings_that_are_refused(given, message):
    with pytest.raises(AnsibleError) as caught:
        metrics(**{"metrics": True, **given})
    assert message in str(caught.value)


@pytest.mark.parametrize("value", [None, "none"])
def test_no_names_where_nobody_wants_them(value):
    assert planned(names=value).names() is None


@pytest.mark.parametrize("way", ["hosts", trust_as_template("{{ 'resol' ~ 'ved' }}")])
def test_the_names_of_a_host(way):
    found = planned(names=way).names()
    assert found.way in ("hosts", "resolved")
    assert found.networks["wireguard"].hosts == {
        "alpha.wireguard.internal": ("10.8.0.1",), "phone.wireguard.internal": ("10.8.0.2",),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("way", "message"),
    [
        ("dns", "wireguard_names: 'dns' is not one of none, hosts, resolved, resolver"),
        ("resolver", "has no hub that could resolve"),
    ],
)
def test_names_that_are_refused(way, message):
    with pytest.raises(AnsibleError) as caught:
        planned(names=way).names()
    assert message in str(caught.value)
