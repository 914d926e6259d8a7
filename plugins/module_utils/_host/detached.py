# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run later, whatever becomes of this process and of the connection it came over."""

from __future__ import annotations

import re
import subprocess
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import SYSTEMD


def unit_name(what: str, interface: str) -> str:
    """A unit's name, with what may not stand in one escaped (systemd.unit(5))."""
    return f"meshwork-{what}-" + re.sub(r"[^A-Za-z0-9_.]", lambda found: f"\\x{ord(found.group()):02x}", interface)


def start(host: Host, unit: str, argv: Sequence[str], after: int) -> None:
    """Run a program after some seconds: by a timer of systemd, or in a process of its own where there is no systemd.

    Its unit is not hardened as the others are: it starts and stops interfaces, with whatever the user's hooks do, or what a drill
    breaks.

    :param argv: takes a last argument, the seconds that the program itself has to wait.
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


def stop(host: Host, unit: str) -> None:
    """Let the program not run any more, if its time has not come; a process of its own finds out by itself."""
    if host.is_directory(SYSTEMD):
        host.run(["systemctl", "stop", unit + ".timer"], check=False)
