# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store of registries is: one text for each network, which is replaced only by who knows the present one."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import TracebackType

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import InvalidName, parse_identifier
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

SUFFIX = ".json"
"""Ends the name of a network's file, or object."""
_LONGEST = 400
"""Characters of one part of a note."""


@dataclass(frozen=True)
class Note:
    """What the history says of a change: who made it, in which run, and what it was, as ``3 nodes recorded: a, b, c``."""

    who: str
    run: str
    summary: str


@dataclass(frozen=True)
class Entry:
    """One change in the history of a network. ``time`` is UTC, as ``2026-01-31T12:00:00Z``."""

    revision: str
    time: str
    who: str
    run: str
    summary: str


class Store(ABC):
    """Registries under one address. Use it as a context manager, or close it.

    A revision is opaque, and belongs to one text of one network: writing with it is refused when the store has another text by
    then, even if the store was restored from a backup in between.

    All methods raise PlanError if the store cannot do what is asked, with the remedy.

    :ivar address: names the store in messages; never with a password.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    def read(self, network: str) -> tuple[str, str | None]:
        """The text of a network and its revision; ``("", None)`` if there is none."""
        return self._read(self._named(network))

    def write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        """Replace the text of a network.

        :param revision: as it was read with the text that this one replaces; None: there was none.
        :returns: False if the store has another revision by now; nothing was written then.
        """
        name = self._named(network)
        if "\0" in text or text != text.encode("utf-8", "replace").decode():
            raise self.error(f"the text of network {name} has characters that cannot be stored", "correct its names")
        return self._write(name, text, revision, Note(_plain(note.who), _plain(note.run), _plain(note.summary)))

    def history(self, network: str) -> list[Entry]:
        """The changes of a network, the newest first."""
        return self._history(self._named(network))

    def read_revision(self, network: str, revision: str) -> str:
        """The text that a network had at a revision."""
        text = self._read_revision(self._named(network), revision)
        if text is None:
            raise self.error(f"network {network} has no revision {_plain(revision)}", "take one that its history names")
        return text

    @abstractmethod
    def networks(self) -> list[str]:
        """The names of the networks that have a text, sorted."""

    def close(self) -> None:  # noqa: B027 - not all have something to close
        """End connections and remove temporary files."""

    @abstractmethod
    def _read(self, network: str) -> tuple[str, str | None]: ...

    @abstractmethod
    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool: ...

    @abstractmethod
    def _history(self, network: str) -> list[Entry]: ...

    @abstractmethod
    def _read_revision(self, network: str, revision: str) -> str | None: ...

    def error(self, what: str, remedy: str) -> PlanError:
        """An error that names the store."""
        return PlanError(f"registry {self.address}: {what}; {remedy}")

    def text_of(self, data: bytes, network: str) -> str:
        """Text from what an engine holds.

        :raises PlanError: no UTF-8.
        """
        try:
            return data.decode()
        except UnicodeDecodeError as error:
            raise self.error(
                f"the text of network {network} is damaged: {error}", "restore it, for example from the history"
            ) from None

    def _named(self, network: str) -> str:
        try:
            return parse_identifier(network, "network")
        except InvalidName as error:
            raise PlanError(f"registry {self.address}: {error}") from None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def network_of(file: str) -> str | None:
    """The network whose file or object has this name; None if it is no network's."""
    if not file.endswith(SUFFIX):
        return None
    try:
        return parse_identifier(file[: -len(SUFFIX)], "network")
    except InvalidName:
        return None


def utc(moment: datetime.datetime) -> str:
    """A moment as entries of a history show it."""
    return moment.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def one_line(text: str) -> str:
    """What another program says, without line ends and control characters."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "?" for c in " ".join(text.split()))


def _plain(text: str) -> str:
    return one_line(text)[:_LONGEST]
