# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin ``render``: writes what networks say into a directory on the controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.actions import Action
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.native import networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._pictures import pictures
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import files_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import WARNING, stop_at_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network


class ActionModule(Action):
    """Write documents, configurations and pictures of networks."""

    _requires_connection = False
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run on the controller; nothing is sent to a host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _checked, args = self.validate_argument_spec(
            {
                "networks": {"type": "list", "elements": "raw", "required": True},
                "dest": {"type": "path", "required": True},
                "pictures": {"type": "list", "elements": "str", "choices": list(pictures.ENDINGS), "default": ["mermaid"]},
            }
        )
        try:
            found = networks(args["networks"])
            findings = network_findings(found)
            stop_at_errors(findings)
            warnings = [str(finding) for finding in findings if finding.severity == WARNING]
            return {**result, **self._render(found, args), "warnings": warnings}
        except (ValueError, TypeError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error

    def _render(self, found: list[Network], args: Mapping[str, Any]) -> dict[str, Any]:
        written: list[str] = []
        removed: list[str] = []
        diff: list[dict[str, str]] = []
        for network in found:
            directory = Path(args["dest"]) / network.name
            expected = set()
            for path, text in _files(network, directory, args["pictures"]):
                expected.add(path)
                before = path.read_text(encoding="utf-8") if path.exists() else ""
                if before == text and path.exists():
                    continue
                written.append(str(path))
                if self._task.diff:
                    diff.append({"before": before, "after": text, "before_header": str(path), "after_header": str(path)})
                if not self._task.check_mode:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, encoding="utf-8")
            for path in sorted(set((directory / "nodes").glob("*.conf")) - expected):
                removed.append(str(path))
                if not self._task.check_mode:
                    path.unlink()
        return {"changed": bool(written or removed), "written": written, "removed": removed, "diff": diff}


def _files(network: Network, directory: Path, kinds: list[str]) -> Iterator[tuple[Path, str]]:
    # The pictures first: where a program for them is missing, nothing is written yet.
    drawn = [(f"network.{pictures.ENDINGS[kind]}", pictures.draw(network, kind)) for kind in kinds]
    for name, text in drawn:
        yield directory / name, text
    for name, text in files_of(network):
        yield directory / name, text
