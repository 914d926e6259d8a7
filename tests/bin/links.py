# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""links.py: ask every server that a document links to whether the page is there. Needs the network, so no test runs it.

Relative links and anchors are the subject of tests/unit/test_links.py.
"""

from __future__ import annotations

import os
import re
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"https?://[^\s<>()\[\]\"'`|*]+")
EXAMPLE = re.compile(r"https?://([^/]*\.)?example(\.(com|net|org))?([:/]|$)")
ATTEMPTS = 3
PATIENCE = 20
BUSY = (408, 425, 429, 500, 502, 503, 504)
"""What a server says that may say something else in a while."""
SHUT = (401, 403, 405)
"""What servers say to programs, of pages that people see."""


def documents(root):
    """The documents of the tree, without what is hidden."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(files) if name.endswith(".md"))


def links_in(text):
    """The external links of a document; those in code, and of names that are reserved for examples, are none."""
    found = (link.rstrip(".,;:!?") for link in LINK.findall(CODE.sub("", text)))
    return [link for link in found if not EXAMPLE.match(link)]


def answer(link, method):
    """The status; a text if there is none."""
    request = urllib.request.Request(link, method=method, headers={"User-Agent": "Mozilla/5.0 (link check)"})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return response.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code
    except (OSError, ValueError) as error:
        return str(getattr(error, "reason", error))


def wrong(link, pause=5.0):
    """What is wrong with a link; None: nothing."""
    said = None
    for attempt in range(ATTEMPTS):
        time.sleep(attempt * pause)
        said = answer(link, "HEAD")
        if said not in (200, *BUSY) or said in SHUT:
            said = answer(link, "GET")  # not every server knows HEAD
        if said == 200 or said in SHUT:
            return None
        if isinstance(said, int) and said not in BUSY:
            break
    return str(said)


def main():
    found = {}
    for document in documents(ROOT):
        for link in links_in(document.read_text(encoding="utf-8")):
            found.setdefault(link, []).append(str(document.relative_to(ROOT)))
    with ThreadPoolExecutor(8) as pool:
        broken = {link: said for link, said in zip(found, pool.map(wrong, found), strict=True) if said is not None}
    for link, said in broken.items():
        print(f"{', '.join(dict.fromkeys(found[link]))}: {link}: {said}", file=sys.stderr)
    print(f"{len(found)} external links, {len(broken)} broken")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
