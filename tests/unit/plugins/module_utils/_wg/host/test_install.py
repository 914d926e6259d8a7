# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import Decision, Probe, decide
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.platforms import platform_of
from ansible_collections.meshwork.wireguard.tests.unit.support import outcome

KERNEL, USERSPACE, CONTAINER = (True, True), (False, True), (False, False)
TOOLS = ("wg", "wg-quick")
HAS_KERNEL = (
    "refused: {}: this host's kernel has WireGuard, and wg-quick always uses the kernel if it can; set implementation to auto"
)
NO_KERNEL = (
    "refused: kernel: this host cannot create a WireGuard link in its kernel; boot a kernel with WireGuard (Linux 5.6 or "
    "later), or set implementation to auto for a userspace implementation"
)
NO_TUN = (
    "refused: the kernel has no WireGuard, and userspace implementations need /dev/net/tun, which is missing; load the module "
    "tun, or give the container the device /dev/net/tun"
)
NO_BORINGTUN = "refused: boringtun: this host has no boringtun-cli, and no package of it is known; install it by hand"
UNKNOWN = "refused: platform 'Gentoo' is not supported; install {} by hand, then run again"
NO_PACKAGE = "refused: platform 'Rocky' has no package for wireguard-go; install it by hand"


def probe(host, programs, system):
    kernel, tun = host
    platform = platform_of({"ID": {"Debian": "debian", "Rocky": "rhel"}.get(system, system)})
    return Probe(kernel, tun, {name: "/usr/bin/" + name for name in programs}, platform, system)


@pytest.mark.parametrize(
    ("host", "programs", "system", "implementation", "needs", "expected"),
    [
        (KERNEL, TOOLS, "Debian", "auto", [], Decision("kernel", ())),
        (KERNEL, (), "Debian", "auto", [], Decision("kernel", ("wireguard-tools",))),
        (KERNEL, ("wg",), "Debian", "auto", [], Decision("kernel", ("wireguard-tools",))),
        (KERNEL, ("wg-quick",), "Debian", "kernel", [], Decision("kernel", ("wireguard-tools",))),
        (KERNEL, (*TOOLS, "wireguard-go", "boringtun"), "Debian", "auto", [], Decision("kernel", ())),
        (KERNEL, TOOLS, "Debian", "wireguard-go", [], HAS_KERNEL.format("wireguard-go")),
        (KERNEL, TOOLS, "Debian", "boringtun", [], HAS_KERNEL.format("boringtun")),
        (USERSPACE, TOOLS, "Debian", "kernel", [], NO_KERNEL),
        (USERSPACE, (), "Debian", "auto", [], Decision("wireguard-go", ("wireguard-go", "wireguard-tools"))),
        (USERSPACE, TOOLS, "Debian", "wireguard-go", [], Decision("wireguard-go", ("wireguard-go",))),
        (USERSPACE, (*TOOLS, "wireguard-go"), "Debian", "auto", [], Decision("wireguard-go", ())),
        (USERSPACE, (*TOOLS, "boringtun-cli"), "Debian", "auto", [], Decision("boringtun", ())),
        (USERSPACE, (*TOOLS, "boringtun"), "Debian", "boringtun", [], Decision("boringtun", ())),
        (USERSPACE, (*TOOLS, "boringtun", "wireguard-go"), "Debian", "auto", [], Decision("wireguard-go", ())),
        (USERSPACE, (*TOOLS, "boringtun", "wireguard-go"), "Debian", "boringtun", [], Decision("boringtun", ())),
        (USERSPACE, TOOLS, "Debian", "boringtun", [], NO_BORINGTUN),
        (CONTAINER, TOOLS, "Debian", "auto", [], NO_TUN),
        (CONTAINER, TOOLS, "Debian", "wireguard-go", [], NO_TUN),
        (CONTAINER, TOOLS, "Debian", "none", [], Decision("none", ())),
        (CONTAINER, (), "Debian", "none", [], Decision("none", ("wireguard-tools",))),
        (USERSPACE, TOOLS, "Rocky", "auto", [], NO_PACKAGE),
        (USERSPACE, (*TOOLS, "wireguard-go"), "Rocky", "auto", [], Decision("wireguard-go", ())),
        (KERNEL, TOOLS, "Debian", "auto", ["dns", "full_tunnel"], Decision("kernel", ("nftables", "openresolv"))),
        (KERNEL, (*TOOLS, "resolvconf", "nft"), "Debian", "auto", ["dns", "full_tunnel"], Decision("kernel", ())),
        (KERNEL, (*TOOLS, "iptables-restore"), "Debian", "auto", ["full_tunnel"], Decision("kernel", ())),
        (KERNEL, TOOLS, "Rocky", "auto", ["dns"], Decision("kernel", ("systemd-resolved",))),
        (KERNEL, TOOLS, "Gentoo", "auto", [], Decision("kernel", ())),
        (KERNEL, (), "Gentoo", "auto", [], UNKNOWN.format("wg and wg-quick")),
        (USERSPACE, TOOLS, "Gentoo", "auto", [], UNKNOWN.format("wireguard-go")),
        (KERNEL, TOOLS, "Gentoo", "auto", ["dns"], UNKNOWN.format("resolvconf")),
        (KERNEL, TOOLS, "Gentoo", "auto", ["full_tunnel"], UNKNOWN.format("nft or iptables-restore")),
    ],
)
def test_decide(host, programs, system, implementation, needs, expected):
    assert outcome(decide, probe(host, programs, system), implementation, needs) == expected
