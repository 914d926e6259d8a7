# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of what fails."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.tests.stores.servers import PASSWORD


def error_of(use, *arguments):
    """What a function says when it fails: one line, without the password."""
    with pytest.raises(PlanError) as caught:
        use(*arguments)
    said = str(caught.value)
    assert "\n" not in said
    assert PASSWORD not in said
    assert quote(PASSWORD, safe="") not in said
    return said
