# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd: a key that names the revision of each network, and a key for the text of each revision.

``PREFIX/NAME/head/NETWORK``: the revision; ``PREFIX/NAME/texts/NETWORK/REVISION``: a line of JSON with who, when and what, and
the text. A transaction compares the first and puts both. etcd's own revision numbers are not compared, because a restored backup
counts on from an old one.
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import Address, registry_name
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.etcd_gateway import Gateway, encoded
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Entry, Note, Store, network_of, utc

LARGEST = 1_000_000
"""Bytes of a text. By default, etcd refuses requests of more than 1.5 MiB."""
KEPT = 50
"""Revisions of a network that are kept."""
_TRIES = 5


class EtcdStore(Store):
    """The revision is a UUID."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.shown)
        prefix = address.path.strip("/")
        self._root = f"{prefix}/{registry_name(address)}/" if prefix else f"{registry_name(address)}/"
        self._gateway = Gateway(address)

    def networks(self) -> list[str]:
        """See :class:`Store`."""
        root = f"{self._root}head/"
        names = (network_of(f"{key.removeprefix(root)}.json") for key in self._keys(root))
        return sorted(name for name in names if name is not None)

    def _read(self, network: str) -> tuple[str, str | None]:
        for _number in range(_TRIES):  # another run may remove the text in between, when it has written KEPT others
            head = self._values(self._head(network))
            if not head:
                return "", None
            revision = head[0].decode("utf-8", "replace")
            text = self._read_revision(network, revision)
            if text is not None:
                return text, revision
        raise self.error(f"the text of network {network} is missing, revision {revision}", "restore it from a backup")

    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        size = len(text.encode())
        if size > LARGEST:
            raise self.error(
                f"the text of network {network} has {size} bytes, but etcd takes {LARGEST}", "use another store, as postgresql://"
            )
        new = str(uuid.uuid4())
        now = utc(datetime.datetime.now(datetime.timezone.utc))
        about = json.dumps({"time": now, "who": note.who, "run": note.run, "summary": note.summary})
        head = encoded(self._head(network))
        if revision is None:
            condition = {"key": head, "target": "CREATE", "create_revision": "0"}
        else:
            condition = {"key": head, "target": "VALUE", "value": encoded(revision)}
        put = [(head, encoded(new)), (encoded(self._text(network, new)), encoded(f"{about}\n{text}"))]
        operations = [{"request_put": {"key": key, "value": value}} for key, value in put]
        if not self._gateway.call("kv/txn", {"compare": [condition], "success": operations}).get("succeeded"):
            return False
        for key in self._keys(self._text(network, ""))[KEPT:]:
            self._gateway.call("kv/deleterange", {"key": encoded(key)})
        return True

    def _history(self, network: str) -> list[Entry]:
        root = self._text(network, "")
        entries = []
        for key in self._keys(root):
            value = self._values(key)
            if value:
                about = self._parts(network, value[0])[0]
                entries.append(Entry(key.removeprefix(root), *(str(about.get(k, "")) for k in ("time", "who", "run", "summary"))))
        return entries

    def _read_revision(self, network: str, revision: str) -> str | None:
        value = self._values(self._text(network, revision))
        return self._parts(network, value[0])[1] if value else None

    def _parts(self, network: str, value: bytes) -> tuple[dict[str, Any], str]:
        line, _end, text = self.text_of(value, network).partition("\n")
        try:
            about = json.loads(line)
        except ValueError:
            about = None
        if not isinstance(about, dict):
            raise self.error(f"the text of network {network} is damaged", "restore it, for example from the history")
        return about, text

    def _head(self, network: str) -> str:
        return f"{self._root}head/{network}"

    def _text(self, network: str, revision: str) -> str:
        return f"{self._root}texts/{network}/{revision}"

    def _values(self, key: str) -> list[bytes]:
        """The value of a key, or none."""
        return [value for _key, value in self._gateway.range({"key": encoded(key)})]

    def _keys(self, start: str) -> list[str]:
        """The keys that start like this, the latest first."""
        end = start[:-1] + chr(ord(start[-1]) + 1)
        asked = {"key": encoded(start), "range_end": encoded(end), "keys_only": True}
        return [key for key, _value in self._gateway.range({**asked, "sort_target": "CREATE", "sort_order": "DESCEND"})]
