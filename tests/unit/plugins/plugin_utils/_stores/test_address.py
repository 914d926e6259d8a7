# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import is_directory, parse_address, shown
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.opening import store_at

PLAIN = {"user": None, "password": None, "options": {}}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (
            "postgresql://db.example/registries#fleet",
            {
                "scheme": "postgresql",
                "shown": "postgresql://db.example/registries#fleet",
                "url": "postgresql://db.example/registries",
                "host": "db.example",
                "path": "/registries",
                "name": "fleet",
                **PLAIN,
            },
        ),
        (
            "Postgres://ada:p%40%3A%2F%23%25@h1:1,h2:2/db?sslmode=require&password=hidden&application_name=a+b#f.1",
            {
                "scheme": "postgres",
                "shown": "Postgres://ada@h1:1,h2:2/db?sslmode=require&application_name=a+b#f.1",
                "url": "postgres://ada@h1:1,h2:2/db?sslmode=require&password=hidden&application_name=a+b",
                "host": "h1",
                "path": "/db",
                "name": "f.1",
                "user": "ada",
                "password": "p@:/#%",
                "options": {"sslmode": "require", "password": "hidden", "application_name": "a+b"},
            },
        ),
        (
            "git+ssh://git@[2001:db8::1]:2222/a%20b.git#release/1.0:site/.wireguard",
            {
                "scheme": "git+ssh",
                "shown": "git+ssh://git@[2001:db8::1]:2222/a%20b.git#release/1.0:site/.wireguard",
                "url": "git+ssh://git@[2001:db8::1]:2222/a%20b.git",
                "host": "2001:db8::1",
                "path": "/a b.git",
                "name": "release/1.0:site/.wireguard",
                **PLAIN,
                "user": "git",
            },
        ),
        (
            "git+https://ghp_token@host/a.git#main",
            {
                "scheme": "git+https",
                "shown": "git+https://host/a.git#main",
                "url": "git+https://ghp_token@host/a.git",
                "host": "host",
                "path": "/a.git",
                "name": "main",
                **PLAIN,
                "user": "ghp_token",
            },
        ),
        (
            "git+file:///srv/registries.git#main",
            {
                "scheme": "git+file",
                "shown": "git+file:///srv/registries.git#main",
                "url": "git+file:///srv/registries.git",
                "host": "",
                "path": "/srv/registries.git",
                "name": "main",
                **PLAIN,
            },
        ),
        (
            "s3://bucket/a/b?endpoint_url=https%3A%2F%2Fs3.example&region=eu#fleet",
            {
                "scheme": "s3",
                "shown": "s3://bucket/a/b?endpoint_url=https%3A%2F%2Fs3.example&region=eu#fleet",
                "url": "s3://bucket/a/b?endpoint_url=https%3A%2F%2Fs3.example&region=eu",
                "host": "bucket",
                "path": "/a/b",
                "name": "fleet",
                **PLAIN,
                "options": {"endpoint_url": "https://s3.example", "region": "eu"},
            },
        ),
    ],
)
def test_parts(address, expected):
    assert dataclasses.asdict(parse_address(address)) == expected


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/registries", True), ("registries", True), ("~/x", True), ("./s3:bucket", True), ("C:x", True), ("a:b/c", True),
        ("s3:bucket", False), ("postgresql:x", False), ("http://x", False), ("://x", False), ("git+ssh:x", False),
    ],
)  # fmt: skip
def test_directories(path, kind):
    assert is_directory(path) is kind


def test_a_directory_may_be_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert store_at("~/registries").directory == Path(tmp_path / "registries")
    assert store_at("registries").address == "registries"


BRANCH = "has no name; end the address with #BRANCH, the branch with the registry"
NO_CREDENTIALS = (
    "takes no credentials in the address; check the credentials on the controller (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, "
    "AWS_PROFILE, or a role)"
)
KNOWN = "postgresql://, postgres://, git+ssh://, git+https://, git+file://, etcd+https://, etcd+http://, s3://, and directories"
NAME = "has no name; end the address with #NAME, a name for the registries of your fleet"
AT = (
    "has an @ behind the host; write it as %40, and @ / ? # in a password as %40 %2F %3F %23, or give the password in the "
    "environment"
)
CHARACTERS = "has characters that no address has; write these as %20, and % as %25"


