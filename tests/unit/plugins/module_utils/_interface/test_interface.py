# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Completed
from ansible_collections.meshwork.wireguard.plugins.module_utils._interface.interface import Interface, Wanted
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf, with_private_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import Config, Hooks, Peer
from ansible_collections.meshwork.wireguard.tests.unit.support import key, public_key, shorthand

OWN = key("own")
CONF, KEY, SYSCTL = "/etc/wireguard/wg0.conf", "/etc/wireguard/wg0.key", "/etc/sysctl.d/90-wireguard-wg0.conf"
UNIT = "wg-quick@wg0.service"
BETA = Peer(key("beta"), key("shared"), ("10.8.0.2/32",), "203.0.113.2:51820", 0, "beta")
GAMMA = Peer(key("gamma"), None, ("10.8.0.3/32", "172.20.3.0/24"), None, 25, "gamma")
BASE = Config(addresses=("10.8.0.1/24",), port=51820, mtu=1420, peers=(BETA,))
START = [["systemctl", "reset-failed", UNIT], ["systemctl", "restart", UNIT]]
STOP = [["systemctl", "stop", UNIT]]


class Place:
    """Where the files of wg0 are on this machine, with its key."""

    def __init__(self, host):
        self.host = host
        self.conf, self.key, self.sysctl = map(host.path, (CONF, KEY, SYSCTL))
        host.write(KEY, OWN + "\n")

    def fill(self, config, up=True):
        """As after an earlier run."""
        self.host.write(CONF, text_of(config))
        if up:
            self.host.up(config, OWN)

    def run(self, wanted, check_mode=False, **options):
        """Bring it about; `wanted` is a configuration or a text."""
        text = wanted if isinstance(wanted, str) else render_conf(wanted)
        values = {"private_key_file": KEY, "up": True, "forward": None, "backup": False, **options}
        return Interface(self.host, "wg0").bring_about(Wanted(text, **values), check_mode)

    def remove(self, check_mode=False):
        return Interface(self.host, "wg0").remove(check_mode)

    @property
    def files(self):
        """What is in the directory, with the modes."""
        return {name: oct(self.host.mode_of(f"/etc/wireguard/{name}")) for name in self.host.names("/etc/wireguard")}


def text_of(config):
    """The text as it stands in the file."""
    return with_private_key(render_conf(config), OWN)


def lines_of(result):
    return result["diff"]["prepared"].splitlines()


@pytest.fixture
def place(host):
    host.put("/proc/sys/net/ipv4/ip_forward", "0\n")
    return Place(host)


