# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probes on the tunnels between hosts beside what a test does, a hundred a second, and those that got no answer."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import combinations

# One ping on each tunnel, until told to end and a thousand probes are there. `ping` does not wait for the answers that
# are still on their way when it ends, so a second of silence follows the change, and of that second none is counted.
PROBE = r"""
probe() {
  ping -q -n -c 1 -W 9 "$2" >/dev/null
  exec ping -O -D -n -i 0.01 "$2"
}
enough() {
  for target in $targets; do [ "$(grep -c ' bytes from ' "/run/probe-$target")" -ge 1150 ] || return 1; done
}
MISSING='
  / bytes from / { seq = $0; sub(/.*icmp_seq=/, "", seq); came[seq + 0] = $1 }
  /transmitted/ {
    print target, $1 - 100, "sent"
    for (seq = 1; seq <= $1 - 100; seq++) if (seq in came) last = came[seq]; else print target, "missing", seq, "after", last
  }
'
for target in $targets; do
  eval "address=\$address_$target"
  probe "$target" "$address" >"/run/probe-$target" 2>&1 </dev/null &
  pings="$pings $!"
done
touch /run/probes-on
until [ -e /run/probes-end ] && enough; do sleep 0.2; done
sleep 1.5
kill -INT $pings
wait
for target in $targets; do awk -v target="$target" "$MISSING" "/run/probe-$target"; done
"""


@contextmanager
def probes(fleet, hosts, without=()):
    """Probe the tunnels of all pairs of hosts but some; the result, complete afterwards, is pair -> the lost probes."""
    addresses = fleet.addresses()
    pairs = [pair for pair in combinations(hosts, 2) if set(pair) not in map(set, without)]
    with probes_to(fleet, {(source, target): addresses[target][0] for source, target in pairs}) as lost:
        yield lost


@contextmanager
def probes_to(fleet, ways):
    """The same for (host, name of a target) -> the target's address."""
    pairs = list(ways)
    scripts = {}
    for source in sorted({source for source, _target in pairs}):
        targets = [target for one, target in pairs if one == source]
        known = "".join(f"address_{target}={ways[source, target]}\n" for target in targets)
        scripts[source] = f"targets='{' '.join(targets)}'\n{known}{PROBE}"
    lost = {}
    with ThreadPoolExecutor() as pool:
        for source in scripts:
            fleet.run(source, "rm", "-f", "/run/probes-on", "/run/probes-end")
        running = {source: pool.submit(fleet.run, source, "sh", "-c", script) for source, script in scripts.items()}
        try:
            for source in scripts:
                fleet.run(source, "sh", "-c", "until [ -e /run/probes-on ]; do sleep 0.1; done; sleep 0.5")
            yield lost
        finally:
            for source in scripts:
                fleet.run(source, "touch", "/run/probes-end")
    sent = {}
    for (source, target), text in {pair: running[pair[0]].result() for pair in pairs}.items():
        (number,) = re.findall(rf"^{target} (\d+) sent$", text, re.MULTILINE)
        sent[source, target] = int(number)
        missing = re.findall(rf"^{target} missing .*", text, re.MULTILINE)
        if missing:
            lost[source, target] = missing
    print({"-".join(pair): f"{len(lost.get(pair, []))} of {number} lost" for pair, number in sent.items()})
    assert [pair for pair, number in sent.items() if number < 1000] == []
