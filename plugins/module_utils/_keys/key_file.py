# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Private keys on the host: generated, stored and read there; only public keys leave it."""

from __future__ import annotations

import datetime
import os
import re
from typing import Any, Collection, Iterable, Iterator

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import (
    NETWORK_MANAGER,
    NETWORKD,
    REPLACED,
    WIREGUARD,
)
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey, parse_key, short

_IN_CONF = re.compile(r"^[ \t]*PrivateKey[ \t]*=[ \t]*([A-Za-z0-9+/]{43}=)[ \t]*(?:#.*)?\r?$", re.IGNORECASE | re.MULTILINE)
_MODE = 0o600
COPIES = (f"{WIREGUARD}/*.conf.*~", *(f"{place}/*{REPLACED}" for place in (WIREGUARD, NETWORKD, NETWORK_MANAGER)))
"""Patterns of files that nothing reads: backups, even of interfaces of an earlier plan, and files of other programs that were
replaced.
"""


def public_key_of(host: Host, private_key: str) -> str:
    """The public half of a private key.

    :raises CommandFailed: there is no ``wg``.
    """
    return host.run(["wg", "pubkey"], stdin=private_key + "\n").out.strip()


def read_key(host: Host, path: str) -> str | None:
    """The private key in a file; None if there is no file.

    :raises InvalidKey: the file does not contain a key.
    """
    text = host.read(path)
    return None if text is None else parse_key(text, "private key in " + path)


def key_in_conf(host: Host, path: str) -> str | None:
    """The private key in a wg-quick file; None if it has none. Commented keys do not count."""
    return key_in_text(host.read(path) or "", "private key in " + path)


def key_in_text(text: str, what: str) -> str | None:
    """The same for the text of such a file."""
    match = _IN_CONF.search(text)
    return parse_key(match.group(1), what) if match else None


def next_key_file(path: str) -> str:
    """The file of the next key, beside the one of the key that is used."""
    return path[: -len(".key")] + ".next.key" if path.endswith(".key") else path + ".next"


def files_with(host: Host, key: str, patterns: Iterable[str]) -> Iterator[str]:
    """The files that contain a key, among those that match one of the patterns."""
    for pattern in patterns:
        for path in host.glob(pattern):
            if not host.is_directory(path) and key in (host.read(path) or ""):
                yield path


class KeyFile:
    """One private key in its file."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path

    def bring_about(
        self,
        given: str | None,
        adopt_from: str | None,
        regenerate: str,
        check_mode: bool,
        make: bool = True,
        later: bool = False,
        foreign: Collection[str] = (),
    ) -> dict[str, Any]:
        """Keep the key, adopt it, write a given one, or generate one.

        :param make: False: wait for a missing key instead of generating it.
        :param foreign: public keys of other nodes: a key that belongs to one of them is replaced.
        :param later: a key to adopt stays where it is until the interface is changed.
        :raises InvalidKey: the given key, or with ``never`` the existing one, is not a key.
        :raises CommandFailed: there is no ``wg``.
        """
        current = self._current(regenerate)
        is_foreign = current is not None and bool(foreign) and self._public(current, check_mode) in foreign
        key, source = self._wanted(current, given, adopt_from, "always" if is_foreign else regenerate)
        if source == "generated" and not make:
            kept = self._public(current, check_mode)
            return {"changed": False, "public_key": kept, "source": "kept" if kept else "awaited", "diff": {"prepared": ""}}
        if source == "adopted" and later:
            return {"changed": False, "public_key": self._public(key, check_mode), "source": source, "diff": {"prepared": ""}}
        before = self._public(current, check_mode)
        changed = source != "kept" or self._host.mode_of(self._path) != _MODE
        if source == "given" and key is not None and current is not None:
            after = self._public(key, check_mode)
            differs = key != current if after is None else after != before
            changed = differs or self._host.mode_of(self._path) != _MODE
        if changed and not check_mode:
            key = key or self._host.run(["wg", "genkey"]).out.strip()
            self._host.write(self._path, key + "\n", mode=_MODE)
        after = self._public(key, check_mode)
        return {"changed": changed, "public_key": after, "source": source, "diff": _diff(self._path, before, after, changed)}

    def upcoming(self, make: bool, check_mode: bool, foreign: Collection[str] = ()) -> dict[str, Any]:
        """The next key, in a file beside. ``public_key`` is None if there is none.

        :param make: generate it if there is none.
        :param foreign: public keys that the host must not have: such a next key is removed.
        :raises InvalidKey: that file does not contain a key.
        """
        path = next_key_file(self._path)
        key = read_key(self._host, path)
        if key is not None and foreign and self._public(key, check_mode) in foreign:
            key = None
            if not check_mode:
                self._host.remove(path)
        changed = key is None and make
        if changed and not check_mode:
            key = self._host.run(["wg", "genkey"]).out.strip()
            self._host.write(path, key + "\n", mode=_MODE)
        line = f"+ {path}: the next key\n" if changed else ""
        return {"changed": changed, "public_key": self._public(key, check_mode), "diff": {"prepared": line}}

    def dated(self) -> str | None:
        """The day in UTC on which the key was written, as ``2027-01-31``; None if there is no key."""
        if not self._host.exists(self._path):
            return None
        written = os.stat(self._host.real(self._path)).st_mtime
        return datetime.datetime.fromtimestamp(written, datetime.timezone.utc).date().isoformat()

    def destroy(self, check_mode: bool) -> dict[str, Any]:
        """Remove the key, the next one, and the copies of the key, see :data:`COPIES`."""
        key = self._current("if_invalid")
        removed = [(path, "a copy of the key") for path in (files_with(self._host, key, COPIES) if key else ())]
        named = ((self._path, "the key"), (next_key_file(self._path), "the next key"))
        removed += [(path, what) for path, what in named if self._host.exists(path)]
        for path, _what in () if check_mode else removed:
            self._host.remove(path)
        return {"changed": bool(removed), "diff": {"prepared": "".join(f"- {path}: {what}\n" for path, what in removed)}}

    def _current(self, regenerate: str) -> str | None:
        try:
            return read_key(self._host, self._path)
        except InvalidKey:
            if regenerate == "never":
                raise
            return None

    def _wanted(self, current: str | None, given: str | None, adopt_from: str | None, regenerate: str) -> tuple[str | None, str]:
        if given is not None:
            return parse_key(given, "private_key"), "given"
        if regenerate == "always":
            return None, "generated"
        if current is not None:
            return current, "kept"
        adopted = key_in_conf(self._host, adopt_from) if adopt_from and not self._host.exists(self._path) else None
        return (adopted, "adopted") if adopted else (None, "generated")

    def _public(self, key: str | None, check_mode: bool) -> str | None:
        """None if there is no key yet, or, in check mode, if the tools are not installed yet."""
        if key is None or (check_mode and self._host.which("wg") is None):
            return None
        return public_key_of(self._host, key)


def _diff(path: str, before: str | None, after: str | None, changed: bool) -> dict[str, str]:
    if not changed:
        return {"prepared": ""}
    old = "public key " + short(before) if before else "no key"
    new = "public key " + short(after) if after else "a new key"
    return {"prepared": f"~ {path}: {old} -> {new}\n"}
