# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change at once or pending, and never on top of one that is not decided."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.changing import Changing
from ansible_collections.meshwork.wireguard.plugins.module_utils._rollback.pending import StillPending
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.removals import TooManyRemovals
from ansible_collections.meshwork.wireguard.tests.unit.stage import BASE, BETA, GAMMA, NUMBER, OWN, text_of
from ansible_collections.meshwork.wireguard.tests.unit.support import key

WIDER = replace(BASE, peers=(BETA, GAMMA))
UNIT = "wg-quick@wg0.service"


def run(stage, wanted, check_mode=False, only_prepare=False):
    return Changing(stage.host, "wg0").run(wanted, check_mode, only_prepare)


def hear(stage, config):
    """The interface runs, and each peer had a handshake a moment ago."""
    stage.fill(config)
    first, *rows = stage.host.answers["wg", "show", "wg0", "dump"].splitlines()
    heard = []
    for row in rows:
        words = row.split("\t")
        heard.append("\t".join([*words[:4], str(int(time.time()) - 5), *words[5:]]))
    stage.host.answers["wg", "show", "wg0", "dump"] = "\n".join([first, *heard]) + "\n"


@pytest.mark.parametrize(
    ("check_mode", "only_prepare", "pending", "left", "changed"),
    [
        (True, False, "", set(), False),
        (True, True, "", set(), False),
        (False, False, "", set(), True),
        (False, True, NUMBER, {"number", "request", "prepared"}, False),
    ],
    ids=["check mode", "check mode of a pending one", "at once", "pending"],
)
def test_how_a_change_is_made(stage, check_mode, only_prepare, pending, left, changed):
    hear(stage, BASE)
    result = run(stage, stage.wanted(WIDER), check_mode, only_prepare)
    assert (result["changed"], result["pending"]) == (True, pending)
    assert set(stage.left) == left
    assert bool(stage.host.changing) is changed
    assert stage.text == text_of(WIDER if changed else BASE)
    if pending:
        assert stage.left["prepared"]["kept"] == [{"public_key": key("beta"), "name": "beta", "address": "10.8.0.2"}]


@pytest.mark.parametrize("only_prepare", [False, True])
def test_nothing_to_change(stage, only_prepare):
    stage.fill(BASE)
    result = run(stage, stage.wanted(BASE), only_prepare=only_prepare)
    assert (result["changed"], result["pending"], stage.left, stage.host.changing) == (False, "", {}, [])


@pytest.mark.parametrize("down", [False, True], ids=["removed", "down"])
def test_nobody_has_to_answer_an_interface_that_is_to_go(stage, down):
    hear(stage, BASE)
    result = run(stage, stage.wanted(BASE, up=False) if down else None, only_prepare=True)
    assert (result["pending"], stage.left["prepared"]["kept"]) == (NUMBER, [])
    assert (stage.left["request"]["wanted"] is None) is not down


def test_a_change_that_could_not_be_made_is_refused_before(stage):
    stage.key.unlink()
    with pytest.raises(ValueError, match=r"private key .*wg0.key is missing"):
        run(stage, stage.wanted(BASE), only_prepare=True)
    assert stage.left == {}


def test_too_many_removals_are_refused_before(stage):
    stage.fill(replace(BASE, peers=(BETA, GAMMA)))
    with pytest.raises(TooManyRemovals):
        run(stage, stage.wanted(replace(BASE, peers=())), only_prepare=True)
    assert stage.left == {}


@pytest.mark.parametrize("only_prepare", [False, True])
def test_what_is_pending_is_not_changed(stage, only_prepare):
    stage.fill(BASE)
    stage.only_prepare(stage.wanted(WIDER))
    before = stage.left
    with pytest.raises(StillPending, match=r"was not confirmed and will be rolled back within 5[0-9] s; run this again then"):
        run(stage, stage.wanted(BASE), only_prepare=only_prepare)
    assert (stage.left, stage.host.changing, stage.text) == (before, [], text_of(BASE))
    assert run(stage, stage.wanted(WIDER), check_mode=True)["changed"] is True  # to look is allowed


