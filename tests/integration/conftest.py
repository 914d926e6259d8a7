# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Labs for the tests of a module."""

from __future__ import annotations

import functools

import pytest

from ansible_collections.meshwork.wireguard.tests.integration.fleet import Fleet
from ansible_collections.meshwork.wireguard.tests.integration.kept_fleets import NetworkdFleet, NetworkManagerFleet
from ansible_collections.meshwork.wireguard.tests.integration.kernel_fleet import KernelFleet, MixedFleet
from ansible_collections.meshwork.wireguard.tests.integration.labs import labs, needs_x86


@pytest.fixture(scope="module", params=[Fleet, pytest.param(KernelFleet, marks=needs_x86)], ids=["containers", "kernels"])
def kind(request):
    """Both kinds of hosts, for what differs between the kernel's WireGuard and one in userspace."""
    return request.param


_KINDS = {
    "containers": Fleet,
    "kernels": KernelFleet,
    "mixed": MixedFleet,
    "networkd": NetworkdFleet,
    "NetworkManager": NetworkManagerFleet,
}

_NAMES = {kind: name for name, kind in _KINDS.items()}


@pytest.fixture(
    scope="module", params=["containers", *(pytest.param(kind, marks=needs_x86) for kind in list(_KINDS)[1:])], ids=list(_KINDS)
)
def kept_kind(request):
    """Both kinds of hosts with wg-quick, a mix of both, and the other backends."""
    return _KINDS[request.param]


_ON_CONTAINERS = {"drift", "inside", "isolation", "many_peers", "no_loss", "preshared_keys", "revocation", "rollback"}
"""Of these, `make test` runs the half on containers, which takes less of the processor."""

_COUNTING = {"bgp", "import", "rotation", "vrrp"}

_LONGEST = (
    *(
        "slices",
        "drift",
        "no_loss",
        "inside",
        "rollback",
        "without_systemd",
        "isolation",
        "vrrp",
        "bgp",
        "backends",
        "host_names",
    ),
    *("firewall", "live_changes", "many_peers", "removal", "partial_runs", "import", "preshared_keys", "revocation"),
)
"""They begin first: one that began last would go on alone."""


def pytest_collection_modifyitems(items):
    """Mark what is long: one half of what is tested on both kinds of hosts, what is tested again with other programs than
    wg-quick, and the facts about the tools.
    """
    for item in items:
        params = item.callspec.params if hasattr(item, "callspec") else {}
        name = item.path.stem.removeprefix("test_")
        usual = "containers" if name in _ON_CONTAINERS else "kernels"
        kind = params.get("kind", usual)
        again = _NAMES.get(kind, kind) != usual or params.get("kept_kind", usual) != usual
        on_containers_too = "containers" in item.fixturenames and usual == "kernels"
        if again or on_containers_too or item.path.parent.name == "tools":
            item.add_marker(pytest.mark.long)
        if name in _COUNTING:
            item.add_marker(pytest.mark.counting)
    order = {name: number for number, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: order.get(item.path.stem.removeprefix("test_"), len(order)))


@pytest.fixture(scope="module")
def make_of_kind(tmp_path_factory, kind):
    """As ``make_fleet``, of one kind; the hosts of a kind are gone before those of the next are made."""
    with labs(tmp_path_factory.mktemp) as make:
        yield functools.partial(make, kind=kind)


@pytest.fixture(scope="module")
def make_of_kept_kind(tmp_path_factory, kept_kind):
    """As ``make_of_kind``."""
    with labs(tmp_path_factory.mktemp) as make:
        yield functools.partial(make, kind=kept_kind)


@pytest.fixture(scope="module")
def make_fleet(tmp_path_factory):
    """Give a function that starts a lab: hosts (name -> variables), variables of the network, image, kind of fleet."""
    with labs(tmp_path_factory.mktemp) as make:
        yield make
