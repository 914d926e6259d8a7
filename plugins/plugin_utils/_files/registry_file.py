# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registry files: read, and written under a lock, whole or not at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.state.registry import Registry, parse_registry

_REMEDY = "set wireguard_registry to a directory that you can write to, or to '' to do without a registry"


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other runs on this controller out of the directory; it is made where it is missing.

    :raises PlanError: it cannot be made or opened.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise PlanError(f"registry {directory}: {error.strerror}; {_REMEDY}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def read(path: Path) -> tuple[str, Registry]:
    """The text and the value of a registry file; a missing file is an empty registry.

    :raises PlanError: the file cannot be read or is damaged.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return "", Registry()
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"registry {path}: {error}") from error
    return text, parse_registry(text, str(path))


def write(path: Path, text: str) -> None:
    """Replace the file in one step.

    :raises PlanError: it cannot be written.
    """
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(text)
                os.fchmod(stream.fileno(), 0o644)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise PlanError(f"registry {path}: {error.strerror}; {_REMEDY}") from error
