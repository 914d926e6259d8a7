# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows do what the Makefile does, with few rights and with actions that nobody can exchange."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.name: path for path in sorted((ROOT / ".github" / "workflows").glob("*.y*ml"))}
PINNED = {
    "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683",
    "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065",
    "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02",
}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
MAKE = re.compile(r"(?:sudo (?:--preserve-env=CI )?)?(?:[A-Z_]+=\S+ )?make (\S+)((?: [A-Z]+=\S+)*)")
ALSO = {"sudo modprobe wireguard"}
SECRETS = {"release.yml": {"SIGNING_KEY", "SIGNING_PASSPHRASE", "GALAXY_TOKEN"}}


@pytest.fixture(params=WORKFLOWS)
def name(request):
    return request.param


def text_of(name):
    return WORKFLOWS[name].read_text(encoding="utf-8")


def jobs_of(name):
    return yaml.safe_load(text_of(name))["jobs"]


def steps_of(name):
    return [(job, step) for job in jobs_of(name).values() for step in job.get("steps", [])]


def values(command, job):
    """The command with each value of the job's matrix."""
    found = [command]
    for key, choices in job.get("strategy", {}).get("matrix", {}).items():
        found = [one.replace("${{ matrix.%s }}" % key, choice) for one in found for choice in choices]
    return set(found)


def test_the_workflows():
    assert list(WORKFLOWS) == ["release.yml", "test.yml", "weekly.yml"]


def test_actions_are_pinned(name):
    assert {step["uses"] for _job, step in steps_of(name) if "uses" in step} <= PINNED
    called = [job["uses"] for job in jobs_of(name).values() if "uses" in job]
    assert all(place.startswith("./.github/workflows/") and Path(place).name in WORKFLOWS for place in called)
    assert len(re.findall(r"\buses:", text_of(name))) == len(called) + sum("uses" in step for _job, step in steps_of(name))


def test_rights_are_few(name):
    workflow = yaml.safe_load(text_of(name))
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["group"].startswith(name.removesuffix(".yml"))
    for job in workflow["jobs"].values():
        assert "permissions" not in job
        assert "uses" in job or job["timeout-minutes"] <= 360
    for _job, step in steps_of(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


def test_a_step_calls_a_target_of_the_makefile(name):
    for job, step in steps_of(name):
        for command in values(step["run"], job) if "run" in step else ():
            found = MAKE.fullmatch(command)
            assert command in ALSO or (found and found.group(1) in TARGETS), command


def test_what_others_can_name_is_in_no_command(name):
    """A branch or a title that is put into a shell's text is run by it."""
    for _job, step in steps_of(name):
        assert set(re.findall(r"\$\{\{ *(\w+)\.", step.get("run", ""))) <= {"matrix"}


def test_secrets(name):
    assert set(re.findall(r"secrets\.(\w+)", text_of(name))) == SECRETS.get(name, set())


def test_each_supported_python_is_tested():
    listed = re.search(r"^pythons=\((.*)\)$", (ROOT / "tests/bin/matrix").read_text(encoding="utf-8"), re.MULTILINE)
    assert jobs_of("test.yml")["unit"]["strategy"]["matrix"]["python"] == listed.group(1).split()


def test_sanity_is_tested_with_each_ansible_core():
    pins = re.findall(
        r'^ansible-core==\S+; python_version [=>]= "(.*)"$', (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE
    )
    assert jobs_of("test.yml")["sanity"]["strategy"]["matrix"]["python"] == pins


def test_nothing_is_released_untested():
    assert jobs_of("release.yml")["release"]["needs"] == "test"
