# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python of a fake host: ``fake_host.py DESCRIPTION [MODULE]``. It runs no module; it notes what it was sent, and answers.

Ansible gives the module on standard input, or as a file. What it is and its arguments stand in it as one JSON text.
The description is a JSON file of :mod:`world`: ``name``, ``log``, ``state``, ``settled`` (whatever is planned
for it, it has it already) and ``lies``, module -> what is wrong in its answer. It adds its processor seconds to the file that
FAKE_HOST_SECONDS names.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import answers

_ARGUMENTS = "ANSIBLE_MODULE_ARGS"
_KEPT = ("_ansible_check_mode", "_ansible_diff")


def asked(program: str) -> tuple[str, dict]:
    """Name and arguments of a module, as Ansible packs it."""
    for node in ast.walk(ast.parse(program)):
        value = getattr(node, "value", None)
        text = value.decode() if isinstance(value, bytes) else value
        if isinstance(node, ast.Constant) and isinstance(text, str) and text.lstrip().startswith("{") and _ARGUMENTS in text:
            options = json.loads(text)[_ARGUMENTS]
            options = json.loads(options) if isinstance(options, str) else options
            name = options["_ansible_module_name"]
            return name, {key: value for key, value in options.items() if not key.startswith("_ansible_") or key in _KEPT}
    raise SystemExit("fake host: this is no module of Ansible")


def falsified(answer: dict, lie: dict) -> str:
    """What the host prints."""
    if "raw" in lie:
        return lie["raw"]
    for path, value in lie.get("values", {}).items():
        *above, last = path.split(".")
        place = answer
        for name in above:
            place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        place[last] = value
    for name in lie.get("without", ()):
        answer.pop(name, None)
    return json.dumps(answer)


def main() -> None:
    """Answer one module."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        host = json.load(stream)
    if len(sys.argv) > 2:
        with open(sys.argv[2], encoding="utf-8") as stream:
            program = stream.read()
    else:
        program = sys.stdin.read()
    module, arguments = asked(program)
    with open(host["log"], "a", encoding="utf-8") as stream:
        stream.write(json.dumps({"module": module, "arguments": arguments}, sort_keys=True) + "\n")
    state = answers.State(host["state"])
    name = module.rpartition(".")[2]
    if host["settled"] and name == "prepare":
        state.interfaces = json.loads(arguments["contents"])
    answer = answers.answer(host["name"], name, arguments, state)
    state.write()
    lie = host["lies"].get(name)
    text = falsified(answer, lie) if lie else json.dumps(answer)
    if os.environ.get("FAKE_HOST_SECONDS"):
        with open(os.environ["FAKE_HOST_SECONDS"], "a", encoding="utf-8") as stream:
            stream.write(f"{time.process_time()}\n")
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape") + b"\n")
    sys.exit(1 if answer.get("failed") else 0)


if __name__ == "__main__":
    main()
