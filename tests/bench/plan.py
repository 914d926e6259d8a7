# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a network document, lint it and render all its files, once; report CPU seconds, sizes and memory as JSON.

``plan.py DOCUMENT`` only counts the files' text, ``plan.py DOCUMENT DIRECTORY`` writes it.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from itertools import pairwise
from pathlib import Path

from support import COLLECTIONS

sys.path.insert(0, str(COLLECTIONS))

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.document import network_from_dict
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.documents.lint import network_findings
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.hosts.rendering import files_of
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import stop_at_errors


def main(path: str, directory: str | None = None) -> None:
    stamps = [time.process_time()]
    network = network_from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
    stamps.append(time.process_time())
    stop_at_errors(network_findings([network]))
    stamps.append(time.process_time())
    size = peers = 0
    for name, text in files_of(network):
        size += len(text)
        if directory is None:
            peers += text.count("[Peer]")
        else:
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    stamps.append(time.process_time())
    read, lint, render = (after - before for before, after in pairwise(stamps))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report = {"read": read, "lint": lint, "render": render, "total": stamps[-1] - stamps[0], "MB": memory}
    print(json.dumps({**report, "bytes": size, "peers": peers}))


main(*sys.argv[1:])
