# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issuing clients' keys and configurations: which keys are made, what the files say, and what the registry records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import render_conf

from ..model.findings import PlanError
from ..model.network import Network
from ..secrets.preshared import Preshared
from ..secrets.public_key import public_key
from ..state.registry import Registry, merge
from .clients import client_config, clients_of

ITS_OWN = "# Its private key stays with its owner: PrivateKey = ...\n"


@dataclass(frozen=True)
class Issued:
    """``configs``: client -> the text of its configuration; a client whose private key is lost has none. ``keys``: client -> its
    private key, as far as it is made here and not lost. ``made`` are the clients with a new key.
    """

    configs: Mapping[str, str] = field(repr=False)
    keys: Mapping[str, str] = field(repr=False)
    registry: Registry
    made: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def without_key(network: Network, ours: Collection[str], rekey: Collection[str]) -> tuple[str, ...]:
    """The clients that need a new key.

    :param ours: the clients whose keys are made here.
    :param rekey: those that shall have a new one.
    :raises PlanError: a client shall have a new key, but its keys are made elsewhere.
    """
    for node in clients_of(network):
        if node.name in rekey and node.name not in ours:
            raise PlanError(
                f"client {node.name}: its public key comes from the inventory, so its keys are made elsewhere; change them there"
            )
    return tuple(
        node.name for node in clients_of(network) if node.name in ours and (node.name in rekey or node.public_key is None)
    )


def issue(
    network: Network,
    registry: Registry,
    preshared: Preshared,
    new: Mapping[str, str],
    found: Mapping[str, Collection[str]],
    stored: bool,
) -> Issued:
    """The configurations of a network's clients.

    :param new: client -> its new private key, for those of :func:`without_key`.
    :param found: client -> the private keys that were found for it, for all others whose keys are made here.
    :param stored: whether new keys will be found again.
    :raises PlanError: as :func:`client_config`, or the network and the registry contradict each other.
    """
    still = {
        name: next((key for key in keys if public_key(key) == network.nodes[name].public_key), None)
        for name, keys in found.items()
    }
    lost = [name for name, key in still.items() if key is None]
    keys = {**new, **{name: key for name, key in still.items() if key}}
    merged = merge(network, registry, {name: public_key(key) for name, key in keys.items()}, prune=False, remember=True)
    configs = {}
    for node in clients_of(merged.network):
        text = render_conf(client_config(merged.network, node.name, keys.get(node.name), preshared))
        if node.name not in lost:
            configs[node.name] = text if node.name in keys else ITS_OWN + text
    unsaved = () if stored else new
    warnings = (
        *(
            f"client {name}: its new private key is stored only in the files written now; run with a vault password to store it "
            "beside the registry"
            for name in unsaved
        ),
        *(
            f"client {name}: its private key is no longer available, so its file is not updated; name it in "
            "wireguard_client_rekey to give it a new key"
            for name in lost
        ),
    )
    return Issued(configs, keys, merged.registry, tuple(new), warnings)