@pytest.fixture(autouse=True)
def nothing_secret_left(host, tmp_path, monkeypatch):
    """Files with secrets for `wg set` are gone after each test."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    yield
    assert (os.listdir(tmp_path / "tmp"), host.names("/run/meshwork-wireguard")) == ([], [])


BETA_LINE = f"+ peer beta ({shorthand('beta')}): AllowedIPs 10.8.0.2/32, endpoint 203.0.113.2:51820, with a preshared key"


def test_a_fresh_start(place):
    seen = place.host.watch(CONF)
    result = place.run(BASE)
    assert result == {
        "changed": True,
        "changes": [
            {"kind": "host", "what": "file", "action": "created"},
            {"kind": "host", "what": "interface", "action": "started"},
            {
                "kind": "peer_added",
                "peer": "beta",
                "public_key": key("beta"),
                "allowed_ips": ["10.8.0.2/32"],
                "endpoint": "203.0.113.2:51820",
                "keepalive": 0,
            },
            {"kind": "host", "what": "unit", "action": "enabled"},
        ],
        "restarted": False,
        "public_key": public_key(OWN),
        "diff": {"prepared": f"+ file: created\n+ interface: started\n{BETA_LINE}\n~ unit: enabled\n"},
    }
    assert seen == [(words, text_of(BASE)) for words in [*START, ["systemctl", "enable", UNIT]]]
    assert place.files["wg0.conf"] == "0o600"


def written(path):
    """What changes when a file is written or replaced, and not when it is read."""
    status = path.stat()
    return status.st_ino, status.st_mtime_ns, status.st_mode


def test_nothing_to_do(place):
    place.fill(BASE)
    before = written(place.conf)
    result = place.run(BASE)
    assert result == {
        "changed": False,
        "changes": [],
        "restarted": False,
        "public_key": public_key(OWN),
        "diff": {"prepared": ""},
    }
    assert place.host.changing == []
    assert written(place.conf) == before


def test_a_key_in_the_content(place):
    place.fill(BASE)
    assert place.run(replace(BASE, private_key=OWN), private_key_file=None)["changed"] is False


def test_a_peer_comes_live_in_one_command(place):
    place.fill(BASE)
    seen = place.host.watch(CONF)
    result = place.run(replace(BASE, peers=(BETA, GAMMA)))
    assert lines_of(result) == [
        "~ file: changed",
        f"+ peer gamma ({shorthand('gamma')}): AllowedIPs 10.8.0.3/32, 172.20.3.0/24, keepalive 25 s",
        "+ route 172.20.3.0/24",
    ]
    assert place.host.changing == [
        [
            *("wg", "set", "wg0", "peer", key("gamma")),
            *("persistent-keepalive", "25", "allowed-ips", "10.8.0.3/32,172.20.3.0/24"),
        ],
        ["ip", "-4", "route", "replace", "172.20.3.0/24", "dev", "wg0"],
    ]
    assert {text for _words, text in seen} == {text_of(replace(BASE, peers=(BETA, GAMMA)))}
    assert result["restarted"] is False


def test_secrets_are_no_arguments(place):
    place.fill(Config(addresses=BASE.addresses, port=51820, mtu=1420))
    place.host.answers["wg", "show", "wg0", "dump"] = "(none)\t(none)\t51820\toff\n"
    result = place.run(BASE)
    assert place.host.secrets == [OWN, key("shared")]
    assert not [word for words in place.host.calls for word in words if OWN in word or key("shared") in word]
    assert OWN not in json.dumps(result)
    assert key("shared") not in json.dumps(result)


def test_a_restart_stops_with_the_old_file_and_starts_with_the_new(place):
    place.fill(BASE)
    desired = replace(BASE, hooks=Hooks(post_up=("echo %i",)))
    seen = place.host.watch(CONF)
    result = place.run(desired)
    assert lines_of(result) == ["~ file: changed", "~ hooks changes: the interface is restarted"]
    assert result["restarted"] is True
    assert seen == [*((words, text_of(BASE)) for words in STOP), *((words, text_of(desired)) for words in START)]


DELTA = Peer(key("delta"), None, ("10.8.0.4/32",), None, 0, "delta")


KEYLESS = ["wg", "set", "wg0", "private-key", "/dev/null"]


@pytest.mark.parametrize(
    ("hooks", "save"),
    [(Hooks(), False), (Hooks(pre_down=("echo %i",)), False), (Hooks(), True)],
    ids=["no answers at the end", "a hook needs the tunnel", "the end saves the file"],
)
def test_after_a_restart_those_that_dial_it_are_met_where_they_were_last(place, hooks, save):
    """Beta has an endpoint of its own; epsilon has not been heard for long; delta begins anew meanwhile, from another port.
    So does zeta, which is back before the interface looks.
    """
    epsilon = replace(DELTA, public_key=key("epsilon"), allowed_ips=("10.8.0.5/32",), name="epsilon")
    zeta = replace(DELTA, public_key=key("zeta"), allowed_ips=("10.8.0.6/32",), name="zeta")
    config = replace(BASE, peers=(BETA, GAMMA, DELTA, epsilon, zeta), hooks=hooks, save_config=save)
    place.fill(config)
    down = [] if save or hooks.pre_down else [KEYLESS]
    ports = {"gamma": 4001, "delta": 4002, "epsilon": 4003, "zeta": 4004}

    def report(ages):
        dump = place.host.answers["wg", "show", "wg0", "dump"]
        for name, port in ports.items():
            row = next(line for line in dump.splitlines() if line.startswith(key(name)))
            cells = row.split("\t")
            cells[2], cells[4] = f"203.0.113.9:{port}", str(int(time.time()) - ages.get(name, 0))
            dump = dump.replace(row, "\t".join(cells))
        place.host.answers["wg", "show", "wg0", "dump"] = dump

    def anew(words):
        if words == KEYLESS or (not down and words[:2] == ["systemctl", "show"]):
            ports["delta"] = 5002
            report({"epsilon": 200})
        elif words[:2] == ["systemctl", "restart"]:
            place.host.up(config, OWN)
            ports.clear()
            ports["zeta"] = 6006
            report({})

    report({"epsilon": 200})
    place.host.on_call = anew
    place.run(replace(config, hooks=Hooks(post_up=("echo %i",)), save_config=False))
    gamma, delta = ["peer", key("gamma")], ["peer", key("delta")]
    assert place.host.changing == [
        *down,
        *STOP,
        *START,
        [
            *("wg", "set", "wg0", *gamma, "endpoint", "203.0.113.9:4001", "persistent-keepalive", "0"),
            *(*delta, "endpoint", "203.0.113.9:5002", "persistent-keepalive", "25"),
        ],
        ["wg", "set", "wg0", *gamma, "persistent-keepalive", "25", *delta, "persistent-keepalive", "0"],
    ]


def test_a_restart_of_an_interface_that_is_up_without_its_unit(place):
    place.fill(BASE)
    place.host.unit(active=False, enabled=True)
    place.run(replace(BASE, dns=("9.9.9.9",)))
    assert place.host.changing == [["wg-quick", "down", CONF], *START]


def test_a_live_failure_puts_the_file_back(place):
    place.fill(BASE)
    place.host.answers["wg", "set"] = Completed(1, "", "Unable to modify interface: No such device\n")
    with pytest.raises(CommandFailed) as caught:
        place.run(replace(BASE, port=4500))
    assert str(caught.value) == "wg set wg0 listen-port 4500: exit status 1: Unable to modify interface: No such device"
    assert place.conf.read_text() == text_of(BASE)


def test_a_failed_start_leaves_no_new_file(place):
    place.host.answers["systemctl", "restart"] = Completed(1, "", "failed\n")
    place.host.answers["journalctl",] = "no such resolvconf\n"
    with pytest.raises(CommandFailed) as caught:
        place.run(BASE)
    assert str(caught.value) == f"systemctl restart {UNIT}: failed\nno such resolvconf"
    assert not place.conf.exists()
    assert ["systemctl", "enable", UNIT] not in place.host.calls


def test_a_failed_restart_brings_the_old_interface_back(place):
    place.fill(BASE)
    starts = []

    def start(_stdin):
        starts.append(place.conf.read_text())
        return Completed(1, "", "failed") if len(starts) == 1 else ""

    place.host.answers["systemctl", "restart"] = start
    desired = replace(BASE, dns=("9.9.9.9",))
    with pytest.raises(CommandFailed):
        place.run(desired)
    assert starts == [text_of(desired), text_of(BASE)]
    assert place.conf.read_text() == text_of(BASE)


def test_both_failures_are_told_when_the_old_interface_does_not_come_back_either(place):
    place.fill(BASE)
    place.host.answers["systemctl", "restart"] = Completed(1, "", "failed")
    place.host.answers["journalctl",] = "no such resolvconf\n"
    with pytest.raises(CommandFailed) as caught:
        place.run(replace(BASE, dns=("9.9.9.9",)))
    once = f"systemctl restart {UNIT}: failed\nno such resolvconf"
    assert str(caught.value) == f"{once}; the state before it could not be restored either: {once}"
    assert place.conf.read_text() == text_of(BASE)


def test_a_failed_start_of_an_interface_that_was_down_puts_the_old_file_back(place):
    place.fill(BASE, up=False)
    place.host.answers["systemctl", "restart"] = Completed(1, "", "failed")
    with pytest.raises(CommandFailed):
        place.run(replace(BASE, port=4500))
    assert place.conf.read_text() == text_of(BASE)


@pytest.mark.parametrize(
    ("active", "up", "commands"),
    [
        (True, True, [*STOP, ["systemctl", "disable", UNIT]]),
        (False, True, [["wg-quick", "down", "{conf}"], ["systemctl", "disable", UNIT]]),
        (False, False, [["systemctl", "disable", UNIT]]),
    ],
)
def test_down(place, active, up, commands):
    place.fill(BASE, up=up)
    place.host.unit(active=active, enabled=True)
    result = place.run(BASE, up=False)
    assert lines_of(result) == [*(["- interface: stopped"] if up else []), "~ unit: disabled"]
    assert place.host.changing == [[word.format(conf=CONF) for word in words] for words in commands]
    assert place.conf.read_text() == text_of(BASE)


def test_down_already(place):
    place.fill(BASE, up=False)
    assert place.run(BASE, up=False)["changed"] is False
    assert place.host.changing == []


def test_down_before_it_ever_was_up(place):
    assert lines_of(place.run(BASE, up=False)) == ["+ file: created"]
    assert place.host.changing == []


def test_absent(place):
    place.fill(BASE)
    place.sysctl.parent.mkdir()
    place.sysctl.write_text("net.ipv4.ip_forward = 1\n")
    result = place.remove()
    assert lines_of(result) == [
        "- interface: stopped",
        "~ unit: disabled",
        "- file: removed",
        "- forwarding: removed",
    ]
    assert result["public_key"] is None
    assert place.host.changing == [*STOP, ["systemctl", "disable", UNIT]]
    assert list(place.files) == ["wg0.key"]
    assert not place.sysctl.exists()
    place.host.down()
    place.host.unit()
    assert place.remove() == {
        "changed": False,
        "changes": [],
        "restarted": False,
        "public_key": None,
        "diff": {"prepared": ""},
    }


def test_absent_of_an_interface_that_no_file_made(place):
    place.host.up(BASE, OWN)
    place.host.unit()
    place.host.answers["ip", "-j", "link", "show", "dev", "wg0"] = '[{"ifname": "wg0"}]'
    assert lines_of(place.remove()) == ["- interface: stopped"]
    assert place.host.changing == [["ip", "link", "delete", "dev", "wg0"]]


def test_absent_where_there_are_no_tools(place):
    place.fill(BASE, up=False)
    place.host.programs.clear()
    assert lines_of(place.remove()) == ["- file: removed"]


@pytest.mark.parametrize(
    ("prepare", "desired", "options", "lines"),
    [
        (
            lambda _place: None,
            BASE,
            {},
            ["+ file: created", "+ interface: started", BETA_LINE, "~ unit: enabled"],
        ),
        (lambda place: place.fill(BASE), BASE, {}, []),
        (lambda place: place.fill(BASE), replace(BASE, port=4500), {}, ["~ file: changed", "~ port 51820 -> 4500"]),
        (
            lambda place: place.fill(BASE),
            replace(BASE, dns=("9.9.9.9",)),
            {"backup": True},
            ["~ file: changed", "~ dns changes: the interface is restarted"],
        ),
        (lambda place: place.fill(BASE), BASE, {"up": False}, ["- interface: stopped", "~ unit: disabled"]),
        (lambda place: place.fill(BASE), BASE, {"forward": True}, ["+ forwarding: created"]),
        (
            lambda place: place.key.unlink(),
            BASE,
            {},
            ["+ file: created", "+ interface: started", BETA_LINE, "~ unit: enabled"],
        ),
        (
            lambda place: place.host.programs.clear(),
            BASE,
            {},
            ["+ file: created", "+ interface: started", BETA_LINE, "~ unit: enabled"],
        ),
    ],
    ids=["fresh", "nothing", "live", "restart", "down", "forward", "no key yet", "no tools yet"],
)
def test_check_mode_predicts_and_changes_nothing(place, prepare, desired, options, lines):
    prepare(place)
    before = place.files, place.conf.read_bytes() if place.conf.exists() else None
    result = place.run(desired, check_mode=True, **options)
    assert lines_of(result) == lines
    assert result["changed"] is bool(lines)
    assert place.host.changing == []
    assert (place.files, place.conf.read_bytes() if place.conf.exists() else None) == before
    assert not place.sysctl.exists()


def test_check_mode_of_absent(place):
    place.fill(BASE)
    assert lines_of(place.remove(check_mode=True)) == ["- interface: stopped", "~ unit: disabled", "- file: removed"]
    assert place.host.changing == []
    assert place.conf.exists()


@pytest.mark.parametrize(
    ("wanted", "options", "message"),
    [
        (
            replace(BASE, save_config=True),
            {},
            "SaveConfig = true overwrites the file when the interface stops; remove it",
        ),
        (
            replace(BASE, peers=(Peer(public_key(OWN), name="self"),)),
            {},
            "peer self: its public key is this host's own; remove it from the peers",
        ),
        (
            replace(BASE, peers=(BETA, BETA)),
            {},
            "peer beta: has the same public key as peer beta; remove one of them",
        ),
        (
            replace(BASE, peers=(BETA, replace(GAMMA, allowed_ips=("10.8.0.2/32",)))),
            {},
            "peer gamma: AllowedIPs 10.8.0.2/32 already belongs to peer beta; a prefix can belong to only one peer",
        ),
        (BASE, {"private_key_file": None}, "the content has no PrivateKey; set private_key_file"),
        ("", {}, "line 1: has no [Interface] section"),
        ("[Interface]\nPort = 1\n", {}, "line 2: unknown key 'Port' in [Interface]"),
    ],
)
def test_what_is_refused_before_anything_is_touched(place, wanted, options, message):
    place.fill(BASE)
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        place.run(wanted, **options)
    assert str(caught.value) == message
    assert place.host.changing == []
    assert place.conf.read_text() == text_of(BASE)


def test_a_key_that_is_nowhere(place):
    with pytest.raises(ValueError, match=r"^private key /nowhere/wg0.key is missing; make it with meshwork.wireguard.keypair$"):
        place.run(BASE, private_key_file="/nowhere/wg0.key")


OTHERS = f"""# by hand
[interface]
privatekey={OWN}
Address = 10.8.0.1/24
ListenPort = 51820
[Peer] # beta
AllowedIPs=10.8.0.2/32
PublicKey={key("beta")}
PresharedKey={key("shared")}
endpoint=203.0.113.2:51820
"""


@pytest.fixture
def others(place):
    """Somebody else's interface: there is no key file, and the text is theirs."""
    place.key.unlink()
    place.host.write(CONF, OTHERS)
    place.host.up(BASE, OWN)
    return place


