# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One browser for all tests."""

from __future__ import annotations

from contextlib import closing

import pytest

from ansible_collections.meshwork.wireguard.tests.browser.chromium import Chromium


@pytest.fixture(scope="session")
def browser():
    with closing(Chromium()) as found:
        yield found
