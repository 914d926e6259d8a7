# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of the unit ``meshwork-metrics``: it measures the host's interfaces once, and writes a file for Prometheus."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import replace

from ansible_collections.meshwork.wireguard.plugins.module_utils._host.host import CommandFailed, Host
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.places import WIREGUARD
from ansible_collections.meshwork.wireguard.plugins.module_utils._host.program import say
from ansible_collections.meshwork.wireguard.plugins.module_utils._live.echo import INTERVAL, TRIES
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics import compatible, own
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.exposition import Exposition
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.measurement import Measurement, remembered
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.memory import Memory, due, memory_in, memory_text
from ansible_collections.meshwork.wireguard.plugins.module_utils._metrics.places import FILE, MEMORY
from ansible_collections.meshwork.wireguard.plugins.module_utils._reports.report import report
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.conf import parse_conf, render_conf
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.host.metrics import MetricsSettings, settings_in


def measure(host: Host, settings: MetricsSettings) -> Measurement:
    """Measure, and remember it.

    :raises CommandFailed: the live state cannot be read.
    """
    before = _memory(host)
    asked = due(settings, before, most_in(settings.interval))
    found = report(host, probes=asked, compare=True)
    memory = remembered(settings, found, before, asked)
    host.write(MEMORY, memory_text(memory))
    digests = {name: digest for name in settings.interfaces if (digest := _digest(host, name)) is not None}
    return Measurement(settings, found, memory, _key_ages(host, settings, found["time"]), digests)


def text_of(measured: Measurement | None, interval: int, now: float, duration: float) -> str:
    """The text of the file.

    :param measured: None: the measurement failed.
    """
    found = Exposition((*own.FAMILIES, *own.OF_THE_RUN, *compatible.FAMILIES))
    if measured is not None:
        own.add_own(found, measured)
        compatible.add_compatible(found, measured)
    own.add_run(found, interval, now, duration, measured is not None)
    return found.text()


def most_in(interval: int) -> int:
    """How many peers can get all their packets in half the time between two measurements."""
    return int(interval / 2 / (INTERVAL * TRIES))


def _memory(host: Host) -> Memory:
    try:
        return memory_in(host.read(MEMORY))
    except (ValueError, RecursionError) as error:
        say(f"{MEMORY}: {error}; what it counted starts again at zero")
        return {}


def _key_ages(host: Host, settings: MetricsSettings, now: float) -> dict[str, float]:
    found = {}
    for name in sorted({interface.key for interface in settings.interfaces.values()}):
        path = f"{settings.key_directory}/{name}.key"
        if host.exists(path):
            found[name] = max(0.0, now - os.stat(host.real(path)).st_mtime)
    return found


def _digest(host: Host, name: str) -> str | None:
    """The digest of an interface's file, without its private key and preshared keys; None if it has none that can be read."""
    try:
        config = parse_conf(host.read(f"{WIREGUARD}/{name}.conf") or "")
    except ValueError:
        return None
    peers = tuple(replace(peer, preshared_key=None, next_preshared_key=None) for peer in config.peers)
    return hashlib.sha256(render_conf(replace(config, private_key=None, peers=peers)).encode("utf-8")).hexdigest()


def run(host: Host, path: str) -> bool:
    """Measure what the file of settings has; return whether that succeeded.

    :raises ValueError: the settings are refused.
    """
    settings = settings_in(host.read(path) or "")
    began = time.monotonic()
    try:
        measured: Measurement | None = measure(host, settings)
    except (CommandFailed, ValueError, OSError) as error:
        say(f"{error}")
        measured = None
    text = text_of(measured, settings.interval, time.time(), time.monotonic() - began)
    host.write(f"{settings.directory}/{FILE}", text, 0o644)
    return measured is not None


def main() -> None:
    """The argument is the file of settings. It fails if the measurement does."""
    if not run(Host(), sys.argv[1]):
        raise SystemExit(1)
