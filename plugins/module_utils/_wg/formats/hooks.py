# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What hooks change of WireGuard itself, by ``wg set``, ``wg addconf`` and the like. Source: wg(8)."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field, replace
from typing import Any, Callable, Iterator

from ..config.model import HOOKS, KEPT, Config, Peer, parse_fwmark, parse_keepalive
from ..values.addresses import parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import InvalidKey, parse_key
from .spellings import secrets_in, usual_endpoint

_BETWEEN = re.compile(r"\s*(?:;|&&|\|\||\||&)\s*")
_LOADING = ("addconf", "setconf", "syncconf")
_OF_PEERS = ("preshared-key", "endpoint", "persistent-keepalive", "allowed-ips")


@dataclass
class Hooked:
    """``config``: with what hooks set. ``key_file``, ``preshared_files`` (public key -> path): files of keys. ``loads``: files
    with peers. ``notes``: one line each.
    """

    config: Config
    key_file: str | None = None
    preshared_files: dict[str, str] = field(default_factory=dict)
    loads: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def hooked(config: Config, name: str) -> Hooked:
    """The configuration after its hooks.

    :param name: of the interface; hooks may have it instead of ``%i``.
    """
    result = Hooked(config)
    for hook in (*config.hooks.pre_up, *config.hooks.post_up):
        for words in _commands(hook, name):
            if words[0] == "set":
                _set(result, words[2:])
            elif _path("".join(words[2:3])):
                result.loads.append(words[2])
            elif "wg-quick strip" not in hook:
                result.notes.append("hook: adds peers from a command, so only the running interface shows them")
    if keys_in_hooks(config):
        result.notes.append("hook: has what looks like a key, and the inventory has the hook; put the key into a file of its own")
    return result


def keys_in_hooks(config: Config) -> set[str]:
    """What looks like a secret key in the commands."""
    hooks = "\n".join(command for name in HOOKS for command in getattr(config.hooks, name))
    return set(secrets_in(hooks)).difference(re.findall(r"\bpeer\s+(\S+)", hooks), (peer.public_key for peer in config.peers))


def _commands(hook: str, name: str) -> Iterator[list[str]]:
    """The arguments of each ``wg`` that changes this interface."""
    for command in _BETWEEN.split(hook.replace("%i", name)):
        try:
            words = _whole(shlex.split(command))
        except ValueError:
            continue
        at = next((i for i, word in enumerate(words) if word.rpartition("/")[2] == "wg"), None)
        if at is not None and len(words) > at + 2 and words[at + 1] in ("set", *_LOADING) and words[at + 2] == name:
            yield words[at + 1 :]


def _whole(words: list[str]) -> list[str]:
    """The words; what stands in parentheses is one of them."""
    whole: list[str] = []
    for word in words:
        if whole and whole[-1].count("(") > whole[-1].count(")"):
            whole[-1] += " " + word
        else:
            whole.append(word)
    return whole


def _set(result: Hooked, words: list[str]) -> None:
    """Read the arguments of ``wg set`` after the interface. What is not understood is left to the hook, and said."""
    try:
        while words:
            option, value, *words = words
            if option == "private-key":
                result.key_file = _path(value)
            elif option == "listen-port":
                result.config = replace(result.config, port=parse_port(value, option))
            elif option == "fwmark":
                result.config = replace(result.config, fwmark=parse_fwmark(value, option))
            elif option == "peer":
                words = _peer(result, value, words)
            else:
                return
    except ValueError:
        result.notes.append("hook: changes the interface by wg set in a way that only the running interface shows")


def _peer(result: Hooked, key: str, words: list[str]) -> list[str]:
    """Read the arguments after ``peer KEY``, and return the rest."""
    try:
        key = parse_key(key, "peer")
    except InvalidKey:
        raise ValueError("the key is made by a command") from None
    known = {peer.public_key: peer for peer in result.config.peers}
    peer = known.get(key, Peer(key))
    if words[:1] == ["remove"]:
        known.pop(key, None)
        result.config = replace(result.config, peers=tuple(known.values()))
        return words[1:]
    while words and words[0] in _OF_PEERS:
        option, value, *words = words
        if option == "preshared-key":
            path = _path(value)
            result.preshared_files.pop(key, None)
            result.preshared_files.update({key: path} if path else {})
            peer = replace(peer, preshared_key=None if value == "/dev/null" else KEPT)
        else:
            attribute, read = _READERS[option]
            peer = replace(peer, **{attribute: read(value)})
    if peer != known.get(key):
        result.notes.append(f"peer {peer.name or key[:8]}: is set by a hook")
    taken = set(peer.allowed_ips)
    known[key] = peer
    result.config = replace(
        result.config,
        peers=tuple(
            one
            if one.public_key == key
            else replace(one, allowed_ips=tuple(prefix for prefix in one.allowed_ips if prefix not in taken))
            for one in known.values()
        ),
    )
    return words


def _path(value: str) -> str | None:
    """The path of a file; None if something else than a file has the content."""
    return None if re.search(r"[<>()$`*]", value) or value.startswith("/dev/") else value


def _prefixes(value: str) -> tuple[str, ...]:
    return sort_prefixes(parse_prefix(word, "allowed-ips") for word in value.split(",") if word)


_READERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "endpoint": ("endpoint", lambda value: str(parse_endpoint(usual_endpoint(value), "endpoint"))),
    "persistent-keepalive": ("keepalive", lambda value: parse_keepalive(value, "persistent-keepalive")),
    "allowed-ips": ("allowed_ips", _prefixes),
}
