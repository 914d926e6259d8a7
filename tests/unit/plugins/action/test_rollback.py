# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""New connections, patience, and a batch that stays together; what the host answers is given."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail, AnsibleActionSkip, AnsibleConnectionFailure
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar

from ansible_collections.meshwork.wireguard.plugins.action import rollback as rollback_action

CUT = AnsibleConnectionFailure("Connection timed out")
ARMED = {"changed": True, "interfaces": ["wg0"], "batch": ["alpha", "beta"], "until": 1060.0}
PENDING = {"wg0": "1"}
OK = {"changed": False, "interfaces": ["wg0"]}
GONE = {"changed": False, "interfaces": []}
REFUSED = {"failed": True, "msg": "interface wg0: the change was rolled back"}


class Action(rollback_action.ActionModule):
    """The plugin with a host that answers, or not, as it is told to."""

    def __init__(self, arguments, answers, transport="ssh", check_mode=False):
        task = Task.load({"meshwork.wireguard.rollback": {"pending": PENDING, **arguments}})
        task.check_mode = check_mode
        loader, context = DataLoader(), PlayContext()
        connection = connection_loader.get(transport, context)
        connection.set_options(direct={"ssh_extra_args": "-o User=x"} if transport == "ssh" else {})
        super().__init__(task, connection, context, loader, Templar(loader=loader), None)
        self.answers, self.log = list(answers), []

    def _execute_module(self, module_name, module_args, task_vars):
        assert (module_name, task_vars["inventory_hostname"]) == ("meshwork.wireguard.rollback", "alpha")
        self.log.append(module_args["state"])
        self.seen = module_args
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    """Time that passes only while somebody sleeps."""
    found = SimpleNamespace(now=1000.0, slept=[])

    def sleep(seconds):
        found.slept.append(seconds)
        found.now += seconds

    monkeypatch.setattr(rollback_action, "time", SimpleNamespace(time=lambda: found.now, sleep=sleep))
    return found


@pytest.fixture(autouse=True)
def resets(monkeypatch):
    """How often the connection was given up; what raises, raises once."""
    found = SimpleNamespace(count=0, raises=[])

    def reset(_self):
        found.count += 1
        if found.raises:
            raise found.raises.pop()

    monkeypatch.setattr(type(connection_loader.get("ssh", PlayContext())), "reset", reset)
    return found


def run(action, **variables):
    hosts = ["alpha", "beta"]
    known = {
        "inventory_hostname": "alpha",
        "ansible_play_batch": hosts,
        "ansible_play_hosts": hosts,
        "ansible_forks": 5,
        "hostvars": {"alpha": {}, "beta": {}},
    }
    return action.run(task_vars={**known, **variables})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (OK, {**OK, "batch": ["alpha", "beta"], "until": 1045.0}),
        (REFUSED, REFUSED),
    ],
)
def test_started(resets, answer, expected):
    action = Action({"state": "armed", "seconds": 45}, [answer])
    assert run(action) == expected
    assert action.seen == {"pending": PENDING, "state": "armed", "seconds": 45}
    assert resets.count == 0


@pytest.mark.parametrize("seconds", [29, "1", 0, -60])
def test_too_short_to_prove_anything(seconds):
    action = Action({"state": "armed", "seconds": seconds}, [])
    message = (
        f"nothing was changed: {seconds} seconds are too short to verify a change; set wireguard_rollback to 30 or more, or to 0"
    )
    with pytest.raises(AnsibleActionFail) as caught:
        run(action)
    assert (str(caught.value), action.log) == (message, [])


def test_the_time_begins_before_the_host_is_asked(clock):
    """However slowly its answer comes: the host's own time must not be over before it is here."""
    action = Action({"state": "armed"}, [OK])
    plain = action._execute_module

    def slowly(**words):
        clock.now += 20
        return plain(**words)

    action._execute_module = slowly
    assert run(action)["until"] == 1060.0


@pytest.mark.parametrize(
    ("answers", "tries"),
    [([OK], 1), ([CUT, OK], 2), ([CUT, CUT, CUT, OK], 4), ([CUT, REFUSED], 2), ([REFUSED], 1)],
    ids=["at once", "at the second try", "at the fourth", "it has gone back", "no answer of a peer"],
)
def test_verified(clock, resets, answers, tries):
    action = Action({"state": "verified", "armed": ARMED}, answers)
    assert run(action) == answers[-1]
    assert (action.log, resets.count, clock.slept) == (["verified"] * tries, tries, [3] * (tries - 1))
    assert action.seen == {"pending": PENDING, "state": "verified"}
    assert action._connection.get_option("ssh_extra_args") == "-o User=x -o ServerAliveInterval=5 -o ServerAliveCountMax=2"


