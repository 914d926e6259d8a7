# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""writer.py ADDRESS NAME ENTRIES [SECONDS]: add the entries NAME-0, NAME-1, ... to a network, those that are not there yet.

A line is printed for each entry that is known to be stored. Before each of them it waits SECONDS at most, at random.
"""

from __future__ import annotations

import json
import random
import sys
import time

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.attempts import until_written
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import Note

NETWORK = "wireguard"


def entries_of(text):
    """The entries in the order in which they were added."""
    return json.loads(text)["entries"] if text else []


def main():
    address, name, number, *seconds = sys.argv[1:]
    with store_at(address) as store:
        for entry in (f"{name}-{n}" for n in range(int(number))):
            time.sleep(random.uniform(0, float(seconds[0]) if seconds else 0))

            def added(text, entry=entry):
                known = entries_of(text)
                return None if entry in known else json.dumps({"entries": [*known, entry], "end": len(known)}) + "\n"

            until_written(store, NETWORK, added, Note(name, "writer", f"1 entry: {entry}"))
            print(entry, flush=True)


if __name__ == "__main__":
    main()