@pytest.mark.parametrize(
    ("address", "seen", "what"),
    [
        ("mysql://u:secret@h/d#n", "mysql://u@h/d#n", f"there is no store of this kind; known are {KNOWN}"),
        ("s3:bucket", "s3:bucket", f"there is no store of this kind; known are {KNOWN}"),
        ("file:///srv#n", "file:///srv#n", f"there is no store of this kind; known are {KNOWN}"),
        ("postgresql://u:secret@h/d", "postgresql://u@h/d", NAME),
        ("postgresql://h/d#", "postgresql://h/d#", NAME),
        ("git+ssh://git@h/x.git", "git+ssh://git@h/x.git", BRANCH),
        ("postgresql://u:sec#ret@h/d#n", "postgresql://u@h/d#n", AT),
        ("postgresql://u:sec/ret@h/d#n", "postgresql://u@h/d#n", AT),
        ("postgresql://u:sec?ret@h/d#n", "postgresql://u@h/d#n", AT),
        ("postgresql://u:1/2@h/d#n", "postgresql://u@h/d#n", AT),
        ("postgresql://u:s@e#cret@h/d#n", "postgresql://u@h/d#n", AT),
        ("git+ssh://git@h/a@b.git#main", "git+ssh://git@h/a@b.git#main", AT),
        ("postgresql://u:sec ret@h/d#n", "postgresql://u@h/d#n", CHARACTERS),
        ("postgresql://u:50%@h/d#n", "postgresql://u@h/d#n", CHARACTERS),
        ("postgresql://h/d%00#n", "postgresql://h/d%00#n", CHARACTERS),
        ("postgresql://h/d\n#n", "postgresql://h/d?#n", CHARACTERS),
        ("postgresql://u:secret[@h/d#n", "postgresql://u@h/d#n", "has no valid host; correct it"),
        (
            "postgresql://h/d#a/b",
            "postgresql://h/d#a/b",
            "name of the registry: 'a/b' is not a valid name; use 1 to 253 of A-Z a-z 0-9 _ . -, the first one of A-Z a-z 0-9 _",
        ),
        ("s3:///x#n", "s3:///x#n", "has no bucket; write s3://BUCKET/PREFIX#NAME"),
        ("s3://id:secret@bucket#n", "s3://id@bucket#n", NO_CREDENTIALS),
        ("s3://b?secret=x#n", "s3://b?secret=x#n", "has no option 'secret'; the options are endpoint_url, region, profile"),
        ("etcd+https://h/x?tls=no#n", "etcd+https://h/x?tls=no#n", "has no option 'tls'; the options are ca, cert, key"),
        ("git+ssh://h/x?a=b#n", "git+ssh://h/x?a=b#n", "has no option 'a'; remove it"),
        ("etcd+https:///x#n", "etcd+https:///x#n", "has no host; write etcd+https://HOST:2379/PREFIX#NAME"),
        ("etcd+https://u:secret@h:port/x#n", "etcd+https://u@h:port/x#n", "has no valid port; correct it"),
        *(
            (f"git+ssh://h/x#{name}", f"git+ssh://h/x#{name}", f"'{name}' is no BRANCH or BRANCH:FOLDER; correct it")
            for name in (
                "-x", "a..b", "a//b", "/a", "a/", "a.lock", "a.lock/b", "a/.b", ":x", "a:", "a:..", "a:/etc", "a:b/../c",
                "a:.git", "a:b/.GIT/hooks", "a:-x", "a:b:c", "a^b", "a~b", "a*",
            )
        ),
    ],
)  # fmt: skip
def test_what_is_no_address(address, seen, what):
    with pytest.raises(PlanError) as caught:
        store_at(address)
    assert str(caught.value) == f"registry {seen}: {what}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://u:p@h/d?password=x#n", "postgresql://u@h/d#n"),
        ("postgresql://h/d?password=x&a=b#n", "postgresql://h/d?a=b#n"),
        ("postgresql://h/d?a=b&PASSWORD=x#n", "postgresql://h/d?a=b#n"),
        ("postgresql://h/d?a=b&sslpassword=x&c=d#n", "postgresql://h/d?a=b&c=d#n"),
        ("etcd+https://u:@h#n", "etcd+https://u@h#n"),
        ("git+https://t0ken@h/x#main", "git+https://h/x#main"),
        ("git+https://ada:t0ken@h/x#main", "git+https://ada@h/x#main"),
        ("postgresql://h/\x1b[31m#n", "postgresql://h/?[31m#n"),
    ],
)
def test_shown(address, expected):
    assert shown(address) == expected


@given(
    st.text(min_size=1, alphabet=st.characters(codec="utf-8")),
    st.sampled_from(["postgresql", "etcd+https", "git+https", "s3", "no"]),
)
def test_no_password_is_shown(password, scheme):
    """However it is spelt; the marks make it recognisable."""
    marked = f"<<{password}>>"
    for spelling in (marked, quote(marked, safe="")):
        address = f"{scheme}://user:{spelling}@host/path#name"
        assert "<<" not in shown(address)
        assert quote("<<", safe="") not in shown(address)
        try:
            parsed = parse_address(address)
        except PlanError as error:
            said = str(error)
        else:
            said = repr(parsed)
            assert parsed.hide(f"a {parsed.password} b {spelling}") in ("a *** b ***", f"a *** b {spelling}")
            assert "<<" not in parsed.url
        assert "<<" not in said
        assert quote("<<", safe="") not in said
