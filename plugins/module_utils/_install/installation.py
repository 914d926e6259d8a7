# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of installation without a package manager: examine the host, decide, and configure wg-quick's implementation."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.probe import probe, version_of
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import PROGRAMS, CannotInstall, Probe, decide

_DROP_IN = f"{UNITS}/wg-quick@.service.d/50-meshwork-implementation.conf"
_DROP_IN_TEXT = "[Service]\nEnvironment=WG_QUICK_USERSPACE_IMPLEMENTATION=%s\n"


class Installation:
    """WireGuard's software on one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def presence(self, implementation: str, needs: Sequence[str], latest: bool, check_mode: bool) -> dict[str, Any]:
        """Report missing packages, and write the unit's drop-in if wg-quick would not find the implementation on its own.

        :raises CannotInstall: the host does not support the choice.
        """
        seen = probe(self._host)
        decision = decide(seen, implementation, needs)
        packages = list(decision.missing)
        if latest and seen.platform is not None:
            packages += [seen.platform.tools] if seen.platform.tools not in packages else []
        changed = self._write_drop_in(_special(seen, decision.implementation), check_mode)
        return dict(
            self._report(seen, decision.implementation, packages), changed=changed, implementation=decision.implementation
        )

    def removal(self, check_mode: bool) -> dict[str, Any]:
        """The packages to remove.

        :raises CannotInstall: an interface is still up, or packages must be removed from an unknown platform.
        """
        seen = probe(self._host)
        packages: list[str] = []
        if seen.has("wg"):
            up = self._host.run(["wg", "show", "interfaces"], check=False).out.split()
            if up:
                raise CannotInstall(f"interface {up[0]} is still up; remove it first (interface: state: absent)")
            if seen.platform is None:
                raise CannotInstall(f"platform '{seen.platform_name}' is not known here; remove the packages by hand")
            packages.append(seen.platform.tools)
        if seen.platform is not None and seen.platform.userspace and seen.has("wireguard-go"):
            packages.append(seen.platform.userspace)
        return dict(self._report(seen, "none", packages), changed=self._write_drop_in(None, check_mode))

    def _report(self, seen: Probe, implementation: str, packages: list[str]) -> dict[str, Any]:
        program = next((n for n in PROGRAMS.get(implementation, ()) if n in seen.programs), None)
        return {
            "kernel": seen.kernel,
            "tools_version": version_of(self._host, seen.programs.get("wg")),
            "userspace_version": version_of(self._host, program and seen.programs[program]),
            "packages": sorted(packages),
            "manager": seen.platform.manager if seen.platform else None,
            "hint": seen.platform.hint if seen.platform else "",
        }

    def _write_drop_in(self, program: str | None, check_mode: bool) -> bool:
        wanted = _DROP_IN_TEXT % program if program else None
        if self._host.read(_DROP_IN) == wanted:
            return False
        if not check_mode:
            if wanted is None:
                self._host.remove(_DROP_IN)
            else:
                self._host.write(_DROP_IN, wanted, mode=0o644)
            self._host.run(["systemctl", "daemon-reload"])
        return True


def _special(seen: Probe, implementation: str) -> str | None:
    """The program to configure for wg-quick; it finds wireguard-go on its own (wg-quick(8))."""
    if implementation != "boringtun":
        return None
    return next(name for name in PROGRAMS["boringtun"] if name in seen.programs)
