# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules as processes of their own, with tools that stand in for the host's."""

from __future__ import annotations

import json

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import InvalidConfig, config_from_dict
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.install import NEEDS
from ansible_collections.meshwork.wireguard.plugins.modules.interface import ARGUMENT_SPEC
from ansible_collections.meshwork.wireguard.tests.unit.support import key

NAME = "wgunit0"
NO_NAME = "is not a valid interface name; use 1 to 15 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _"
CHOICE = "value of {} must be one of: {}, got: {}"
WG = f"""case "$1" in
  genkey) echo {key("generated")};;
  pubkey) cat >/dev/null; echo {key("public")};;
  --version) echo "wireguard-tools v1.0.20210914 - https://git.zx2c4.com/wireguard-tools/";;
esac"""
IP = """case "$*" in
  *"type wireguard"*) exit 2;;
  *) exit 1;;
esac"""
SYSTEMD = 'printf "ActiveState=inactive\\nUnitFileState=disabled\\nLoadState=loaded\\n"'
HOST = {"wg": WG, "wg-quick": "exit 1", "ip": IP, "systemctl": SYSTEMD}
PEER = {
    "name": "beta", "public_key": key("beta"), "preshared_key": key("shared"), "next_preshared_key": key("next"),
    "allowed_ips": ["10.8.0.2/32"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("interface", {}, "missing required arguments: name"),
        ("interface", {"name": NAME}, "state is present but any of the following are missing: content, config"),
        (
            "interface",
            {"name": NAME, "state": "down"},
            "state is down but any of the following are missing: content, config",
        ),
        (
            "interface",
            {"name": NAME, "content": "[Interface]", "config": {}},
            "parameters are mutually exclusive: content|config",
        ),
        (
            "interface",
            {"name": NAME, "state": "up", "content": "x"},
            CHOICE.format("state", "present, down, absent", "up"),
        ),
        (
            "interface",
            {"name": "wg/0", "content": "x"},
            f"interface wg/0: interface: 'wg/0' {NO_NAME}",
        ),
        (
            "interface",
            {"name": NAME, "content": "[Interface]\nPort = 1\n"},
            f"interface {NAME}: line 2: unknown key 'Port' in [Interface]",
        ),
        (
            "interface",
            {"name": NAME, "config": {"addresses": ["x"]}},
            f"interface {NAME}: config.addresses[0]: 'x' is not an address",
        ),
        (
            "interface",
            {"name": NAME, "config": {"addresses": []}},
            f"interface {NAME}: the content has no PrivateKey; set private_key_file",
        ),
        (
            "interface",
            {"name": NAME, "config": {"peers": [{}]}},
            "missing required arguments: public_key found in config -> peers",
        ),
        (
            "interface",
            {"name": NAME, "content": f"[Interface]\nPrivateKey = {key('own')}\nSaveConfig = true\n"},
            f"interface {NAME}: SaveConfig = true overwrites the file when the interface stops; remove it",
        ),
        ("keypair", {}, "missing required arguments: path"),
        (
            "keypair",
            {"path": "/nowhere/key", "regenerate": "maybe"},
            CHOICE.format("regenerate", "never, if_invalid, always", "maybe"),
        ),
        (
            "keypair",
            {"path": "/nowhere/key", "private_key": "hunter2"},
            "private_key: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)",
        ),
        ("install", {"state": "there"}, CHOICE.format("state", "present, latest, absent", "there")),
        (
            "install",
            {"implementation": "openvpn"},
            CHOICE.format("implementation", "auto, kernel, wireguard-go, boringtun, none", "openvpn"),
        ),
        (
            "install",
            {"needs": ["x"]},
            "value of needs must be one or more of: " + ", ".join(NEEDS) + ". Got no match for: x",
        ),
        ("prepare", {}, "one of the following is required: interfaces, plan_from"),
        ("prepare", {"interfaces": [{"forward": True}]}, "missing required arguments: name found in interfaces"),
        (
            "prepare",
            {"interfaces": [], "regenerate": "maybe"},
            CHOICE.format("regenerate", "never, if_invalid, always", "maybe"),
        ),
        (
            "prepare",
            {
                "interfaces": [{"name": "wg/0"}],
                "contents": '{"wg/0": "x"}',
                "implementation": "none",
                "key_directory": "/nowhere",
            },
            f"interface: 'wg/0' {NO_NAME}",
        ),
        (
            "prepare",
            {
                "interfaces": [{"name": NAME}],
                "contents": json.dumps({NAME: "[Interface]"}),
                "implementation": "none",
                "private_keys": {NAME: "hunter2"},
            },
            "private_key: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)",
        ),
        ("metrics", {"interval": 1}, "metrics.interval: '1' is not a number from 10 to 3600"),
        ("metrics", {"interfaces": {NAME: {"network": "a"}}}, f"metrics.interfaces.{NAME}: has no node"),
        ("names", {"way": "dns"}, "value of way must be one of: hosts, resolved, resolver, got: dns"),
        ("names", {"networks": {"a": {"domain": "b"}}}, "names.networks.a: has no interfaces"),
        ("prepare", {"interfaces": [], "metrics": "{}x", "implementation": "none"}, "Extra data: line 1 column 3 (char 2)"),
        ("rollback", {"pending": {NAME: "1"}}, "missing required arguments: state"),
        ("vrrp", {"interface": NAME}, "state is present but all of the following are missing: address, floating, mark, port"),
        (
            "bgp",
            {"interface": NAME},
            "state is present but all of the following are missing: interfaces, table, number, link_local",
        ),
        ("outage_meter", {"state": "read"}, "state is read but all of the following are missing: since"),
        ("fault", {"state": "present"}, "state is present but all of the following are missing: fault"),
        (
            "shared_key",
            {"path": "/nowhere/wg0.key", "state": "sealed"},
            "state is sealed but all of the following are missing: recipients, public_key",
        ),
        ("rollback", {"pending": {NAME: "1"}, "state": "made"}, CHOICE.format("state", "armed, verified, confirmed", "made")),
        (
            "interface_info",
            {"nam": "wg0"},
            (
                "Unsupported parameters for (meshwork.wireguard.interface_info) module: nam. "
                "Supported parameters include: compare, name, pings, probes, sizes."
            ),
        ),
    ],
)
def test_errors(run_module, module, arguments, message):
    result = run_module(module, arguments, HOST, check_mode=True)
    assert result["failed"] is True
    assert result["msg"] == message
    assert "hunter2" not in json.dumps(result)
    assert key("own") not in json.dumps(result)


