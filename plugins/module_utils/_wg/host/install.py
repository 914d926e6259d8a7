# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The implementation that a host uses, and the packages that it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, Sequence

from .platforms import Platform

PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "wireguard-go": ("wireguard-go",),
    "boringtun": ("boringtun-cli", "boringtun"),
    "dns": ("resolvconf",),
    "full_tunnel": ("nft", "iptables-restore"),
    "vrrp": ("keepalived",),
    "shared_key": ("age",),
    "bgp": ("bird",),
    "firewall": ("nft",),
    "resolver": ("dnsmasq",),
}
"""Programs that provide an implementation or a need; one of them is enough."""
NEEDS = tuple(name for name in PROGRAMS if name not in ("wireguard-go", "boringtun"))


class CannotInstall(ValueError):
    """The requested software is not available on this host. The message contains the reason and the remedy."""


@dataclass(frozen=True)
class Probe:
    """``kernel``: the host can create a WireGuard link. ``tun``: it has /dev/net/tun. ``programs``: name -> path."""

    kernel: bool
    tun: bool
    programs: Mapping[str, str]
    platform: Platform | None
    platform_name: str

    def has(self, what: str) -> bool:
        """Whether one of the programs for it is installed."""
        return any(name in self.programs for name in PROGRAMS.get(what, (what,)))


@dataclass(frozen=True)
class Decision:
    """The implementation the host will use, and the packages it lacks, sorted."""

    implementation: str
    missing: tuple[str, ...]


def decide(probe: Probe, implementation: str, needs: Sequence[str]) -> Decision:
    """Choose the implementation and name the packages that are missing.

    :param implementation: ``auto``, ``kernel``, ``wireguard-go``, ``boringtun``, or ``none`` for the tools alone.
    :param needs: of ``NEEDS``.
    :raises CannotInstall: the choice or a package is not available on the host.
    """
    chosen = _implementation(probe, implementation)
    lacking: list[str] = []
    if not (probe.has("wg") and probe.has("wg-quick")):
        lacking.append("tools")
    if chosen == "wireguard-go" and not probe.has("wireguard-go"):
        lacking.append("userspace")
    lacking += [need for need in needs if not probe.has(need)]
    return Decision(chosen, tuple(sorted(_package(probe, what) for what in lacking)))


def _implementation(probe: Probe, wanted: str) -> str:
    if wanted == "none":
        return "none"
    if probe.kernel:
        if wanted in ("auto", "kernel"):
            return "kernel"
        raise CannotInstall(
            f"{wanted}: this host's kernel has WireGuard, and wg-quick always uses the kernel if it can; set implementation to "
            "auto"
        )
    if wanted == "kernel":
        raise CannotInstall(
            "kernel: this host cannot create a WireGuard link in its kernel; boot a kernel with WireGuard (Linux 5.6 or "
            "later), or set implementation to auto for a userspace implementation"
        )
    if not probe.tun:
        raise CannotInstall(
            "the kernel has no WireGuard, and userspace implementations need /dev/net/tun, which is missing; load the module "
            "tun, or give the container the device /dev/net/tun"
        )
    if wanted == "boringtun" and not probe.has("boringtun"):
        raise CannotInstall("boringtun: this host has no boringtun-cli, and no package of it is known; install it by hand")
    if wanted == "auto":
        return "boringtun" if probe.has("boringtun") and not probe.has("wireguard-go") else "wireguard-go"
    return wanted


def _package(probe: Probe, what: str) -> str:
    programs = "wg and wg-quick" if what == "tools" else "wireguard-go" if what == "userspace" else " or ".join(PROGRAMS[what])
    if probe.platform is None:
        raise CannotInstall(f"platform '{probe.platform_name}' is not supported; install {programs} by hand, then run again")
    package: str | None = getattr(probe.platform, what)
    if package is None:
        raise CannotInstall(f"platform '{probe.platform_name}' has no package for {programs}; install it by hand")
    return package