@pytest.mark.parametrize("forward", [None, True])
def test_somebody_elses_file_that_says_the_same_stays(others, forward):
    others.host.put("/proc/sys/net/ipv4/ip_forward", "1\n")
    assert others.run(BASE, forward=forward)["changes"] == []
    assert (others.conf.read_text(), others.key.exists(), others.sysctl.exists()) == (OTHERS, False, False)
    assert others.host.changing == []


@pytest.mark.parametrize(
    ("wanted", "forward", "lines"),
    [
        (replace(BASE, mtu=1300), None, ["~ file: changed", "~ MTU 1420 -> 1300", "+ key file: created"]),
        (BASE, True, ["~ file: changed", "+ forwarding: created", "+ key file: created"]),
        (
            replace(BASE, dns=("192.0.2.53",)),
            None,
            ["~ file: changed", "~ dns changes: the interface is restarted", "+ key file: created"],
        ),
    ],
)
def test_with_the_first_change_it_is_taken_over(others, wanted, forward, lines):
    ahead = others.run(wanted, forward=forward, check_mode=True)
    assert (lines_of(ahead), others.conf.read_text(), others.key.exists()) == (lines, OTHERS, False)
    assert lines_of(others.run(wanted, forward=forward)) == lines
    assert others.conf.read_text() == text_of(wanted)
    assert (others.key.read_text(), others.files["wg0.key"]) == (OWN + "\n", "0o600")


