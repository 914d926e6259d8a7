# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""release.py check TAG | sign | publish: what stands between a tag and Galaxy.

check: whether the working tree is the release that the tag names. Each mistake is a line with its remedy.
sign: signs MANIFEST.json of the artifact in .cache/, as `ansible-galaxy collection install --signature` wants it. The variable
SIGNING_KEY holds the private key, and SIGNING_PASSPHRASE its passphrase, if it has one. Beside the artifact are then its
signature (.asc) and the public key (.gpg).
publish: gives the artifact to Galaxy, with the token that the variable GALAXY_TOKEN holds.

Secrets go neither into arguments nor into files, except for gpg's own directory, which is removed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).parents[2]
GALAXY = "https://galaxy.ansible.com/"
LINKS = ("repository", "documentation", "homepage", "issues")


class Wrong(Exception):
    """Why there is no release, with the remedy."""


def metadata(root):
    return yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))


def artifact(root):
    """Where `make build` leaves the artifact."""
    about = metadata(root)
    found = root / ".cache" / f"{about['namespace']}-{about['name']}-{about['version']}.tar.gz"
    if not found.exists():
        raise Wrong(f"{found.relative_to(root)} is not there; run `make build`")
    return found


def mistakes(root, tag):
    """Why the tree is not the release that the tag names, one line each."""
    about = metadata(root)
    version = str(about["version"])
    if tag != version:
        yield f"the tag is {tag}, but galaxy.yml has version {version}; tag the commit that sets version {tag}"
    changes = root / "changelogs" / "changelog.yaml"
    releases = (yaml.safe_load(changes.read_text(encoding="utf-8")) or {}).get("releases", {}) if changes.exists() else {}
    if version not in releases:
        yield f"changelogs/changelog.yaml has no release {version}; run `antsibull-changelog release`"
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8").replace("\\", "")
    if not re.search(rf"^#+ v{re.escape(version)}$", text, re.MULTILINE):
        yield f"CHANGELOG.md has no heading v{version}; run `antsibull-changelog release`"
    left = sorted(path.name for path in (root / "changelogs" / "fragments").glob("*.y*ml"))
    if left:
        yield f"changelogs/fragments still has {', '.join(left)}; run `antsibull-changelog release`"
    named = f"{about['namespace']}-{about['name']}-{version}.tar.gz"
    if named not in (root / "README.md").read_text(encoding="utf-8"):
        yield f"README.md does not install {named}; correct the version there"
    for key in LINKS:
        host = urlsplit(about.get(key) or "").hostname or "nothing"
        if host == "nothing" or host.split(".")[-2:-1] == ["example"]:
            yield f"galaxy.yml: {key} leads to {host}; set the real address"


def check(root, tag):
    found = list(mistakes(root, tag))
    if found:
        raise Wrong("\n".join(found))
    print(f"{tag}: version, changelog, README.md and addresses are those of the release")


def sign(root):
    """Write the artifact's signature and the public key beside it; return both paths."""
    target = artifact(root)
    key = os.environ.get("SIGNING_KEY", "")
    if not key:
        raise Wrong("SIGNING_KEY is not set; give it the signing key, as `gpg --armor --export-secret-keys` writes it")
    passphrase = os.environ.get("SIGNING_PASSPHRASE", "")
    signature, public = Path(f"{target}.asc"), Path(f"{target}.gpg")
    home = tempfile.mkdtemp(prefix="sign-")  # short, because sockets are in it
    gpg = ["gpg", "--homedir", home, "--batch", "--yes", "--no-tty", "--quiet", "--pinentry-mode", "loopback"]
    try:
        run([*gpg, "--passphrase-fd", "0", "--import"], f"{passphrase}\n{key}")
        manifest = Path(home, "MANIFEST.json")
        with tarfile.open(target) as packed:
            manifest.write_bytes(packed.extractfile("MANIFEST.json").read())
        made = ["--armor", "--detach-sign", "--output", signature, manifest]
        run([*gpg, "--passphrase-fd", "0", *made], f"{passphrase}\n")
        run([*gpg, "--output", public, "--export"], "")
        seen = ["gpg", "--homedir", home, "--batch", "--no-tty", "--no-default-keyring", f"--keyring={public}"]
        run([*seen, "--verify", signature, manifest], "")
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
    print(f"signed: {signature.relative_to(root)}, with the public key in {public.relative_to(root)}")
    return signature, public


def publish(root):
    token = os.environ.get("GALAXY_TOKEN", "")
    if not token:
        raise Wrong("GALAXY_TOKEN is not set; get a token from Galaxy's page `API token`")
    server = {"SERVER_LIST": "galaxy", "SERVER_GALAXY_URL": GALAXY, "SERVER_GALAXY_TOKEN": token}
    settings = {f"ANSIBLE_GALAXY_{name}": value for name, value in server.items()}
    subprocess.run(["ansible-galaxy", "collection", "publish", artifact(root)], env={**os.environ, **settings}, check=True)


def run(command, text):
    """Run a command of gpg, which says what is wrong."""
    done = subprocess.run(list(map(str, command)), input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"gpg failed: {done.stderr.strip()}; check SIGNING_KEY and SIGNING_PASSPHRASE")


def main(words):
    try:
        if words[:1] == ["check"] and len(words) == 2:
            check(ROOT, words[1])
        elif words in (["sign"], ["publish"]):
            {"sign": sign, "publish": publish}[words[0]](ROOT)
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except Wrong as error:
        print(f"release: {error}".replace("\n", "\nrelease: "), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
