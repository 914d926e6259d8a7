# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts with a kernel of their own: each is one process of User-Mode Linux."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator

from lablib.inventory import Host, Lab
from lablib.kernel import folder, process
from lablib.kernel.images import ensure_images
from lablib.kernel.network import create_network, forwards, plug_in, remove_network, set_forwarding
from lablib.kernel.ssh import forget, on_host, write_ssh_config
from lablib.machine import LabError, UsageError, in_parallel, require, require_root, say

BOOT_TIMEOUT = 180.0
STOP_TIMEOUT = 30.0


@contextlib.contextmanager
def at_work(may_end: bool) -> Iterator[None]:  # noqa: ARG001
    """Check the machine. Nothing of it is kept beyond the labs themselves."""
    require_root()
    if os.uname().machine != "x86_64":
        raise UsageError("hosts of the backend kernel need an x86-64 machine: User-Mode Linux runs on no other")
    if not os.path.exists("/dev/net/tun"):
        raise UsageError("/dev/net/tun is missing: load the module tun")
    for program, package in (("ip", "iproute2"), ("bridge", "iproute2"), ("sysctl", "procps"), ("ssh", "openssh-client")):
        require(program, package)
    yield


def state(lab: Lab, host: Host) -> str:
    if not folder.disk(lab, host).exists():
        return "absent"
    return "running" if process.runs(lab, host) else "stopped"


def check_made(lab: Lab, hosts: list[Host]) -> None:
    missing = [host.name for host in hosts if state(lab, host) == "absent"]
    if missing:
        raise UsageError(f"not made yet: {', '.join(missing)} (run `lab up` first)")


def up(lab: Lab, fresh: bool) -> None:
    if fresh:
        down(lab)
    ensure_images(sorted({host.image for host in lab.hosts}))
    folder.create_lab_folder(lab)
    create_network(lab)
    write_ssh_config(lab)
    in_parallel(lambda host: bring_up(lab, host), list(lab.hosts))


def bring_up(lab: Lab, host: Host) -> None:
    before = state(lab, host)
    if before != "running":
        boot(lab, host)
    wait_for_systemd(lab, host)
    say(host.name, {"absent": "created and started", "running": "runs already"}.get(before, "started"))


def boot(lab: Lab, host: Host) -> None:
    forget(lab, host.name)
    plug_in(lab, host)
    folder.write_given(lab, host)
    process.launch(lab, host)


def wait_for_systemd(lab: Lab, host: Host) -> None:
    end = time.monotonic() + BOOT_TIMEOUT
    answer = ""
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = on_host(lab, host.name, "systemctl is-system-running --wait", timeout=left)
            answer = (done.stdout or done.stderr).strip()
        if answer in ("running", "degraded"):
            return
        if not process.runs(lab, host):
            break
        time.sleep(0.1)
    last = folder.log(lab, host).read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
    raise LabError(f"{host.name}: systemd is not up ({answer or 'no answer'}); the last words of its kernel:\n" + "\n".join(last))


def down(lab: Lab) -> None:
    """Remove all hosts, those that left the inventory included."""
    for host in (folder.lab_folder(lab) / "hosts").glob("*"):
        forget(lab, host.name)
        process.end(lab, host)
    remove_network(lab)
    folder.remove_lab_folder(lab)


def start(lab: Lab, host: Host) -> None:
    if not process.runs(lab, host):
        boot(lab, host)
    wait_for_systemd(lab, host)
    say(host.name, "started")


def stop(lab: Lab, host: Host) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        on_host(lab, host.name, "systemctl poweroff", timeout=STOP_TIMEOUT)
    if not process.ends_within(lab, host, STOP_TIMEOUT):
        process.end(lab, folder.host_folder(lab, host))
    forget(lab, host.name)
    say(host.name, "stopped")


def kill(lab: Lab, host: Host) -> None:
    process.end(lab, folder.host_folder(lab, host))
    forget(lab, host.name)
    say(host.name, "killed")


def cut(lab: Lab, host: Host) -> None:
    set_forwarding(lab, host, False)
    say(host.name, "cut off")


def join(lab: Lab, host: Host) -> None:
    set_forwarding(lab, host, True)
    say(host.name, "joined again")


def status(lab: Lab) -> None:
    for host in lab.hosts:
        now = state(lab, host)
        say(host.name, "running, cut off" if now == "running" and not forwards(lab, host) else now)
