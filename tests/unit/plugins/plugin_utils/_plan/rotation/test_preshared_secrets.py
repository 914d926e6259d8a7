# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.interfaces import interfaces_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.rotation.preshared_secrets import (
    Ids,
    Secrets,
    answered,
    changed_secrets,
    entries_with_ids,
    node_ids,
    restored,
    secret_id,
)
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.secrets.preshared import Preshared
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.planning import Run, plan
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.recording import Asked
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import (
    Registry,
    brought_back,
    parse_registry,
    render_registry,
)
from ansible_collections.meshwork.wireguard.tests.unit.support import key, outcome

SECRETS = ("correct horse battery staple", "another secret, as long as it must be", "and a third one for the network")
OLD, NEW, THIRD = SECRETS
OLD_ID, NEW_ID, THIRD_ID = (secret_id(secret, "wireguard") for secret in SECRETS)
BOTH = Secrets(NEW, OLD)
NAMES = ("alpha", "beta", "gamma")


def test_an_id_is_slow_to_compute_and_differs_between_networks():
    salt = b"meshwork.wireguard preshared secret\0wireguard"
    assert OLD_ID == hashlib.scrypt(OLD.encode(), salt=salt, n=2**14, r=8, p=1, dklen=8).hex() == "d388a9263abe0952"
    assert len({*(secret_id(secret, name) for secret in SECRETS for name in ("wireguard", "office"))}) == 6


def test_no_secret_is_shown():
    assert repr(BOTH) == "Secrets(keyed=())"


FIRST, SECOND, LATER = key("first"), key("second"), key("later")
STAGED = {"public_key": FIRST, "next_public_key": SECOND}
CHANGED = {"public_key": SECOND, "retired_public_keys": [FIRST]}
GIVEN, UPCOMING = {"preshared_secret_id": NEW_ID}, {"next_preshared_secret_id": NEW_ID}


@pytest.mark.parametrize(
    ("before", "after", "ids", "expected"),
    [
        pytest.param({}, {"public_key": FIRST}, Ids(NEW_ID, OLD_ID), (None, None), id="a new node"),
        pytest.param({"public_key": FIRST}, {"public_key": FIRST}, Ids(NEW_ID, OLD_ID), (None, None), id="nothing happens"),
        pytest.param({"public_key": FIRST}, STAGED, Ids(NEW_ID, OLD_ID), (None, NEW_ID), id="it has a next key"),
        pytest.param({"public_key": FIRST}, STAGED, Ids(NEW_ID), (None, None), id="and the secret does not change"),
        pytest.param({"public_key": FIRST}, {**STAGED, **GIVEN}, Ids(NEW_ID, OLD_ID), (NEW_ID, None), id="and has come"),
        pytest.param(STAGED, STAGED, Ids(NEW_ID, OLD_ID), (None, None), id="it had one before the secret was changed"),
        pytest.param({**STAGED, **UPCOMING}, {**STAGED, **UPCOMING}, Ids(NEW_ID, OLD_ID), (None, NEW_ID), id="it still has it"),
        pytest.param(
            {**STAGED, **UPCOMING}, {**STAGED, "next_public_key": LATER, **UPCOMING}, Ids(NEW_ID, OLD_ID), (None, NEW_ID),
            id="it has another next key",
        ),
        pytest.param(
            {**STAGED, **UPCOMING}, {"public_key": FIRST, **UPCOMING}, Ids(NEW_ID, OLD_ID), (None, None), id="the next is gone",
        ),
        pytest.param({**STAGED, **UPCOMING}, {**CHANGED, **UPCOMING}, Ids(NEW_ID, OLD_ID), (NEW_ID, None), id="it has changed"),
        pytest.param({**STAGED, **UPCOMING}, {**CHANGED, **UPCOMING}, Ids(NEW_ID), (NEW_ID, None), id="and another run sees it"),
        pytest.param(STAGED, CHANGED, Ids(NEW_ID, OLD_ID), (None, None), id="with a next key of before"),
        pytest.param({**STAGED, **GIVEN}, {**CHANGED, **GIVEN}, Ids(NEW_ID, OLD_ID), (NEW_ID, None), id="it changes once more"),
        pytest.param(
            {**CHANGED, **GIVEN}, {**STAGED, **GIVEN}, Ids(NEW_ID, OLD_ID), (None, NEW_ID), id="it goes back, with the next key",
        ),
        pytest.param(CHANGED, STAGED, Ids(NEW_ID, OLD_ID), (None, None), id="and that was of before"),
        pytest.param(
            {**CHANGED, **GIVEN}, {"public_key": FIRST, "retired_public_keys": [SECOND], **GIVEN}, Ids(NEW_ID, OLD_ID),
            (None, None), id="it goes back for good",
        ),
        pytest.param(
            {**CHANGED, **GIVEN}, {"public_key": FIRST, "next_public_key": LATER, **GIVEN}, Ids(NEW_ID, OLD_ID), (None, None),
            id="it goes back to before another next key",
        ),
        pytest.param(
            {**STAGED, **GIVEN}, {"compromised_public_keys": [FIRST]}, Ids(NEW_ID, OLD_ID), (None, None), id="compromised",
        ),
        pytest.param(
            {**CHANGED, **GIVEN}, {"public_key": LATER, **GIVEN}, Ids(NEW_ID, OLD_ID), (NEW_ID, None), id="installed anew",
        ),
    ],
)  # fmt: skip
def test_the_ids_of_a_node(before, after, ids, expected):
    """Going back is safe: the host has the preshared keys that it had with that key."""
    assert node_ids(before, after, ids, None) == expected


