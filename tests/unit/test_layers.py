# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pure packages compute: they import nothing of Ansible, nothing of third parties, and do no I/O.

One exception: where a key is derived, `cryptography` does it, which ansible-core brings. It is imported in the function that
needs it, so that the filters import light.
"""

from __future__ import annotations

import ast
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
        "cryptography.hazmat.primitives.serialization.Encoding",
        "cryptography.hazmat.primitives.serialization.PublicFormat",
    }
}

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
    tops = ((name, name.split(".")[0]) for name in names)
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
