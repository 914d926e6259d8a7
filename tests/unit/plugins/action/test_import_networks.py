# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin under ansible-playbook, on files of the controller."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.public_key import public_key
from ansible_collections.meshwork.wireguard.tests.unit.support import key

ALPHA, BETA, PHONE = (public_key(key(name)) for name in ("alpha", "beta", "phone"))
CONFS = {
    "alpha.conf": f"[Interface]\nPrivateKey={key('alpha')}\nAddress=10.8.0.1/24\nListenPort=51820\n"
    f"[Peer]\nPublicKey={BETA}\nAllowedIPs=10.8.0.2/32\nPresharedKey={key('shared')}\n"
    f"# phone\n[Peer]\nPublicKey={PHONE}\nAllowedIPs=10.8.0.9/32\n",
    "beta.conf": f"[Interface]\nPrivateKey={key('beta')}\nAddress=10.8.0.2/24\n"
    f"[Peer]\nPublicKey={ALPHA}\nAllowedIPs=10.8.0.0/24\nPresharedKey={key('shared')}\nEndpoint=203.0.113.1:51820\n"
    f"PersistentKeepalive=25\n",
}
SECRETS = [key(name) for name in ("alpha", "beta", "shared")]


@pytest.fixture
def run(playbook, tmp_path):
    """Give a function that imports: (whether it succeeded, the output)."""

    def go(arguments, *options):
        task = {"meshwork.wireguard.import_networks": {"dest": str(tmp_path / "out"), **arguments}, "register": "found"}
        show = {"ansible.builtin.debug": {"msg": "{{ found.text.splitlines() }}"}}
        process = playbook([{"hosts": "localhost", "gather_facts": False, "tasks": [task, show]}], *options)
        output, _none = process.communicate(timeout=120)
        return process.returncode == 0, output

    return go


@pytest.fixture
def confs(tmp_path):
    directory = tmp_path / "confs"
    directory.mkdir()
    for name, text in CONFS.items():
        (directory / name).write_text(text)
    return {"directory": str(directory)}


def read(tmp_path, name):
    return (tmp_path / "out" / name).read_text(encoding="utf-8")


def test_a_directory(run, confs, tmp_path):
    good, output = run({**confs, "preshared_keys": True}, "--check", "--diff")
    assert (good, (tmp_path / "out").exists()) == (True, False), output
    assert "+      wireguard_hub: true" in output
    assert not [secret for secret in SECRETS if secret in output]

    confs = {**confs, "preshared_keys": True}
    good, output = run(confs)
    assert good, output
    assert "network wireguard: star of 2 hosts and 1 unmanaged nodes, wg0, 10.8.0.0/24" in output
    assert "a run changes nothing on the hosts" in output
    inventory = yaml.safe_load(read(tmp_path, "wireguard.yml"))
    assert inventory["wireguard"]["hosts"]["beta"] == {
        "wireguard_addresses": ["10.8.0.2"], "wireguard_port": 0, "wireguard_mtu": "auto",
    }  # fmt: skip
    nodes = json.loads(read(tmp_path, ".wireguard/wireguard.json"))["nodes"]
    assert {name: node["public_key"] for name, node in nodes.items()} == {"alpha": ALPHA, "beta": BETA, "phone": PHONE}
    secrets = tmp_path / "out/group_vars/wireguard/preshared_keys.yml"
    assert yaml.safe_load(secrets.read_text()) == {
        "wireguard_preshared_keys": [{"nodes": ["alpha", "beta"], "key": key("shared")}]
    }
    assert secrets.stat().st_mode & 0o777 == 0o600
    elsewhere = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file() and path != secrets) + output
    assert not [secret for secret in SECRETS if secret in elsewhere]
    assert "changed=0" in run(confs)[1]


def test_preshared_keys_are_encrypted_where_there_is_a_password(run, confs, tmp_path):
    (tmp_path / "password").write_text("correct horse\n")
    words = ["--vault-password-file", tmp_path / "password"]
    confs = {**confs, "preshared_keys": True}
    good, output = run(confs, *words)
    assert good, output
    assert read(tmp_path, "group_vars/wireguard/preshared_keys.yml").startswith("$ANSIBLE_VAULT;1.1;AES256\n")
    assert "changed=0" in run(confs, *words)[1]