def test_a_connection_that_cannot_even_be_given_up_is_tried_again(clock, resets):
    resets.raises = [CUT]
    action = Action({"state": "verified", "armed": ARMED}, [OK])
    assert run(action) == OK
    assert (action.log, resets.count, clock.slept) == (["verified"], 2, [3])


def test_a_host_that_does_not_come_back_is_unreachable(clock):
    action = Action({"state": "verified", "armed": ARMED}, [CUT] * 100)
    with pytest.raises(AnsibleConnectionFailure) as caught:
        run(action)
    assert str(caught.value).startswith("the host cannot be reached after the change, and not 60 s after its rollback either: ")
    assert clock.now == 1000 + 41 * 3  # past 1060 + 60


def test_connections_that_are_new_for_each_task_need_no_reset(resets):
    assert run(Action({"state": "verified", "armed": ARMED}, [OK], transport="local")) == OK
    assert resets.count == 0


@pytest.mark.parametrize("state", ["armed", "verified", "confirmed"])
def test_what_is_lost_is_not_verified(state):
    result = run(Action({"state": state, "armed": ARMED}, [GONE]))
    assert result["failed"] is True
    assert result["msg"] == "interface wg0: its pending change is gone; the host was restarted, or another run replaced it"


UNVERIFIED = "the change is not confirmed, because beta is not verified; this host will be rolled back"
LATE = "the verification took too long, so the hosts will be rolled back; raise wireguard_rollback"


@pytest.mark.parametrize(
    ("now", "play_hosts", "beta", "message"),
    [
        (1000, ["alpha", "beta"], OK, None),
        (1056.9, ["alpha", "beta"], OK, None),
        (1057.1, ["alpha", "beta"], OK, LATE),
        (1000, ["alpha", "beta"], {"skipped": True}, None),
        (1000, ["alpha", "beta"], {"failed": True}, UNVERIFIED),
        (1000, ["alpha", "beta"], {"unreachable": True}, UNVERIFIED),
        (1000, ["alpha"], OK, UNVERIFIED),
        (1000, ["alpha"], None, UNVERIFIED),
        (1000, ["alpha", "beta"], None, None),
    ],
    ids=[
        "verified",
        "just in time",
        "too late",
        "nothing to verify",
        "refused",
        "not reached",
        "lost after its verified",
        "lost before",
        "not there yet: strategy free",
    ],
)
def test_kept(clock, now, play_hosts, beta, message):
    clock.now = now
    action = Action({"state": "confirmed", "armed": ARMED, "verified": "verified"}, [OK])
    variables = {"alpha": {"verified": OK}, "beta": {} if beta is None else {"verified": beta}}
    if message is None:
        assert run(action, hostvars=variables, ansible_play_hosts=play_hosts) == OK
        assert action.log == ["confirmed"]
        return
    with pytest.raises(AnsibleActionFail) as caught:
        run(action, hostvars=variables, ansible_play_hosts=play_hosts)
    assert str(caught.value) == message
    assert action.log == []


@pytest.mark.parametrize(
    ("position", "forks", "needed"),
    [(0, 5, 15), (4, 5, 15), (5, 5, 12), (23, 5, 3), (22, 5, 3), (0, 1, 72), (23, 1, 3), (0, 24, 3), (0, 50, 3)],
)
def test_the_first_hosts_keep_the_change_only_if_there_is_time_for_the_last_ones(clock, position, forks, needed):
    batch = [f"n{number}" for number in range(24)]
    batch[position] = "alpha"
    variables = {
        "ansible_play_batch": batch,
        "ansible_play_hosts": batch,
        "ansible_forks": forks,
        "hostvars": {host: {"verified": OK} for host in batch},
    }
    clock.now = 1060 - needed
    for late in (False, True):
        clock.now += late * 0.1
        action = Action({"state": "confirmed", "armed": {**ARMED, "batch": batch}, "verified": "verified"}, [OK])
        if not late:
            assert run(action, **variables) == OK
            continue
        with pytest.raises(AnsibleActionFail, match="the verification took too long"):
            run(action, **variables)


@pytest.mark.parametrize("state", ["verified", "confirmed"])
@pytest.mark.parametrize("armed", [None, {}, {"skipped": True}, "x"])
def test_what_the_first_step_has_registered_is_needed(state, armed):
    with pytest.raises(AnsibleActionFail, match="armed: must be the registered result of the task with state=armed"):
        run(Action({"state": state, **({} if armed is None else {"armed": armed})}, []))


@pytest.mark.parametrize("state", ["armed", "verified", "confirmed"])
def test_check_mode_runs_nothing(state):
    action = Action({"state": state, "armed": ARMED}, [], check_mode=True)
    with pytest.raises(AnsibleActionSkip):
        run(action)
    assert action.log == []
