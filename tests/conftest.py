# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the collection importable as Ansible does it, and known to the commands of this environment that tests run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ansible.plugins.loader import init_plugin_loader

COLLECTIONS = str(Path(__file__).parents[1] / ".cache" / "collections")

os.environ["ANSIBLE_COLLECTIONS_PATH"] = COLLECTIONS
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
init_plugin_loader([COLLECTIONS])
