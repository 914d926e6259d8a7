# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.reports.versions import versions, versions_text


def entry(host, implementation=None, version=None, tools=None, systemd=None, **values):
    found = {"implementation": implementation, "implementation_version": version, "tools_version": tools}
    return {"host": host, "reached": True, "up": implementation is not None, "systemd_version": systemd, **found, **values}


OLD = ("1.0.20210914", "252")
ALIKE = [entry("alpha", "kernel", None, *OLD), entry("beta", "kernel", None, *OLD)]
MIXED = [
    *ALIKE,
    entry("gamma", "wireguard-go", "0.0.20260522", "1.0.20260223", "262"),
    entry("gamma", "wireguard-go", "0.0.20260522", "1.0.20260223", "262"),  # another interface of the same host
    entry("delta", None, None, None, None),
    {"host": "epsilon", "reached": False},
    {"host": None, "reached": None},
]


def test_hosts_by_version():
    assert versions(MIXED) == {
        "implementation": {"kernel": ["alpha", "beta"], "wireguard-go 0.0.20260522": ["gamma"]},
        "tools": {"1.0.20210914": ["alpha", "beta"], "1.0.20260223": ["gamma"], "unknown": ["delta"]},
        "systemd": {"252": ["alpha", "beta"], "262": ["gamma"], "unknown": ["delta"]},
    }


def test_where_nothing_differs_nothing_is_said():
    assert list(versions_text(versions(ALIKE))) == []
    assert list(versions_text(versions([]))) == []


def test_what_differs_and_what_that_means():
    assert list(versions_text(versions(MIXED))) == [
        "implementation: kernel on alpha, beta; wireguard-go 0.0.20260522 on gamma",
        "tools: 1.0.20210914 on alpha, beta; 1.0.20260223 on gamma; unknown on delta",
        (
            "  the tools of gamma add a prefix to a peer without replacing others (allowed-ips +PREFIX); those of alpha, beta "
            "do not"
        ),
        "  the tools of gamma run PreUp after the interface exists, not before; those of alpha, beta do not",
        "  the tools of gamma clear preshared keys and keepalives that left the file (syncconf); those of alpha, beta do not",
        ("  the tools of gamma derive the MTU from the smallest route to a peer, not the largest; those of alpha, beta do not"),
        "  the tools of gamma keep settings made by PreUp when the file is loaded (addconf); those of alpha, beta do not",
        "  the tools of gamma pass a # in a hook on instead of cutting the hook there; those of alpha, beta do not",
        "systemd: 252 on alpha, beta; 262 on gamma; unknown on delta",
    ]
