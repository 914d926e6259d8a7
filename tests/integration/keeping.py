# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The differences for tests with a backend other than wg-quick."""

from __future__ import annotations

from dataclasses import dataclass, field


def host(what, action):
    """A change as the module tells it."""
    return {"kind": "host", "what": what, "action": action}


@dataclass(frozen=True)
class Keeping:
    """Of ``wg0``, as shell commands on the host, and the changes that repair them beside the interface's own.

    ``state`` prints what it has; ``disable`` keeps it from the next boot; ``delete`` takes the interface away, ``stop`` and
    ``fail`` as well; ``restart`` makes the sessions begin anew.
    """

    backend: str
    state: str
    disable: str
    disabled: list = field(default_factory=list)
    delete: str = "ip link delete dev wg0"
    deleted: list = field(default_factory=list)
    stop: str = "ip link delete dev wg0"
    fail: str = "ip link delete dev wg0"
    restart: str = ""


_FILES = "stat -c '%n %a %U %G' {0}; cat {0}; systemctl is-enabled wg-quick@wg0; systemctl is-active wg-quick@wg0"
_NETWORKD = "/etc/systemd/network/05-meshwork-wg0.*"
_MANAGER = "/etc/NetworkManager/system-connections/05-meshwork-wg0.nmconnection"
_UUID = f"$(sed -n s/^uuid=//p {_MANAGER})"
_DELETE = f"nmcli connection delete uuid {_UUID}; ip link delete dev wg0"

WG_QUICK = Keeping(
    backend="wg-quick",
    state="systemctl is-enabled wg-quick@wg0; systemctl is-active wg-quick@wg0",
    disable="systemctl disable wg-quick@wg0",
    disabled=[host("unit", "enabled")],
    stop="systemctl stop wg-quick@wg0",
    fail="ip link delete dev wg0; systemctl stop wg-quick@wg0; systemctl is-failed wg-quick@wg0",
    restart="systemctl restart wg-quick@wg0",
)
NETWORKD = Keeping(
    backend="systemd-networkd",
    state=_FILES.format(_NETWORKD),
    disable="rm /etc/systemd/network/05-meshwork-wg0.netdev",
    disabled=[host("systemd-networkd", "changed")],
    restart="ip link delete dev wg0; networkctl reload; sleep 2",
)
NETWORK_MANAGER = Keeping(
    backend="NetworkManager",
    state=_FILES.format(_MANAGER),
    disable=f"rm {_MANAGER}",
    disabled=[host("NetworkManager", "created")],
    delete=_DELETE,  # a link that is only deleted it makes again by itself
    deleted=[host("NetworkManager", "created")],
    stop=_DELETE,
    fail=_DELETE,
    restart=f"ip link delete dev wg0; nmcli connection up uuid {_UUID}",
)
