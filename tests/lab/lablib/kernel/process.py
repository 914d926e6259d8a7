# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of a host: its kernel, and what that started. They are one session, in the lab's network."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from lablib.inventory import Host, Lab
from lablib.kernel import folder
from lablib.kernel.images import kernel, root
from lablib.kernel.network import links, namespace, namespace_file
from lablib.machine import LabError, run

BOOT = Path(__file__).parents[2] / "kernel" / "boot"
END_TIMEOUT = 30.0


def launch(lab: Lab, host: Host) -> None:
    """Start the kernel; it outlives this program."""
    disk = folder.disk(lab, host)
    # Once made, the disk knows by itself what lies under it.
    files = str(disk) if disk.exists() else f"{disk},{root(host.image)}"
    arguments = [
        f"umid={host.name}",
        f"uml_dir={folder.lab_folder(lab)}/kernels/",
        f"mem={host.memory}M",
        f"ubd0={files}",
        "root=/dev/ubda",
        "rootfstype=ext4",
        "rw",
        f"hostfs={folder.given(lab, host)}",
        *(
            f"vec{index}:transport=tap,ifname={link.port},depth=64,gro=1,mac={link.mac}"
            for index, link in enumerate(links(lab, host))
        ),
        f"systemd.hostname={host.name}",
        "systemd.show_status=false",
        "net.ifnames=0",
        "dummy.numdummies=0",
        "quiet",
        "con=null",
        "con0=null,fd:1",
        "ssl=null",
        *([] if host.wireguard else ["initcall_blacklist=wg_mod_init"]),
    ]
    with folder.log(lab, host).open("ab") as log:
        process = subprocess.Popen(
            ["nsenter", f"--net={namespace_file(lab)}", BOOT, *arguments],
            env={"PATH": os.environ["PATH"], "LAB_KERNEL": str(kernel()), "TMPDIR": "/dev/shm"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    session_file(folder.host_folder(lab, host)).write_text(str(process.pid), encoding="utf-8")


def session_file(host: Path) -> Path:
    return host / "session"


def processes(lab: Lab, host: Path) -> list[int]:
    """Told by session and network, so that a number that is somebody else's by now is never meant."""
    if not session_file(host).exists() or not namespace_file(lab).exists():
        return []
    session = int(session_file(host).read_text(encoding="utf-8"))
    return [pid for pid in map(int, run("ip", "netns", "pids", namespace(lab)).split()) if session_of(pid) == session]


def session_of(pid: int) -> int | None:
    with contextlib.suppress(ProcessLookupError):
        return os.getsid(pid)
    return None


def runs(lab: Lab, host: Host) -> bool:
    return bool(processes(lab, folder.host_folder(lab, host)))


def end(lab: Lab, host: Path) -> None:
    """At once, as a power failure does."""
    deadline = time.monotonic() + END_TIMEOUT
    while left := processes(lab, host):
        if time.monotonic() > deadline:
            raise LabError(f"{host.name}: processes do not end: {' '.join(map(str, left))}")
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def ends_within(lab: Lab, host: Host, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while runs(lab, host):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
