# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.issuing import ITS_OWN, issue, without_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HUB = {"hub": True, "endpoint": "203.0.113.1:51820", "public_key": key("hub"), "addresses": ["10.8.0.1"]}
OURS = ("phone", "tablet")
FIRST, SECOND, THIRD = key("first"), key("second"), key("third")
BOTH = {"phone": FIRST, "tablet": SECOND}


def network(phone=None, tablet=None, hub=None):
    """A hub, a router with its own keys, and two clients of ours, each with the public half of a private key, or with none."""
    ours = {"phone": phone, "tablet": tablet}
    nodes = {
        "hub": {**HUB, **(hub or {})},
        "router": {"public_key": key("router"), "managed": False, "hosts": ["router"], "endpoint": "203.0.113.9:51820"},
        **{
            name: {"managed": False, "hosts": [name], "public_key": private and public_key(private)}
            for name, private in ours.items()
        },
    }
    return network_from_dict({"topology": "star", "prefixes": ["10.8.0.0/24"], "nodes": nodes})


@pytest.mark.parametrize(
    ("phone", "tablet", "rekey", "expected"),
    [
        (None, None, (), ("phone", "tablet")),
        (FIRST, None, (), ("tablet",)),
        (FIRST, SECOND, (), ()),
        (FIRST, SECOND, ("phone",), ("phone",)),
        (FIRST, None, ("phone",), ("phone", "tablet")),
    ],
)
def test_without_key(phone, tablet, rekey, expected):
    assert without_key(network(phone, tablet), OURS, rekey) == expected


@pytest.mark.parametrize(("ours", "refused"), [(OURS, "router"), ((), "phone")])
def test_a_new_key_for_a_client_with_its_own(ours, refused):
    with pytest.raises(PlanError) as caught:
        without_key(network(), ours, ("phone", "router"))
    assert str(caught.value) == (
        f"client {refused}: its public key comes from the inventory, so its keys are made elsewhere; change them there"
    )


UNSAVED = (
    "client {}: its new private key is stored only in the files written now; run with a vault password to store it beside the "
    "registry"
)
LOST = (
    "client {}: its private key is no longer available, so its file is not updated; name it in wireguard_client_rekey to give "
    "it a new key"
)


@pytest.mark.parametrize(
    ("net", "new", "found", "stored", "keys", "warnings"),
    [
        pytest.param(network(), BOTH, {}, True, BOTH, (), id="new"),
        pytest.param(network(), BOTH, {}, False, BOTH, (UNSAVED.format("phone"), UNSAVED.format("tablet")), id="not stored"),
        pytest.param(network(FIRST, SECOND), {}, {"phone": [FIRST], "tablet": [SECOND]}, False, BOTH, (), id="found"),
        pytest.param(
            network(FIRST, SECOND), {}, dict.fromkeys(OURS, (SECOND, FIRST)), True, BOTH, (), id="found among others"
        ),
        pytest.param(
            network(FIRST, SECOND), {}, {"phone": [SECOND], "tablet": []}, True, {},
            (LOST.format("phone"), LOST.format("tablet")), id="lost",
        ),
        pytest.param(
            network(FIRST, SECOND), {"tablet": THIRD}, {"phone": []}, False, {"tablet": THIRD},
            (UNSAVED.format("tablet"), LOST.format("phone")), id="one new, one lost",
        ),
    ],
)  # fmt: skip
def test_keys(net, new, found, stored, keys, warnings):
    issued = issue(net, Registry(), Preshared(), new, found, stored)
    assert (issued.keys, issued.made, issued.warnings) == (keys, tuple(new), warnings)
    read = {name: parse_conf(text).private_key for name, text in issued.configs.items()}
    assert read == {**keys, "router": None}
    public = {name: node["public_key"] for name, node in issued.registry.nodes.items()}
    before = {name: node.public_key for name, node in net.nodes.items()}
    assert public == {**before, **{name: public_key(private) for name, private in keys.items()}}
    assert not any(private in repr(issued) for private in keys.values())


def test_configurations():
    secret = Preshared("nothing but a test of it")
    issued = issue(network(), Registry(), secret, BOTH, {}, stored=True)
    assert list(issued.configs) == ["phone", "router", "tablet"]
    assert issued.configs["router"].startswith(ITS_OWN)
    phone, router = (parse_conf(issued.configs[name]) for name in ("phone", "router"))
    assert (phone.addresses, phone.port, router.addresses, router.port) == (("10.8.0.2/24",), None, ("10.8.0.3/24",), 51820)
    assert phone.peers[0].public_key == router.peers[0].public_key == key("hub")
    assert None not in (phone.peers[0].preshared_key, router.peers[0].preshared_key)
    assert phone.peers[0].preshared_key != router.peers[0].preshared_key


def test_the_registry_is_continued():
    """An address that it has is kept, and so is a node that left the inventory; it is no client."""
    recorded = {"phone": {"addresses": ["10.8.0.77"]}, "gone": {"public_key": key("gone"), "managed": False}}
    issued = issue(network(tablet=SECOND), Registry(recorded), Preshared(), {"phone": FIRST}, {"tablet": [SECOND]}, stored=True)
    assert list(issued.configs) == ["phone", "router", "tablet"]
    assert parse_conf(issued.configs["phone"]).addresses == ("10.8.0.77/24",)
    assert (issued.registry.nodes["phone"]["addresses"], "gone" in issued.registry.nodes) == (["10.8.0.77"], True)


def test_a_hub_without_key():
    with pytest.raises(PlanError) as caught:
        issue(network(hub={"public_key": None}), Registry(), Preshared(), BOTH, {}, stored=True)
    assert str(caught.value) == "client phone: no run has seen the public key of hub yet; run meshwork.wireguard.mesh first"