def test_it_is_not_left_open_to_others(others):
    others.conf.chmod(0o644)
    assert lines_of(others.run(BASE)) == ["~ file: changed", "+ key file: created"]


def test_pitfall_16_interface_names(host):
    with pytest.raises(ValueError, match="interface: 'wg/0' is not a valid interface name"):
        Interface(host, "wg/0")


def test_somebody_elses_interface_is_left_alone(place):
    place.host.up(BASE, OWN)
    place.host.answers["wg", "show", "wg0", "dump"] = Completed(1, "", "Operation not supported")
    with pytest.raises(CommandFailed, match="interface wg0 exists, but is not a WireGuard interface: Operation not supported"):
        place.run(BASE)
    assert place.host.changing == []


def test_a_backup_is_closed_to_others(place):
    place.fill(BASE)
    place.conf.chmod(0o644)
    result = place.run(replace(BASE, port=4500), backup=True)
    backup = result["backup_file"]
    assert re.match(re.escape(CONF) + r"\.\d{4}-\d\d-\d\dT\d{6}~\Z", backup)
    assert place.host.read(backup) == text_of(BASE)
    assert place.host.mode_of(backup) == place.host.mode_of(CONF) == 0o600


@pytest.mark.parametrize("desired", [BASE, replace(BASE, peers=())], ids=["mode only", "no file"])
def test_no_backup_where_the_text_stays_or_was_not_there(place, desired):
    if desired is BASE:
        place.fill(BASE)
        place.conf.chmod(0o644)
    result = place.run(desired, backup=True)
    assert result["changed"] is True
    assert "backup_file" not in result


