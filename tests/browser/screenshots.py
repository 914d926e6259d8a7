# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pictures of pages that docs/operating.md shows into a directory, and print sizes and times."""

from __future__ import annotations

import argparse
import sys
import tempfile
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / ".cache" / "collections"))

from ansible_collections.meshwork.wireguard.tests.browser import synthetic
from ansible_collections.meshwork.wireguard.tests.browser.chromium import Chromium

SHOTS = {
    "page-20": (20, 1280, 1100, False),
    "page-20-phone": (20, 390, 1100, False),
    "page-100-dark": (100, 1280, 1100, True),
    "page-500": (500, 1280, 1100, False),
}
"""Name -> nodes, width, height, and whether it is dark."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    with closing(Chromium()) as browser, tempfile.TemporaryDirectory() as folder:
        for name, (count, width, height, dark) in SHOTS.items():
            path = Path(folder) / f"{count}.html"
            if not path.exists():
                path.write_text(synthetic.html_of(synthetic.page(count)), encoding="utf-8")
            browser.open(path, width, height, dark)
            browser.picture(directory / f"{name}.png")
            print(f"{name}: {path.stat().st_size / 1000:.0f} kB, drawn after {browser.seconds:.2f} s")


main()