def test_no_node_needs_an_id_once_all_pairs_have_come():
    assert node_ids({"public_key": FIRST}, STAGED, Ids(NEW_ID, OLD_ID), NEW_ID) == (None, None)


def network(base=None, links=(), **ids):
    """Three nodes in a mesh, with the ids of some: (of now, of the next key)."""
    nodes = {
        name: {
            "public_key": key(name), "addresses": [f"10.8.0.{number}"], "endpoint": f"203.0.113.{number}",
            **({"next_public_key": key(f"next {name}")} if ids.get(name, (None, None))[1] else {}),
            **dict(zip(("preshared_secret_id", "next_preshared_secret_id"), ids.get(name, (None, None)), strict=True)),
        }
        for number, name in enumerate(NAMES, start=1)
    }  # fmt: skip
    return network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": nodes, "links": list(links), "preshared_base": base})


KEYED = (("beta", "gamma"),)
STILL = (
    "refused: network wireguard: {} still use the previous preshared secret; set wireguard_preshared_secret_previous to it "
    "until meshwork.wireguard.rotate has changed their keys"
)
ALL = "alpha - beta, alpha - gamma, beta - gamma"
NEITHER = (
    "refused: network wireguard: its preshared secret is neither wireguard_preshared_secret nor "
    "wireguard_preshared_secret_previous; set wireguard_preshared_secret_previous to the one that is used now"
)
STRANGE = (
    "refused: network wireguard: node beta changed to another preshared secret than wireguard_preshared_secret; set that one, "
    "and wireguard_preshared_secret_previous to the one before it, until meshwork.wireguard.rotate has changed all keys"
)


@pytest.mark.parametrize(
    ("before", "secrets", "after"),
    [
        pytest.param(network(), Secrets(), network(), id="no secret"),
        pytest.param(network(), Secrets(NEW), network(), id="one secret"),
        pytest.param(network(), BOTH, network(OLD_ID), id="nobody has come yet"),
        pytest.param(network(OLD_ID), BOTH, network(OLD_ID), id="the previous one is known"),
        pytest.param(network(alpha=(None, NEW_ID)), BOTH, network(OLD_ID, alpha=(None, NEW_ID)), id="one will"),
        pytest.param(network(alpha=(NEW_ID, None)), BOTH, network(OLD_ID, alpha=(NEW_ID, None)), id="beta and gamma have not"),
        pytest.param(network(alpha=(NEW_ID, None), beta=(NEW_ID, None)), BOTH, network(NEW_ID), id="all pairs have"),
        pytest.param(network(alpha=(NEW_ID, None)), replace(BOTH, keyed=KEYED), network(NEW_ID), id="all without their own keys"),
        pytest.param(
            network(links=[{"nodes": ["beta", "gamma"], "exclude": True}], alpha=(NEW_ID, None)), BOTH,
            network(NEW_ID, links=[{"nodes": ["beta", "gamma"], "exclude": True}]), id="all that are linked",
        ),
        pytest.param(network(NEW_ID), BOTH, network(NEW_ID), id="and stay"),
        pytest.param(network(NEW_ID), Secrets(NEW), network(), id="without the previous one"),
        pytest.param(network(alpha=(NEW_ID, None), beta=(NEW_ID, None)), Secrets(NEW), network(), id="all pairs, at once"),
        pytest.param(network(NEW_ID), Secrets(THIRD, NEW), network(NEW_ID), id="the next change begins at once"),
        pytest.param(network(alpha=(None, NEW_ID)), Secrets(NEW), STILL.format(ALL), id="all are left"),
        pytest.param(network(alpha=(NEW_ID, None)), Secrets(NEW), STILL.format("beta - gamma"), id="one pair is left"),
        pytest.param(network(OLD_ID), Secrets(NEW), STILL.format(ALL), id="the previous one is missing"),
        pytest.param(network(OLD_ID), Secrets(OLD), network(), id="it is given up before a key has changed"),
        pytest.param(network(OLD_ID), Secrets(NEW, THIRD), NEITHER, id="the previous one is another"),
        pytest.param(network(NEW_ID), Secrets(), NEITHER, id="no secret any more"),
        pytest.param(network(beta=(NEW_ID, None)), Secrets(THIRD, NEW), STRANGE, id="too early"),
        pytest.param(network(beta=(None, NEW_ID)), Secrets(THIRD, OLD), STRANGE, id="the new one is another"),
        pytest.param(network(beta=(NEW_ID, None)), Secrets(OLD), STRANGE, id="another controller lacks the new secret"),
        pytest.param(network(beta=(NEW_ID, None)), Secrets(), STRANGE, id="no secret"),
    ],
)  # fmt: skip
def test_what_a_network_becomes(before, secrets, after):
    assert outcome(changed_secrets, before, secrets) == after