@pytest.mark.parametrize(
    "old",
    ["not a configuration\n", "[Interface]\nPrivateKey = x\n", "[Interface]\n# M\udcfcnchen\nX = 1\n"],
)
def test_an_unreadable_file_is_replaced_and_the_live_state_counts(place, old):
    place.host.up(BASE, OWN)
    place.host.write(CONF, old)
    result = place.run(BASE, backup=True)
    assert lines_of(result) == ["~ file: changed"]
    assert place.host.changing == []
    assert place.host.read(result["backup_file"]) == old
    assert place.conf.read_text() == text_of(BASE)


def test_the_mode_of_the_file_is_repaired(place):
    place.fill(BASE)
    place.conf.chmod(0o644)
    assert lines_of(place.run(BASE)) == ["~ file: changed"]
    assert place.host.mode_of(CONF) == 0o600
    assert place.host.changing == []


def test_the_owner_of_the_file_is_repaired(place, monkeypatch):
    place.fill(BASE)
    monkeypatch.setattr(place.host, "owner_of", lambda _path: 65534)
    assert lines_of(place.run(BASE)) == ["~ file: changed"]
    assert place.host.changing == []


def test_comments_are_kept_and_touch_no_interface(place):
    place.fill(BASE)
    text = "# managed\n" + render_conf(BASE).replace("[Peer]", "# our hub\n[Peer]")
    assert lines_of(place.run(text)) == ["~ file: changed"]
    assert place.host.changing == []
    assert place.conf.read_text() == with_private_key(text, OWN)
    assert place.run(text)["changed"] is False


