# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet of two machines with Debian's own kernel, emulated by QEMU, which works everywhere and takes its time."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

from ansible_collections.meshwork.wireguard.tests.integration.fleet import LAB
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet

BUILD = LAB / "qemu/build"
CACHE = Path("/var/cache/meshwork-lab")
BOOT_TIMEOUT = 400


def built():
    """The folder of kernel and root file system, made once for each content of the script that makes it."""
    folder = CACHE / f"qemu-{hashlib.sha256(BUILD.read_bytes()).hexdigest()[:12]}"
    if not folder.exists():
        making = CACHE / f"making-qemu-{os.getpid()}"
        making.mkdir(mode=0o700, parents=True)
        try:
            subprocess.run([BUILD, making], check=True)
            making.rename(folder)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class QemuFleet(KernelFleet):
    """Two hosts. Their network is a connection between both processes; ssh comes in over the loopback."""

    @property
    def ssh_config(self):
        """In the fleet's directory."""
        return f"{self.directory}/ssh_config"

    def lab(self, verb, *words):
        """``up`` and ``down``; nothing else is asked of these hosts."""
        assert verb in ("up", "down"), (verb, words)
        self._down()
        if verb == "up":
            self._up()

    def _down(self):
        for process in getattr(self, "_processes", {}).values():
            process.terminate()
            process.wait(timeout=30)
        self._processes = {}

    def _up(self):
        folder, between = built(), _free_port()
        key = self.directory / "key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        public = key.with_suffix(".pub").read_text(encoding="utf-8").split()[1]
        ports = {host: _free_port() for host in self.underlay}
        Path(self.ssh_config).write_text("".join(self._entry(host, port, key) for host, port in ports.items()), encoding="utf-8")
        for index, (host, address) in enumerate(self.underlay.items()):
            said = f"systemd.hostname={host} lab.address={address}/24 lab.key={public}"
            link = f"listen=127.0.0.1:{between}" if index == 0 else f"connect=127.0.0.1:{between}"
            command = [
                "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-cpu", "max",
                "-m", "512", "-nographic", "-no-reboot", "-serial", f"file:{self.directory}/{host}.log", "-monitor", "none",
                "-kernel", f"{folder}/vmlinuz", "-initrd", f"{folder}/initrd",
                "-append", f"root=/dev/vda rw console=ttyS0 net.ifnames=0 {said}",
                "-drive", f"file={folder}/root,format=raw,if=virtio,snapshot=on",
                "-netdev", f"user,id=ssh,restrict=on,hostfwd=tcp:127.0.0.1:{ports[host]}-:22",
                "-device", f"virtio-net-pci,netdev=ssh,mac=52:54:00:00:01:{index + 1:02x}",
                "-netdev", f"socket,id=underlay,{link}",
                "-device", f"virtio-net-pci,netdev=underlay,mac=52:54:00:00:02:{index + 1:02x}",
            ]  # fmt: skip
            self._processes[host] = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        for host in self.underlay:
            self._wait(host)

    def _entry(self, host, port, key):
        return (
            f"Host {self.name}-{host}\n  HostName 127.0.0.1\n  Port {port}\n  User root\n  IdentityFile {key}\n"
            "  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
            "  ConnectTimeout 20\n"
        )

    def _wait(self, host):
        end = time.monotonic() + BOOT_TIMEOUT
        while not self._answers(host):
            if time.monotonic() > end or self._processes[host].poll() is not None:
                log = (self.directory / f"{host}.log").read_text(encoding="utf-8", errors="replace")
                raise RuntimeError(f"{host} is not up; its console ends with:\n{log[-3000:]}")
            time.sleep(2)

    def _answers(self, host):
        command = ["ssh", "-F", self.ssh_config, f"{self.name}-{host}", "true"]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
