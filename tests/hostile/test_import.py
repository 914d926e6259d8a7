# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates in configurations that are imported are text, and the honest part of what is found is imported."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.tests.hostile.answers import key
from ansible_collections.meshwork.wireguard.tests.hostile.conftest import HONEST
from ansible_collections.meshwork.wireguard.tests.hostile.lies import EITHER, FAILED, IGNORED, JINJA, ROOT, TITLE, Lie

IMPORT, RENDER, MESH = "meshwork.wireguard.import", "meshwork.wireguard.render", "meshwork.wireguard.mesh"
HOOK = f"docker inspect --format '{{{{.State}}}}' web; {JINJA}"
CONFIG = "interfaces.0.config"
LIES = (
    Lie("hooks", "conf_info", IGNORED, values={f"{CONFIG}.hooks": {"post_up": [HOOK]}}),
    Lie("notes", "conf_info", EITHER, values={"interfaces.0.said": [JINJA, TITLE]}),
    Lie("names", "conf_info", EITHER, values={f"{CONFIG}.peers.0.name": JINJA}),
    Lie("facts", "conf_info", IGNORED, values={"ansible_facts": {"wireguard_dest": f"{ROOT}/elsewhere"}}),
    Lie("zone", "conf_info", FAILED, "endpoint", {f"{CONFIG}.peers.0.endpoint": f"[fe80::1%{JINJA}]:51820"}),
    Lie("interface", "conf_info", FAILED, "name", {"interfaces.0.name": JINJA}),
    Lie("text", "conf_info", FAILED, "interfaces", {"interfaces": "x"}),
    Lie("no-config", "conf_info", FAILED, "config", {CONFIG: [JINJA]}),
    Lie("no-key", "conf_info", FAILED, "public_key", {"interfaces.0.public_key": JINJA}),
    Lie("mtu", "conf_info", FAILED, "mtu", {"interfaces.0.mtu": JINJA}),
)


@pytest.fixture(scope="module")
def world(make_world):
    """All have interfaces, and nobody knows that they are the collection's."""
    world = make_world(LIES, wireguard_topology="star")
    assert world.run(MESH).status == 0
    world.registry.unlink()
    return world


@pytest.fixture(scope="module")
def lied(world):
    """A world in which hosts were asked for their configurations, and lied, and the run."""
    world = world.copy(world.root.with_name("lied"))
    world.be(LIES)
    return world, world.run(IMPORT)


@pytest.fixture(scope="module")
def used(lied):
    """What is done with the inventory that was imported: the runs of render, and of mesh in check mode."""
    world, _run = lied
    imported = imported_by(world)
    return world.run(RENDER, inventory=imported), world.run(
        MESH, "--check", "--diff", "-i", connections(world), inventory=imported
    )


def imported_by(world):
    return world.inventory.parent / ".wireguard" / "imported" / "wireguard.yml"


def connections(world):
    """An inventory that tells no more than how the hosts are reached."""
    hosts = json.loads(world.inventory.read_text())["wireguard"]["hosts"]
    reached = {
        host: {name: text for name, text in values.items() if name.startswith("ansible_")} for host, values in hosts.items()
    }
    values = {"ansible_pipelining": True, "wireguard_registry": str(imported_by(world).parent / ".wireguard")}
    path = world.root / "fake" / "connections.json"
    path.write_text(json.dumps({"all": {"vars": values, "hosts": reached}}))
    return path


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.host)
def test_who_lies_fails_alone(lied, lie):
    _world, run = lied
    if lie.expected == FAILED:
        assert run.failed(lie.host)
        assert lie.word in run.said_of(lie.host)
    elif lie.expected == IGNORED:
        assert not run.failed(lie.host), run.said_of(lie.host)


def test_the_honest_part_is_imported(lied):
    """A liar that failed may be there as others know it, as a peer that Ansible does not manage."""
    _world, run = lied
    assert "\x1b" not in run.output
    text = run.files["inventory/.wireguard/imported/wireguard.yml"]
    assert [name for name in (*HONEST, "hooks", "facts") if f" {name}:" in text] == [*HONEST, "hooks", "facts"]
    assert key("alpha") in run.files["inventory/.wireguard/imported/.wireguard/wireguard.json"]


def test_nothing_is_executed(lied, used):
    world, _run = lied
    rendered, checked = used
    assert not [*world.root.rglob("PWNED"), *world.root.rglob("elsewhere")]
    assert rendered.status == 0, rendered.output
    contents = json.loads(json.loads(checked.sent["hooks"][0])["arguments"]["contents"])
    assert f"PostUp = {HOOK}" in contents["wg0"].splitlines()


FILES = {
    "hooks": f"PreUp={JINJA}\nPostUp={HOOK}\nPreDown={JINJA}\nPostDown={JINJA}\n"
    f"# {JINJA}\n[Peer]\n# Name = {JINJA}\nPublicKey={key('phone')}\nAllowedIPs=10.8.0.9/32\n",
    "settings": f"Unknown={JINJA}\n",
    "servers": f"DNS=10.8.0.1, {JINJA}\n",
    "table": f"Table={JINJA}\n",
    "zone": f"[Peer]\nPublicKey={key('phone')}\nAllowedIPs=10.8.0.9/32\nEndpoint=[fe80::1%{JINJA}]:51820\n",
    "allowed": f"[Peer]\nPublicKey={key('phone')}\nAllowedIPs=fd00::1%{JINJA}/128\n",
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_with_templates(world, tmp_path, name):
    """It is imported as text, or refused; then nothing is written."""
    world = world.copy(tmp_path / "controller")
    directory = world.root / "confs"
    directory.mkdir()
    begin = f"[Interface]\nPrivateKey={key('private')}\nAddress=10.8.0.1/24\n"
    (directory / "gamma.conf").write_text(begin + FILES[name].replace(ROOT, str(world.root)))
    run = world.run(IMPORT, "-e", f"import_directory={directory}")
    imported = imported_by(world)
    rendered = world.run(RENDER, inventory=imported) if run.status == 0 else None
    assert not list(world.root.rglob("PWNED"))
    assert imported.exists() is (run.status == 0)
    assert rendered is None or rendered.status == 0, rendered.output
    assert (name == "hooks") is (run.status == 0), run.output
    assert not run.sent
