# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure packages compute: they import nothing of Ansible, nothing of third parties, and do no I/O.

One exception: where a key is derived, `cryptography` does it, which ansible-core brings. It is imported in the function that
needs it, so that the filters import light.

Helpers are in rooms, one folder per subject: a room imports only those that stand above it in the list, so there are no circles.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COLLECTION = "ansible_collections.meshwork.wireguard"
WG = "plugins.module_utils._wg"
PLAN = "plugins.plugin_utils._plan"
MAY_IMPORT = {WG: (WG,), PLAN: (WG, PLAN)}
LATE = {
    PLAN: {
        "cryptography.hazmat.primitives.asymmetric.x25519.X25519PrivateKey",
        "cryptography.hazmat.primitives.hashes.SHA256",
        "cryptography.hazmat.primitives.kdf.hkdf.HKDF",
        "cryptography.hazmat.primitives.kdf.scrypt.Scrypt",
        "cryptography.hazmat.primitives.serialization.Encoding",
        "cryptography.hazmat.primitives.serialization.PublicFormat",
    }
}
ROOMS = {
    "module_utils": (
        "_wg", "_host", "_install", "_keys", "_live", "_firewall", "_endpoints", "_boot", "_interface", "_containers",
        "_rollback", "_rotation", "_failover", "_drills", "_reports", "_doctor", "_metrics", "_names",
    ),
    "module_utils/_wg": ("values", "config", "live", "formats", "host"),
    "plugin_utils": ("_plan", "_ansible", "_files", "_stores", "_pictures", "_page"),
    "plugin_utils/_plan": (
        "model", "topologies", "paths", "failover", "names", "validation", "documents", "rotation", "state", "secrets", "hosts",
        "explain", "reports", "migration", "drills", "diagnosis", "page", "metrics",
    ),
}  # fmt: skip
"""A tree below ``plugins/``, and its rooms in the order in which they build on each other."""
MOST = 12
"""Files in a room."""
PARTS = {"plugin_utils/_page": (".css", ".j2", ".js")}
"""Endings of what else is in a room."""

IO_MODULES = {
    "asyncio", "ctypes", "fcntl", "fileinput", "ftplib", "glob", "http", "io", "logging", "mmap", "multiprocessing",
    "os", "pathlib", "pty", "select", "selectors", "shelve", "shutil", "signal", "smtplib", "socket", "socketserver",
    "sqlite3", "ssl", "subprocess", "sys", "tempfile", "threading", "urllib", "webbrowser", "zipfile",
}  # fmt: skip
IO_CALLS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}


def imported(tree, package):
    """Yield every dotted name that a syntax tree of a module in `package` (dotted, below the collection) imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = f"{COLLECTION}.{package}".split(".") if node.level else []
            base = ".".join([*parents[: len(parents) + 1 - node.level], *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imported_late(tree, package):
    """Yield what `imported` does, of functions alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from imported(node, package)


def offences(source, package):
    """Say what a module of `package` imports or calls and must not, given the pure package that it is in."""
    tree = ast.parse(source)
    pure = next(p for p in MAY_IMPORT if f"{package}.".startswith(f"{p}."))
    own = tuple(f"{COLLECTION}.{p}." for p in MAY_IMPORT[pure])
    allowed = Counter(name for name in imported_late(tree, package) if name in LATE.get(pure, ()))
    names = (name for name in Counter(imported(tree, package)) - allowed if not f"{name}.".startswith(own))
    tops = ((name, name.split(".", maxsplit=1)[0]) for name in names)
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return [
        *(f"import {name}" for name, top in tops if top not in sys.stdlib_module_names or top in IO_MODULES),
        *(f"{call.id}()" for call in calls if isinstance(call, ast.Name) and call.id in IO_CALLS),
    ]


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_pure_package(package):
    folder = ROOT / package.replace(".", "/")
    found = {}
    for path in sorted(folder.rglob("*.py")):
        dotted = ".".join(path.relative_to(ROOT).parent.parts)
        found[str(path.relative_to(folder))] = offences(path.read_text(encoding="utf-8"), dotted)
    assert found, f"no Python file in {folder}"
    assert {name: what for name, what in found.items() if what} == {}


HKDF = "from cryptography.hazmat.primitives.kdf.hkdf import HKDF"


@pytest.mark.parametrize(
    ("package", "source", "expected"),
    [
        (WG, "import ipaddress, json", []),
        (WG, "from . import keys", []),
        (WG, "from .keys import Key", []),
        (PLAN, "from ...module_utils._wg.keys import Key", []),
        (PLAN, f"from {COLLECTION}.{WG} import keys", []),
        (PLAN, "from collections.abc import Mapping", []),
        (PLAN + ".deep", "from ..routing import hops", []),
        (WG, "from ansible.errors import AnsibleError", ["import ansible.errors.AnsibleError"]),
        (WG, "import yaml", ["import yaml"]),
        (WG, "import os.path", ["import os.path"]),
        (WG, "from pathlib import Path", ["import pathlib.Path"]),
        (WG, f"from {COLLECTION}.{PLAN} import routing", [f"import {COLLECTION}.{PLAN}.routing"]),
        (WG, "from ...plugin_utils._plan import routing", [f"import {COLLECTION}.{PLAN}.routing"]),
        (WG, "from .. import runner", [f"import {COLLECTION}.plugins.module_utils.runner"]),
        (WG, "def f():\n    import subprocess", ["import subprocess"]),
        (PLAN, f"def f():\n    {HKDF}", []),
        (PLAN, HKDF, ["import cryptography.hazmat.primitives.kdf.hkdf.HKDF"]),
        (PLAN, f"{HKDF}\ndef f():\n    {HKDF}", ["import cryptography.hazmat.primitives.kdf.hkdf.HKDF"]),
        (WG, f"def f():\n    {HKDF}", ["import cryptography.hazmat.primitives.kdf.hkdf.HKDF"]),
        (PLAN, "def f():\n    import cryptography", ["import cryptography"]),
        (PLAN, "print(open('x'))", ["print()", "open()"]),
    ],
)
def test_rule(package, source, expected):
    assert offences(source, package) == expected