def test_a_network_of_which_nodes_are_missing_is_not_through():
    net = network(alpha=(NEW_ID, None), beta=(NEW_ID, None))
    assert changed_secrets(net, BOTH, complete=False) == changed_secrets(net, Secrets(NEW), complete=False) == net
    assert outcome(changed_secrets, net, Secrets(THIRD), False).startswith("refused: network wireguard: nodes alpha, beta ")


def test_without_pairs_nothing_is_known():
    alone = network_from_dict({"prefixes": ["10.8.0.0/24"], "nodes": {"alpha": {"public_key": key("alpha")}}})
    assert changed_secrets(alone, BOTH) == alone


def test_the_entries_of_a_registry():
    entries = {"alpha": {"public_key": key("alpha"), **GIVEN}, "left": {"public_key": key("left"), **GIVEN}}
    assert entries_with_ids(network(beta=(NEW_ID, None)), entries) == {
        "alpha": {"public_key": key("alpha")},
        "left": entries["left"],
    }
    assert entries_with_ids(network(), entries) == {name: {"public_key": key(name)} for name in entries}


@pytest.mark.parametrize(
    ("older", "present", "found"),
    [
        pytest.param(STAGED, {**STAGED, **UPCOMING}, {**STAGED, **UPCOMING}, id="from before the secret was changed"),
        pytest.param({**STAGED, **UPCOMING}, {**CHANGED, **GIVEN}, {**STAGED, **GIVEN}, id="from before the key changed"),
        pytest.param({**STAGED, **UPCOMING}, CHANGED, STAGED, id="from before all pairs had come"),
    ],
)
def test_an_older_registry_is_restored(older, present, found):
    assert restored(older, present) == found


def test_a_registry_with_ids_has_version_2():
    for registry in (Registry(preshared_base=NEW_ID), Registry({"alpha": {**STAGED, **GIVEN, **UPCOMING}})):
        text = render_registry("wireguard", registry)
        assert '"version": 2' in text
        assert parse_registry(text, "x") == registry
    wrong = render_registry("wireguard", Registry(preshared_base=NEW_ID)).replace(NEW_ID, "x")
    assert outcome(parse_registry, wrong, "x") == "refused: registry x: cannot be read; restore it, for example from git"


def test_a_restored_registry_stays_with_the_secret_of_now():
    older = Registry({"alpha": {**STAGED, **UPCOMING}, "beta": {"public_key": key("beta")}}, preshared_base=OLD_ID)
    present = Registry({"alpha": {**CHANGED, **GIVEN}}, preshared_base=THIRD_ID)
    found = brought_back(older, present, "x")
    assert (found.nodes, found.preshared_base) == ({"alpha": {**STAGED, **GIVEN}, "beta": older.nodes["beta"]}, THIRD_ID)
    assert brought_back(older, Registry(), "x") == older


