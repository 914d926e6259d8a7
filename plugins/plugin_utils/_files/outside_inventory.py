# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the controller writes: outside everything that Ansible parses as inventory.

In a directory that is an inventory source, Ansible parses every file as hosts and groups, also in its subdirectories, and follows
links; it skips names that begin with a dot (``InventoryManager.parse_source``). From ``group_vars`` and ``host_vars`` beside a
source it reads variables (the plugin ``host_group_vars``), and skips the same names.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePath

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

HIDDEN = ".wireguard"
"""The directory beside the inventory that is not parsed."""
_VARIABLES = ("group_vars", "host_vars")


class InventorySources:
    """The sources of a run's inventory.

    :param sources: as the run has them. What is neither a file nor a directory, such as a list of hosts, is no place.
    """

    def __init__(self, sources: Sequence[str]) -> None:
        self._places = [Path(source) for source in sources if os.path.isfile(source) or os.path.isdir(source)]
        self._parsed = {_real(path) for place in self._places for path in _parsed(place)}

    def place(self, name: str) -> Path:
        """The default directory for files of that kind: beside the first source, or else in the working directory."""
        first = self._places[0] if self._places else Path.cwd()
        return (first if first.is_dir() else first.parent) / HIDDEN / name

    def check(self, *paths: Path) -> None:
        """Check that these files, or all that is written into these directories, will not be parsed.

        :raises PlanError: one would be.
        """
        for path in paths:
            found = parsed_with(_real(path), self._parsed)
            if found is not None:
                raise PlanError(
                    f"{path}: Ansible parses {found} as inventory, so what is written there would become hosts, groups or "
                    f"variables; choose another directory, or one whose name begins with a dot"
                )


def parsed_with(path: PurePath, parsed: Collection[PurePath]) -> PurePath | None:
    """Which of the parsed files and directories the path is, lies in, or contains; None if it will not be parsed."""
    for place in sorted(parsed):
        if place.is_relative_to(path):
            return place
        if path.is_relative_to(place) and not any(part.startswith(".") for part in path.relative_to(place).parts):
            return place
    return None


def _parsed(source: Path) -> Iterator[Path]:
    yield source
    if source.is_dir():
        yield from _linked(source, {_real(source)})
    else:
        yield from (source.parent / name for name in _VARIABLES)


def _linked(directory: Path, seen: set[Path]) -> Iterator[Path]:
    """The links in a directory, and in the directories to which they lead."""
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(folder, name) for name in (*folders, *files) if not name.startswith(".")):
            if path.is_symlink():
                yield path
                if path.is_dir() and _real(path) not in seen:
                    seen.add(_real(path))
                    yield from _linked(path, seen)


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
