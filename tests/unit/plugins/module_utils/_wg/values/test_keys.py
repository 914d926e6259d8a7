# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.keys import InvalidKey, parse_key, short

KEY = "xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg="


@given(st.binary(min_size=32, max_size=32))
def test_every_32_bytes_are_a_key(raw):
    text = base64.b64encode(raw).decode()
    assert parse_key(f"  {text}\n", "key") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "secret",
        KEY[:-1],
        KEY + "=",
        KEY[:-2] + "h=",  # the same 32 bytes for a careless decoder
        KEY.replace("x", "-", 1),  # the other base64 alphabet
        KEY[:20] + "\n" + KEY[20:],
        KEY[:20] + " " + KEY[20:],
        base64.b64encode(b"x" * 31).decode(),
        base64.b64encode(b"x" * 33).decode(),
        "\u00e9" + KEY[1:],
        "\udcff" * 44,
        KEY + KEY,
    ],
)
def test_no_key_and_never_repeated(text):
    with pytest.raises(InvalidKey) as caught:
        parse_key(text, "public key of beta")
    assert str(caught.value) == (
        "public key of beta: not a WireGuard key (44 characters of base64, as `wg genkey` and `wg pubkey` print)"
    )
    assert caught.value.__cause__ is None


def test_short():
    assert short(KEY) == "xTIBA5rb..."
