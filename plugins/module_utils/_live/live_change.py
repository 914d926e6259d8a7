# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes made on the running interface, with ``wg`` and ``ip``."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import version_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import Change
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.commands import ip_commands, wg_commands
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.features import tools_can

FEW = 20
"""So many commands of ``ip`` run one by one. More are one batch, which takes a hundredth of the time."""
_SECONDS = 600
_LINE = re.compile(r"^Command failed -:([0-9]+)", re.MULTILINE)


def change_live(host: Host, name: str, desired: Config, changes: Sequence[Change]) -> None:
    """Make the changes; those of WireGuard itself in one command, or a few if they are many.

    :param desired: with the private key.
    :raises CommandFailed: a change failed; those after it are not made.
    """
    incremental = tools_can("incremental_allowed_ips", version_of(host, "wg"))
    for command in wg_commands(name, changes, desired.private_key or "", host.most_secrets(), incremental):
        host.run(command.argv, command.stdin, timeout=_SECONDS)
    for program, commands in groupby(ip_commands(name, desired.table, changes), key=lambda words: words[0]):
        _run(host, program, list(commands))


def _run(host: Host, program: str, commands: Sequence[Sequence[str]]) -> None:
    if program != "ip" or len(commands) <= FEW:
        for argv in commands:
            host.run(argv)
        return
    done = host.run(
        ["ip", "-batch", "-"], "".join(" ".join(words[1:]) + "\n" for words in commands), check=False, timeout=_SECONDS
    )
    if done.status != 0:
        line = _LINE.search(done.err)
        failed = " ".join(commands[int(line.group(1)) - 1]) if line else "ip -batch -"
        raise CommandFailed(f"{failed}: exit status {done.status}: {_LINE.sub('', done.err).strip()}")