def test_folders_and_formats(run, tmp_path):
    peer = f"[WireGuardPeer]\nPublicKey={BETA}\n"
    netdev = "[NetDev]\nName=wgx\nKind=wireguard\n[WireGuard]\nListenPort=1\nPrivateKeyFile=/etc/keys/wgx.key\n" + peer
    for path, text in {
        "alpha/wgx.netdev": netdev + "AllowedIPs=10.8.0.2/32\nEndpoint=203.0.113.2:1\n",
        "alpha/wgx.network": "[Match]\nName=wgx\n[Network]\nAddress=10.8.0.1/24\n",
        "alpha/wgx.key": key("alpha") + "\n",
        "beta/wgx.conf": f"[Interface]\nPrivateKey={key('beta')}\nAddress=10.8.0.2/24\nListenPort=1\n[Peer]\nPublicKey={ALPHA}\n"
        "AllowedIPs=10.8.0.1/32\n",
    }.items():
        (tmp_path / "confs" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "confs" / path).write_text(text)
    good, output = run({"directory": str(tmp_path / "confs"), "name": "office"})
    assert good, output
    assert "networkd: has files for the interface; remove them, or two programs make the interface" in " ".join(output.split())
    assert list(yaml.safe_load(read(tmp_path, "wireguard.yml"))["wireguard_adopted"]["hosts"]) == ["alpha", "beta"]
    good, output = run({"directory": str(tmp_path / "confs"), "name": "office", "understand": ["wgx"]})
    assert good, output
    assert "network office: mesh of 2 hosts, wgx, 10.8.0.0/24" in output
    assert list(yaml.safe_load(read(tmp_path, "wireguard.yml"))["office"]["hosts"]) == ["alpha", "beta"]


def test_two_networks_of_one_host(run, ansible, tmp_path):
    """The inventory is one that Ansible can read, also with preshared keys and an interface that is adopted."""
    peers = {
        1: f"PublicKey={BETA}\nPresharedKey={key('shared')}\nAllowedIPs=10.8.1.2/32\n",
        2: f"PublicKey={PHONE}\nAllowedIPs=10.8.2.2/32\n",
    }
    confs = {f"wg{n}": f"Address=10.8.{n}.1/24\nListenPort=5182{n}\nPrivateKey={key(str(n))}\n[Peer]\n{peers[n]}" for n in peers}
    confs["wg3"] = f"ListenPort=51823\nPrivateKey={key('3')}\nPostUp=ip address add 10.8.3.1/24 dev %i\n"
    (tmp_path / "confs/alpha").mkdir(parents=True)
    for name, text in confs.items():
        (tmp_path / f"confs/alpha/{name}.conf").write_text(f"[Interface]\n{text}")
    good, output = run({"directory": str(tmp_path / "confs"), "preshared_keys": True})
    assert good, output
    process = ansible("ansible-inventory", "-i", str(tmp_path / "out/wireguard.yml"), "--list")
    listed, _none = process.communicate(timeout=120)
    assert "WARN" not in listed
    inventory = json.loads(listed[listed.index("{") :])
    values = inventory["_meta"]["hostvars"]["alpha"]
    assert {name: inventory[name]["hosts"] for name in ("wireguard_wg1", "wireguard_wg2", "wireguard_adopted")} == {
        name: ["alpha"] for name in ("wireguard_wg1", "wireguard_wg2", "wireguard_adopted")
    }
    assert sorted(inventory["wireguard"]["children"]) == ["wireguard_wg1", "wireguard_wg2"]
    assert [one["name"] for one in values["wireguard_interfaces"]] == ["wg3"]
    assert sorted(values["wireguard_networks"]) == ["wireguard_wg1", "wireguard_wg2"]


def test_a_database_of_wg_meshconf(run, tmp_path):
    (tmp_path / "database.csv").write_text(
        '"Name","Address","Endpoint","AllowedIPs","ListenPort","PersistentKeepalive","PrivateKey"\n'
        f'"alpha","10.8.0.1/24","203.0.113.1","","51820","","{key("alpha")}"\n'
        f'"beta","10.8.0.2/24","203.0.113.2","172.20.2.0/24","51820","","{key("beta")}"\n'
    )
    good, output = run({"csv": str(tmp_path / "database.csv")})
    assert good, output
    assert yaml.safe_load(read(tmp_path, "wireguard.yml"))["wireguard"]["hosts"]["beta"] == {
        "wireguard_addresses": ["10.8.0.2"],
        "wireguard_endpoint": "203.0.113.2:51820",
        "wireguard_routes": ["172.20.2.0/24"],
        "wireguard_mtu": "auto",
    }