def test_a_change_needs_a_registry():
    nodes = {name: {"public_key": key(name), "addresses": [f"10.8.0.{n}"]} for n, name in enumerate(NAMES, start=1)}
    document = {
        "prefixes": ["10.8.0.0/24"],
        "nodes": {**nodes, "alpha": {**nodes["alpha"], "endpoint": "203.0.113.1", "forward": True}},
    }
    run = Run({"wireguard": document}, {"wireguard": Asked()}, {}, "2027-01-31", False, secrets={"wireguard": BOTH})
    assert outcome(plan, run, {"wireguard": Registry()}) == (
        "refused: network wireguard: wireguard_preshared_secret_previous needs a registry, which keeps who has changed; set "
        "wireguard_registry, or remove it"
    )
    assert plan(replace(run, secrets={"wireguard": Secrets(NEW)}), {"wireguard": Registry()}).registries == {}


# A fleet, in which hosts change their keys and a controller records what it sees.

DOCUMENT = {
    "name": "wireguard",
    "prefixes": ["10.8.0.0/24"],
    "nodes": {name: {"endpoint": f"203.0.113.{number}"} for number, name in enumerate(NAMES, start=1)},
}


@dataclass
class FleetHost:
    """Numbers of its keys, and its peers: public key -> its preshared key and the next one."""

    name: str
    used: int = 0
    upcoming: int | None = None
    peers: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)

    def public(self, number):
        return None if number is None else key(f"{self.name} {number}")

    def keep(self):
        return replace(self, peers=dict(self.peers))

    def wanted(self, peers):
        """As the host brings a plan about: what it uses already, it does not undo."""
        used = {public: (upcoming, None) for public, (_now, upcoming) in peers.items() if upcoming and self.upcoming is None}
        return {**peers, **{public: its for public, its in used.items() if self.peers.get(public) == its}}

    def change(self):
        self.used, self.upcoming = self.upcoming, None
        self.peers = {public: (upcoming or now, None) for public, (now, upcoming) in self.peers.items()}


class Fleet:
    def __init__(self):
        self.hosts = {name: FleetHost(name) for name in NAMES}
        self.registry, self.secret, self.previous, self.numbers = Registry(), SECRETS[0], None, iter(range(1, 10**6))
        self.network = None
        self.run(NAMES, NAMES)

    def plan(self, answering, secret, previous):
        seen = {(name, "wg0"): self.hosts[name].public(self.hosts[name].used) for name in answering}
        upcoming = {(name, "wg0"): self.hosts[name].public(self.hosts[name].upcoming) for name in answering}
        run = Run(
            {"wireguard": DOCUMENT}, {"wireguard": Asked()}, seen, "2027-01-31", True, upcoming=upcoming,
            secrets={"wireguard": Secrets(secret, previous)},
        )  # fmt: skip
        return plan(run, {"wireguard": self.registry})

    def record(self, answering):
        planned = self.plan(answering, self.secret, self.previous)
        self.registry = planned.registries.get("wireguard", self.registry)
        self.registry = parse_registry(render_registry("wireguard", self.registry), "x")
        (self.network,) = planned.networks

    def planned(self, name):
        source = {"wireguard": Preshared(self.secret, {}, self.previous)}
        (entry,) = interfaces_of([self.network], name, source)
        found = entry["config"].get("peers", [])
        return {peer["public_key"]: (peer.get("preshared_key"), peer.get("next_preshared_key")) for peer in found}

    def run(self, answering, applying):
        self.record(answering)
        for name in {*applying} & {*answering}:
            self.hosts[name].peers = self.hosts[name].wanted(self.planned(name))

    def rotate(self, names, interrupted, changing=None):
        """All that a rotation does, up to a point; with the gate's conditions. Rounds come without a plan between them.

        :param changing: how many of the hosts change before the run is interrupted.
        """
        for host in map(self.hosts.get, names):
            if host.upcoming is None:
                host.upcoming = next(self.numbers)
        self.record(NAMES)
        for step, other in enumerate(NAMES):
            if step == interrupted:
                return
            self.hosts[other].peers = self.hosts[other].wanted(self.planned(other))
        for name in names[:changing]:
            self.hosts[name].change()
        if interrupted > len(NAMES):
            self.run(NAMES, NAMES)

    def change_secret(self):
        base = self.registry.preshared_base
        if self.previous is not None and base != secret_id(self.secret, "wireguard"):
            return
        upcoming = SECRETS[(SECRETS.index(self.secret) + 1) % len(SECRETS)]
        self.secret, self.previous = upcoming, self.secret
        self.record([])

    def end_change(self):
        """Without the previous secret, unless a run refuses that."""
        try:
            self.plan([], self.secret, None)  # a run plans before any host has answered
        except PlanError as error:
            assert "still use the previous preshared secret" in str(error)  # noqa: PT017 - either is right
            return
        self.previous = None
        self.record([])

    def split(self):
        """The pairs of which one side has another key than the other, or none, for the keys in use."""
        found = []
        for a in self.hosts.values():
            for b in self.hosts.values():
                mine, its = a.peers.get(b.public(b.used), (None,)), b.peers.get(a.public(a.used), (None,))
                if a.name < b.name and (mine[0] is None or mine[0] != its[0]):
                    found.append((a.name, b.name))
        return found


