# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations as the collection takes them and as people write them, and pieces of scripts."""

from __future__ import annotations

import base64
import os

from ansible_collections.meshwork.wireguard.tests.integration.tools.machines import KEY_FILE


def random_key():
    return base64.b64encode(os.urandom(32)).decode()


BETA, GAMMA = sorted(random_key() for _index in range(2))


def peer(key, *allowed, **values):
    return {"public_key": key, "allowed_ips": list(allowed), **values}


def config(*peers, **values):
    return {"mtu": 1420, "peers": list(peers), **values}


def file(name, *lines):
    """A script that writes a configuration for wg-quick with the host's key."""
    text = "\\n".join(["[Interface]", f"PrivateKey = $(cat {KEY_FILE})", *lines])
    return f'printf "{text}\\n" >/etc/wireguard/{name}.conf\n'


def section(key, *lines):
    return ["[Peer]", f"PublicKey = {key}", *lines]


def made(name, *words):
    """A script that makes an interface and sets it."""
    return f"make {name}; wg set {name} {' '.join(words)}\n"
