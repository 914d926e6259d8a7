# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a lab: its key, its configuration of ssh, and what each host finds at /run/lab."""

from __future__ import annotations

import shutil
from pathlib import Path

from lablib.inventory import Host, Lab
from lablib.kernel.network import Link, links
from lablib.machine import STATE, run

LOOPBACK = "127.0.0.1 localhost\n::1 localhost\n"


def lab_folder(lab: Lab) -> Path:
    return STATE / "kernel" / lab.name


def host_folder(lab: Lab, host: Host) -> Path:
    return lab_folder(lab) / "hosts" / host.name


def private_key(lab: Lab) -> Path:
    return lab_folder(lab) / "key"


def disk(lab: Lab, host: Host) -> Path:
    """What the host wrote over the root file system that all share."""
    return host_folder(lab, host) / "disk"


def log(lab: Lab, host: Host) -> Path:
    return host_folder(lab, host) / "log"


def given(lab: Lab, host: Host) -> Path:
    return host_folder(lab, host) / "given"


def create_lab_folder(lab: Lab) -> None:
    lab_folder(lab).mkdir(mode=0o700, parents=True, exist_ok=True)
    if not private_key(lab).exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"lab {lab.name}", "-f", str(private_key(lab)))


def remove_lab_folder(lab: Lab) -> None:
    shutil.rmtree(lab_folder(lab), ignore_errors=True)


def write_given(lab: Lab, host: Host) -> None:
    """What the host's lab.service reads at each start; see kernel/build-root."""
    folder = given(lab, host)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(private_key(lab).with_suffix(".pub"), folder / "authorized_keys")
    (folder / "hosts").write_text(LOOPBACK + names(lab), encoding="utf-8")
    (folder / "start").write_text(start_script(links(lab, host), host.wireguard), encoding="utf-8")


def names(lab: Lab) -> str:
    """Hosts find one another by their first addresses."""
    first = {host.name: links(lab, host)[1].address for host in lab.hosts}
    return "".join(f"{address.partition('/')[0]} {name}\n" for name, address in first.items() if address)


def start_script(found: list[Link], wireguard: bool) -> str:
    lines = ["cp /run/lab/hosts /etc/hosts"]
    if not wireguard:  # it is in the kernel and did not begin; wg-quick takes its folder for a sign of it all the same
        lines.append("mount -t tmpfs -o mode=755 none /sys/module")
    for index, link in enumerate(found):
        lines.append(f"ip link set dev vec{index} name {link.name}")
        if not link.address:  # ssh need not wait for the check that nobody else has its address
            lines.append(f"echo 0 >/proc/sys/net/ipv6/conf/{link.name}/accept_dad")
        lines.append(f"ip link set dev {link.name} up")
        if link.address:
            lines.append(f"ip address add {link.address} dev {link.name}")
        if link.gateway:
            lines.append(f"ip route add default via {link.gateway}")
    return "\n".join(lines) + "\n"
