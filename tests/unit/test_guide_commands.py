# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands of guides that need no host print what the guides show.

A section is a directory of its own. A block after a line such as "`inventory.yml`:" is that file, where ``(hidden)`` stands for a
key. A block marked console that is directly followed by one marked output, warnings, yaml or json is run, and has to print that:
what the module ``show`` prints, or the message of the task that failed, or all warnings, or the file, for ``cat``.
"""

from __future__ import annotations

import json
import re
import shlex
from itertools import count, pairwise
from pathlib import Path

import pytest

from ansible_collections.meshwork.wireguard.tests.unit.support import key

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"^`([\w./-]+)`:\n\n\Z", re.MULTILINE)
SHOWN = re.compile(r"^(?:TASK \[.*\] \*+|ok: \[.*)\n", re.MULTILINE)
FAILED = re.compile(r"^fatal: \[\S+\]: FAILED! => (\{.*\})$", re.MULTILINE)
WARNING = re.compile(r"^\[WARNING\]: (?:.+\n)+?(?=\[|$|[a-z]+: \[)", re.MULTILINE)
PENDING = "pending, not peers of any node until a run has seen their keys: "


def steps(section):
    """Each file of a section as ("file", name, text), and each command as ("run", command, output), in their order."""
    found = []
    end, before = 0, None
    for match in BLOCK.finditer(section):
        between = section[end : match.start()]
        named = FILE.search(between)
        if named:
            found.append(("file", named[1], match[2]))
        elif before is not None and not between.strip() and match[1] in ("output", "warnings", "yaml", "json"):
            found.append(("warnings" if match[1] == "warnings" else "run", before, match[2]))
        before = match[2] if match[1] == "console" else None
        end = match.end()
    return found


def sections():
    for path in sorted((ROOT / "docs").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        prose = BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
        starts = [0, *(match.start() for match in re.finditer(r"^###? ", prose, re.MULTILINE)), len(text)]
        for section in (text[start:end] for start, end in pairwise(starts)):
            found = steps(section)
            if any(kind != "file" for kind, _name, _text in found):
                yield pytest.param(found, id=f"{path.stem}:{section.splitlines()[0].lstrip('# ')}")


SECTIONS = list(sections())


def shown(output):
    """What the last task printed, or why a task failed."""
    failed = FAILED.search(output)
    if failed:
        return json.loads(failed[1])["msg"] + "\n"
    heads = list(SHOWN.finditer(output))
    (text,) = [
        output[head.end() : following.start()]
        for head, following in pairwise(heads)
        if following.start() > head.end() and "[Show" in head[0] and "skipping: " not in output[head.end() : following.start()]
    ][-1:]
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(PENDING))


@pytest.mark.parametrize("found", SECTIONS)
def test_commands(found, ansible, tmp_path):
    numbers = count()
    for kind, name, text in found:
        if kind == "file":
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(re.sub(r"\(hidden\)", lambda _match: key(f"hidden {next(numbers)}"), text), encoding="utf-8")
            continue
        program, *words = shlex.split(name)
        if program == "cat":
            output = "".join((tmp_path / word).read_text(encoding="utf-8") for word in words)
        else:
            printed = ansible(program, *words).communicate(timeout=120)[0]
            output = "".join(WARNING.findall(printed)) if kind == "warnings" else shown(printed)
        output = output.replace(f"{tmp_path}/", "")
        if kind == "warnings":  # older releases of ansible-core break their lines
            assert output.split() == text.split()
        else:
            assert output == text


def test_sections_with_commands_are_found():
    assert {"allowed-ips", "coming-from", "troubleshooting"} <= {section.id.partition(":")[0] for section in SECTIONS}


def test_a_command_without_output_is_not_run():
    assert steps("`a.yml`:\n\n```yaml\nx: 1\n```\n\n```console\nmake\n```\n\nProse.\n\n```output\nx\n```\n") == [
        ("file", "a.yml", "x: 1\n")
    ]
