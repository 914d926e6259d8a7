# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that some program takes for more than a text."""

from __future__ import annotations

from ansible_collections.meshwork.wireguard.tests.unit.support import key

GOOD = ("x", "10.8.0.1/24", "10.8.0.1", "fd00:8::/64", "203.0.113.1:51820", "wg0", "/run/x", key("a"), "corp", "echo a", "7")
SIGNS = "\n\r\t\0\x0b\x0c\x1b\x1c\x85\u2028\u2029\u202e\u200b\ufeff \u00a0\"'#;,={}[]()<>&$%\\!*~@`|/:?+^\u00e4\U0001f600"
ATTACKS = (
    "zz\u2028AllowedIPs = 0.0.0.0/0", "x\nPostUp = touch pwned", "[Peer]", "x]\n[Peer", 'a";debug all;#', 'a";passive;#', "x\\",
    "a }\n  notify_master \"touch pwned\"", "&#60;b&#62;", "\\N", "\\G", "<b>x</b>", "${x}", "$(id)", "{{ x }}", "# x", "; x",
    "a # b", "Name = x", "[wireguard-peer.x]", "10.8.0.1/24\nPostUp = x", "fd00::1%x", "-x", "--help", "all",
)  # fmt: skip


def strange_texts():
    """Some hundreds of them, always the same."""
    made = [f"{a}{sign}{b}" for sign in SIGNS for a, b in (("", ""), ("x", ""), ("", "x"), ("x", "y"), ("10.8.0.1", "/24"))]
    return list(dict.fromkeys([*GOOD, *ATTACKS, *made]))
