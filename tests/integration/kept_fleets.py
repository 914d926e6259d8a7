# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets whose interfaces have a backend other than wg-quick, which made them at the last boot."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.tests.integration.keeping import NETWORK_MANAGER, NETWORKD
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.pinging import eventually


def enable_networkd(fleet, host):
    """On a host whose other links are none of its business: to wait for these would take two minutes."""
    fleet.run(host, "systemctl", "enable", "--quiet", "--now", "systemd-networkd")
    fleet.run(host, "systemctl", "mask", "--quiet", "systemd-networkd-wait-online.service")


class KeptFleet(KernelFleet):
    """Hosts on which the program is enabled."""

    def __init__(self, directory, name, subnet, hosts, variables, image="bookworm-wireguard"):
        images = {host: {**(values or {}), "lab_image": self.image(values, image)} for host, values in hosts.items()}
        super().__init__(directory, name, subnet, images, {**variables, "wireguard_backend": self.keeping.backend}, image)

    def image(self, values, image):
        """Of one host."""
        return (values or {}).get("lab_image", image)

    def settle(self):
        """Boot all hosts again, so that it is the program that made the interfaces."""
        for host in self.underlay:
            self.lab("kill", host)
        self.lab("start", *self.underlay)
        members = [host for host in self.underlay if self.peers(host)]
        assert eventually(lambda: self.unreachable_pairs(members), [], 60) == []


class NetworkdFleet(KeptFleet):
    """Of systemd-networkd."""

    keeping = NETWORKD

    def lab(self, verb, *words):
        """Run a command of the lab; new hosts have systemd-networkd running."""
        super().lab(verb, *words)
        if verb == "up":
            for host in self.underlay:
                enable_networkd(self, host)


class NetworkManagerFleet(KeptFleet):
    """Of NetworkManager."""

    keeping = NETWORK_MANAGER

    def image(self, values, image):
        """With NetworkManager."""
        return super().image(values, image).replace("-wireguard", "-managers")
