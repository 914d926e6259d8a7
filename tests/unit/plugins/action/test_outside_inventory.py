# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a playbook writes becomes inventory: the playbooks under ansible-playbook, with inventories of each form."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

HOSTS = {
    name: {"wireguard_endpoint": f"203.0.113.{number}", "wireguard_public_key": key(name)}
    for number, name in enumerate(("alpha", "beta"), 1)
}
VARIABLES = {"wireguard_prefixes": ["10.8.0.0/24"], "wireguard_clients": {"phone": {}}}
YAML = json.dumps({"wireguard": {"hosts": HOSTS}, "web": {"hosts": {"alpha": {}}}})
INI = "[wireguard]\n" + "".join(
    f"{host} {' '.join(f'{name}={value}' for name, value in values.items())}\n" for host, values in HOSTS.items()
)
CONSTRUCTED = json.dumps({"plugin": "ansible.builtin.constructed", "groups": {"built": "wireguard_endpoint is defined"}})
GROUP = json.dumps(VARIABLES)
FORMS = {
    "directory": ({"inv/hosts.yml": YAML, "inv/group_vars/wireguard.yml": GROUP}, ["inv"], "inv"),
    "ini": ({"inv/hosts": INI, "inv/group_vars/wireguard.yml": GROUP}, ["inv/hosts"], "inv"),
    "ini in a directory": ({"inv/hosts": INI, "inv/group_vars/wireguard.yml": GROUP}, ["inv/"], "inv"),
    "constructed": (
        {"inv/1.yml": YAML, "inv/2.constructed.yml": CONSTRUCTED, "inv/group_vars/wireguard/all.yml": GROUP},
        ["inv"],
        "inv",
    ),
    "several": (
        {"one/hosts.yml": YAML, "two/more.yml": json.dumps({"web": {"hosts": {"alpha": {"seen": 1}}}}),
         "one/group_vars/wireguard.yml": GROUP},
        ["one", "two/more.yml"],
        "one",
    ),
    "hosts in the second": (
        {"one/2.constructed.yml": CONSTRUCTED, "two/hosts.yml": YAML, "two/group_vars/wireguard.yml": GROUP},
        ["one", "two"],
        "one",
    ),
    "a list of hosts first": ({"inv/hosts.yml": YAML, "inv/group_vars/wireguard.yml": GROUP}, ["gamma,", "inv"], "inv"),
}  # fmt: skip
ALPHA, BETA = (public_key(key(name)) for name in ("first", "second"))
CONFS = {
    "old1.conf": f"[Interface]\nPrivateKey={key('first')}\nAddress=10.99.0.1/24\nListenPort=51820\n"
    f"[Peer]\nPublicKey={BETA}\nAllowedIPs=10.99.0.2/32\nEndpoint=old2.example.org:51820\nPresharedKey={key('shared')}\n",
    "old2.conf": f"[Interface]\nPrivateKey={key('second')}\nAddress=10.99.0.2/24\nListenPort=51820\n"
    f"[Peer]\nPublicKey={ALPHA}\nAllowedIPs=10.99.0.1/32\nEndpoint=old1.example.org:51820\nPresharedKey={key('shared')}\n",
}
SECRETS = [key(name) for name in ("first", "second", "shared")]
CLIENTS = {
    "hosts": "wireguard",
    "gather_facts": False,
    "tasks": [{"ansible.builtin.import_role": {"name": "meshwork.wireguard.clients"}}],
}
ALL = [CLIENTS, *({"import_playbook": f"meshwork.wireguard.{name}"} for name in ("render", "import"))]
IMPORT = [{"import_playbook": "meshwork.wireguard.import"}]


class Place:
    """A working directory with inventories and configurations."""

    def __init__(self, ansible, playbook, root):
        self._ansible = ansible
        self._playbook = playbook
        self.root = root
        self.confs = root / "confs"
        self.put({f"confs/{name}": text for name, text in CONFS.items()})

    def put(self, files):
        for name, text in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def run(self, play, sources=(), *options):
        process = self._playbook(play, *words(sources), *options)
        output, _none = process.communicate(timeout=240)
        return process.returncode, output

    def listed(self, sources):
        process = self._ansible("ansible-inventory", "--list", *words(sources))
        output, _none = process.communicate(timeout=120)
        assert process.returncode == 0, output
        return output

    def files(self):
        found = (path.relative_to(self.root) for path in self.root.rglob("*") if path.is_file())
        return {str(path) for path in found if path.parts[0] != "play.yml"}


def words(sources):
    return [word for source in sources for word in ("-i", source)]


@pytest.fixture
def place(ansible, playbook, tmp_path):
    return Place(ansible, playbook, tmp_path)


def written(where):
    there = f"{where}/.wireguard".lstrip("/")
    return {
        *(f"{there}/clients/wireguard/phone.{kind}" for kind in ("conf", "svg")),
        *(f"{there}/rendered/wireguard/network.{kind}" for kind in ("json", "mmd")),
        *(
            f"{there}/rendered/wireguard/names/{name}"
            for name in ("0.8.10.in-addr.arpa.zone", "hosts", "wireguard.internal.zone")
        ),
        *(f"{there}/rendered/wireguard/nodes/{name}.conf" for name in ("alpha", "beta", "phone")),
        *(f"{there}/imported/{name}" for name in ("wireguard.yml", "group_vars/wireguard/preshared_keys.yml")),
        f"{there}/imported/.wireguard/wireguard.json",
    }