ROLE = {
    "alpha": {
        "wireguard_address": "10.18.0.1/24", "wireguard_endpoint": "alpha.example.org",
        "wireguard_allowed_ips": "10.18.0.1/32, 192.168.1.0/24",
    },
    "beta": {"wireguard_address": "10.18.0.2/24", "wireguard_endpoint": "", "wireguard_dns": "1.1.1.1, 8.8.8.8"},
}  # fmt: skip


@pytest.mark.parametrize("where", ["hosts", "host_vars"])
def test_the_variables_of_a_role_do_not_win_over_the_imported_ones(playbook, ansible, tmp_path, where):
    old = tmp_path / "old/inventory.yml"
    old.parent.mkdir()
    hosts = ROLE if where == "hosts" else {host: {} for host in ROLE}
    old.write_text(json.dumps({"vpn": {"hosts": hosts, "vars": {"wireguard_interface": "wg7"}}}))
    for host, values in ROLE.items() if where == "host_vars" else ():
        (tmp_path / "old/host_vars").mkdir(exist_ok=True)
        (tmp_path / f"old/host_vars/{host}.yml").write_text(json.dumps(values))
    task = {"meshwork.wireguard.import_networks": {"dest": str(tmp_path / "out"), "role_variables": True}, "run_once": True}
    process = playbook([{"hosts": "vpn", "gather_facts": False, "tasks": [task]}], "-i", str(old))
    output, _none = process.communicate(timeout=120)
    assert process.returncode == 0, output
    process = ansible("ansible-inventory", "-i", str(old), "-i", str(tmp_path / "out/wireguard.yml"), "--list")
    listed, _none = process.communicate(timeout=120)
    values = json.loads(listed[listed.index("{") :])["_meta"]["hostvars"]
    names = ("interface", "endpoint", "allowed_ips", "dns", "routes")
    assert {host: [values[host].get(f"wireguard_{name}") for name in names] for host in ROLE} == {
        "alpha": ["wg7", "alpha.example.org:51820", None, None, ["192.168.1.0/24"]],
        "beta": ["wg7", None, None, ["1.1.1.1", "8.8.8.8"], None],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "one of the following is required: found, directory, csv, role_variables"),
        ({"directory": "/nowhere"}, "No such file or directory: '/nowhere'"),
        ({"found": "nothing"}, "no WireGuard interface found to import"),
    ],
)
def test_errors(run, arguments, message):
    good, output = run(arguments)
    assert not good
    assert message in " ".join(output.split()), output


def test_a_file_that_cannot_be_read(run, confs, tmp_path):
    (tmp_path / "confs/gamma.conf").write_text("[Interface]\nPrivateKey = s3cret\n")
    (tmp_path / "confs/delta.conf").write_text("[Interface]\n[Peer]\n")
    good, output = run({**confs, "preshared_keys": True})
    assert good, output
    flat = " ".join(output.split())
    assert "confs/gamma.conf: line 2: PrivateKey: not a WireGuard key" in flat
    assert "confs/delta.conf: line 2: this [Peer] section has no PublicKey" in flat
    assert "network wireguard: star of 2 hosts" in output
    assert "s3cret" not in output
    (tmp_path / "confs/epsilon").mkdir()
    (tmp_path / "confs/epsilon/wg0.conf").write_text("[Interface]\n[Peer]\n")
    good, output = run({**confs, "skip": ["gamma", "delta.conf", "epsilon"]})
    assert (good, "not imported" in output) == (True, False), output
    (tmp_path / "confs/epsilon/wg0.conf").unlink()
    for name in CONFS:
        (tmp_path / "confs" / name).unlink()
    good, output = run(confs)
    assert not good
    assert ("gamma.conf: line 2" in output, "delta.conf: line 2" in output, "s3cret" in output) == (True, True, False)


def test_the_example_of_the_guide(run, tmp_path):
    (tmp_path / "confs/gw").mkdir(parents=True)
    (tmp_path / "confs/gw/wg0.conf").write_text(
        f"[Interface]\nPrivateKey = {key('gw')}\nAddress = 10.9.0.1/24\n[Peer]\nAllowedIPs = 10.9.0.2/32\n"
        f"PublicKey = 30NcgkGc1iRFz3YPG4+tqp7kLq+dovA9Ay7yMZj4/CI=\nPresharedKey = {key('shared')}\n"
    )
    good, output = run({"directory": str(tmp_path / "confs")})
    assert good, output
    guide = (Path(__file__).parents[4] / "docs/importing.md").read_text(encoding="utf-8")
    example = guide.partition("```yaml\n")[2].partition("```")[0]
    assert yaml.safe_load(read(tmp_path, "wireguard.yml")) == yaml.safe_load(example)


