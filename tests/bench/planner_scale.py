# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large networks: time, memory and output of reading, linting and rendering all configurations, which are not kept.

Each line is a process of its own; times are its CPU seconds, which other work on the machine disturbs least. The last column
is the growth of the time over the growth of the output since the line before: 1 where the work grows as its result does.
It is above 1, too, where the nodes no longer fit into the processor's cache.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from support import Table, best, document, nodes, plan

SIZES = {"mesh": 1_000, "star": 10_000, "sites": 10_000}
PARTS = (4, 2, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the nodes")
    parser.add_argument("topologies", nargs="*", metavar="TOPOLOGY", help=f"of {', '.join(SIZES)}; all if not given")
    args = parser.parse_args()
    table = Table(
        "topology", "nodes", "read s", "lint s", "render s", "total s", "peak MB", "output MB", "peers", "us/peer", "growth"
    )
    for topology in args.topologies or SIZES:
        before: dict[str, Any] | None = None
        for part in PARTS:
            count = SIZES[topology] // (10 if args.quick else 1) // part
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "network.json"
                path.write_text(json.dumps(document(topology, nodes(topology, count))), encoding="utf-8")
                now = best(lambda _number, path=path: plan(path))
            growth = "" if before is None else f"{now['total'] / before['total'] / (now['bytes'] / before['bytes']):.2f}"
            times = [f"{now[step]:.2f}" for step in ("read", "lint", "render", "total")]
            sizes = [f"{now['MB']:.0f}", f"{now['bytes'] / 1e6:.1f}", now["peers"], f"{now['total'] / now['peers'] * 1e6:.2f}"]
            table.row([topology, count, *times, *sizes, growth])
            before = now


main()
