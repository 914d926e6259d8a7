# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever text stands in whichever field: a renderer refuses it with the field's name, or it is read back as that text.

The real programs read such files in `tests/integration/test_renderers.py`.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import NO_HOOKS, Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.foreign_files import described
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.network_manager_files import network_manager_files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.formats.networkd_files import networkd_files
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.bird import render_bird
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.keepalived import render_keepalived
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import parse_interface
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.containers import container_networks
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.firewall import firewalls
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.network import Network, Node
from ansible_collections.meshwork.wireguard.tests.unit.strange import GOOD, SIGNS, strange_texts
from ansible_collections.meshwork.wireguard.tests.unit.support import key

texts = st.one_of(
    st.text(max_size=20),
    st.text(SIGNS, max_size=6),
    st.builds(
        lambda good, sign, rest: good + sign + rest, st.sampled_from(GOOD), st.sampled_from(SIGNS), st.sampled_from(["", "x"])
    ),
    st.sampled_from(strange_texts()),
)

PEER = Peer(key("beta"), None, ("10.8.0.2/32",), "203.0.113.2:51820", 25, "beta")
BASE = Config(key("own"), ("10.8.0.1/24",), 51820, 7, 1420, peers=(PEER,))
FIELDS = {
    "private_key": ("PrivateKey", lambda text: replace(BASE, private_key=text)),
    "addresses": ("Address", lambda text: replace(BASE, addresses=(text,))),
    "table": ("Table", lambda text: replace(BASE, table=text)),
    "dns": ("DNS", lambda text: replace(BASE, dns=(text,))),
    "pre_up": ("PreUp", lambda text: replace(BASE, hooks=Hooks(pre_up=(text,)))),
    "post_down": ("PostDown", lambda text: replace(BASE, hooks=Hooks(post_down=(text,)))),
    "public_key": ("PublicKey", lambda text: replace(BASE, peers=(replace(PEER, public_key=text),))),
    "preshared_key": ("PresharedKey", lambda text: replace(BASE, peers=(replace(PEER, preshared_key=text),))),
    "allowed_ips": ("AllowedIPs", lambda text: replace(BASE, peers=(replace(PEER, allowed_ips=(text,)),))),
    "endpoint": ("Endpoint", lambda text: replace(BASE, peers=(replace(PEER, endpoint=text),))),
    "name": ("Name", lambda text: replace(BASE, peers=(replace(PEER, name=text),))),
}


def refused(render, value, word):
    """What was rendered; None where it was refused with the field's name."""
    try:
        return render(value)
    except ValueError as error:
        if not re.match(rf"({word})\b", str(error)):
            raise
        return None


@pytest.mark.parametrize("field", FIELDS)
@given(text=texts)
def test_wg_quick(field, text):
    word, made = FIELDS[field]
    config = made(text)
    found = refused(render_conf, config, word)
    assert found is None or parse_conf(found) == config


def networkd(config):
    return {file.name: file.text for file in networkd_files("wg0", config, "05-wg0", "/etc/systemd/network", "/etc/x.conf")}


def network_manager(config):
    return {file.name: file.text for file in network_manager_files("wg0", config, "05-wg0", "/etc/x.conf")}


@pytest.mark.parametrize("field", ["private_key", "addresses", "public_key", "preshared_key", "allowed_ips", "endpoint", "name"])
@given(text=texts)
def test_networkd(field, text):
    word, made = FIELDS[field]
    config = made(text)
    files = refused(networkd, config, word)
    if files is not None:
        (found,) = described(files)
        nameless = tuple(replace(peer, name=None) for peer in config.peers)
        assert files["05-wg0.key"] == f"{config.private_key}\n"
        assert replace(found.foreign.config, table="auto", private_key=config.private_key) == replace(config, peers=nameless)
        assert found.foreign.left_out == networkd_left_out()


def networkd_left_out():
    return next(iter(described(networkd(BASE)))).foreign.left_out


@pytest.mark.parametrize("field", ["private_key", "addresses", "public_key", "preshared_key", "allowed_ips", "endpoint", "name"])
@given(text=texts)
def test_network_manager(field, text):
    word, made = FIELDS[field]
    config = made(text)
    files = refused(network_manager, config, f"{word}|AllowedIPs")
    if files is not None:
        (found,) = described(files)
        nameless = tuple(replace(peer, name=None) for peer in config.peers)
        assert replace(found.foreign.config, table="auto") == replace(config, peers=nameless)


