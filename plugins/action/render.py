# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``render``: writes documents, configurations, names and pictures of networks on the controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import ControllerAction
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.outside_inventory import InventorySources
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._files.writer import Writer
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures import pictures
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import HEAD, NAMES, files_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import WARNING, stop_at_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.name_files import ZONE_HEAD
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.names.naming import name_findings


class ActionModule(ControllerAction):
    """Write documents, configurations, names and pictures of networks."""

    _supports_diff = True
    ARGUMENTS: Mapping[str, Any] = {
        "networks": {"type": "list", "elements": "raw", "required": True},
        "dest": {"type": "path"},
        "pictures": {"type": "list", "elements": "str", "choices": list(pictures.ENDINGS), "default": ["mermaid"]},
    }

    def answer(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Check the networks, and write their files."""
        found = networks(args["networks"])
        unnamed = (finding for network in found if network.domain is None for finding in name_findings(network))
        findings = [*network_findings(found), *unnamed]
        stop_at_errors(findings)
        warnings = [str(finding) for finding in findings if finding.severity == WARNING]
        return {**self._render(found, args), "warnings": warnings}

    def _render(self, found: list[Network], args: Mapping[str, Any]) -> dict[str, Any]:
        sources = InventorySources(self.sources)
        dest = Path(args["dest"]) if args["dest"] else sources.place("rendered")
        sources.check(*(dest / network.name for network in found))
        writer = Writer(dest, self._task.check_mode)
        for network in found:
            expected = set()
            for name, text in _files(network, args["pictures"]):
                expected.add(f"{network.name}/{name}")
                writer.put(f"{network.name}/{name}", text)
            former = (f"{network.name}/{NAMES}/{name}" for name in writer.names(f"{network.name}/{NAMES}"))
            for name in (*_configurations(writer, f"{network.name}/nodes"), *former):
                if name not in expected and _is_ours(writer, name):
                    writer.remove(name)
        diff = writer.diff if self._task.diff else []
        return {
            "changed": writer.changed,
            "dest": str(dest),
            "written": writer.written,
            "removed": writer.removed,
            "diff": diff,
        }


def _configurations(writer: Writer, directory: str) -> Iterator[str]:
    """The configuration files of all nodes, which are in subdirectories for nodes with several."""
    for name in writer.names(directory):
        if name.endswith(".conf"):
            yield f"{directory}/{name}"
        elif not name.startswith(".") and writer.is_directory(f"{directory}/{name}"):
            yield from (f"{directory}/{name}/{inner}" for inner in writer.names(f"{directory}/{name}") if inner.endswith(".conf"))


def _is_ours(writer: Writer, name: str) -> bool:
    """Whether the file was written by this action; other files are never removed."""
    return not writer.is_directory(name) and (writer.read(name) or b"").startswith((HEAD.encode(), ZONE_HEAD.encode()))


def _files(network: Network, kinds: list[str]) -> Iterator[tuple[str, str]]:
    # The pictures first: if their program is missing, nothing has been written yet.
    drawn = [(f"network.{pictures.ENDINGS[kind]}", pictures.draw(network, kind)) for kind in kinds]
    yield from drawn
    yield from files_of(network)
