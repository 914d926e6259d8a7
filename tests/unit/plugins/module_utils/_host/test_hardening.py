# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units as they are written, in the eyes of systemd where this machine has one; that they work is seen on real hosts."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from ansible_collections.meshwork.wireguard.plugins.module_utils._boot.inside import Inside
from ansible_collections.meshwork.wireguard.plugins.module_utils._drills.outage_meter import OutageMeter
from ansible_collections.meshwork.wireguard.plugins.module_utils._endpoints.dns_endpoints import DnsEndpoints
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.bgp import Bgp
from ansible_collections.meshwork.wireguard.plugins.module_utils._failover.vrrp import Vrrp
from ansible_collections.meshwork.wireguard.plugins.module_utils._firewall.nft_table import NftTable
from ansible_collections.meshwork.wireguard.plugins.module_utils._host import detached
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.hardening import looks_into_processes
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import UNITS
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.standing import texts_of as units_of_metrics
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MeasuredInterface, MetricsSettings
from ansible_collections.meshwork.wireguard.tests.unit.support import FakeHost

MOST = 4.5
RIGHTS = {
    "meshwork-vrrp-agent": "CAP_NET_ADMIN CAP_NET_RAW",
    "meshwork-vrrp": "CAP_NET_ADMIN CAP_NET_RAW",
    "meshwork-bird-watch": "CAP_NET_ADMIN",
    "meshwork-bird": "CAP_NET_ADMIN CAP_NET_BIND_SERVICE CAP_NET_BROADCAST CAP_NET_RAW",
    "meshwork-endpoints": "CAP_NET_ADMIN",
    "meshwork-nftables": "CAP_NET_ADMIN",
    "meshwork-inside": "CAP_NET_ADMIN CAP_SYS_ADMIN CAP_SYS_PTRACE",
    "meshwork-metrics": "CAP_NET_ADMIN CAP_NET_RAW CAP_DAC_OVERRIDE",
    "meshwork-metrics-inside": "CAP_NET_ADMIN CAP_NET_RAW CAP_DAC_OVERRIDE CAP_SYS_ADMIN CAP_SYS_PTRACE",
    "meshwork-outage-meter": "CAP_NET_RAW",
}
OF_ALL = (
    "NoNewPrivileges=yes", "LockPersonality=yes", "MemoryDenyWriteExecute=yes", "RestrictRealtime=yes", "RestrictSUIDSGID=yes",
    "SystemCallArchitectures=native", "KeyringMode=private", "ProtectClock=yes", "ProtectHostname=yes", "UMask=0077",
    "DevicePolicy=closed",
)  # fmt: skip
OWN_FILES = (
    "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "ProtectControlGroups=yes", "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes", "ProtectKernelLogs=yes", "RestrictNamespaces=yes",
)  # fmt: skip


def units(root):
    """Name -> text, of all units that the collection installs or starts."""
    host = FakeHost(root=root)
    some = [
        *Vrrp(host, "wg0")._services({}, "", "/bin/true")._services,
        *Bgp(host, "wg0")._services(None, "/bin/true", "/bin/true")._services,
        *DnsEndpoints(host, "wg0")._services({})._services,
        *NftTable(host, "wg0")._services("/bin/true", "")._services,
        *Inside(host, "wg0", "/etc/wireguard/wg0.conf", {"netns": "lab"})._services()._services,
    ]
    found = {s.template: next(t for p, t in s.shared.items() if p.endswith(".service")) for s in some}
    for name, inside in (("meshwork-metrics", False), ("meshwork-metrics-inside", True)):
        wanted = MetricsSettings({"wg0": MeasuredInterface("wireguard", "alpha", "wg0", inside)})
        found[name] = units_of_metrics(host, wanted)[f"{UNITS}/meshwork-metrics.service"]
    OutageMeter(host).start([], [], 1)
    limits = [word.partition("=")[2] for word in host.calls[-1] if word.startswith("--property=")]
    found["meshwork-outage-meter"] = "\n".join(["[Unit]", "[Service]", *limits, "ExecStart=/bin/true", ""])
    return found


def test_each_unit(tmp_path):
    found = units(tmp_path)
    assert set(found) == set(RIGHTS)
    for name, text in found.items():
        lines = text.splitlines()
        assert set(OF_ALL) <= set(lines), name
        assert set(OWN_FILES) <= set(lines) or name.endswith("-inside")
        assert f"CapabilityBoundingSet={RIGHTS[name]}" in lines
        assert ("RuntimeDirectoryMode=0700" in lines) is ("RuntimeDirectory=meshwork-wireguard" in lines)


def version():
    analyze = shutil.which("systemd-analyze")
    found = re.match(r"systemd ([0-9]+)", subprocess.getoutput("systemd-analyze --version")) if analyze else None
    return int(found.group(1)) if found else 0


@pytest.mark.skipif(version() < 250, reason="systemd-analyze of systemd 250 or later is not here")
def test_what_systemd_says_of_them(tmp_path):
    exposure = {}
    for name, text in units(tmp_path).items():
        path = tmp_path / f"{name}.service"
        path.write_text(text, encoding="utf-8")
        asked = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(path)]
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
        exposure[name] = float(re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout).group(1))
        assert not re.search("Unknown|Failed to parse|ignoring", done.stderr), done.stderr
    assert {name: level for name, level in exposure.items() if level > MOST} == {}


@pytest.mark.parametrize(("bounding", "may"), [("000001ffffffffff", True), ("00000000a80435fb", False), ("80000", True)])
def test_who_may_look_into_processes(host, bounding, may):
    host.put("/proc/self/status", f"Name:\tx\nCapBnd:\t{bounding}\n")
    assert looks_into_processes(host) is may


def test_what_runs_hooks_is_as_it_was(host):
    """The rollback's own timers start interfaces with the user's hooks: nothing is taken from these."""
    host.programs.add("systemd-run")
    host.path("/run/systemd/system").mkdir(parents=True)
    detached.start(host, "meshwork-rollback-wg0", ["/bin/true"], 5)
    assert not [word for word in host.calls[-1] if word.startswith("--property=")]
