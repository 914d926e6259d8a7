# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writer of all files on the controller.

A file is replaced in one step, so other programs never read a part of it. Inside the directory that the user names, no links are
followed, and nothing is written into directories where another user can create links: otherwise that user could choose which
files the run overwrites or deletes.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

OPEN, CLOSED = 0o644, 0o600
"""Modes of files."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ELSEWHERE = "choose another directory"


class Writer:
    """Files inside one directory. ``written`` and ``removed`` are paths; ``diff`` is Ansible's, without closed files.

    :param named: the directory, as the user names it. It may be a link, and need not exist.
    :param check: predict only.
    :param closed: new directories are accessible only to the owner.
    """

    def __init__(self, named: Path, check: bool, closed: bool = False) -> None:
        self._named = named
        self._check = check
        self._mode = 0o700 if closed else 0o755
        self.written: list[str] = []
        self.removed: list[str] = []
        self.diff: list[dict[str, str]] = []

    @property
    def changed(self) -> bool:
        """Whether anything was changed, or would be."""
        return bool(self.written or self.removed)

    def put(self, name: str, content: str | bytes, mode: int = OPEN) -> bool:
        """Write a file, unless it has this content; return whether that is a change.

        :param name: inside the directory, with ``/``.
        :raises PlanError: it cannot be written, or only by trusting another user.
        """
        data = content.encode() if isinstance(content, str) else content
        path = self._named / name
        with self._with_path(path), self._folder(PurePosixPath(name).parent, not self._check) as folder:
            before = self._read(folder, path)
            if before is not None and before[0] == data and (mode == OPEN or before[1] == mode):
                return False
            self.written.append(str(path))
            if mode == OPEN:
                old = "" if before is None else before[0].decode("utf-8", "replace")
                new = data.decode("utf-8", "replace")
                self.diff.append({"before": old, "after": new, "before_header": str(path), "after_header": str(path)})
            if not self._check and folder is not None:
                _replace(folder, path.name, data, mode)
        return True

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none.

        :raises PlanError: as :meth:`put`.
        """
        path = self._named / name
        with self._with_path(path), self._folder(PurePosixPath(name).parent, False) as folder:
            content = self._read(folder, path)
        return None if content is None else content[0]

    def names(self, directory: str) -> list[str]:
        """The names in a directory, sorted; none if there is no such directory.

        :raises PlanError: as :meth:`put`.
        """
        with self._with_path(self._named / directory), self._folder(PurePosixPath(directory), False) as folder:
            return [] if folder is None else sorted(os.listdir(folder))

    def is_directory(self, name: str) -> bool:
        """Whether it is a directory, and not a link to one."""
        with self._folder(PurePosixPath(name).parent, False) as folder:
            try:
                status = None if folder is None else os.stat(PurePosixPath(name).name, dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                return False
        return status is not None and stat.S_ISDIR(status.st_mode)

    def remove(self, name: str) -> None:
        """Remove a file.

        :raises PlanError: as :meth:`put`.
        """
        path = self._named / name
        self.removed.append(str(path))
        if not self._check:
            with self._with_path(path), self._folder(PurePosixPath(name).parent, False) as folder:
                os.unlink(path.name, dir_fd=folder)

    @contextmanager
    def _with_path(self, path: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PlanError(f"{path}: {error.strerror or error}") from error

    @contextmanager
    def _folder(self, inner: PurePosixPath, make: bool) -> Iterator[int | None]:
        """A descriptor of a directory inside the named one; None if it does not exist and must not be made."""
        if inner.is_absolute() or ".." in inner.parts:
            raise PlanError(f"{self._named / inner}: is not below {self._named}; {_ELSEWHERE}")
        opened: list[int] = []
        try:
            if make:
                self._named.mkdir(mode=self._mode, parents=True, exist_ok=True)
            opened.append(os.open(self._named, _DIRECTORY))
            _check_owner(os.lstat(self._named), self._named)  # another user's link may lead anywhere
            _check_owner(os.fstat(opened[-1]), self._named)
            path = self._named
            for part in inner.parts:
                path = path / part
                opened.append(self._enter(opened[-1], path, make))
                _check_owner(os.fstat(opened[-1]), path)
        except FileNotFoundError:
            if make:
                raise
            yield None
        else:
            yield opened[-1]
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def _enter(self, folder: int, path: Path, make: bool) -> int:
        if make:
            with suppress(FileExistsError):
                os.mkdir(path.name, self._mode, dir_fd=folder)
        try:
            return os.open(path.name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR):
                raise PlanError(f"{path}: is a link or a file, but must be a directory; remove it, or {_ELSEWHERE}") from None
            raise

    def _read(self, folder: int | None, path: Path) -> tuple[bytes, int] | None:
        """Content and mode of a file."""
        if folder is None:
            return None
        try:
            descriptor = os.open(path.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise PlanError(f"{path}: is a link, and links are not followed; remove it") from None
            raise
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise PlanError(f"{path}: is not a file; remove it, or {_ELSEWHERE}")
        with os.fdopen(descriptor, "rb") as stream:
            return stream.read(), stat.S_IMODE(status.st_mode)


def _check_owner(status: os.stat_result, path: Path) -> None:
    """Refuse directories whose entries another user can replace. With the sticky bit, only their owners can."""
    if status.st_uid not in (0, os.geteuid(), _owner_of_project()):
        raise PlanError(
            f"{path}: belongs to another user (uid {status.st_uid}), who could redirect what is written there; make it yours "
            f"(chown), or {_ELSEWHERE}"
        )
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX:
        raise PlanError(
            f"{path}: is writable for all users, who could redirect what is written there; run chmod o-w on it, or {_ELSEWHERE}"
        )


def _owner_of_project() -> int:
    """The user whose code runs anyway: Ansible reads ``ansible.cfg`` from the working directory, unless all users may write
    there.
    """
    status = os.stat(".")
    return os.geteuid() if status.st_mode & stat.S_IWOTH else status.st_uid


def _replace(folder: int, name: str, data: bytes, mode: int) -> None:
    temporary = f".{name[:200]}.{secrets.token_hex(6)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, CLOSED, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            os.fsync(stream.fileno())
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        os.unlink(temporary, dir_fd=folder)
        raise
