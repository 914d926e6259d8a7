# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.keepalived import checks_hops, render_keepalived

SAID = {
    "interface": "wg0", "address": "203.0.113.11", "peers": ["203.0.113.12"], "priority": 150, "id": 51, "interval": 100,
    "unicast": True, "preempt": False, "floating": [{"address": "203.0.113.10/24", "interface": "eth0"}],
}  # fmt: skip
PLAIN = """\
# Written by Ansible (meshwork.wireguard). Changes made here are lost in the next run.
global_defs {
  vrrp_version 3
}
vrrp_track_file health-wg0 {
  file /run/wg0.health
  weight 1
}
vrrp_instance wg0 {
  state BACKUP
  interface eth0
  virtual_router_id 51
  priority 150
  advert_int 0.1
  nopreempt
  lower_prio_no_advert
  unicast_src_ip 203.0.113.11
  check_unicast_src
  unicast_ttl 255
  unicast_peer {
    203.0.113.12 min_ttl 255
  }
  track_file {
    health-wg0
  }
  virtual_ipaddress {
    203.0.113.10/24 dev eth0
  }
}
"""


def test_one_address():
    assert render_keepalived(SAID, "/run/wg0.health") == PLAIN


def test_more_links_and_versions_multicast_and_preemption():
    more = [{"address": "172.20.7.1/24", "interface": "lan0"}, {"address": "fd00:7::1/64", "interface": "lan0"}]
    said = {**SAID, "floating": SAID["floating"] + more, "unicast": False, "preempt": True, "interval": 250}
    expected = PLAIN.replace("advert_int 0.1", "advert_int 0.25").replace("nopreempt", "preempt_delay 1")
    expected = expected.replace(
        "  unicast_src_ip 203.0.113.11\n  check_unicast_src\n  unicast_ttl 255\n"
        "  unicast_peer {\n    203.0.113.12 min_ttl 255\n  }\n",
        "  mcast_src_ip 203.0.113.11\n  track_interface {\n    lan0\n  }\n",
    )
    expected = expected.replace(
        "    203.0.113.10/24 dev eth0\n  }\n",
        "    203.0.113.10/24 dev eth0\n    172.20.7.1/24 dev lan0\n  }\n"
        "  virtual_ipaddress_excluded {\n    fd00:7::1/64 dev lan0\n  }\n",
    )
    assert render_keepalived(said, "/run/wg0.health") == expected


def test_before_it_could_count_hops():
    expected = PLAIN.replace("  check_unicast_src\n  unicast_ttl 255\n", "").replace(" min_ttl 255", "")
    expected = expected.replace("vrrp_version 3\n", "vrrp_version 3\n  vrrp_check_unicast_src\n")
    assert render_keepalived(SAID, "/run/wg0.health", hops=False) == expected


@pytest.mark.parametrize(
    ("version", "can"), [(None, True), ("2.0.20", False), ("1.3.9", False), ("2.1.0", True), ("2.2.7", True), ("10.0.0", True)]
)
def test_which_versions_count_hops(version, can):
    assert checks_hops(version) is can
