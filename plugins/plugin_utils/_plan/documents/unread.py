# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that nobody reads, and the name that was probably meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.nearest import nearest

from ..model.findings import shown

OF_OTHER_ROLES = frozenset(
    "wireguard_" + name
    for name in (
        "address", "allowed_ips", "as_spoke", "conf_backup", "conf_filename", "conf_group", "conf_mode", "conf_owner", "dc",
        "flush_handlers", "install_kernel_module", "interface_restart", "persistent_keepalive", "postdown", "postup", "predown",
        "preshared_key", "preup", "private_key", "remote_directory", "rockylinux8_installation_method", "save_config",
        "service_enabled", "service_state", "ubuntu_cache_valid_time", "ubuntu_update_cache", "ubuntu_use_netplan",
        "unmanaged_hosts", "unmanaged_peers", "update_cache",
    )
)  # fmt: skip
"""Variables of the role ``githubixx.ansible_role_wireguard`` 18.3.0, which an inventory may still have."""


def unread_lines(setters: Mapping[str, Collection[str]], known: Iterable[str]) -> tuple[list[str], list[str]]:
    """Warnings about names that look mistyped, and notes about the other unread ones.

    :param setters: unread name -> the hosts that set it.
    :param known: the names that are read.
    """
    warnings, notes = [], []
    for name, hosts in sorted(setters.items()):
        if not hosts:
            continue
        meant = nearest(name, known)
        what = f"{name} is not read by anything ({shown('host', sorted(hosts))})"
        if meant is None:
            notes.append(what)
        else:
            warnings.append(f"{what}; did you mean {meant}?")
    return warnings, notes
