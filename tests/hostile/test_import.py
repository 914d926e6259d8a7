# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in configurations that are imported are text, and the honest part of what is found is imported."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.answers import key
from ansible_collections.meshwork.wireguard.tests.hostile.conftest import HONEST
from ansible_collections.meshwork.wireguard.tests.hostile.lies import EITHER, FAILED, IGNORED, JINJA, TITLE, Lie

IMPORT, RENDER = "meshwork.wireguard.import", "meshwork.wireguard.render"
HOOK = f"docker inspect --format '{{{{.State}}}}' web; {JINJA}"
PEERS = [{"name": "alpha", "public_key": key("alpha"), "allowed_ips": ["10.8.0.0/22"], "keepalive": 25}]
CONFIG = {"addresses": ["10.8.3.9/22"], "port": 51820, "peers": PEERS}


def found(name="wg0", mtu=1420, said=(), **config):
    return {"name": name, "public_key": key("evil"), "config": {**CONFIG, **config}, "mtu": mtu, "said": list(said)}


def dialled(endpoint):
    return [{**PEERS[0], "endpoint": endpoint}]


ANSWERS = {
    "hooks": (IGNORED, "", [found(hooks={"post_up": [HOOK], "pre_down": [JINJA]})]),
    "zone": (FAILED, "endpoint", [found(peers=dialled(f"[fe80::1%{JINJA}]:51820"))]),
    "notes": (EITHER, "", [found(said=[JINJA, TITLE])]),
    "names": (EITHER, "", [found(peers=[{**PEERS[0], "name": JINJA}])]),
    "interface": (FAILED, "name", [found(name=JINJA)]),
    "text": (FAILED, "interfaces", "x"),
    "no-config": (FAILED, "config", [{**found(), "config": [JINJA]}]),
    "no-key": (FAILED, "public_key", [{**found(), "public_key": JINJA}]),
}


@pytest.fixture(scope="module")
def world(make_world):
    """alpha and beta have interfaces already."""
    world = make_world(wireguard_topology="star")
    assert world.run().status == 0
    (world.root / "inventory" / ".wireguard" / "wireguard.json").unlink()
    return world


def lied(world, root, name):
    """A world with evil in it, which answers so when it is asked for its configurations, and the run that imports."""
    expected, word, interfaces = ANSWERS[name]
    world = world.copy(root / "controller")
    world.hosts = {**HONEST, "evil": {}}
    lie = Lie("evil", "conf_info", expected, word, {"interfaces": interfaces})
    world.be([lie])
    return world, lie, world.run(IMPORT)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_host_that_lies(world, tmp_path, name):
    world, lie, run = lied(world, tmp_path, name)
    assert run.failed("evil") is (lie.expected == FAILED) or lie.expected == EITHER, run.output
    assert lie.word in run.said_of("evil")
    assert "\x1b" not in run.output
    text = run.files["inventory/imported/wireguard.yml"]
    assert "alpha:" in text
    assert "beta:" in text
    assert key("alpha") in run.files["inventory/imported/.wireguard/wireguard.json"]

    imported = world.root / "inventory" / "imported" / "wireguard.yml"
    rendered = world.run(RENDER, inventory=imported)
    checked = world.run("meshwork.wireguard.mesh", "--check", "--diff", "-i", connections(world), inventory=imported)
    assert not list(world.root.rglob("PWNED"))
    assert rendered.status == 0, rendered.output
    assert "alpha" in checked.sent, checked.output
    if name == "hooks":
        hook = HOOK.replace("@ROOT@", str(world.root))
        assert json.dumps(hook)[1:-1] in checked.sent["evil"][0].replace("@ROOT@", str(world.root)).replace("\\\\", "\\")


def connections(world):
    """How the hosts of an imported inventory are reached."""
    hosts = json.loads(world.inventory.read_text())["wireguard"]["hosts"]
    reached = {
        host: {name: text for name, text in values.items() if name.startswith("ansible_")} for host, values in hosts.items()
    }
    values = {"ansible_pipelining": True, "wireguard_registry": str(world.root / "inventory" / "imported" / ".wireguard")}
    path = world.root / "fake" / "connections.json"
    path.write_text(json.dumps({"all": {"vars": values, "hosts": reached}}))
    return path


FILES = {
    "hooks": f"PreUp={JINJA}\nPostUp={HOOK}\nPreDown={JINJA}\nPostDown={JINJA}\n",
    "names": f"# {JINJA}\n[Peer]\n# Name = {JINJA}\nPublicKey={key('phone')}\nAllowedIPs=10.8.0.9/32\n",
    "settings": f"Unknown={JINJA}\nSaveConfig={JINJA}\n",
    "servers": f"DNS=10.8.0.1, {JINJA}\n",
    "zone": f"[Peer]\nPublicKey={key('phone')}\nAllowedIPs=10.8.0.9/32\nEndpoint=[fe80::1%{JINJA}]:51820\n",
    "table": f"Table={JINJA}\n",
    "allowed": f"[Peer]\nPublicKey={key('phone')}\nAllowedIPs=fd00::1%{JINJA}/128\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_templates(world, tmp_path, name):
    """It is imported as text, or refused; then nothing is written."""
    world = world.copy(tmp_path / "controller")
    directory = world.root / "confs"
    directory.mkdir()
    evil = FILES[name].replace("@ROOT@", str(world.root))
    begin = f"[Interface]\nPrivateKey={key('private')}\nAddress=10.8.0.1/24\n"
    (directory / "gamma.conf").write_text(begin + evil)
    run = world.run(IMPORT, "-e", f"import_directory={directory}")
    imported = world.root / "inventory" / "imported" / "wireguard.yml"
    assert imported.exists() is (run.status == 0)
    rendered = world.run(RENDER, inventory=imported) if imported.exists() else None
    assert not list(world.root.rglob("PWNED"))
    assert rendered is None or rendered.status == 0, rendered.output
    assert not run.sent
