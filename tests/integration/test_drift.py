# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody altered by hand: a dry run tells exactly that, a run repairs it, and the next one has nothing to do.

Each round alters all hosts at once, each in another way.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import yaml

from ansible_collections.meshwork.wireguard.tests.integration.keeping import host
from ansible_collections.meshwork.wireguard.tests.integration.labs import differing

HOSTS = ("alpha", "beta", "gamma")
BEHIND_GAMMA = "10.77.0.0/16"
NETWORK = {"wireguard_prefixes": ["10.8.0.0/24", "fd00:8::/64"]}
FOREIGN = "Zm9yZWlnbiBwZWVyLCBub2JvZHkncyBhdCBhbGwgISE="
OTHER_KEY = "mFPLWLzNyMcfcEFX1kWXq9ck4hy/G/7BGhBGPkLHfX0="  # a private key
OTHER_PUBLIC_KEY = "47D/WY2w3HHp6RpcKmKwk2wVJ/dnBdgSX/GiTm9u/nA="
GONE = "while ip link show dev wg0 >/dev/null 2>&1; do sleep 0.1; done"

SNAPSHOT = """
exec 2>&1
wg showconf wg0 | grep -v -e '^$' -e AllowedIPs | sort
wg show wg0 allowed-ips | while read -r key prefixes; do echo "$key" $(printf '%s\\n' $prefixes | sort); done | sort
ip -o address show dev wg0 | awk '{{print $3, $4}}' | grep -v fe80 | sort
for family in -4 -6; do
  ip $family route show table all dev wg0 | awk '{{print $1 ~ /[.:]/ ? $1 : $1 " " $2}}' | grep -v -e fe80 -e ff00 | sort -u
done
ip link show dev wg0 | sed -n 's/.*<\\(.*\\)> \\(mtu [0-9]*\\).*/\\1 \\2/p'
{state}
stat -c '%a %U' /etc/wireguard/wg0.conf
cat /etc/wireguard/wg0.conf
true
"""


@dataclass(frozen=True)
class Node:
    """A node as changes tell of it."""

    name: str
    key: str
    endpoint: str
    allowed_ips: list[str]

    @property
    def who(self):
        return {"peer": self.name, "public_key": self.key}

    @property
    def added(self):
        whole = {"allowed_ips": self.allowed_ips, "endpoint": self.endpoint, "keepalive": 0}
        return {"kind": "peer_added", **self.who, **whole}


def was(kind, before, after, **others):
    return {"kind": kind, "before": before, "after": after, **others}


def of(kind, value):
    return {"kind": kind, "value": value}