def known_keys(shape):
    """The keys that a configuration's reader names where a shape has the unknown one ``?``."""
    with pytest.raises(InvalidConfig, match=r"unknown key '\?'; known are ") as caught:
        config_from_dict(shape)
    return set(str(caught.value).rpartition("known are ")[2].split(", "))


def test_interface_takes_what_a_configuration_has():
    """Except the private key, which is in a file on the host, and what no host may have."""
    options = ARGUMENT_SPEC["config"]["options"]
    assert set(options) == known_keys({"?": 0}) - {"private_key", "save_config"}
    assert set(options["hooks"]["options"]) == known_keys({"hooks": {"?": 0}})
    assert set(options["peers"]["options"]) == known_keys({"peers": [{"?": 0}]})


def test_interface_from_a_mapping_in_check_mode(run_module, tmp_path):
    own = tmp_path / "own.key"
    own.write_text(key("own") + "\n")
    config = {"addresses": ["10.8.0.1/24"], "port": 51820, "fwmark": "0xca6c", "mtu": 1380, "table": "auto", "peers": [PEER]}
    result = run_module("interface", {"name": NAME, "private_key_file": str(own), "config": config}, HOST, check_mode=True)
    added = {
        "kind": "peer_added",
        "peer": "beta",
        "public_key": key("beta"),
        "allowed_ips": ["10.8.0.2/32"],
        "endpoint": None,
        "keepalive": 0,
    }
    assert result == {
        "changed": True,
        "changes": [
            {"kind": "host", "what": "file", "action": "created"},
            {"kind": "host", "what": "interface", "action": "started"},
            added,
            {"kind": "host", "what": "unit", "action": "enabled"},
        ],
        "restarted": False,
        "pending": "",
        "public_key": key("public"),
        "diff": {
            "prepared": (
                "+ file: created\n+ interface: started\n"
                f"+ peer beta ({key('beta')[:8]}...): AllowedIPs 10.8.0.2/32, with a preshared key\n~ unit: enabled\n"
            )
        },
    }


def test_absent_needs_no_configuration(run_module):
    result = run_module("interface", {"name": NAME, "state": "absent"}, HOST, check_mode=True)
    assert (result["changed"], result["changes"]) == (False, [])


def test_a_host_without_systemd(run_module):
    programs = {**HOST, "systemctl": "echo 'System has not been booted with systemd' >&2; exit 1"}
    result = run_module("interface", {"name": NAME, "state": "absent"}, programs, check_mode=True)
    assert (result["changed"], result["changes"]) == (False, [])


