# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is believed of a module's result, and what is refused, module by module."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.readers import CHARACTERS, ITEMS, LINES, NotBelieved
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.results import MODULES, read_result
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

PLUGINS = Path(__file__).parents[5] / "plugins"
INSTALLED = {
    "changed": False, "packages": [], "manager": "apt", "hint": "", "kernel": True, "implementation": "kernel",
    "tools_version": "1.0.20210914", "userspace_version": None,
}  # fmt: skip
PREPARED = {
    **INSTALLED,
    "keys": {"wg0": key("own"), "wg1": None},
    "interfaces": {
        "wg0": {
            "changes": ["+ peer beta"], "peers": [{"name": "beta", "public_key": key("beta")}], "preshared": ["beta", None],
            "addresses": ["10.8.0.1/24"],
        }
    },
    "next_keys": {"wg0": None}, "key_dates": {"wg0": "2026-12-31"}, "settled": ["wg1"],
    "vrrp": [], "bgp": [], "metrics": "settled", "names": None, "stale": [], "plan": "ab12",
    "routes": [{"prefix": "192.168.1.0/24", "connected": True}, {"prefix": "fd00:1::/64", "connected": False}],
}  # fmt: skip
PEER = {
    "name": "beta", "public_key": key("beta"), "preshared_key": False, "endpoint": "[fe80::1%eth0]:51820",
    "allowed_ips": ["10.8.0.2/32"], "handshake_age": 3, "received": 10, "sent": 20, "keepalive": 25,
    "probe": {"answers": True, "round_trip": 0.02, "largest": None, "source": "10.8.0.1"},
}  # fmt: skip
INTERFACE = {
    "name": "wg0", "up": True, "implementation": "wireguard-go", "implementation_version": "0.0.20220316", "public_key": key("a"),
    "port": 51820, "fwmark": 0, "mtu": 1420, "addresses": ["10.8.0.1/24"], "routes": ["10.8.0.0/24"], "peers": [PEER],
    "drift": ["~ port 1 -> 2"], "pings": {"10.8.0.3": None, "fd00::3": 0.01},
}  # fmt: skip
REPORT = {
    "changed": False, "tools_version": None, "tools_features": ["syncconf"], "systemd_version": "252", "time": 1700000000.5,
    "forwarding": {"ipv4": True, "ipv6": False}, "interfaces": [INTERFACE],
}  # fmt: skip
LINK = {"dev": "eth0.7@if2", "error": None}
SENT = {
    "interface": "wg0", "public_key": key("beta"), "answers": False, "endpoint": "203.0.113.2:51820",
    "name": "beta.example.com:51820", "resolved": ["203.0.113.2", "2001:db8::2"],
    "route": LINK, "inner_route": {"dev": None, "error": "no route"},
    "preshared": "a" * 64, "handshake_age": None, "received": 0, "sent": 148,
}  # fmt: skip
DIAGNOSIS = {
    "changed": False, "time": 1700000000.5, "filtered": 2, "peers": [SENT],
    "packets": [{"type": 1, "way": "out", "id": "0123456789abcdef", "remote": "203.0.113.2:51820", "port": 51820}],
    "errors": [{"code": "port", "sender": "203.0.113.2", "about": "203.0.113.2:51820"}],
    "inner": [
        {"interface": "wg0", "way": "in", "what": "reply", "source": "10.8.0.2", "destination": "10.8.0.1", "count": 3}
    ],
}  # fmt: skip
CHANGED = {
    "changed": True, "restarted": False, "public_key": None,
    "changes": [{"kind": "peer_added", "peer": "beta", "allowed_ips": ["10.8.0.2/32"], "endpoint": None, "keepalive": 0}],
    "diff": {"prepared": "+ peer beta\n"},
}  # fmt: skip
CONF = {
    "name": "wg0", "public_key": key("a"), "mtu": None, "notes": ["setting DNS: is left out"], "error": None,
    "adopted": {"by": "wg-quick", "files": ["/etc/wireguard/wg0.conf"]},
    "config": {"addresses": ["10.8.0.1/24"], "peers": [{"public_key": key("beta"), "allowed_ips": ["10.8.0.2/32"]}]},
}  # fmt: skip
HONEST = {
    "fault": {"changed": True},
    "conf_info": {"changed": False, "interfaces": [CONF]},
    "container_network": CHANGED,
    "diagnosis": DIAGNOSIS,
    "firewalld_port": CHANGED,
    "outage_meter": {"changed": False, "now": 12.5, "outages": {"10.8.0.2": 0.05}},
    "install": INSTALLED,
    "interface": {**CHANGED, "pending": "0a1b", "backup_file": "/etc/wireguard/wg0.conf.2026~"},
    "interface_info": REPORT,
    "keypair": {"changed": True, "public_key": key("own"), "source": "generated", "diff": {"prepared": "~ wg0.key\n"}},
    "metrics": CHANGED,
    "names": CHANGED,
    "nft_table": CHANGED,
    "prepare": PREPARED,
    "bgp": CHANGED,
    "shared_key": {"changed": False, "recipient": "age1" + "q" * 58, "ciphertext": "-----BEGIN AGE ENCRYPTED FILE-----\nab+/=\n"},
    "vrrp": CHANGED,
    "rollback": {"changed": True, "interfaces": ["wg0"]},
    "rotation": {"changed": False, "silent": ["beta"]},
}


