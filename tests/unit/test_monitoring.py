# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide, the alert rules and the dashboard name the metrics that hosts write, with their labels."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics import compatible, own
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import (
    DIRECTORY,
    INTERVAL,
    KEY_DIRECTORY,
    PROBED,
)

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((ROOT / "docs/monitoring/rules.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
DASHBOARD = json.loads((ROOT / "docs/monitoring/dashboard.json").read_text(encoding="utf-8"))
TESTS = ROOT / "tests/monitoring/rules.yml"
KINDS = {family.name: family.kind for family in (*own.FAMILIES, *own.OF_THE_RUN)}


def expressions():
    """Those of all panels and variables of the dashboard."""
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    yield from (variable["definition"] for variable in DASHBOARD["templating"]["list"] if "definition" in variable)


def test_the_guide_has_each_metric():
    rows = re.findall(r"^\| `(meshwork_\w+)` \| (\w+) \|", GUIDE, re.MULTILINE)
    assert rows == list(KINDS.items())
    table = GUIDE[GUIDE.index("### Names of other exporters") : GUIDE.index("## Alerts")]
    assert {family.name for family in compatible.FAMILIES} == set(re.findall(r"`(wireguard_\w+)`", table)) - {
        "wireguard_exporter",
        "wireguard_latest_handshake_delay_seconds",
    }


def test_the_defaults_of_the_role_are_those_of_the_module():
    defaults = yaml.safe_load((ROOT / "roles/metrics/defaults/main.yml").read_text(encoding="utf-8"))
    names = ("metrics_peers", "metrics_interval", "metrics_directory", "key_directory")
    assert [defaults[f"wireguard_{name}"] for name in names] == [PROBED[0], INTERVAL, DIRECTORY, KEY_DIRECTORY]


def test_the_guide_has_each_alert():
    assert {rule["alert"] for rule in RULES if "alert" in rule} == set(re.findall(r"`(Meshwork\w+)`", GUIDE))


def test_rules_and_dashboard_ask_for_what_is_there():
    records = {rule["record"] for rule in RULES if "record" in rule}
    known = {*KINDS, *records}
    for text in (*(rule["expr"] for rule in RULES), *expressions()):
        names = set(re.findall(r"\bmeshwork[:_][a-z_]+", text))
        assert names
        assert names <= known, text


def test_each_alert_has_a_test():
    tested = {case["alertname"] for test in yaml.safe_load(TESTS.read_text("utf-8"))["tests"] for case in test["alert_rule_test"]}
    assert tested == {rule["alert"] for rule in RULES if "alert" in rule}