def test_what_makes_no_network_is_adopted_as_it_is(run, confs, tmp_path):
    beta = tmp_path / "confs/beta.conf"
    beta.write_text(CONFS["beta.conf"] + f"[Peer]\nPublicKey={key('stranger')}\nAllowedIPs=10.8.0.7/32, 10.99.0.0/16\n")
    good, output = run(confs)
    assert good, output
    inventory = yaml.safe_load(read(tmp_path, "wireguard.yml"))
    assert list(inventory) == ["wireguard_adopted"]
    assert inventory["wireguard_adopted"]["hosts"]["beta"] == {
        "wireguard_interfaces": [
            {
                "name": "wg0",
                "config": {
                    "addresses": ["10.8.0.2/24"],
                    "peers": [
                        {
                            "public_key": ALPHA,
                            "preshared_key": "kept",
                            "allowed_ips": ["10.8.0.0/24"],
                            "endpoint": "203.0.113.1:51820",
                            "keepalive": 25,
                        },
                        {"public_key": key("stranger"), "allowed_ips": ["10.8.0.7/32", "10.99.0.0/16"]},
                    ],
                },
                "adopted": {"by": "wg-quick", "files": ["/etc/wireguard/wg0.conf"]},
            }
        ]
    }
    assert "adopted: beta, wg0, as it is, 2 peers, by wg-quick" in output
    everything = "".join(path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()) + output
    assert not [secret for secret in SECRETS if secret in everything]

    good, output = run({**confs, "understand": ["wg0"], "preshared_keys": True})
    assert good, output
    assert list(yaml.safe_load(read(tmp_path, "wireguard.yml"))) == ["wireguard"]


PIPE = '{{ lookup("ansible.builtin.pipe", "touch PWNED; echo eth0") }}'


def test_what_a_host_says_is_no_template(playbook, tmp_path):
    """What is imported is text, in whatever field it stands, also when the inventory is used."""
    peers = [{"public_key": BETA, "allowed_ips": ["10.8.0.2/32"], "endpoint": "203.0.113.2:51820", "name": PIPE}]
    config = {"addresses": ["10.8.0.1/24"], "port": 51820, "hooks": {"post_up": [f"echo {PIPE}"]}, "peers": peers}
    interface = {"name": "wg0", "public_key": ALPHA, "config": config, "mtu": 1420, "notes": [PIPE], "error": None}
    interface["adopted"] = {"by": "wg-quick", "files": []}
    variables = {"found": {"interfaces": [interface]}}
    (tmp_path / "facts.json").write_text(json.dumps(variables))
    load = {
        "ansible.builtin.set_fact": {
            "found": "{{ lookup('ansible.builtin.file', 'facts.json') | from_json | json_query('found') }}"
        }
    }
    load["ansible.builtin.set_fact"]["found"] = "{{ (lookup('ansible.builtin.file', 'facts.json') | from_json).found }}"
    make = {
        "meshwork.wireguard.import_networks": {"dest": str(tmp_path / "out"), "found": "found", "understand": ["all"]},
        "register": "told",
    }
    show = {"ansible.builtin.debug": {"msg": "{{ told.text.splitlines() }}"}}
    process = playbook([{"hosts": "localhost", "gather_facts": False, "tasks": [load, make, show]}])
    output, _none = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "wireguard_hooks.post_up.0: written as !unsafe" in output
    assert f"- !unsafe 'echo {PIPE}'" in read(tmp_path, "wireguard.yml")

    use = {"ansible.builtin.debug": {"msg": "{{ hostvars['localhost'] | string | length }} {{ wireguard_hooks }}"}}
    process = playbook([{"hosts": "wireguard", "gather_facts": False, "tasks": [use]}], "-i", tmp_path / "out" / "wireguard.yml")
    output, _none = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "lookup(" in output
    assert not list(tmp_path.rglob("PWNED"))


def test_no_zone_but_on_link_local_endpoints(run, confs, tmp_path):
    text = CONFS["beta.conf"].replace("203.0.113.1:51820", f"[fe80::1%{PIPE}]:51820")
    (tmp_path / "confs/beta.conf").write_text(text)
    good, output = run(confs)
    assert good  # the other file is imported
    assert "is not an endpoint; write an IPv6 endpoint as [address]:port" in " ".join(output.split()), output
