# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real tools take what the collection writes, and mean the same by it."""

from __future__ import annotations

import base64
import random
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer, check_applicable
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.live.dump import parse_dump

CONFIGS = 60
SET = "cat >/tmp/probe.conf && wg-quick strip /tmp/probe.conf >/tmp/stripped && wg setconf probe /tmp/stripped && "


def some_config(seed):
    """A configuration that uses any part of the shape; the same for the same number."""
    chance = random.Random(seed)

    def key():
        return base64.b64encode(chance.randbytes(32)).decode()

    def maybe(value):
        return value if chance.random() < 0.6 else None

    def peer(index):
        v4 = [f"10.{index}.{chance.randrange(256)}.0/24", f"172.16.{index}.{chance.randrange(256)}/32"]
        v6 = [f"fd00:{index + 1:x}::/64", f"fd01::{index + 1:x}/128"]
        return Peer(
            public_key=key(),
            preshared_key=maybe(key()),
            allowed_ips=tuple(prefix for prefix in (*v4, *v6) if chance.random() < 0.5),
            endpoint=chance.choice([None, "192.0.2.7:51820", "[2001:db8::7]:1"]),
            keepalive=chance.choice([0, 1, 25, 65535]),
            name=maybe(f"peer {index}"),
        )

    return Config(
        private_key=key(),
        addresses=chance.choice([(), ("10.8.0.1/24",), ("10.8.0.1/24", "fd00:8::1/64")]),
        port=maybe(chance.randrange(1, 65536)),
        fwmark=chance.choice([None, 0, 1, 0xFFFFFFFF]),
        mtu=maybe(chance.randrange(1280, 1500)),
        table=chance.choice(["auto", "off", "51820"]),
        dns=chance.choice([(), ("192.0.2.53", "example.org")]),
        hooks=Hooks(post_up=("ip rule show; true",), pre_down=("echo %i", "true")),
        peers=tuple(peer(index) for index in range(chance.randrange(5))),
    )


@pytest.fixture(scope="module")
def device(make_fleet):
    """A host with an interface `probe` that belongs to nobody else."""
    fleet = make_fleet({"alpha": None}, image="bookworm-wireguard")
    fleet.run("alpha", "wireguard-go", "probe")
    return fleet


def test_wg_setconf_accepts_and_means_the_same(device):
    for seed in range(CONFIGS):
        config = some_config(seed)
        check_applicable(config)
        text = render_conf(config)
        live = parse_dump(device.run("alpha", "sh", "-c", SET + "wg show probe dump", stdin=text))
        if config.port is not None:
            assert live.port == config.port
        assert live.fwmark == (config.fwmark or 0)
        found = {Peer(p.public_key, p.preshared_key, p.allowed_ips, p.endpoint, p.keepalive) for p in live.peers.values()}
        assert found == {replace(peer, name=None) for peer in config.peers}, text


def test_from_conf_reads_what_wg_shows(device):
    for seed in range(0, CONFIGS, 10):
        config = some_config(seed)
        device.run("alpha", "sh", "-c", SET + "true", stdin=render_conf(config))
        shown = parse_conf(device.run("alpha", "wg", "showconf", "probe"))
        assert set(shown.peers) == {replace(peer, name=None) for peer in config.peers}
