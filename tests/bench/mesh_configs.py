# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All configurations of a mesh, written to files: this collection's planner against ``wg-meshconf genconfig``.

Both are measured as processes, start-up included, one after the other in the same run; the same nodes go in, and the same
peers have to come out. Only the ratio means something. That of the CPU seconds is less noisy; it fails where that is below
``LEAST`` at the largest size. Most of the difference is that ``genconfig`` derives a public key for every pair.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from support import PLAN, PORT, ROOT, Table, best, document, environment, nodes, timed

SIZES = (50, 200, 500)
QUICK = (20, 50, 200)
LEAST = 10

OTHER = ROOT / ".cache" / "bench"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
# Runs in the other environment: the nodes as wg-meshconf's database, and the public keys that it derives for them.
DATABASE = """
import json, pathlib, sys
from wg_meshconf.database_manager import DatabaseManager
from wg_meshconf.wireguard import WireGuard
peers = json.load(sys.stdin)
for peer in peers.values():
    peer["PrivateKey"] = WireGuard.genkey()
DatabaseManager(pathlib.Path(sys.argv[1])).write_database({"peers": peers})
json.dump({name: WireGuard.pubkey(peer["PrivateKey"]) for name, peer in peers.items()}, sys.stdout)
"""


def install() -> None:
    stamp = OTHER / ".stamp"
    if stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes():
        return
    print(f"Installing {REQUIREMENTS.relative_to(ROOT)} into {OTHER.relative_to(ROOT)} ...", file=sys.stderr)
    timed([sys.executable, "-m", "venv", "--clear", OTHER])
    timed([OTHER / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", REQUIREMENTS])
    stamp.write_bytes(REQUIREMENTS.read_bytes())


def prepare(folder: Path, count: int) -> None:
    """The same nodes twice: ``network.json`` and ``database.csv``."""
    ours = nodes("mesh", count)
    theirs = {
        name: {
            "Address": [f"{node['addresses'][0]}/32"],
            "Endpoint": node["endpoint"].rpartition(":")[0],
            "ListenPort": PORT,
            "MTU": 1420,
        }
        for name, node in ours.items()
    }
    command = [str(OTHER / "bin/python"), "-c", DATABASE, str(folder / "database.csv")]
    done = subprocess.run(command, input=json.dumps(theirs), stdout=subprocess.PIPE, text=True, check=True)
    for name, public_key in json.loads(done.stdout).items():
        ours[name]["public_key"] = public_key
    (folder / "network.json").write_text(json.dumps(document("mesh", ours)), encoding="utf-8")


def ours(folder: Path, number: int) -> dict[str, float]:
    return timed([sys.executable, PLAN, folder / "network.json", folder / f"ours{number}"], env=environment())


def theirs(folder: Path, number: int) -> dict[str, float]:
    files = ["--database", folder / "database.csv", "genconfig", "--output", folder / f"theirs{number}"]
    return timed([OTHER / "bin/wg-meshconf", *files], stderr=subprocess.DEVNULL)


def peers(folder: Path) -> dict[str, set[tuple[str, ...]]]:
    """File name -> public key, AllowedIPs and endpoint of each of its peers."""
    wanted = ("PublicKey = ", "AllowedIPs = ", "Endpoint = ")
    return {
        path.name: {
            tuple(sorted(line for line in section.splitlines() if line.startswith(wanted)))
            for section in path.read_text(encoding="utf-8").split("[Peer]")[1:]
        }
        for path in folder.glob("*.conf")
    }


def compare(folder: Path, count: int) -> int:
    """The number of peers, which both have to have."""
    mine, other = peers(folder / "ours0" / "nodes"), peers(folder / "theirs0")
    found = sum(map(len, mine.values()))
    if mine != other or found != count * (count - 1):
        sys.exit(f"{count} nodes: {found} peers against {sum(map(len, other.values()))}, or they are not the same")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"only {QUICK} nodes, and no limit")
    quick = parser.parse_args().quick
    install()
    table = Table("nodes", "peers", "planner s", "wg-meshconf s", "ratio", "CPU ratio")
    for count in QUICK if quick else SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            prepare(folder, count)
            mine, other = (best(partial(tool, folder)) for tool in (ours, theirs))
            times = [f"{took['total']:.2f}" for took in (mine, other)]
            ratios = [other[kind] / mine[kind] for kind in ("total", "cpu")]
            table.row([count, compare(folder, count), *times, *(f"{ratio:.1f}" for ratio in ratios)])
    if not quick and ratios[1] < LEAST:
        sys.exit(f"at {count} nodes the CPU ratio is less than {LEAST}")


main()
