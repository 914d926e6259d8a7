# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs for the host, each in one file that Python runs: they continue after the module has ended."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import io
import zipfile
from importlib.machinery import ModuleSpec
from typing import Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import PROGRAMS

_PACKAGE = "ansible_collections.meshwork.wireguard.plugins.module_utils"
_WHEN = (1980, 1, 1, 0, 0, 0)


def path_of(main: str) -> str:
    """The path of a module's program on the host."""
    return f"{PROGRAMS}/{main.rpartition('.')[2]}.pyz"


@functools.lru_cache(maxsize=None)
def archive(main: str) -> bytes:
    """A zip file that runs the function ``main`` of a module. It contains the package's modules that this imports, and no others.

    The same code always gives the same bytes, so that a comparison shows whether a file on the host is up to date. Nothing is
    compressed, because the result would depend on the host's version of zlib.

    :param main: dotted name of a module, below the package: ``_rollback.timer``.
    :raises RuntimeError: the source of the module, or of an import, is missing.
    """
    sources = _sources(f"{_PACKAGE}.{main}")
    files = {name.replace(".", "/") + ".py": text for name, text in sources.items()}
    for name in sources:
        for count in range(1, name.count(".") + 1):
            files[name.rsplit(".", count)[0].replace(".", "/") + "/__init__.py"] = ""
    files["__main__.py"] = f"from {_PACKAGE}.{main} import main\n\nmain()\n"
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            target.writestr(entry, files[name])
    return content.getvalue()


def digest(main: str) -> str:
    """SHA-256 of the :func:`archive` of a module, as hexadecimal text."""
    return hashlib.sha256(archive(main)).hexdigest()


def source_of(name: str) -> str:
    """The text of a module, below the package: a program of its own if it imports nothing of the collection.

    :raises RuntimeError: it is missing.
    """
    return _source_of(f"{_PACKAGE}.{name}")


def _sources(first: str) -> dict[str, str]:
    """Name -> text of a module and, recursively, of its imports from the package."""
    sources: dict[str, str] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in sources:
            sources[name] = _source_of(name)
            waiting += _imported(sources[name], name)
    return sources


def _imported(text: str, importer: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            parents = importer.split(".")[: -node.level] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            if base.startswith(_PACKAGE):
                is_package = _spec(base).submodule_search_locations is not None
                yield from (f"{base}.{alias.name}" for alias in node.names) if is_package else (base,)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(_PACKAGE))


def _source_of(name: str) -> str:
    """The text of a module, from any loader."""
    text: str | bytes | None = _spec(name).loader.get_source(name)  # type: ignore[union-attr]
    return text.decode("utf-8") if isinstance(text, bytes) else text or ""  # Ansible's own loader gives bytes


def _spec(name: str) -> ModuleSpec:
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError:
        spec = None
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{name}: its source was not found")
    return spec