# Each row: what somebody did, on which host, with which commands, and the changes that a run tells of and makes;
# `n` are the nodes by their names, and
# `keeping` has the differences of backends other than wg-quick.
ROUNDS = [
    [
        ("a peer is removed", "alpha", "wg set wg0 peer {beta.key} remove", lambda n: [n.beta.added]),
        (
            "a foreign peer comes",
            "beta",
            f"wg set wg0 peer {FOREIGN} allowed-ips 10.66.0.0/16",
            lambda _n: [{"kind": "peer_removed", "peer": None, "public_key": FOREIGN}],
        ),
        (
            "the private key is replaced",
            "gamma",
            f"echo {OTHER_KEY} | wg set wg0 private-key /dev/stdin",
            lambda n: [was("private_key_changed", OTHER_PUBLIC_KEY, n.gamma.key)],
        ),
    ],
    [
        (
            "AllowedIPs move to another peer",
            "alpha",
            f"wg set wg0 peer {{beta.key}} allowed-ips 10.8.0.2/32,fd00:8::2/128,{BEHIND_GAMMA}",
            lambda n: [
                {
                    "kind": "prefix_moved",
                    "prefix": BEHIND_GAMMA,
                    "from_peer": "beta",
                    "from_public_key": n.beta.key,
                    "to_peer": "gamma",
                    "to_public_key": n.gamma.key,
                }
            ],
        ),
        ("port", "beta", "wg set wg0 listen-port 51999", lambda _n: [was("port_changed", 51999, 51820)]),
        (
            "keepalive",
            "gamma",
            "wg set wg0 peer {alpha.key} persistent-keepalive 700",
            lambda n: [was("keepalive_changed", 700, 0, **n.alpha.who)],
        ),
    ],
    [
        (
            "a preshared key is set",
            "alpha",
            "wg genpsk | wg set wg0 peer {gamma.key} preshared-key /dev/stdin",
            lambda n: [{"kind": "preshared_key_changed", "action": "cleared", **n.gamma.who}],
        ),
        (
            "an address is removed, and with the last one of IPv4 the routes",
            "beta",
            "ip address delete 10.8.0.2/24 dev wg0",
            lambda _n: [of("address_added", "10.8.0.2/24"), of("route_added", BEHIND_GAMMA)],
        ),
        (
            "the route of an address is removed",
            "gamma",
            "ip route delete 10.8.0.0/24",
            lambda _n: [of("route_added", "10.8.0.0/24")],
        ),
    ],
    [
        ("a route is removed", "alpha", f"ip route delete {BEHIND_GAMMA}", lambda _n: [of("route_added", BEHIND_GAMMA)]),
        ("MTU", "beta", "ip link set mtu 1300 dev wg0", lambda _n: [was("mtu_changed", 1300, 1420)]),
        ("mark", "gamma", "wg set wg0 fwmark 0x33", lambda _n: [was("fwmark_changed", 0x33, 0)]),
    ],
    [
        ("the unit is disabled", "alpha", "{keeping.disable}", lambda n: n.keeping.disabled),
        (
            "the file is edited",
            "beta",
            "sed -i 's/^ListenPort.*/ListenPort = 1/; s/^Endpoint.*//' /etc/wireguard/wg0.conf",
            lambda _n: [host("file", "changed")],
        ),
        (
            "an address is changed",
            "gamma",
            "ip address delete fd00:8::3/64 dev wg0; ip address add fd00:8::33/64 dev wg0",
            lambda _n: [of("address_added", "fd00:8::3/64"), of("address_removed", "fd00:8::33/64")],
        ),
    ],
    [
        ("the link is set down", "alpha", "ip link set down dev wg0", lambda _n: [host("interface", "started")]),
        (
            "the link is deleted",
            "beta",
            "{keeping.delete}; " + GONE,
            lambda n: [host("interface", "started"), n.alpha.added, n.gamma.added, *n.keeping.deleted],
        ),
        (
            "the daemon is killed; the kernel's WireGuard has none",
            "gamma",
            "pkill -KILL -x wireguard-go || {{ {keeping.delete}; }}; " + GONE,
            lambda n: [host("interface", "started"), n.alpha.added, n.beta.added, *n.keeping.deleted],
        ),
    ],
    [
        (
            "the unit is stopped",
            "alpha",
            "{keeping.stop}",
            lambda n: [host("interface", "started"), n.beta.added, n.gamma.added, *n.keeping.deleted],
        ),
        ("the file is gone", "beta", "rm /etc/wireguard/wg0.conf", lambda _n: [host("file", "created")]),
        (
            "the file is everybody's",
            "gamma",
            "chown nobody /etc/wireguard/wg0.conf; chmod 644 /etc/wireguard/wg0.conf",
            lambda _n: [host("file", "changed")],
        ),
    ],
    [
        (
            "the unit has failed",
            "alpha",
            "{keeping.fail}",
            lambda n: [host("interface", "started"), n.beta.added, n.gamma.added, *n.keeping.deleted],
        ),
        (
            "the link is set down, and the file is damaged",
            "beta",
            "ip link set down dev wg0; echo damage >/etc/wireguard/wg0.conf",
            lambda _n: [host("file", "changed"), host("interface", "started")],
        ),
        (
            "the link is set down, and the file is gone",
            "gamma",
            "ip link set down dev wg0; rm /etc/wireguard/wg0.conf",
            lambda _n: [host("file", "created"), host("interface", "started")],
        ),
    ],
]  # fmt: skip


@pytest.fixture(scope="module")
def fleet(make_of_kept_kind):
    hosts = {"alpha": None, "beta": None, "gamma": {"wireguard_routes": [BEHIND_GAMMA]}}
    made = make_of_kept_kind(differing(hosts), NETWORK)
    first = made.play()
    assert first.status == 0, first.output
    made.settle()
    # the second half of the playbook alone, which is what looks at interfaces: most rounds need no more
    (made.directory / "apply.yml").write_text(
        yaml.safe_dump(
            [
                {
                    "hosts": "wireguard",
                    "gather_facts": False,
                    "tasks": [{"import_role": {"name": "meshwork.wireguard.network", "tasks_from": "apply"}}],
                }
            ]
        ),
        encoding="utf-8",
    )
    return made


