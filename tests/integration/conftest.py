# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests of a module."""

from __future__ import annotations

import platform

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import labs

_NEEDS_X86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="User-Mode Linux needs an x86-64 machine")


@pytest.fixture(scope="module", params=[Fleet, pytest.param(KernelFleet, marks=_NEEDS_X86)], ids=["containers", "kernels"])
def kind(request):
    """Both kinds of hosts, for what differs between the kernel's WireGuard and one in userspace."""
    return request.param


def pytest_collection_modifyitems(items):
    """Long are the container halves of what is tested on both kinds of hosts, and the facts about the tools."""
    for item in items:
        kind = item.callspec.params.get("kind") if hasattr(item, "callspec") else None
        on_containers = kind in (Fleet, "containers") or "containers" in item.fixturenames
        if on_containers or item.path.parent.name == "tools":
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="module")
def make_fleet(tmp_path_factory):
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image, kind of fleet."""
    with labs(tmp_path_factory.mktemp) as make:
        yield make
