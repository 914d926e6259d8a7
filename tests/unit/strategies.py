# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypothesis strategies for whole values."""

from __future__ import annotations

import base64

from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.addresses import Endpoint, sort_prefixes
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import NAME
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import is_plain

keys = st.binary(min_size=32, max_size=32).map(lambda raw: base64.b64encode(raw).decode())
_characters = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\\").filter(is_plain)
lines = st.text(_characters, min_size=1, max_size=30).map(str.strip).filter(bool)
names = st.from_regex(NAME[: NAME.index("{")] + "{0,20}", fullmatch=True)
commands = lines.map(lambda text: text.replace("#", "").strip()).filter(bool)
ips = st.ip_addresses().map(str)


def _with_length(ip, length):
    return "{}/{}".format(ip, length if ":" in ip else length % 33)


interface_addresses = st.builds(_with_length, ips, st.integers(0, 128))
networks = st.one_of(
    st.sampled_from(["0.0.0.0/0", "::/0", "10.8.0.0/24", "10.8.0.2/32", "fd00:8::/64"]),
    st.integers(0, 2**16 - 1).map(lambda n: f"10.{n >> 8}.{n & 255}.0/24"),
    ips.map(lambda ip: ip + ("/128" if ":" in ip else "/32")),
)
endpoints = st.builds(
    lambda host, port: str(Endpoint(host, port)),
    st.one_of(ips, st.sampled_from(["vpn.example.org", "hub", "fe80::1%eth0"])),
    st.integers(1, 65535),
)
peers = st.builds(
    Peer,
    public_key=keys,
    preshared_key=st.none() | keys,
    allowed_ips=st.lists(networks, max_size=4).map(sort_prefixes),
    endpoint=st.none() | endpoints,
    keepalive=st.integers(0, 65535),
    name=st.none() | lines,
    follows=st.none() | keys,
    next_preshared_key=st.none() | keys,
)


def _several(items):
    return st.lists(items, max_size=3, unique=True).map(tuple)


_hooks = st.lists(commands, max_size=3).map(tuple)
configs = st.builds(
    Config,
    private_key=st.none() | keys,
    addresses=_several(interface_addresses),
    port=st.none() | st.integers(0, 65535),
    fwmark=st.none() | st.just(0) | st.integers(0, 2**32 - 1),
    mtu=st.none() | st.integers(576, 65535),
    table=st.sampled_from(["auto", "off", "main", "51820", "my-table.1"]),
    dns=_several(st.one_of(ips, st.sampled_from(["example.org", "corp", "fe80::1%eth0"]))),
    hooks=st.builds(Hooks, pre_up=_hooks, post_up=_hooks, pre_down=_hooks, post_down=_hooks),
    save_config=st.booleans(),
    peers=st.lists(peers, max_size=4).map(tuple),
)
