# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.changes import (
    AddressAdded,
    AddressRemoved,
    AllowedIpsChanged,
    EndpointChanged,
    EndpointNameChanged,
    FwmarkChanged,
    HostChange,
    KeepaliveChanged,
    MtuChanged,
    PeerAdded,
    PeerRemoved,
    PortChanged,
    PrefixMoved,
    PresharedKeyChanged,
    PrivateKeyChanged,
    RestartNeeded,
    RouteAdded,
    RouteRemoved,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, shorthand

SECRET = key("secret")
BETA = Peer(key("beta"), SECRET, ("10.8.0.2/32", "fd00:8::2/128"), "203.0.113.2:51820", 25, "beta")
GAMMA = Peer(key("gamma"), name="gamma")
BARE = Peer(key("bare"))
B, X = shorthand("beta"), shorthand("bare")
WHO = {"peer": "beta", "public_key": key("beta")}


@pytest.mark.parametrize(
    ("change", "line", "public"),
    [
        (
            PeerAdded(BETA),
            (
                f"+ peer beta ({B}): AllowedIPs 10.8.0.2/32, fd00:8::2/128, endpoint 203.0.113.2:51820, keepalive 25 s, "
                "with a preshared key"
            ),
            dict(
                WHO,
                kind="peer_added",
                allowed_ips=["10.8.0.2/32", "fd00:8::2/128"],
                endpoint="203.0.113.2:51820",
                keepalive=25,
            ),
        ),
        (
            PeerAdded(BARE),
            f"+ peer {X}: AllowedIPs none",
            {
                "kind": "peer_added",
                "peer": None,
                "public_key": key("bare"),
                "allowed_ips": [],
                "endpoint": None,
                "keepalive": 0,
            },
        ),
        (PeerRemoved(BETA), f"- peer beta ({B})", dict(WHO, kind="peer_removed")),
        (
            AllowedIpsChanged(BETA, ("10.8.0.2/32",), ("10.8.0.9/32", "10.9.0.0/24")),
            f"~ peer beta ({B}): AllowedIPs +10.8.0.2/32, -10.8.0.9/32, -10.9.0.0/24",
            dict(WHO, kind="allowed_ips_changed", added=["10.8.0.2/32"], removed=["10.8.0.9/32", "10.9.0.0/24"]),
        ),
        (
            PrefixMoved("10.77.0.0/16", BETA, GAMMA),
            "~ prefix 10.77.0.0/16: beta -> gamma",
            {
                "kind": "prefix_moved",
                "prefix": "10.77.0.0/16",
                "from_peer": "beta",
                "from_public_key": key("beta"),
                "to_peer": "gamma",
                "to_public_key": key("gamma"),
            },
        ),
        (
            PrefixMoved("10.77.0.0/16", BARE, BETA),
            f"~ prefix 10.77.0.0/16: {X} -> beta",
            {
                "kind": "prefix_moved",
                "prefix": "10.77.0.0/16",
                "from_peer": None,
                "from_public_key": key("bare"),
                "to_peer": "beta",
                "to_public_key": key("beta"),
            },
        ),
        (
            EndpointChanged(BETA, None, "203.0.113.2:51820"),
            f"~ peer beta ({B}): endpoint none -> 203.0.113.2:51820",
            dict(WHO, kind="endpoint_changed", before=None, after="203.0.113.2:51820"),
        ),
        (
            EndpointChanged(BETA, "203.0.113.9:1", "203.0.113.2:51820"),
            f"~ peer beta ({B}): endpoint 203.0.113.9:1 -> 203.0.113.2:51820",
            dict(WHO, kind="endpoint_changed", before="203.0.113.9:1", after="203.0.113.2:51820"),
        ),
        (
            EndpointNameChanged(BETA, None, "hub.example:1"),
            f"~ peer beta ({B}): DNS endpoint none -> hub.example:1",
            dict(WHO, kind="endpoint_name_changed", before=None, after="hub.example:1"),
        ),
        (
            EndpointNameChanged(BETA, "hub.example:1", None),
            f"~ peer beta ({B}): DNS endpoint hub.example:1 -> none",
            dict(WHO, kind="endpoint_name_changed", before="hub.example:1", after=None),
        ),
        (
            KeepaliveChanged(BETA, 0, 25),
            f"~ peer beta ({B}): keepalive 0 s -> 25 s",
            dict(WHO, kind="keepalive_changed", before=0, after=25),
        ),
        (
            PresharedKeyChanged(BETA, "replaced"),
            f"~ peer beta ({B}): preshared key replaced",
            dict(WHO, kind="preshared_key_changed", action="replaced"),
        ),
        (
            PrivateKeyChanged(None, key("own")),
            f"~ own public key none -> {shorthand('own')}",
            {"kind": "private_key_changed", "before": None, "after": key("own")},
        ),
        (
            PrivateKeyChanged(key("old"), key("own")),
            f"~ own public key {shorthand('old')} -> {shorthand('own')}",
            {"kind": "private_key_changed", "before": key("old"), "after": key("own")},
        ),
        (PortChanged(1, 2), "~ port 1 -> 2", {"kind": "port_changed", "before": 1, "after": 2}),
        (FwmarkChanged(0, 51820), "~ fwmark 0 -> 51820", {"kind": "fwmark_changed", "before": 0, "after": 51820}),
        (MtuChanged(1420, 1380), "~ MTU 1420 -> 1380", {"kind": "mtu_changed", "before": 1420, "after": 1380}),
        (AddressAdded("10.8.0.1/24"), "+ address 10.8.0.1/24", {"kind": "address_added", "value": "10.8.0.1/24"}),
        (AddressRemoved("10.8.0.1/24"), "- address 10.8.0.1/24", {"kind": "address_removed", "value": "10.8.0.1/24"}),
        (RouteAdded("10.9.0.0/24"), "+ route 10.9.0.0/24", {"kind": "route_added", "value": "10.9.0.0/24"}),
        (RouteRemoved("10.9.0.0/24"), "- route 10.9.0.0/24", {"kind": "route_removed", "value": "10.9.0.0/24"}),
        (
            RestartNeeded("hooks"),
            "~ hooks changes: the interface is restarted",
            {"kind": "restart_needed", "setting": "hooks"},
        ),
        (HostChange("file", "created"), "+ file: created", {"kind": "host", "what": "file", "action": "created"}),
        (HostChange("file", "changed"), "~ file: changed", {"kind": "host", "what": "file", "action": "changed"}),
        (HostChange("interface", "started"), "+ interface: started", {"kind": "host", "what": "interface", "action": "started"}),
        (HostChange("interface", "stopped"), "- interface: stopped", {"kind": "host", "what": "interface", "action": "stopped"}),
        (HostChange("unit", "enabled"), "~ unit: enabled", {"kind": "host", "what": "unit", "action": "enabled"}),
    ],
)
def test_change(change, line, public):
    assert change.describe() == line
    assert change.public() == public
    assert json.loads(json.dumps(change.public())) == public
    assert change.restarts is isinstance(change, RestartNeeded)
    assert SECRET not in f"{change} {change!r} {line} {public}"
