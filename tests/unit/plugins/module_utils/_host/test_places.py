# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._failover import routing_watch, standby_agent
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import places


@pytest.mark.parametrize("program", [routing_watch, standby_agent])
def test_programs_agree(program):
    """They are sent as one file each, so they cannot import it."""
    assert program.RUN == places.RUN