def not_above(source, package, tree):
    """The rooms of a tree that a module of `package` in it imports, and that do not stand above its own one."""
    base = f"{COLLECTION}.plugins.{tree}.".replace("/", ".")
    own = f"{COLLECTION}.{package}."[len(base) :].split(".", maxsplit=1)[0]
    names = imported(ast.parse(source), package)
    rooms = {name[len(base) :].split(".", maxsplit=1)[0] for name in names if name.startswith(base)} - {own}
    return sorted(rooms - set(ROOMS[tree][: ROOMS[tree].index(own)]))


@pytest.mark.parametrize("tree", ROOMS)
def test_arrows(tree):
    folder = ROOT / "plugins" / tree
    found = {}
    for room in ROOMS[tree]:
        for path in sorted((folder / room).rglob("*.py")):
            package = ".".join(path.relative_to(ROOT).parent.parts)
            found[str(path.relative_to(folder))] = not_above(path.read_text(encoding="utf-8"), package, tree)
    assert {name: rooms for name, rooms in found.items() if rooms} == {}


@pytest.mark.parametrize(
    ("package", "source", "expected"),
    [
        (f"{PLAN}.paths", "from ..model.network import Node", []),
        (f"{PLAN}.paths", "from .exits import exit_of", []),
        (f"{PLAN}.paths", f"from {COLLECTION}.{WG}.values.keys import Key", []),
        (f"{PLAN}.model", "from ..paths.exits import exit_of", ["paths"]),
        (f"{PLAN}.model", "def f():\n    from ..paths import exits", ["paths"]),
        (f"{PLAN}.paths", "from ..loose import something", ["loose"]),
        (f"{PLAN}.paths", "from .. import loose", ["loose"]),
    ],
)
def test_arrow(package, source, expected):
    assert not_above(source, package, "plugin_utils/_plan") == expected


@pytest.mark.parametrize(("tree", "others"), [("module_utils", ()), ("plugin_utils", (WG,))])
def test_helpers_of_hosts_and_of_the_controller(tree, others):
    """The controller's import what is pure of the hosts', and these nothing of the controller's."""
    allowed = tuple(f"{COLLECTION}.{package}." for package in (f"plugins.{tree}", *others))
    found = {}
    for path in sorted((ROOT / "plugins" / tree).rglob("*.py")):
        names = imported(ast.parse(path.read_text(encoding="utf-8")), ".".join(path.relative_to(ROOT).parent.parts))
        found[str(path.relative_to(ROOT))] = [n for n in names if n.startswith(COLLECTION) and not n.startswith(allowed)]
    assert {name: names for name, names in found.items() if names} == {}


@pytest.mark.parametrize("tree", ROOMS)
def test_each_file_has_a_room(tree):
    found = [path.name for path in (ROOT / "plugins" / tree).iterdir() if path.name not in ("__init__.py", "__pycache__")]
    assert sorted(found) == sorted(ROOMS[tree]), "put a new file into a room, or draw a new room in ROOMS and in CONTRIBUTING.md"


def test_the_drawing_for_contributors():
    """CONTRIBUTING.md has all rooms, in this order."""
    drawn = {"": [], "module_utils": [], "plugin_utils": [], "module_utils/_wg": [], "plugin_utils/_plan": []}
    place = ["", ""]
    tree = re.search(
        r"^```text\n(plugins/.*?)^```$", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    for indent, name in re.findall(r"^( *)([\w/]+)/ ", tree[1], re.MULTILINE):
        depth = len(indent) // 2
        place = [*place[:depth], name.removeprefix("plugins/")]
        if depth:
            drawn["/".join(place[:depth])].append(name)
    assert {tree: tuple(rooms) for tree, rooms in drawn.items() if rooms} == ROOMS


@pytest.mark.parametrize("room", [f"{tree}/{room}" for tree in ROOMS for room in ROOMS[tree] if f"{tree}/{room}" not in ROOMS])
def test_room(room):
    folder = ROOT / "plugins" / room
    names = [path.name for path in folder.iterdir() if path.name != "__pycache__" and path.suffix not in PARTS.get(room, ())]
    files = [name for name in names if name.endswith(".py") and name != "__init__.py"]
    assert "__init__.py" in names
    assert sorted([*files, "__init__.py"]) == sorted(names)
    assert 1 <= len(files) <= MOST


@pytest.mark.parametrize("tree", ["module_utils", "plugin_utils"])
def test_tests_mirror_the_rooms(tree):
    """A test that is named after a file is in the folder that mirrors the file's."""
    names = {path.name for path in (ROOT / "plugins" / tree).rglob("*.py")}
    tests = [path.relative_to(ROOT / "tests/unit") for path in (ROOT / "tests/unit/plugins" / tree).rglob("test_*.py")]
    mirrored = [path.with_name(path.name[len("test_") :]) for path in tests]
    assert [str(path) for path in mirrored if path.name in names and not (ROOT / path).is_file()] == []