@pytest.mark.parametrize("form", FORMS)
def test_an_inventory_stays_as_it_is(place, form):
    files, sources, where = FORMS[form]
    place.put(files)
    before, kept = place.listed(sources), place.files()
    status, output = place.run(ALL, sources, "-e", "import_directory=confs", "-e", "import_preshared_keys=true")
    assert status == 0, output
    home = next(name for name in files if "group_vars" in name).partition("/")[0]
    registry = {f"{home}/.wireguard/{name}" for name in ("wireguard.json", ".lock", ".clients.lock")}
    assert place.files() - kept == written(where) | registry
    conf = (place.root / where / ".wireguard/clients/wireguard/phone.conf").read_text()
    private = re.search(r"^PrivateKey = (.*)$", conf, re.MULTILINE)[1]
    after = place.listed(sources)
    assert after == before
    assert not [secret for secret in (private, *SECRETS) if secret in after + output]
    for name in ("clients", "rendered", "imported"):
        assert f"in {place.root / where}/.wireguard/{name}" in output or f"{where}/.wireguard/{name}/wireguard.yml" in output
    status, output = place.run(ALL, sources, "-e", "import_directory=confs", "-e", "import_preshared_keys=true")
    assert (status, "changed=0" in output, private in output) == (0, True, False), output


@pytest.mark.parametrize(
    "source",
    [{"import_directory": "confs", "import_preshared_keys": True}, {"import_csv": "database.csv"}],
    ids=lambda one: next(iter(one)),
)
@pytest.mark.parametrize("sources", [[], ["alpha,beta,"]], ids=["none", "a list"])
def test_an_import_without_an_inventory(place, sources, source):
    place.put(
        {
            "database.csv": '"Name","Address","Endpoint","AllowedIPs","ListenPort","PersistentKeepalive","PrivateKey"\n'
            f'"alpha","10.8.0.1/24","203.0.113.1","","51820","","{key("alpha")}"\n'
        }
    )
    status, output = place.run(IMPORT, sources, "-e", json.dumps(source))
    assert status == 0, output
    assert "network wireguard: mesh of" in output
    assert f"The inventory is {place.root}/.wireguard/imported/wireguard.yml" in output
    listed = json.loads(place.listed([".wireguard/imported/wireguard.yml"]))
    assert sorted(listed["wireguard"]["hosts"]) == (["old1", "old2"] if "import_directory" in source else ["alpha"])
    assert "changed=0" in place.run(IMPORT, sources, "-e", json.dumps(source))[1]


DOCUMENT = {"prefixes": ["10.8.0.0/24"], "nodes": {"alpha": {"public_key": key("alpha"), "addresses": ["10.8.0.1"]}}}
ACTIONS = {
    "render": ({"networks": [json.dumps(DOCUMENT)]}, "dest", "/wireguard"),
    "clients": ({"networks": [json.dumps(DOCUMENT)], "ours": {}, "registry": "elsewhere"}, "dest", "/wireguard"),
    "import_networks": ({"directory": "confs"}, "dest", "/wireguard.yml"),
    "show": ({"data": {}}, "dest", ""),
    "registry": ({}, "path", "/wireguard.json"),
}


@pytest.mark.parametrize("where", ["inv/out", "link/out", "~/inv/out"])
def test_a_directory_that_is_parsed_is_refused_before_anything_is_written(place, monkeypatch, where):
    monkeypatch.setenv("HOME", str(place.root))
    place.put({"inv/hosts.yml": YAML, "inv/group_vars/wireguard.yml": GROUP})
    (place.root / "link").symlink_to("inv")
    tasks = [
        {f"meshwork.wireguard.{name}": {**arguments, option: where}, "ignore_errors": True, "run_once": True}
        for name, (arguments, option, _inner) in ACTIONS.items()
    ]
    before = place.files()
    _status, output = place.run([{"hosts": "wireguard", "gather_facts": False, "tasks": tasks}], ["inv"])
    said = " ".join(output.split())
    given = where.replace("~", str(place.root))
    for name, (_arguments, _option, inner) in ACTIONS.items():
        assert f"{given}{inner}: Ansible parses {place.root}/inv as inventory, so what is written there" in said, (name, output)
    assert "ignored=5" in output
    assert place.files() == before


def test_hidden_directories_are_not_parsed(place):
    place.put({"inv/hosts.yml": YAML, "inv/group_vars/wireguard.yml": GROUP})
    before = place.listed(["inv"])
    status, output = place.run(ALL[1:2], ["inv"], "-e", "wireguard_dest=inv/.plan", "-e", "wireguard_registry=inv/.kept")
    assert status == 0, output
    assert (place.root / "inv/.plan/wireguard/network.json").exists()
    assert place.listed(["inv"]) == before
