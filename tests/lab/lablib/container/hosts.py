# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test hosts that are containers with systemd."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from typing import Any

from lablib.container.images import ensure_images, tag
from lablib.container.limits import raise_limits
from lablib.container.networks import (
    LABEL,
    create_networks,
    host_ports,
    keep_bridge_addresses,
    remove_networks,
    set_forwarding,
)
from lablib.container.podman import PODMAN, podman, podman_json
from lablib.inventory import ALPINE, Host, Lab
from lablib.machine import LabError, UsageError, hardware_address, in_parallel, say

BOOT_TIMEOUT = 120.0
OPTIONS = [
    "--systemd=always",
    "--pids-limit=-1",
    # podman's own defaults are above what it may set on some machines
    "--ulimit=nofile=20000:20000",
    "--ulimit=nproc=30000:30000",
    "--cap-add=NET_ADMIN,NET_RAW,NET_BROADCAST,SYS_ADMIN,MKNOD",
    "--security-opt=unmask=/proc/sys",  # sysctl -w
    "--sysctl=net.ipv6.conf.all.disable_ipv6=0",
    "--sysctl=net.ipv6.conf.default.disable_ipv6=0",
    "--device=/dev/net/tun",
    "--tmpfs=/run",
    "--tmpfs=/tmp",
]


def containers(lab: Lab) -> list[dict[str, Any]]:
    """What podman knows of the lab's containers, those of hosts that left the inventory included."""
    names = podman("ps", "--all", "--quiet", "--filter", f"label={LABEL}={lab.name}").split()
    found: list[dict[str, Any]] = podman_json("inspect", *names) if names else []
    return found


def states(lab: Lab) -> dict[str, str]:
    return {container["Name"]: container["State"]["Status"] for container in containers(lab)}


def check_made(lab: Lab, hosts: list[Host]) -> None:
    made = states(lab)
    missing = [host.name for host in hosts if lab.container(host.name) not in made]
    if missing:
        raise UsageError(f"not made yet: {', '.join(missing)} (run `lab up` first)")


def is_orphan(container: dict[str, Any]) -> bool:
    """Runs by podman's account, but its monitor was killed."""
    if not container["State"]["Running"]:
        return False
    try:
        monitor = os.readlink(f"/proc/{container['State']['ConmonPid']}/exe")
    except OSError:
        return True
    return os.path.basename(monitor) != "conmon"


def remove(found: list[dict[str, Any]]) -> None:
    if not found:
        return
    command = ["rm", "--force", "--time", "0", *(container["Name"] for container in found)]
    try:
        podman(*command)
    except LabError:  # podman first noticed that some had ended unseen
        podman(*command)


def up(lab: Lab, fresh: bool) -> None:
    if fresh:
        down(lab)
    orphans = [container for container in containers(lab) if is_orphan(container)]
    if orphans:
        print("some hosts' processes were killed behind podman's back: making these hosts anew", flush=True)
        remove(orphans)
    raise_limits()
    ensure_images(sorted({host.image for host in lab.hosts}))
    create_networks(lab)
    before = states(lab)
    in_parallel(lambda host: bring_up(lab, host, before.get(lab.container(host.name))), list(lab.hosts))
    keep_bridge_addresses(lab)


def bring_up(lab: Lab, host: Host, state: str | None) -> None:
    if state is None:
        create(lab, host)
    elif state != "running":
        podman("start", lab.container(host.name))
    wait(lab, host)
    say(host.name, {None: "created and started", "running": "runs already"}.get(state, "started"))


def create(lab: Lab, host: Host) -> None:
    names = ["--name", lab.container(host.name), "--hostname", host.name, "--label", f"{LABEL}={lab.name}"]
    networks = []
    for underlay, options in host.networks:
        given = [options] if options else []
        if "mac=" not in options:
            given.append(f"mac={hardware_address(lab.network(underlay), host.name)}")
        networks += ["--network", f"{lab.network(underlay)}:{','.join(given)},alias={host.name}"]
    init = ["/sbin/init"] if host.image == ALPINE else ["/lib/systemd/systemd"] if host.systemd else ["sleep", "infinity"]
    podman("run", "--detach", *names, *networks, *OPTIONS, tag(host.image), *init)


def wait(lab: Lab, host: Host) -> None:
    if host.image == ALPINE:
        wait_for(lab.container(host.name), ["cat", "/run/openrc/softlevel"], ("default",))
    elif host.systemd:
        wait_for(lab.container(host.name), ["systemctl", "is-system-running", "--wait"], ("running", "degraded"))


def wait_for(container: str, asked: list[str], up: tuple[str, ...]) -> None:
    command = [str(PODMAN), "exec", container, *asked]
    end = time.monotonic() + BOOT_TIMEOUT
    answer = ""
    while (left := end - time.monotonic()) > 0:
        with contextlib.suppress(subprocess.TimeoutExpired):
            done = subprocess.run(command, capture_output=True, text=True, timeout=left, check=False)
            answer = (done.stdout or done.stderr).strip()
        if answer in up:
            return
        time.sleep(0.2)
    raise LabError(f"{container}: is not up after {BOOT_TIMEOUT:.0f} seconds ({answer or 'no answer'})")


def down(lab: Lab) -> None:
    remove(containers(lab))
    remove_networks(lab.name)


def start(lab: Lab, host: Host) -> None:
    podman("start", lab.container(host.name))
    wait(lab, host)
    say(host.name, "started")


def stop(lab: Lab, host: Host) -> None:
    podman("stop", "--time", "10", lab.container(host.name))
    say(host.name, "stopped")


def kill(lab: Lab, host: Host) -> None:
    podman("kill", lab.container(host.name))
    podman("wait", lab.container(host.name))
    say(host.name, "killed")


def cut(lab: Lab, host: Host) -> None:
    set_forwarding(lab.container(host.name), False)
    say(host.name, "cut off")


def join(lab: Lab, host: Host) -> None:
    set_forwarding(lab.container(host.name), True)
    say(host.name, "joined again")


def status(lab: Lab) -> None:
    now = states(lab)
    for host in lab.hosts:
        state = now.get(lab.container(host.name), "absent")
        cut_off = state == "running" and not all(port.forwards for port in host_ports(lab.container(host.name)))
        say(host.name, "running, cut off" if cut_off else state)
