# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``doctor``: who sends to whom, which pairs do not answer, and why."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.pairs import pairs_of, probes_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.diagnosis.verdicts import (
    silent_pairs,
    text_of,
    to_send,
    verdicts,
)


class ActionModule(ControllerAction):
    """Each step of the role ``doctor`` that the controller computes."""

    ARGUMENTS: Mapping[str, Any] = {
        "networks": {"type": "raw", "required": True},
        "reports_from": {"type": "str"},
        "sent_from": {"type": "list", "elements": "str"},
        "captured_from": {"type": "str"},
    }
    RULES: Mapping[str, Any] = {
        "required_by": {"sent_from": ["reports_from", "captured_from"], "captured_from": ["sent_from"]},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The step whose results of hosts are named."""
        known = networks(args["networks"])
        if args["reports_from"] is None:
            return {"changed": False, "probes": probes_of(known)}
        reports = self.results(args["reports_from"])
        if args["sent_from"] is None:
            found = silent_pairs(known, reports)
            turns = [to_send(found, first) for first in (True, False)]
            return {
                "changed": False,
                "pairs": [[pair.a, pair.b] for pair in found],
                "interfaces": _interfaces(turns),
                "turns": turns,
                "nonce": secrets.token_hex(16),
            }
        told = [self.results(name) for name in args["sent_from"]]
        causes = verdicts(known, reports, _joined(told), self.results(args["captured_from"]))
        count = sum(1 for network in known for _pair in pairs_of(network))
        lines = text_of(causes, count)
        return {"changed": False, "count": count, "pairs": [cause.to_dict() for cause in causes], "text": lines}


def _interfaces(turns: list[dict[str, list[dict[str, Any]]]]) -> dict[str, list[str]]:
    """Host -> the interfaces through which it sends."""
    found: dict[str, set[str]] = {}
    for host, peers in (item for turn in turns for item in turn.items()):
        found.setdefault(host, set()).update(peer["interface"] for peer in peers)
    return {host: sorted(names) for host, names in found.items()}


def _joined(turns: list[dict[str, Any]]) -> dict[str, Any]:
    """Host -> what it knows of all the peers that it has sent to."""
    joined: dict[str, Any] = {}
    for host, result in (item for turn in turns for item in turn.items() if "peers" in item[1]):
        before = joined.get(host, {"peers": [], "filtered": 0})
        peers = [*before["peers"], *result["peers"]]
        joined[host] = {"time": result["time"], "filtered": before["filtered"] + result["filtered"], "peers": peers}
    return joined