names = st.sampled_from(NAMES)
some = st.sets(names).map(sorted)
RUN = st.tuples(st.just("run"), some, some)
IN_ORDER = st.lists(names, min_size=1, unique=True)
ROTATE = st.tuples(st.just("rotate"), IN_ORDER, st.integers(0, 4), st.integers(1, 3))
ACTIONS = st.one_of(RUN, ROTATE, st.tuples(st.just("change_secret")), st.tuples(st.just("end_change")))


@given(st.lists(ACTIONS, max_size=25))
def test_both_ends_of_every_pair_agree_at_every_moment(actions):
    """Whatever is interrupted, and whichever hosts a run reaches."""
    fleet = Fleet()
    for name, *arguments in actions:
        note(f"{name} {arguments}")
        getattr(fleet, name)(*arguments)
        assert fleet.split() == []


@given(st.lists(ACTIONS, max_size=12))
def test_every_change_of_the_secret_can_be_completed(actions):
    fleet = Fleet()
    for name, *arguments in [*actions, ("change_secret",)]:
        getattr(fleet, name)(*arguments)
    for name in (*NAMES, *NAMES):  # a next key of before stays with the previous secret
        fleet.rotate([name], 4)
    fleet.end_change()
    assert fleet.previous is None
    fleet.run(NAMES, NAMES)
    assert fleet.split() == []
    expected = {"wireguard": Preshared(fleet.secret)}
    for name, host in fleet.hosts.items():
        (entry,) = interfaces_of([fleet.network], name, expected)
        assert host.peers == {peer["public_key"]: (peer["preshared_key"], None) for peer in entry["config"]["peers"]}
    assert ("preshared_secret_id" in str(fleet.registry), fleet.registry.preshared_base) == (False, None)


@given(st.lists(ACTIONS, max_size=8), names, st.lists(ACTIONS, max_size=8))
def test_both_ends_agree_after_a_host_was_restored_from_a_backup(before, name, after):
    """There is no session at first, and a run on both ends brings it back."""
    fleet = Fleet()
    for action, *arguments in before:
        getattr(fleet, action)(*arguments)
    kept = fleet.hosts[name].keep()
    for action, *arguments in after:
        getattr(fleet, action)(*arguments)
    fleet.hosts[name] = kept
    fleet.run(NAMES, NAMES)
    assert fleet.split() == []
    fleet.run(NAMES, NAMES)
    assert fleet.split() == []


def test_a_change_step_by_step():
    """The secret of each pair, from one rotation to the next."""
    fleet = Fleet()

    def secrets():
        found = {}
        for secret in SECRETS:
            for name in NAMES:
                (entry,) = interfaces_of([fleet.network], name, {"wireguard": Preshared(secret)})
                for peer in entry["config"]["peers"]:
                    if fleet.hosts[name].peers[peer["public_key"]][0] == peer["preshared_key"]:
                        found["-".join(sorted([name[0], peer["name"][0]]))] = SECRETS.index(secret)
        return found

    assert secrets() == {"a-b": 0, "a-g": 0, "b-g": 0}
    fleet.change_secret()
    fleet.run(NAMES, NAMES)
    assert secrets() == {"a-b": 0, "a-g": 0, "b-g": 0}
    fleet.rotate(["beta"], 4)
    assert secrets() == {"a-b": 1, "a-g": 0, "b-g": 1}
    assert outcome(fleet.plan, NAMES, NEW, None) == STILL.format("alpha - gamma")
    fleet.rotate(["gamma"], 4)
    assert secrets() == {"a-b": 1, "a-g": 1, "b-g": 1}
    assert (fleet.registry.preshared_base, "preshared_secret_id" in str(fleet.registry)) == (NEW_ID, False)
    fleet.end_change()
    fleet.run(NAMES, NAMES)
    assert (fleet.previous, fleet.registry.preshared_base) == (None, None)


def test_an_answer_changes_nothing_without_a_change_of_the_secret():
    net = network()
    assert answered(net, {"alpha": STAGED}, {"alpha": CHANGED}, Secrets(NEW)) is net
