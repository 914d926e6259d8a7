# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches whom: every host of the demo pings every other's overlay addresses. Exit status 1 if one pair fails."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
REGISTRY = ROOT / ".cache/demo/registry/wireguard.json"
GREEN, RED, PLAIN = ("\033[32m", "\033[31m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
WIDTH = 16

# All addresses at once, inside the host. Links may just be making their first handshake, so each has 12 seconds to answer;
# until then the kernel may refuse at once, and ping end with that.
PINGS = """
end=$(($(date +%s) + 12))
for address; do
  (
    until ping -q -c 1 -W 1 "$address" >/dev/null 2>&1; do
      if [ "$(date +%s)" -ge "$end" ]; then exit; fi
      sleep 0.5
    done
    echo "$address $(ping -q -c 3 -i 0.2 "$address" | sed -n 's|^rtt [^=]*= ||p')"
  ) &
done
wait
"""


def times(host: str, addresses: list[str]) -> dict[str, str]:
    """Ping from a host: address -> the fastest of three round trips in ms; addresses that do not answer are left out."""
    command = [str(ROOT / "tests/lab/podman"), "exec", f"demo-{host}", "sh", "-c", PINGS, "sh", *addresses]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    answers = (line.split() for line in done.stdout.splitlines())
    return {answer[0]: f"{float(answer[1].split('/')[0]):.1f}" for answer in answers if len(answer) > 1}


def main() -> int:
    """Ask all hosts at once and print a table."""
    nodes = json.loads(REGISTRY.read_text(encoding="utf-8"))["nodes"]
    addresses = {name: node["addresses"] for name, node in nodes.items()}
    others = {name: [a for other in addresses if other != name for a in addresses[other]] for name in addresses}
    with ThreadPoolExecutor() as pool:
        found = dict(zip(others, pool.map(times, others, others.values()), strict=True))

    print("".join(f"{title:{WIDTH}}" for title in ("from \\ to", *addresses)).rstrip())
    for index in range(max(map(len, addresses.values()))):
        print("".join(f"{title:{WIDTH}}" for title in ("", *(own[index] for own in addresses.values()))).rstrip())
    failed = 0
    for host in addresses:
        row = f"{host:{WIDTH}}"
        for other, wanted in addresses.items():
            cells = [found[host].get(address, "fails") for address in wanted] if other != host else []
            failed += "fails" in cells
            colour = RED if "fails" in cells else GREEN
            row += colour + f"{' / '.join(cells) or '-':{WIDTH}}" + PLAIN
        print(row.rstrip())
    pairs = len(addresses) * (len(addresses) - 1)
    print(f"\n{pairs - failed} of {pairs} pairs reach each other through the tunnel (IPv4 / IPv6, milliseconds).")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
