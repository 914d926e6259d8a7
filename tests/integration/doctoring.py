# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of the doctor over a fleet."""

from __future__ import annotations

import json

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Run


def diagnosed(fleet, *words):
    """What the doctor finds, as data. It changes nothing."""
    done = Run(fleet.ansible("ansible-playbook", "meshwork.wireguard.doctor", "-e", "wireguard_format=json", *words))
    assert (done.status, done.changed()) == (0, set()), done.output
    found = json.JSONDecoder().raw_decode(done.output[done.output.index('{\n    "count"') :])[0]
    print(json.dumps(found["pairs"], indent=1))
    return found


def verdicts(fleet):
    """Nodes -> the code of their cause."""
    return {tuple(pair["nodes"]): pair["code"] for pair in diagnosed(fleet)["pairs"]}
