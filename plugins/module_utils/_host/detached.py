# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run later, even if this process or its connection has ended."""

from __future__ import annotations

import re
import subprocess
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD


def unit_name(what: str, interface: str) -> str:
    """A unit's name, with forbidden characters escaped (systemd.unit(5))."""
    return f"meshwork-{what}-" + re.sub(r"[^A-Za-z0-9_.]", lambda match: f"\\x{ord(match.group()):02x}", interface)


def start(host: Host, unit: str, argv: Sequence[str], after: int) -> None:
    """Run a program after some seconds: with a systemd timer, or in a separate process on hosts without systemd.

    Its unit is not hardened like the others: it starts and stops interfaces with the user's hooks, or injects a drill's fault.

    :param argv: gets one more argument, the seconds that the program itself must wait.
    :raises CommandFailed: systemd refuses.
    """
    if host.which("systemd-run") is not None and host.is_directory(SYSTEMD):
        timer = [f"--on-active={after}s", "--timer-property=AccuracySec=100ms"]
        host.run(["systemd-run", "--quiet", "--collect", f"--unit={unit}", *timer, "--", *argv, "0"])
        return
    subprocess.Popen(  # pylint: disable=ansible-bad-function,consider-using-with
        [*argv, str(after)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        cwd="/",
    )


def running(host: Host, unit: str) -> bool:
    """Whether a program still has to run, or runs. It is not known on hosts without systemd."""
    if not host.is_directory(SYSTEMD):
        return False
    return host.run(["systemctl", "is-active", "--quiet", unit + ".timer", unit + ".service"], check=False).status == 0


def stop(host: Host, unit: str) -> None:
    """Stop the timer of a program that has not started yet; a separate process notices on its own."""
    if host.is_directory(SYSTEMD):
        host.run(["systemctl", "stop", unit + ".timer"], check=False)
