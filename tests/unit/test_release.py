# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands between a tag and Galaxy."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile

import pytest
from ansible.galaxy.collection import verify_file_signatures

from ansible_collections.meshwork.wireguard.tests.bin import release

GALAXY = "namespace: a\nname: b\nversion: 1.2.3\nreadme: README.md\nauthors: [x]\n" + "".join(
    f"{key}: https://real.test/b\n" for key in release.LINKS
)


@pytest.fixture
def tree(tmp_path):
    """A tree that is release 1.2.3."""
    (tmp_path / "changelogs/fragments").mkdir(parents=True)
    (tmp_path / "galaxy.yml").write_text(GALAXY)
    (tmp_path / "changelogs/changelog.yaml").write_text("releases:\n  1.2.3: {}\n")
    (tmp_path / "CHANGELOG.md").write_text("# a\\.b Release Notes\n\n## v1\\.2\\.3\n")
    (tmp_path / "README.md").write_text("ansible-galaxy collection install a-b-1.2.3.tar.gz\n")
    return tmp_path


def test_a_release(tree):
    assert list(release.mistakes(tree, "1.2.3")) == []


@pytest.mark.parametrize(
    ("file", "text", "tag", "expected"),
    [
        (None, "", "1.2.4", "the tag is 1.2.4, but galaxy.yml has version 1.2.3; tag the commit that sets version 1.2.4"),
        (None, "", "v1.2.3", "the tag is v1.2.3, but galaxy.yml has version 1.2.3; tag the commit that sets version v1.2.3"),
        (
            "changelogs/changelog.yaml",
            "releases:\n  1.2.2: {}\n",
            "1.2.3",
            "changelogs/changelog.yaml has no release 1.2.3; run `antsibull-changelog release`",
        ),
        ("CHANGELOG.md", "## v1.2.30\n", "1.2.3", "CHANGELOG.md has no heading v1.2.3; run `antsibull-changelog release`"),
        (
            "changelogs/fragments/x.yml",
            "",
            "1.2.3",
            "changelogs/fragments still has x.yml; run `antsibull-changelog release`",
        ),
        ("README.md", "a-b-1.2.2.tar.gz", "1.2.3", "README.md does not install a-b-1.2.3.tar.gz; correct the version there"),
        (
            "galaxy.yml",
            GALAXY.replace("issues: https://real.test", "issues: https://example.org"),
            "1.2.3",
            "galaxy.yml: issues leads to example.org; set the real address",
        ),
    ],
)
def test_what_is_no_release(tree, file, text, tag, expected):
    if file:
        (tree / file).write_text(text)
    assert list(release.mistakes(tree, tag)) == [expected]


@pytest.mark.parametrize("word", ["sign", "publish"])
def test_without_an_artifact_or_a_secret(tree, word, monkeypatch):
    for name in ("SIGNING_KEY", "GALAXY_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(release.Wrong, match=r"not there; run `make build`|GALAXY_TOKEN is not set"):
        getattr(release, word)(tree)


@pytest.mark.skipif(not shutil.which("gpg"), reason="needs gpg")
@pytest.mark.parametrize("passphrase", ["", "secret words"])
def test_ansible_galaxy_accepts_the_signature(tree, passphrase, monkeypatch):
    (tree / "meta").mkdir()
    (tree / "meta/runtime.yml").write_text("requires_ansible: '>=2.16.0'\n")
    build = ["ansible-galaxy", "collection", "build", "--output-path", tree / ".cache", tree]
    subprocess.run(build, check=True, capture_output=True)
    home = tempfile.mkdtemp(prefix="gpg-")
    try:
        gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase]
        subprocess.run([*gpg, "--quick-generate-key", "Test <a@b.test>", "ed25519", "sign"], check=True, capture_output=True)
        exported = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, capture_output=True, text=True).stdout
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
    monkeypatch.setenv("SIGNING_KEY", exported)
    monkeypatch.setenv("SIGNING_PASSPHRASE", passphrase)
    signature, public = release.sign(tree)
    assert signature.read_text().startswith("-----BEGIN PGP SIGNATURE-----")

    manifest = tree / "MANIFEST.json"
    with tarfile.open(release.artifact(tree)) as packed:
        manifest.write_bytes(packed.extractfile("MANIFEST.json").read())

    def accepted():
        """What `ansible-galaxy collection install --signature` asks of a collection from a server."""
        return verify_file_signatures("a.b", str(manifest), [signature.read_text()], str(public), "+1", [])

    assert accepted()
    manifest.write_bytes(manifest.read_bytes().replace(b"1.2.3", b"1.2.4"))
    assert not accepted()


@pytest.mark.skipif(not shutil.which("gpg"), reason="needs gpg")
def test_what_is_no_key(tree, monkeypatch):
    (tree / ".cache").mkdir()
    (tree / ".cache/a-b-1.2.3.tar.gz").touch()
    monkeypatch.setenv("SIGNING_KEY", "no key")
    with pytest.raises(release.Wrong, match=r"^gpg failed: .*; check SIGNING_KEY and SIGNING_PASSPHRASE$") as caught:
        release.sign(tree)
    assert "no key" not in str(caught.value)