def test_a_host_whose_systemd_is_ill(run_module):
    programs = {**HOST, "systemctl": "echo 'Failed to connect to bus: Connection refused' >&2; exit 1"}
    result = run_module("interface", {"name": NAME, "state": "absent"}, programs, check_mode=True)
    assert result["msg"] == (
        f"interface {NAME}: systemd does not answer on this host: Failed to connect to bus: Connection refused"
    )


@pytest.mark.parametrize("name", ["metrics", "names"])
def test_what_is_not_there_needs_no_removal(run_module, name):
    result = run_module(name, {"state": "absent"}, HOST)
    assert result == {"changed": False, "changes": [], "restarted": False, "public_key": None, "diff": {"prepared": ""}}


def test_keypair(run_module, tmp_path):
    path = tmp_path / "wireguard" / "wg0.key"
    line = f"~ {path}: no key -> {{}}\n"
    expected = {"changed": True, "public_key": None, "source": "generated", "diff": {"prepared": line.format("a new key")}}
    assert run_module("keypair", {"path": str(path)}, HOST, check_mode=True) == expected
    assert not path.exists()
    shown = f"public key {key('public')[:8]}..."
    assert run_module("keypair", {"path": str(path)}, HOST) == {
        **expected,
        "public_key": key("public"),
        "diff": {"prepared": line.format(shown)},
    }
    assert path.read_text() == key("generated") + "\n"
    assert [oct(found.stat().st_mode & 0o777) for found in (path, path.parent)] == ["0o600", "0o700"]
    assert run_module("keypair", {"path": str(path)}, HOST) == {
        "changed": False,
        "public_key": key("public"),
        "source": "kept",
        "diff": {"prepared": ""},
    }


def test_interface_info(run_module):
    tools = {"tools_version": "1.0.20210914", "tools_features": ["syncconf"], "systemd_version": None}
    found = {"changed": False, **tools, "interfaces": []}
    for arguments, check_mode in (({}, False), ({"name": NAME}, True)):
        result = run_module("interface_info", arguments, HOST, check_mode=check_mode)
        assert set(result.pop("forwarding")) == {"ipv4", "ipv6"}
        assert result.pop("time") > 0
        assert result == found


def test_install_looks_only(run_module):
    result = run_module("install", {"implementation": "none"}, HOST, check_mode=True)
    assert (result["implementation"], result["tools_version"], result["packages"]) == ("none", "1.0.20210914", [])


CONTENT = (
    f"[Interface]\nAddress = 10.8.0.1/24\n\n[Peer]\n# Name = beta\nPublicKey = {key('beta')}\nPresharedKey = {key('shared')}\n"
)


@pytest.mark.parametrize("check_mode", [True, False])
def test_prepare(run_module, tmp_path, check_mode):
    """All of it, on a host that has nothing yet."""
    arguments = {
        "interfaces": [{"name": NAME, "forward": None}],
        "contents": json.dumps({NAME: CONTENT}),
        "implementation": "none",
        "key_directory": str(tmp_path / "keys"),
        "plan": "digest",
    }
    result = run_module("prepare", arguments, HOST, check_mode=check_mode)
    own = tmp_path / "keys" / f"{NAME}.key"
    shown = "a new key" if check_mode else f"public key {key('public')[:8]}..."
    lines = [
        "+ file: created",
        "+ interface: started",
        f"+ peer beta ({key('beta')[:8]}...): AllowedIPs none, with a preshared key",
        "~ unit: enabled",
    ]
    assert {name: result[name] for name in ("changed", "keys", "interfaces", "settled", "plan", "diff", "packages")} == {
        "changed": True,
        "keys": {NAME: None if check_mode else key("public")},
        "interfaces": {NAME: {"changes": lines, "peers": [], "preshared": [], "addresses": []}},
        "settled": [],
        "plan": "digest",
        "diff": {"prepared": f"~ {own}: no key -> {shown}\n"},
        "packages": [],
    }
    assert result["routes"] == []
    assert own.exists() is not check_mode
    assert key("shared") not in json.dumps(result)
    assert key("generated") not in json.dumps(result)
    if not check_mode:
        again = run_module("prepare", arguments, HOST)
        assert (again["changed"], again["keys"], again["diff"]) == (False, result["keys"], {"prepared": ""})


@pytest.mark.parametrize("state", ["armed", "verified", "confirmed"])
def test_rollback_where_nothing_is_pending(run_module, state):
    assert run_module("rollback", {"pending": {NAME: "1"}, "state": state}, HOST) == {"changed": False, "interfaces": []}


def test_rollback_in_check_mode(run_module):
    result = run_module("rollback", {"pending": {NAME: "1"}, "state": "armed"}, HOST, check_mode=True)
    assert result.get("skipped") is True