def test_an_interface_that_was_stopped_by_hand_starts(place):
    place.fill(BASE, up=False)
    place.host.unit(active=False, enabled=True)
    assert lines_of(place.run(BASE)) == ["+ interface: started", BETA_LINE]
    assert place.host.changing == START


@pytest.mark.parametrize("active", [True, False])
@pytest.mark.parametrize("desired", [BASE, replace(BASE, addresses=("10.8.0.1/24", "fd00:8::1/64"), peers=(BETA, GAMMA))])
def test_a_link_that_was_set_down_starts_anew(place, desired, active):
    """Rules, routes and what hooks did went down with it; nothing passes that a restart could lose."""
    place.fill(desired)
    place.host.set_down()
    place.host.unit(active=active, enabled=True)
    predicted = place.run(desired, check_mode=True)
    assert lines_of(predicted) == ["+ interface: started"]
    assert place.host.changing == []
    assert place.run(desired) == predicted
    assert place.host.changing == [*(STOP if active else [["wg-quick", "down", CONF]]), *START]


def test_a_link_that_was_set_down_and_altered(place):
    place.fill(replace(BASE, port=1, peers=(BETA, GAMMA)))
    place.host.set_down()
    seen = place.host.watch(CONF)
    assert lines_of(place.run(BASE)) == [
        "~ file: changed",
        "+ interface: started",
        "~ port 1 -> 51820",
        f"- peer gamma ({shorthand('gamma')})",
    ]
    assert [words for words, _text in seen] == [*STOP, *START]
    assert place.conf.read_text() == text_of(BASE)


DELETE = ["ip", "link", "delete", "dev", "wg0"]


@pytest.mark.parametrize(
    ("active", "text", "commands"),
    [
        (True, None, [*STOP, DELETE, *START]),
        (True, "damage\n", [*STOP, DELETE, *START]),
        (False, "damage\n", [["wg-quick", "down", "{conf}"], DELETE, *START]),
        (False, None, [DELETE, *START]),
    ],
)
def test_a_link_that_its_unit_cannot_take_down_is_deleted(place, active, text, commands):
    """`systemctl stop` succeeds and leaves the link where the file is gone or damaged, and no start would succeed then."""
    place.fill(BASE)
    place.host.set_down()
    place.host.unit(active=active, enabled=True)
    place.host.answers["ip", "-j", "link", "show", "dev", "wg0"] = '[{"ifname": "wg0"}]'
    place.host.answers["wg-quick", "down"] = Completed(1, "", "not a configuration")
    place.conf.unlink()
    if text is not None:
        place.host.write(CONF, text)
    assert lines_of(place.run(BASE)) == ["+ file: created" if text is None else "~ file: changed", "+ interface: started"]
    assert place.host.changing == [[word.format(conf=CONF) for word in words] for words in commands]
    assert place.conf.read_text() == text_of(BASE)


