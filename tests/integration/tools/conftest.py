# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts on which the facts about WireGuard's tools are tried."""

from __future__ import annotations

import platform

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import labs
from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import CONTAINERS, KERNELS, Machines


@pytest.fixture(scope="package")
def machines(tmp_path_factory):
    """All the hosts, up."""
    if platform.machine() != "x86_64":
        pytest.skip("User-Mode Linux needs an x86-64 machine")
    with labs(tmp_path_factory.mktemp) as make:
        containers = make({host: {"lab_image": f"{host}-wireguard"} for host in CONTAINERS})
        kernels = make({host: {"lab_image": f"{host.removeprefix('kernel-')}-wireguard"} for host in KERNELS}, kind=KernelFleet)
        yield Machines(tmp_path_factory.mktemp("machines"), containers, kernels)
