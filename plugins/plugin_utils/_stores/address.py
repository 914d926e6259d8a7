# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses of stores: ``SCHEME://[USER[:PASSWORD]@]HOST[:PORT]/PATH?OPTIONS#NAME``, or a directory."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.names import InvalidName, parse_identifier
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

GIT = ("git+ssh", "git+https", "git+file")
POSTGRESQL = ("postgresql", "postgres")
ETCD = ("etcd+https", "etcd+http")
S3 = ("s3",)
SCHEMES = (*POSTGRESQL, *GIT, *ETCD, *S3)
_SECRETS = ("password", "sslpassword")
"""Options whose values are not shown."""


@dataclass(frozen=True)
class Address:
    """The parts of an address, percent-decoded; ``url`` is without password and fragment, ``shown`` without any secret."""

    scheme: str
    shown: str
    url: str = field(repr=False)
    host: str
    path: str
    name: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    def only(self, options: Collection[str]) -> None:
        """Refuse options that the engine does not have.

        :raises PlanError: which, and the known ones.
        """
        for option in self.options:
            if option not in options:
                raise PlanError(
                    f"registry {self.shown}: has no option '{option}'; "
                    + (f"the options are {', '.join(options)}" if options else "remove it")
                )

    def hide(self, text: str) -> str:
        """A text of the engine or its library without the passwords of this address."""
        token = self.user if self.scheme == "git+https" and self.password is None else None
        for secret in (self.password, token, *(self.options.get(key) for key in _SECRETS)):
            for spelling in (secret, quote(secret or "", safe="")):
                if spelling:
                    text = text.replace(spelling, "***")
        return text


def is_directory(address: str) -> bool:
    """Whether this is the path of a directory, as what has no scheme is."""
    scheme, colon, rest = address.partition(":")
    return not colon or not (rest.startswith("//") or scheme.lower() in SCHEMES)


def shown(address: str) -> str:
    """An address for messages. What may be a password is left out, also of an address that is misspelt."""
    scheme, separator, rest = address.partition("://")
    credentials, at, tail = rest.rpartition("@")
    user, colon, _ = credentials.partition(":")
    if not colon and scheme.lower() == "git+https":
        user = at = ""  # which may be a token
    text = f"{scheme}{separator}{user}{at}{tail}"
    text = re.sub(rf"([?&])(?:{'|'.join(_SECRETS)})=[^&#]*", r"\1", text, flags=re.IGNORECASE)
    text = re.sub(r"([?&])&+", r"\1", re.sub(r"[?&]+(?=#|$)", "", text))
    return "".join(c if c.isprintable() else "?" for c in text)


def parse_address(address: str) -> Address:
    """Read the address of a store that is no directory.

    :raises PlanError: an unknown scheme, no name, or an ambiguous spelling; never with a password.
    """
    seen = shown(address)
    scheme, _, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in SCHEMES:
        raise PlanError(
            f"registry {seen}: there is no store of this kind; known are {', '.join(f'{known}://' for known in SCHEMES)}, and "
            "directories"
        )
    if not address.isprintable() or " " in address or re.search("%(?![0-9A-Fa-f]{2})|%00", address):
        raise PlanError(f"registry {seen}: has characters that no address has; write these as %20, and % as %25")
    try:
        parts = urlsplit(address)
    except ValueError:  # its message may have the password
        raise PlanError(f"registry {seen}: has no valid host; correct it") from None
    if "@" in rest[len(parts.netloc) :]:
        raise PlanError(
            f"registry {seen}: has an @ behind the host; write it as %40, and @ / ? # in a password as %40 %2F %3F %23, or give "
            "the password in the environment"
        )
    if not parts.fragment:
        what = "BRANCH, the branch with the registry" if scheme in GIT else "NAME, a name for the registries of your fleet"
        raise PlanError(f"registry {seen}: has no name; end the address with #{what}")
    pairs = (pair.partition("=") for pair in parts.query.split("&") if pair)
    options = {unquote(key): unquote(value) for key, _, value in pairs}
    user, host = parts.username, parts.netloc.rpartition("@")[2]
    at = f"{user}@" if user else ""
    return Address(
        scheme=scheme,
        shown=seen,
        url=f"{scheme}://{at}{host}{parts.path}" + (f"?{parts.query}" if parts.query else ""),
        host=unquote(parts.hostname or ""),
        path=unquote(parts.path),
        name=unquote(parts.fragment),
        user=None if user is None else unquote(user),
        password=None if parts.password is None else unquote(parts.password),
        options=options,
    )


def registry_name(address: Address) -> str:
    """The registry's own name, which is part of a key or a row.

    :raises PlanError: no name.
    """
    try:
        return parse_identifier(address.name, "name of the registry")
    except InvalidName as error:
        raise PlanError(f"registry {address.shown}: {error}") from None