def test_forwarding_comes_before_the_interface(place):
    result = place.run(BASE, forward=True)
    assert lines_of(result)[-1] == "+ forwarding: created"
    assert place.host.changing[0] == ["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]
    assert place.sysctl.read_text() == "net.ipv4.ip_forward = 1\n"


def test_forwarding_alone_touches_no_interface(place):
    place.fill(BASE)
    place.run(BASE, forward=True)
    assert place.host.changing == [["sysctl", "-q", "-w", "net.ipv4.ip_forward=1"]]


def test_a_new_key_in_the_file_is_set_live(place):
    place.fill(BASE)
    place.key.write_text(key("new") + "\n")
    result = place.run(BASE)
    old, new = public_key(OWN)[:8], public_key(key("new"))[:8]
    assert lines_of(result) == ["~ file: changed", f"~ own public key {old}... -> {new}..."]
    assert [words[:4] for words in place.host.changing] == [["wg", "set", "wg0", "private-key"]]
    assert result["public_key"] == public_key(key("new"))


CHANGING = replace(BASE, peers=(replace(BETA, next_preshared_key=key("next shared")), GAMMA))
CHANGED = replace(BASE, peers=(replace(BETA, preshared_key=key("next shared")), GAMMA))


def test_a_next_preshared_key_waits_in_the_file(place):
    place.fill(replace(BASE, peers=(BETA, GAMMA)))
    result = place.run(CHANGING)
    assert [change["kind"] for change in result["changes"]] == ["host"]
    assert (place.conf.read_text(), lines_of(result)) == (text_of(CHANGING), ["~ file: changed"])
    assert key("next shared") not in json.dumps(result)
    assert place.run(CHANGING)["changed"] is False


def test_a_host_that_has_changed_already_keeps_what_it_has(place):
    """A run began before, and applies its plan afterwards."""
    place.fill(CHANGED)
    result = place.run(CHANGING)
    assert (result["changed"], result["changes"]) == (False, [])
    assert place.conf.read_text() == text_of(CHANGED)


def test_a_host_that_has_its_next_key_still_has_not_changed(place):
    """It was restored from a backup."""
    place.host.write("/etc/wireguard/wg0.next.key", key("next own"))
    place.fill(CHANGED)
    assert [change["kind"] for change in place.run(CHANGING)["changes"]] == ["host", "preshared_key_changed"]
    assert place.conf.read_text() == text_of(CHANGING)


def test_a_file_that_got_the_next_key_before_the_key_file_did_is_put_back(place):
    """The change was interrupted, so the key and the preshared keys are the old ones again."""
    place.host.write(CONF, with_private_key(render_conf(CHANGED), key("next own")))
    place.host.up(CHANGED, key("next own"))
    result = place.run(CHANGING)
    assert [change["kind"] for change in result["changes"]] == ["host", "private_key_changed", "preshared_key_changed"]
    assert place.conf.read_text() == text_of(CHANGING)


GONE = replace(BASE, peers=(GAMMA,))
ADDED = f"+ peer beta ({BETA.public_key[:8]}...): AllowedIPs 10.8.0.2/32, endpoint {BETA.endpoint}, with a preshared key"


@pytest.mark.parametrize(
    ("file", "live", "enabled", "expected"),
    [
        pytest.param(None, BASE, True, [], id="no file"),
        pytest.param(BASE, BASE, True, [], id="as written"),
        pytest.param(BASE, None, False, [], id="disabled, and down"),
        pytest.param(BASE, None, True, ["+ interface: started", ADDED], id="should run"),
        pytest.param(BASE, BASE, False, ["- interface: stopped"], id="should not run"),
        pytest.param(BASE, GONE, True, [f"- peer {GAMMA.public_key[:8]}...", ADDED], id="peers by hand"),
        pytest.param(BASE, replace(BASE, port=4500), True, ["~ port 4500 -> 51820"], id="another port"),
    ],
)
def test_drift_is_what_differs_from_its_own_file(place, file, live, enabled, expected):
    if file is not None:
        place.fill(file, up=False)
    if live is not None:
        place.host.up(live, OWN)
    place.host.unit(active=live is not None, enabled=enabled)
    assert [change.describe() for change in Interface(place.host, "wg0").drift()] == expected
    assert place.host.changing == []