NO_KEY = "is not a key of a configuration"


@pytest.mark.parametrize("module", MODULES)
def test_honest_results_are_taken_whole(module):
    assert read_result(module, HONEST[module]) == HONEST[module]


@pytest.mark.parametrize("module", MODULES)
def test_nothing_else_is_in_it(module):
    more = {
        "ansible_facts": {"wireguard_hub": True}, "add_host": {}, "_ansible_x": 1, "skipped": True, "unreachable": True,
        "invocation": {}, "exception": "x", "deprecations": ["x"], "results": [], "stdout": "x", "plan2": 1,
    }  # fmt: skip
    assert read_result(module, {**HONEST[module], **more}) == HONEST[module]


def test_every_module_of_hosts_has_a_reader_and_an_action():
    """A module whose documentation says that nothing runs on a host needs none."""
    controller = {
        "clients", "doctor", "import_networks", "page", "rebuild_registry", "registry", "registry_store", "render", "show",
    }  # fmt: skip
    modules = {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    assert modules - controller == set(MODULES)
    assert modules == {path.stem for path in (PLUGINS / "action").glob("*.py")}
    for name in controller:
        text = (PLUGINS / "modules" / f"{name}.py").read_text(encoding="utf-8")
        assert "AnsibleModule" not in text, name


def changed(result, path, value):
    """The result with another value at a place."""
    head, *rest = path
    if isinstance(result, list):
        return [changed(item, rest, value) if rest else value for item in result]
    return {**result, head: changed(result[head], rest, value) if rest else value}


@pytest.mark.parametrize(
    ("module", "path", "value", "message"),
    [
        ("prepare", ["keys"], "x", "keys: is not a mapping"),
        ("prepare", ["keys", "wg0"], "x\nPostUp = id", "keys.wg0: cannot be read"),
        ("prepare", ["keys", "wg0"], 7, "keys.wg0: is not text"),
        ("prepare", ["keys"], {"../x": None}, "keys: a key: cannot be read"),
        ("prepare", ["interfaces"], ["wg0"], "interfaces: is not a mapping"),
        ("prepare", ["interfaces", "wg0", "peers"], "x", "interfaces.wg0.peers: is not a list"),
        ("prepare", ["interfaces", "wg0", "addresses"], ["10.8.0.1/24; reboot"], "interfaces.wg0.addresses[0]: cannot be read"),
        ("prepare", ["interfaces", "wg0", "peers", 0, "public_key"], None, "interfaces.wg0.peers[0].public_key: is not text"),
        ("prepare", ["settled"], [["wg0"]], "settled[0]: is not text"),
        ("prepare", ["routes"], ["192.168.1.0/24"], "routes[0]: is not a mapping"),
        ("prepare", ["routes", 0, "prefix"], "192.168.1.0/24; id", "routes[0].prefix: cannot be read"),
        ("prepare", ["routes", 0, "connected"], "yes", "routes[0].connected: is not true or false"),
        ("prepare", ["packages"], ["a b"], "packages[0]: has the wrong form"),
        ("prepare", ["manager"], "command", "manager: is not one of apk, apt, dnf, pacman, zypper"),
        ("prepare", ["kernel"], "yes", "kernel: is not true or false"),
        ("interface_info", ["interfaces"], "x", "interfaces: is not a list"),
        ("interface_info", ["interfaces", 0, "peers", 0, "handshake_age"], -1, "handshake_age: is not a number from 0 to "),
        ("interface_info", ["interfaces", 0, "peers", 0, "allowed_ips"], ["0.0.0.0/0\n"], None),
        ("interface_info", ["interfaces", 0, "peers", 0, "endpoint"], "[fd00::1%x y]:1", "endpoint: cannot be read"),
        ("interface_info", ["time"], float("nan"), "time: is not a number"),
        ("interface_info", ["forwarding"], {"ipv4": True}, "forwarding: has no ipv6"),
        ("conf_info", ["interfaces", 0, "config"], {"hooks": {"post_up": ["a\nb"]}}, f"post_up[0]: {NO_KEY}"),
        ("conf_info", ["interfaces", 0, "config"], {"addresses": ["fd00::1%x\n/64"]}, f"addresses[0]: {NO_KEY}"),
        ("conf_info", ["interfaces", 0, "adopted", "by"], "x", "interfaces[0].adopted.by: "),
        ("conf_info", ["interfaces", 0, "adopted", "files", 0], "/etc/{{ x }}", "adopted.files[0]: has the wrong form"),
        ("prepare", ["settled"], None, "settled: is not a list"),
        ("prepare", ["interfaces", "wg0", "changes"], "x", "interfaces.wg0.changes: is not a list"),
        ("interface", ["changes"], {}, "changes: is not a list"),
        ("interface", ["changes", 0, "peer"], {"a": 1}, "changes[0].peer: is not text"),
        ("outage_meter", ["now"], "1", "now: is not a number"),
        ("shared_key", ["recipient"], "--identity", "recipient: has the wrong form"),
        ("rollback", ["interfaces"], None, "interfaces: is not a list"),
    ],
)  # fmt: skip
def test_what_has_another_form_is_refused(module, path, value, message):
    found = outcome(read_result, module, changed(HONEST[module], path, value))
    if message is None:
        assert isinstance(found, dict)
    else:
        assert found.startswith("refused: "), found
        assert message in found


@pytest.mark.parametrize("module", MODULES)
@given(value=st.none() | st.integers() | st.text() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_any_value_is_taken_in_form_or_refused(module, value):
    """Whatever stands at whichever place, the reader ends with a result or with a refusal, and text stays one line."""
    for name in HONEST[module]:
        found = outcome(read_result, module, {**HONEST[module], name: value})
        assert isinstance(found, dict) or found.startswith("refused: "), found


@pytest.mark.parametrize("missing", ["keys", "interfaces", "settled", "vrrp", "bgp", "stale", "plan", "routes"])
def test_a_host_that_lacks_packages_says_no_more_yet(missing):
    less = {key: value for key, value in PREPARED.items() if key != missing}
    assert outcome(read_result, "prepare", less) == f"refused: its result: has no {missing}"
    assert read_result("prepare", {**less, "packages": ["wireguard-tools"]})["packages"] == ["wireguard-tools"]


ESCAPE = "\x1b]0;owned\x07"


def test_failures_are_plain_lines():
    said = {"failed": True, "msg": f"{ESCAPE}no\u2028way\n" + "x" * 2 * CHARACTERS, "module_stderr": "a\n" * 2 * LINES, "rc": 1}
    assert read_result("prepare", {**said, "warnings": [f"a{ESCAPE}"]}) == {
        "failed": True,
        "msg": "?]0;owned?no?way\n" + "x" * CHARACTERS + "...",
        "module_stderr": ["a"] * LINES + ["... 1 more"],
        "warnings": ["a?]0;owned?"],
    }


@pytest.mark.parametrize(
    ("exception", "why"),
    [
        (
            {"event": {"msg": f"no{ESCAPE} libffi.so.8", "formatted_traceback": "..."}},
            "the module ended with an exception: no?]0;owned? libffi.so.8",
        ),
        ({"event": {}}, "failed"),
        ("Traceback ...", "failed"),
        (None, "failed"),
    ],
)
def test_an_exception_in_a_module_is_its_message(exception, why):
    assert read_result("prepare", {"failed": True, "exception": exception}) == {"failed": True, "msg": why}
    assert read_result("prepare", {"failed": True, "exception": exception, "msg": "other"})["msg"] == "other"


def test_text_for_people_is_plain():
    peers = [{"name": f"b{ESCAPE}\u202e", "public_key": key("beta")}]
    found = read_result("prepare", changed(PREPARED, ["interfaces", "wg0", "peers"], peers))
    assert found["interfaces"]["wg0"]["peers"][0]["name"] == "b?]0;owned??"
    assert read_result("nft_table", {**CHANGED, "diff": {"prepared": f"+ {ESCAPE}\n"}})["diff"] == {"prepared": "+ ?]0;owned?\n"}


def test_thousands_of_peers_may_all_have_several_changes():
    """A result must not be refused after the changes have been made."""
    changes = [{"kind": "preshared_key_changed", "peer": None}] * (3 * ITEMS)
    assert read_result("interface", {**HONEST["interface"], "changes": changes})["changes"] == changes
    with pytest.raises(NotBelieved):
        read_result("interface", {**HONEST["interface"], "changes": [{}] * (4 * ITEMS + 1)})
    peers = [{"name": None, "public_key": key("peer")}] * (ITEMS + 1)
    with pytest.raises(NotBelieved):
        read_result("prepare", changed(HONEST["prepare"], ["interfaces", "wg0", "peers"], peers))