@pytest.mark.parametrize("files", [networkd_files, network_manager_files])
@given(text=texts)
def test_names_of_interfaces(files, text):
    arguments = ["05-x", "/etc/systemd/network", "/etc/x.conf"] if files is networkd_files else ["05-x", "/etc/x.conf"]
    made = refused(lambda name: files(name, replace(BASE, hooks=NO_HOOKS), *arguments), text, "interface")
    if made is not None:
        assert parse_interface(text, "interface") == text
        (found,) = described({file.name: file.text for file in made})
        assert found.foreign.interface == text


BIRD = {
    "interfaces": ["wg0-hub1"], "table": 7, "number": 4200000001, "sources": ["10.8.0.3"], "link_local": "fe80::3",
    "own": ["10.8.0.3/32"],
    "sessions": [
        {
            "name": "hub-1", "interface": "wg0-hub1", "neighbor": "fe80::1", "number": 4200000002, "preference": 200,
            "accepts": ["10.8.0.1/32"], "announces": ["10.8.0.4/32"],
        }
    ],
}  # fmt: skip
QUOTED = re.compile(r'"([^"\n]*)"')


def bird_with(field, text):
    session = BIRD["sessions"][0]
    if field in session:
        return {**BIRD, "sessions": [{**session, field: [text] if isinstance(session[field], list) else text}]}
    return {**BIRD, field: [text] if isinstance(BIRD[field], list) else text}


@pytest.mark.parametrize(
    "field",
    ["interfaces", "sources", "link_local", "own", "name", "interface", "neighbor", "accepts", "announces", "number", "table"],
)
@given(text=texts)
def test_bird(field, text):
    """Where it is taken, nothing but the value differs: in quotes, as an address, or in the symbol."""
    found = refused(lambda said: render_bird(said, "/run/forwards.conf"), bird_with(field, text), field)
    if found is not None:
        plain = render_bird(BIRD, "/run/forwards.conf")
        shapes = [re.sub(r"to_\w+|[0-9a-f]*[.:][0-9a-f.:/]*", "V", QUOTED.sub("Q", each)) for each in (found, plain)]
        assert shapes[0].count("\n") == shapes[1].count("\n") or ":" in text
        assert found.count('"') == plain.count('"')
        if field in ("interfaces", "name", "interface"):
            assert shapes[0] == shapes[1]
            assert text in QUOTED.findall(found)


SAID = {
    "interface": "wg0", "address": "203.0.113.11", "peers": ["203.0.113.12"], "priority": 150, "id": 51, "interval": 100,
    "unicast": True, "preempt": False, "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
}  # fmt: skip


@pytest.mark.parametrize("field", ["interface", "address", "peers", "priority", "id", "interval"])
@given(text=texts)
def test_keepalived(field, text):
    said = {**SAID, field: [text] if isinstance(SAID[field], list) else text}
    found = refused(lambda value: render_keepalived(value, "/run/health"), said, field)
    if found is not None:
        plain = render_keepalived(SAID, "/run/health")
        value = SAID[field][0] if isinstance(SAID[field], list) else SAID[field]
        assert found == "\n".join(re.sub(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text, line) for line in plain.split("\n"))


@pytest.mark.parametrize(("field", "word"), [("interface", "floating"), ("address", "floating|address")])
@given(text=texts)
def test_keepalived_floating(field, word, text):
    said = {**SAID, "floating": [{**SAID["floating"][0], field: text}]}
    found = refused(lambda value: render_keepalived(value, "/run/health"), said, word)
    if found is not None:
        plain = render_keepalived(SAID, "/run/health")
        value = re.escape(SAID["floating"][0][field])
        assert found == "\n".join(re.sub(rf"(?<![\w.]){value}(?![\w.])", text, line) for line in plain.split("\n"))


@given(text=texts)
def test_nftables(text):
    """Networks that no reader has seen: the last line is the renderer's own."""
    node = Node("a", key("a"), ("10.8.0.1",), hosts=("a",), container_subnets=("172.20.0.0/24",))
    network = Network({"a": node}, interface=text, prefixes=("10.8.0.0/24",))
    for render in (firewalls, container_networks):
        found = refused(lambda value, render=render: render([value], "a")[0], network, "interface")
        if found is not None:
            plain = render([replace(network, interface="wg0")], "a")[0]
            assert found["chains"].replace(f'"{text}"', '"wg0"') == plain["chains"]