def test_what_nobody_will_roll_back_any_more_is_rolled_back_first(stage):
    stage.only_prepare(stage.wanted(BASE))
    stage.timer.change()
    stage.host.up(BASE, OWN)
    stage.pending._write("armed", {"until": time.time() - 31})
    stage.host.calls.clear()
    stage.host.on_call = lambda words: stage.host.down() if words[:2] == ["systemctl", "stop"] else None
    result = run(stage, None)
    assert stage.host.changing[0] == ["systemctl", "stop", UNIT]
    assert (result["pending"], stage.text, stage.left) == ("", None, {})


def test_a_proposal_that_was_never_started_is_forgotten(stage):
    stage.fill(BASE)
    stage.timer.prepare(stage.wanted(WIDER), [])
    assert run(stage, stage.wanted(BASE), only_prepare=True)["pending"] == ""
    assert (stage.left, stage.timer.arm(NUMBER, 60)) == ({}, False)


def test_a_change_after_one_that_was_rolled_back(stage):
    stage.only_prepare(stage.wanted(WIDER))
    stage.timer.change()
    stage.timer.restore("nobody confirmed it in time")
    assert run(stage, stage.wanted(BASE))["changed"] is True
    assert (stage.text, stage.left) == (text_of(BASE), {})


ENDED = replace(BASE, peers=(BETA, GAMMA))
LEFT_OVER = replace(BASE, peers=(replace(BETA, allowed_ips=("10.8.0.2/32", "10.8.0.3/32")),))


def test_peers_that_ended_go_at_once_and_are_nothing_to_go_back_to(stage):
    """The rest of the change is pending; gamma's prefix goes to beta in the step that takes gamma away."""
    hear(stage, ENDED)
    result = run(stage, stage.wanted(replace(LEFT_OVER, mtu=1380), ended=[key("gamma")]), only_prepare=True)
    first, *others = stage.host.changing
    assert first == [
        "wg", "set", "wg0", "peer", key("beta"), "allowed-ips", "10.8.0.2/32,10.8.0.3/32", "peer", key("gamma"), "remove",
    ]  # fmt: skip
    assert [words for words in others if words[0] in ("wg", "ip")] == []
    assert (result["changed"], result["pending"]) == (True, NUMBER)
    assert [change["kind"] for change in result["changes"][:2]] == ["peer_removed", "prefix_moved"]
    assert stage.text == text_of(BASE)
    assert stage.left["prepared"]["saved"]["text"] == text_of(BASE)


def test_without_a_peer_that_ended_nothing_is_made_at_once(stage):
    hear(stage, BASE)
    run(stage, stage.wanted(replace(BASE, mtu=1380), ended=[key("gamma")]), only_prepare=True)
    assert stage.host.changing == []
    assert stage.text == text_of(BASE)


def test_backups_go_where_they_are_destroyed(stage):
    hear(stage, BASE)
    backups = [stage.conf.with_name(f"wg0.conf.2026-01-0{day}T000000~") for day in (1, 2)]
    other = stage.conf.with_name("wg1.conf.2026-01-01T000000~")
    for path in (*backups, other):
        path.write_text(text_of(BASE))
    ahead = Changing(stage.host, "wg0").run(None, True, False, destroy_backups=True)
    assert ({"kind": "host", "what": "backups", "action": "removed"} in ahead["changes"], backups[0].exists()) == (True, True)
    Changing(stage.host, "wg0").run(None, False, False)
    assert [path.exists() for path in (*backups, other)] == [True, True, True]
    result = Changing(stage.host, "wg0").run(None, False, False, destroy_backups=True)
    assert (result["changed"], [path.exists() for path in (*backups, other)]) == (True, [False, False, True])
