# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private key that is sent from one host to others, encrypted with ``age``; only its own file contains it unencrypted."""

from __future__ import annotations

import os
import re
from typing import Sequence

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import RUN
from ansible_collections.meshwork.wireguard.plugins.module_utils._keys.key_file import next_key_file, public_key_of, read_key
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey, parse_key, short


class SharedKey:
    """One key in its file."""

    def __init__(self, host: Host, path: str) -> None:
        self._host = host
        self._path = path
        self._identity = os.path.join(RUN, os.path.basename(path) + ".age")

    def ask(self) -> str:
        """Make an identity for one use, and return its recipient.

        :raises CommandFailed: there is no ``age``.
        """
        identity = self._host.run(["age-keygen"]).out
        self._host.write(self._identity, identity)
        return self._host.run(["age-keygen", "-y", self._identity]).out.strip()

    def seal(self, recipients: Sequence[str], public_key: str) -> str:
        """The key as ciphertext for the recipients.

        :raises InvalidKey: the file has another key.
        :raises CommandFailed: there is no ``age``, or a recipient is invalid.
        """
        key = read_key(self._host, self._path)
        if key is None or public_key_of(self._host, key) != public_key:
            raise InvalidKey(f"{self._path} no longer contains the private key of {public_key}; run this again")
        words = [word for recipient in recipients for word in ("--recipient", recipient)]
        return self._host.run(["age", "--encrypt", "--armor", *words], stdin=key + "\n").out

    def open(self, ciphertext: str, public_key: str) -> dict[str, str]:
        """Decrypt the key and write it; return the diff.

        :raises InvalidKey: it is not the expected one; the file is as before.
        :raises CommandFailed: it cannot be decrypted.
        """
        try:
            clear = self._host.run(["age", "--decrypt", "--identity", self._identity], stdin=ciphertext).out
        finally:
            self._host.remove(self._identity)
        key = parse_key(clear.strip(), "received key")
        if public_key_of(self._host, key) != public_key:
            raise InvalidKey(f"the received key is not that of {public_key}; {self._path} is as before")
        had = re.search(r"\S", self._host.read(self._path) or "")
        self._host.write(self._path, key + "\n")
        if read_key(self._host, next_key_file(self._path)) == key:
            self._host.remove(next_key_file(self._path))  # the other hosts have begun to use it
        return {"prepared": f"~ {self._path}: {'another key' if had else 'no key'} -> public key {short(public_key)}, shared\n"}
