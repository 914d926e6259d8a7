# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._ansible.filters import plain_errors
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError


@pytest.mark.parametrize("kind", [PlanError, ValueError, TypeError])
def test_an_error_has_no_cause_that_ansible_would_print_again(kind):
    @plain_errors
    def lint():
        raise kind("node a: is wrong") from OSError("why")

    with pytest.raises(AnsibleFilterError) as caught:
        lint()
    assert (str(caught.value), caught.value.__cause__) == ("meshwork.wireguard.lint: node a: is wrong", None)