def nodes(fleet):
    addresses = fleet.addresses()
    behind = {"gamma": [BEHIND_GAMMA]}
    return SimpleNamespace(
        keeping=fleet.keeping,
        **{
            name: Node(
                name,
                key,
                f"{fleet.underlay[name]}:51820",
                [f"{addresses[name][0]}/32", *behind.get(name, []), f"{addresses[name][1]}/128"],
            )
            for key, name in fleet.public_keys().items()
        },
    )


def on_all(fleet, scripts):
    """Host -> what its script says."""
    with ThreadPoolExecutor() as pool:
        return dict(zip(scripts, pool.map(lambda name: fleet.run(name, "sh", "-c", scripts[name]), scripts), strict=True))


def snapshots(fleet):
    return on_all(fleet, dict.fromkeys(HOSTS, SNAPSHOT.format(state=fleet.keeping.state)))


@pytest.mark.parametrize("rows", ROUNDS, ids=[", ".join(row[0] for row in rows) for rows in ROUNDS])
def test_alterations_are_told_repaired_and_gone(fleet, rows):
    known = nodes(fleet)
    expected = {name: [changes(known)] for _title, name, _script, changes in rows}
    playbook = "meshwork.wireguard.mesh" if rows is ROUNDS[0] else str(fleet.directory / "apply.yml")
    right = snapshots(fleet)
    on_all(
        fleet, {name: f"exec >/dev/null 2>&1; {script.format(**vars(known))}; true" for _title, name, script, _changes in rows}
    )
    wrong = snapshots(fleet)
    assert {name for name in HOSTS if wrong[name] != right[name]} == set(HOSTS)

    dry, told = fleet.changes("--check", "--diff", playbook=playbook)
    assert (dry.status, told) == (0, expected), dry.output
    assert snapshots(fleet) == wrong

    run, made = fleet.changes("--diff", playbook=playbook)
    assert (run.status, made) == (0, expected), run.output
    assert snapshots(fleet) == right

    if rows in (ROUNDS[0], ROUNDS[-1]):  # of the others the next round tells, whose dry run has its own changes and nothing else
        again, left = fleet.changes(playbook=playbook)
        untouched = {} if rows is ROUNDS[0] else {name: [[]] for name in HOSTS}  # the whole playbook leaves settled hosts alone
        assert (again.status, again.changed(), left) == (0, set(), untouched), again.output


def test_the_fleets_versions_are_shown_with_what_differs(fleet):
    """The data plane of the test hosts is one implementation; tools and systemd are of three releases of Debian."""
    own = {host: fleet.module(host, "interface_info") for host in HOSTS}
    json_of = fleet.ansible("ansible-playbook", "meshwork.wireguard.status", "-e", "wireguard_format=json").stdout
    shown = json.loads(json_of[json_of.index("\n{") : json_of.rindex("\n}") + 2])["versions"]
    for what in ("tools", "systemd"):
        found = {host: name for name, hosts in shown[what].items() for host in hosts}
        assert found == {host: own[host][f"{what}_version"] for host in HOSTS}
    assert sorted(shown["systemd"].values()) == [["alpha"], ["beta"], ["gamma"]]
    assert sorted(shown["tools"].values()) == [["alpha", "beta"], ["gamma"]]  # Debian's first two have the same release
    assert set(own["gamma"]["tools_features"]) > set(own["alpha"]["tools_features"]) == {"syncconf"}
    text = fleet.ansible("ansible-playbook", "meshwork.wireguard.status").stdout
    assert "the tools of gamma run PreUp after the interface exists, not before; those of alpha, beta do not" in text, text


def test_a_peer_that_roams_has_not_drifted_and_a_silent_one_has(fleet):
    known = nodes(fleet)
    script = "{keeping.restart}; ping -q -c 3 -W 2 {address} >/dev/null && " + "; ".join(
        f"wg set wg0 peer {peer.key} endpoint 192.0.2.9:1" for peer in (known.beta, known.gamma)
    )
    fleet.run("alpha", "sh", "-c", script.format(address=fleet.addresses()["beta"][0], keeping=fleet.keeping))
    run, made = fleet.changes(playbook=str(fleet.directory / "apply.yml"))
    silent = was("endpoint_changed", "192.0.2.9:1", known.gamma.endpoint, **known.gamma.who)
    assert (run.status, made) == (0, {"alpha": [[silent]], "beta": [[]], "gamma": [[]]}), run.output
    assert any(fleet.unreachable_pairs(HOSTS) == [] for _try in range(3))
