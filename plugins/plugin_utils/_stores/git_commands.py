# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Git commands in a temporary repository without work tree: no prompts, hooks or filters, and an end in any case.

Sources: git(1), "ENVIRONMENT VARIABLES"; gitcredentials(7); ssh_config(5). The user's own configuration is read, because it has
proxies, certificates and credential helpers.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

SECONDS = 60.0
"""How long a command may take."""
_SETTINGS = (
    "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.askPass=", "gc.auto=0", "maintenance.auto=false",
    "push.gpgSign=false", "push.followTags=false", "push.recurseSubmodules=no", "fetch.recurseSubmodules=no",
    "log.showSignature=false", "color.ui=false", "i18n.logOutputEncoding=utf-8", "i18n.commitEncoding=utf-8",
    "http.lowSpeedLimit=1", "http.lowSpeedTime=30",
)  # fmt: skip
_OTHER_REPOSITORY = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR",
    "GIT_NAMESPACE", "GIT_PREFIX", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "GIT_QUARANTINE_PATH", "GIT_LITERAL_PATHSPECS",
    "GIT_CONFIG_PARAMETERS",
)  # fmt: skip
_SSH = "-o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=10 -o ServerAliveCountMax=3"
_USER, _PASSWORD = "MESHWORK_GIT_USER", "MESHWORK_GIT_PASSWORD"
_HELPER = f'!f() {{ test "$1" = get && printf "username=%s\\npassword=%s\\n" "${_USER}" "${_PASSWORD}"; }}; f'


class GitFailed(Exception):
    """A command failed; the text is what git said, on one or more lines."""


class GitMissing(Exception):
    """There is no git on the controller."""


class Commands:
    """Commands in one repository, which :meth:`close` removes.

    :param server: for which the password is, as ``https://HOST``; no other one gets it, also if the server redirects there.
    """

    def __init__(self, server: str = "", user: str = "", password: str | None = None) -> None:
        self._settings = list(_SETTINGS)
        self._environment = _environment()
        if password is not None:
            self._environment.update({_USER: user, _PASSWORD: password})
            self._settings += ["credential.helper=", f"credential.{server}.helper={_HELPER}"]
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Remove the repository."""
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def run(self, *arguments: str, data: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        """Run git with arguments and standard input; return its output.

        :param more: environment variables.
        :raises GitFailed: it says that it failed, or does not end.
        :raises GitMissing: there is no git.
        """
        if self._directory is None:
            self._directory = tempfile.TemporaryDirectory(prefix="meshwork-git-", ignore_cleanup_errors=True)
            self._ssh()
            self._run(["init", "--quiet", "--bare", "--template="])
        return self._run(arguments, data, more)

    def index(self) -> dict[str, str]:
        """The environment variable for an index file that is not there yet."""
        path = Path(self._path) / "new-index"
        path.unlink(missing_ok=True)
        return {"GIT_INDEX_FILE": str(path)}

    @property
    def _path(self) -> str:
        return "/" if self._directory is None else self._directory.name

    def _run(self, arguments: tuple[str, ...] | list[str], data: bytes = b"", more: Mapping[str, str] | None = None) -> bytes:
        command = ["git", *(word for setting in self._settings for word in ("-c", setting)), *arguments]
        try:
            process = subprocess.Popen(
                command,
                cwd=self._path,
                env={**self._environment, **(more or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise GitMissing(error.strerror) from None
        with process:
            try:
                output, said = process.communicate(data, timeout=SECONDS)
            except BaseException as error:
                os.killpg(process.pid, signal.SIGKILL)  # also ssh, which holds the pipes
                if isinstance(error, subprocess.TimeoutExpired):
                    raise GitFailed(f"no answer within {SECONDS:g} seconds") from None
                raise
        if process.returncode:
            raise GitFailed(
                (output if arguments[0] == "push" else b"").decode("utf-8", "replace") + said.decode("utf-8", "replace")
            )
        return output

    def _ssh(self) -> None:
        """Take the user's ssh command, but without questions."""
        command = self._environment.get("GIT_SSH_COMMAND")
        if not command:
            try:
                command = self._run(["config", "--get", "core.sshCommand"]).decode().strip()
            except GitFailed:
                command = shlex.quote(self._environment.get("GIT_SSH") or "ssh")
        self._environment["GIT_SSH_COMMAND"] = f"{command} {_SSH}"


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if key not in _OTHER_REPOSITORY}
    return {
        **kept,
        "LC_ALL": "C",
        "LANGUAGE": "",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "",
        "SSH_ASKPASS": "",
        "GIT_ALLOW_PROTOCOL": "ssh:https:file",
    }
