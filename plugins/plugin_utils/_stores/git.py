# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A branch of a git repository: a file for each network, and a commit for each change.

A push moves the branch only if it is where the new commit's parent is, so of two runs at once one is rejected. It looks whether
its network's file has changed since; if only others have, it commits on top of them.
"""

from __future__ import annotations

import datetime
import random
import re
import time
import uuid
from typing import NoReturn
from urllib.parse import urlsplit

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import Address
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.git_commands import Commands, GitFailed, GitMissing
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import (
    SUFFIX,
    Entry,
    Note,
    Store,
    network_of,
    one_line,
    utc,
)

AUTHOR = "meshwork.wireguard"
_EMAIL = "meshwork.wireguard@localhost"
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|/\.|@\{|\.lock(?:/|\Z)))[A-Za-z0-9_][A-Za-z0-9_./@+=-]*(?<![./])\Z")
_FOLDER = re.compile(
    r"(?!(?:.*/)?\.git(?:/|\Z))\.?[A-Za-z0-9_][A-Za-z0-9_.@+=-]*(?:/\.?[A-Za-z0-9_][A-Za-z0-9_.@+=-]*)*\Z", re.IGNORECASE
)
_FETCHED = "refs/heads/fetched"
_PUSHES = 20
"""How often a run commits anew because other networks of the branch have changed."""
_BUSY = (
    "cannot lock ref",
    "failed to update ref",
    "reference already exists",
    "incorrect old value",
    "failed to lock",
    "File exists",
)
"""What a server says while it takes another push."""
_ACCESS = (
    "check the address, and that the controller may read and write there (an SSH key without passphrase or in an agent, a token)"
)
_REMEDIES = (
    ("no answer within", "check that the server can be reached from the controller"),
    ("Could not resolve host", "check the address"),
    ("Connection refused", "check that the server runs and can be reached from the controller"),
    ("Connection timed out", "check that the server can be reached from the controller"),
    ("Host key verification failed", "add the server's key to known_hosts on the controller (ssh-keyscan)"),
    ("hook declined", "allow the controller to push to this branch, or take another one"),
    ("protected branch", "allow the controller to push to this branch, or take another one"),
    ("", _ACCESS),
)
"""A part of what git says, and the remedy."""


class GitStore(Store):
    """The revision is the object that git makes of the text, so the commits of other networks do not matter."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.shown)
        address.only(())
        self._address = address
        self._branch, colon, folder = address.name.partition(":")
        if not _BRANCH.match(self._branch) or (colon and not _FOLDER.match(folder)):
            raise PlanError(f"registry {address.shown}: '{one_line(address.name)}' is no BRANCH or BRANCH:FOLDER; correct it")
        self._folder = f"{folder}/" if folder else ""
        url = urlsplit(address.url.removeprefix("git+"))
        if address.password is not None:  # an argument of git is seen by all users
            url = url._replace(netloc=url.netloc.rpartition("@")[2])
        self._url = url.geturl()
        self._git = Commands(f"{url.scheme}://{url.netloc}", address.user or "", address.password)
        self._tip: str | None = None
        """The last commit of the branch, as it was fetched; None if there is no such branch."""
        self._fetched = False

    def close(self) -> None:
        """See :class:`Store`."""
        self._git.close()
        self._fetched = False

    def networks(self) -> list[str]:
        """See :class:`Store`."""
        self._fetch("--depth=1")
        inside = (self._folder,) if self._folder else ()
        names = self._run("ls-tree", "-z", "--name-only", self._tip, *inside) if self._tip else b""
        found = (network_of(name.removeprefix(self._folder)) for name in names.decode("utf-8", "replace").split("\0"))
        return sorted(name for name in found if name is not None)

    def _read(self, network: str) -> tuple[str, str | None]:
        self._fetch("--depth=1")
        blob = self._blob(network)
        return ("", None) if blob is None else (self.text_of(self._run("cat-file", "blob", blob), network), blob)

    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        if not self._fetched or self._blob(network) != revision:
            self._fetch("--depth=1")
        blob = self._run("hash-object", "-w", "--stdin", data=text.encode()).decode().strip()
        for number in range(_PUSHES):
            if self._blob(network) != revision:
                return False
            commit = self._commit(network, blob, note)
            before = self._tip
            try:
                self._git.run("push", "--porcelain", self._url, f"{commit}:refs/heads/{self._branch}")
            except GitFailed as error:
                self._fetch("--depth=1")
                if self._tip != commit:
                    if self._tip == before and (number == _PUSHES - 1 or not any(part in str(error) for part in _BUSY)):
                        self._failed(error)
                    time.sleep(random.uniform(0, 0.1 * (number + 1)))  # noqa: S311 - no secret
                    continue
            self._tip = commit
            return True
        return False

    def _history(self, network: str) -> list[Entry]:
        self._fetch()
        if self._tip is None:
            return []
        begin, part = uuid.uuid4().hex, uuid.uuid4().hex  # a message can have any character
        log = self._run(
            *("log", "-z", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames"),
            *(f"--format={begin}%ct{part}%an{part}%B{part}", self._tip, "--", self._path(network)),
        )
        entries = []
        for commit in log.decode("utf-8", "replace").split(begin)[1:]:
            seconds, author, message, changed = commit.split(part)
            blob = changed.strip("\0\n").split()[3]  # :MODE MODE BEFORE AFTER STATUS
            subject, *lines = message.strip().split("\n")
            said = {key: one_line(value) for key, _, value in (line.partition(":") for line in lines)}
            moment = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
            summary = one_line(subject).removeprefix(f"{network}: ")
            entries.append(Entry(blob, utc(moment), said.get("Who", one_line(author)), said.get("Run", ""), summary))
        return entries

    def _read_revision(self, network: str, revision: str) -> str | None:
        known = {entry.revision for entry in self._history(network)}
        return (
            self.text_of(self._run("cat-file", "blob", revision), network) if revision in known and revision.strip("0") else None
        )

    def _path(self, network: str) -> str:
        return f"{self._folder}{network}{SUFFIX}"

    def _blob(self, network: str) -> str | None:
        """The object of a network's file in the fetched commit."""
        if self._tip is None:
            return None
        found = self._run("ls-tree", "-z", self._tip, self._path(network)).decode("utf-8", "replace")
        if not found:
            return None
        mode, _, blob = found.partition("\t")[0].split()
        if mode not in ("100644", "100755"):
            raise self.error(
                f"{self._path(network)} in branch {self._branch} is no file", "remove it there, or take another branch"
            )
        return blob

    def _commit(self, network: str, blob: str, note: Note) -> str:
        """A commit on top of the fetched one, in which only the network's file differs."""
        index = self._git.index()
        if self._tip is not None:
            self._run("read-tree", self._tip, more=index)
        self._run("update-index", "--add", "--cacheinfo", f"100644,{blob},{self._path(network)}", more=index)
        tree = self._run("write-tree", more=index).decode().strip()
        names = {
            f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in (("NAME", AUTHOR), ("EMAIL", _EMAIL))
        }
        parents = ("-p", self._tip) if self._tip else ()
        message = f"{network}: {note.summary}\n\nWho: {note.who}\nRun: {note.run}\n"
        return self._run("commit-tree", *parents, tree, data=message.encode(), more=names).decode().strip()

    def _fetch(self, *options: str) -> None:
        """Fetch the branch's last commit, or the whole branch."""
        deepen = () if options or self._tip is None else ("--unshallow",) if self._is_shallow() else ()
        try:
            self._git.run(
                *("fetch", "--quiet", "--no-tags", *options, *deepen, self._url, f"+refs/heads/{self._branch}:{_FETCHED}")
            )
            self._tip = self._run("rev-parse", _FETCHED).decode().strip()
        except GitFailed as error:
            if "couldn't find remote ref" not in str(error).lower():
                self._failed(error)
            self._tip = None
        except GitMissing as error:
            self._missing(error)
        self._fetched = True

    def _is_shallow(self) -> bool:
        return self._run("rev-parse", "--is-shallow-repository").strip() == b"true"

    def _run(self, *arguments: str, data: bytes = b"", more: dict[str, str] | None = None) -> bytes:
        try:
            return self._git.run(*arguments, data=data, more=more)
        except GitFailed as error:
            self._failed(error)
        except GitMissing as error:
            self._missing(error)

    def _failed(self, error: GitFailed) -> NoReturn:
        said = self._address.hide(str(error))
        lines = [one_line(line) for line in said.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("fatal:", "error:", "ERROR:", "remote:", "ssh:", "!"))] or lines
        refused = [line for line in lines if "denied" in line or "verification failed" in line or "refused" in line]
        remedy = next(remedy for part, remedy in _REMEDIES if part in said)
        raise self.error(f"git: {', '.join(dict.fromkeys((*refused, *telling)))[:600]}", remedy)

    def _missing(self, error: GitMissing) -> NoReturn:
        raise self.error(f"git cannot be started ({error})", "install git on the controller")
