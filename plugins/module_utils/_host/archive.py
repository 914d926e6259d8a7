# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's code on this host as one file that Python runs, for what happens after a module has ended."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import sys
import zipfile

_PACKAGE = "ansible_collections.meshwork.wireguard.plugins.module_utils"


def archive(main: str) -> bytes:
    """A zip file with all modules of the package that are loaded; it runs the function ``main`` of the module of that name.

    :param main: dotted name of a module, below the package: ``_rollback.keeper``.
    :raises RuntimeError: it is not loaded, so it would not be in the file.
    """
    if f"{_PACKAGE}.{main}" not in sys.modules:
        raise RuntimeError(f"{_PACKAGE}.{main}: not loaded")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(sys.modules):
            if name.startswith(_PACKAGE + "."):
                target.writestr(_file_name(name), source_of(name))
        for package in (_PACKAGE.rsplit(".", count)[0] for count in range(_PACKAGE.count(".") + 1)):
            target.writestr(package.replace(".", "/") + "/__init__.py", "")
        target.writestr("__main__.py", f"from {_PACKAGE}.{main} import main\n\nmain()\n")
    return content.getvalue()


def source_of(name: str) -> str:
    """The text of a module, wherever it was loaded from."""
    text: str | bytes | None = _spec(name).loader.get_source(name)  # type: ignore[union-attr]
    return text.decode("utf-8") if isinstance(text, bytes) else text or ""  # Ansible's own loader gives bytes


def _file_name(name: str) -> str:
    ending = "/__init__.py" if _spec(name).submodule_search_locations is not None else ".py"
    return name.replace(".", "/") + ending


def _spec(name: str) -> importlib.machinery.ModuleSpec:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{name}: its source is not to be found")
    return spec
