# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.exposition import COUNTER, GAUGE, Exposition, Family

UP = Family("up", GAUGE, "Whether it\nis \\ up.")
BYTES = Family("bytes_total", COUNTER, "Bytes.")


def test_families_with_their_samples():
    found = Exposition((UP, BYTES))
    found.add(BYTES, 2**53 + 1, name="a")
    found.add(UP, 0.5)
    found.add(BYTES, 0, name="b", kind="IPv4")
    assert found.text() == (
        "# HELP up Whether it\\nis \\\\ up.\n# TYPE up gauge\nup 0.5\n"
        "# HELP bytes_total Bytes.\n# TYPE bytes_total counter\n"
        'bytes_total{name="a"} 9007199254740993\nbytes_total{name="b",kind="IPv4"} 0\n'
    )


def test_a_family_without_samples_is_left_out():
    assert Exposition((UP,)).text() == ""


def test_no_sample_is_there_twice():
    """node_exporter would then give nothing at all, of no file."""
    found = Exposition((BYTES,))
    found.add(BYTES, 1, name="a")
    found.add(BYTES, 2, name="a")
    assert found.text().splitlines()[2:] == ['bytes_total{name="a"} 1']


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ('a"} 1', 'a\\"} 1'),
        ("a\nb 1", "a\\nb 1"),
        ("a\\", "a\\\\"),
        ("a\\n", "a\\\\n"),
        ("M\u00fcnchen \U0001f512", "M\u00fcnchen \U0001f512"),
        ("\udcff", "?"),
    ],
)
def test_a_label_never_ends_early(name, written):
    found = Exposition((UP,))
    found.add(UP, 1, name=name)
    assert found.text().split("\n")[2:] == [f'up{{name="{written}"}} 1', ""]
