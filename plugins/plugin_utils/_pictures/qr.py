# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""QR codes for WireGuard's apps. The user installs the library, which is imported only for a code."""

from __future__ import annotations

import io

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError

KINDS = ("svg", "png", "terminal")
MODULE = 6
"""Pixels of the smallest square."""


def qr(text: str, kind: str) -> bytes:
    """The QR code of a configuration, with the lowest error correction, so that it fits on a screen.

    :param kind: one of ``KINDS``.
    :raises PlanError: the library is missing, or the text is too long for a code (2,953 bytes).
    """
    try:
        import segno
    except ImportError:
        raise PlanError("QR codes need the Python library segno on the controller; install it, or choose only conf") from None
    try:
        code = segno.make(text, error="l", micro=False, boost_error=False)
    except segno.DataOverflowError:
        size = len(text.encode())
        raise PlanError(
            f"a configuration of {size} bytes is too long for a QR code; shorten AllowedIPs, or choose only conf"
        ) from None
    if kind == "terminal":
        shown = io.StringIO()
        code.terminal(out=shown, compact=True)
        return shown.getvalue().encode()
    drawn = io.BytesIO()
    code.save(drawn, kind=kind, scale=MODULE)
    return drawn.getvalue()
