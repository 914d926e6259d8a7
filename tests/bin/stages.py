# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""stages NAME=MINUTES...: run targets of the Makefile one after the other, and show how long each took and what is left.

NAME+NAME=MINUTES runs two targets side by side; the output of the second follows when both have ended. MINUTES is what the stage
takes on two idle cores; on a slower machine the estimate grows with the minutes that the stages before have taken.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time


def run(targets):
    """Run targets side by side; the first that failed, or None."""
    first, *others = targets
    with tempfile.TemporaryFile() as output:
        behind = [(name, subprocess.Popen(make(name), stdout=output, stderr=output)) for name in others]
        failed = [first] if subprocess.call(make(first)) else []
        failed += [name for name, process in behind if process.wait()]
        output.seek(0)
        sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
    return next(iter(failed), None)


def make(target):
    return ["make", "--no-print-directory", target]


def say(text):
    print(f"== {text}", flush=True)


def main():
    words = [word.split("=") for word in sys.argv[1:]]
    stages, usual = [name for name, minutes in words], [float(minutes) for name, minutes in words]
    begin = time.monotonic()
    took = []
    for number, name in enumerate(stages):
        passed = (time.monotonic() - begin) / 60
        slower = max(1.0, passed / sum(usual[:number])) if number else 1.0
        left = slower * sum(usual[number:])
        say(f"{number + 1} of {len(stages)}: {name}; {passed:.0f} min passed, about {left:.0f} min left")
        failed = run(name.split("+"))
        took.append(f"{name} {(time.monotonic() - begin) / 60 - passed:.1f}")
        if failed:
            say(f"{failed} FAILED; minutes: {', '.join(took)}")
            return 1
    say(f"all passed in {(time.monotonic() - begin) / 60:.1f} min; minutes: {', '.join(took)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
