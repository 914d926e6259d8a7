# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text format of wg and wg-quick: parsing with exact errors, writing, and small changes of a text.

Source: wg(8), "CONFIGURATION FILE FORMAT"; wg-quick(8), "CONFIGURATION". Keys are case-insensitive, ``#`` starts a comment,
sections ``[Peer]`` repeat, list keys may be repeated, and of other keys the last one counts. A comment ``# Name = beta`` in a
``[Peer]`` section is the peer's name, ``# Follows = KEY`` the peer that it follows, and ``# NextPresharedKey = KEY`` its
preshared key from this host's next private key on.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Callable, Collection, Mapping, NamedTuple

from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from ..values.text import Unwritable, made_plain, written
from .model import (
    HOOKS,
    KEPT,
    Config,
    Hooks,
    Peer,
    hook_command,
    parse_dns,
    parse_fwmark,
    parse_keepalive,
    parse_mtu,
    parse_table,
)

_KEPT = "# PresharedKey = kept"
_KEY = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=")
_NAME_COMMENT = re.compile(r"#\s*name\s*=\s*(.*)\Z", re.IGNORECASE)
_KEY_COMMENTS = {
    "Follows": ("follows", re.compile(r"#\s*follows\s*=\s*(\S+)\Z", re.IGNORECASE)),
    "NextPresharedKey": ("next_preshared_key", re.compile(r"#\s*nextpresharedkey\s*=\s*(\S+)\Z", re.IGNORECASE)),
}
"""Comments that have a key: as they are written -> attribute, and the line."""
_SECTION = re.compile(r"\[\s*(interface|peer)\s*\]\Z", re.IGNORECASE)
_COMMENTED_SECTION = re.compile(r"#[#\s]*\[\s*(interface|peer)\s*\]", re.IGNORECASE)


class ConfError(ValueError):
    """The text is not a WireGuard configuration. ``line`` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


class _Key(NamedTuple):
    name: str  # as the file spells it
    attribute: str
    read: Callable[[str, str], Any]
    split: bool = False  # a comma-separated list


def _bool(value: str, what: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError(f"{what}: '{value}' is not true or false")
    return value == "true"


def _allowed_ip(value: str, what: str) -> str:
    if value[0] in "+-":
        raise ValueError(f"{what}: '{value}': prefixes in a file have no + or -")
    return parse_prefix(value, what)


_INTERFACE_KEYS = (
    _Key("PrivateKey", "private_key", parse_key),
    _Key("Address", "addresses", parse_address, split=True),
    _Key("ListenPort", "port", parse_port),
    _Key("FwMark", "fwmark", parse_fwmark),
    _Key("MTU", "mtu", parse_mtu),
    _Key("Table", "table", parse_table),
    _Key("DNS", "dns", parse_dns, split=True),
    _Key("PreUp", "pre_up", hook_command),
    _Key("PostUp", "post_up", hook_command),
    _Key("PreDown", "pre_down", hook_command),
    _Key("PostDown", "post_down", hook_command),
    _Key("SaveConfig", "save_config", _bool),
)
_PEER_KEYS = (
    _Key("PublicKey", "public_key", parse_key),
    _Key("PresharedKey", "preshared_key", parse_key),
    _Key("AllowedIPs", "allowed_ips", _allowed_ip, split=True),
    _Key("Endpoint", "endpoint", lambda value, what: str(parse_endpoint(value, what))),
    _Key("PersistentKeepalive", "keepalive", parse_keepalive),
)
_KEYS: Mapping[str, Mapping[str, _Key]] = {
    "Interface": {key.name.lower(): key for key in _INTERFACE_KEYS},
    "Peer": {key.name.lower(): key for key in _PEER_KEYS},
}


class _Section:
    def __init__(self, kind: str, line: int) -> None:
        self.kind = kind
        self.line = line
        self.values: dict[str, Any] = {}
        self.comments: list[str] = []

    def add(self, key: _Key, text: str, line: int) -> None:
        if not text and (key.split or key.attribute in HOOKS):
            self.values.setdefault(key.attribute, ())
            return
        if not text:
            raise ConfError(line, f"{key.name} has no value")
        parts = [part for part in re.split(r"[,\s]+", text) if part] if key.split else [text]
        try:
            values = tuple(key.read(part, key.name) for part in parts)
        except ValueError as error:
            raise ConfError(line, str(error)) from None
        if key.split or key.attribute in HOOKS:
            self.values[key.attribute] = self.values.get(key.attribute, ()) + values
        else:
            self.values[key.attribute] = values[0]

    def note(self, comment: str) -> None:
        """Note the key that a comment has, unless it is another one that only looks like it."""
        for attribute, line in _KEY_COMMENTS.values():
            found = line.match(comment)
            if found:
                with suppress(ValueError):
                    self.values[attribute] = parse_key(found.group(1), attribute)

    def peer(self) -> Peer:
        if "public_key" not in self.values:
            raise ConfError(self.line, "this [Peer] section has no PublicKey")
        return Peer(**dict(self.values, allowed_ips=sort_prefixes(self.values.get("allowed_ips", ()))))


def parse_conf(text: str) -> Config:
    """Parse a configuration as wg and wg-quick do.

    :raises ConfError: with the number of the line. Values of keys that may be secret are not repeated.
    """
    sections = _sections(text)
    interface: dict[str, Any] = {}
    for section in sections:
        if section.kind == "Interface":
            for attribute, value in section.values.items():
                joined = isinstance(value, tuple) and attribute in interface
                interface[attribute] = interface[attribute] + value if joined else value
    hooks = Hooks(**{name: interface.pop(name, ()) for name in HOOKS})
    for attribute in ("addresses", "dns"):
        interface[attribute] = tuple(dict.fromkeys(interface.get(attribute, ())))
    return Config(hooks=hooks, peers=tuple(s.peer() for s in sections if s.kind == "Peer"), **interface)


def comments_of(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The public key of each peer, with the comment lines of its section.

    :raises ConfError: the text is no configuration.
    """
    return [(s.peer().public_key, tuple(s.comments)) for s in _sections(text) if s.kind == "Peer"]


def _sections(text: str) -> list[_Section]:
    sections: list[_Section] = []
    nameable = False  # not below a commented-out [Peer], which has its own name comment
    for index, raw in enumerate(_lines(text), start=1):
        content, _hash, _comment = raw.partition("#")
        content = content.strip()
        if not content:
            nameable = nameable and not _COMMENTED_SECTION.match(raw.strip())
            if nameable:
                sections[-1].comments.append(raw)
            named = _NAME_COMMENT.match(raw.strip())
            if nameable and named and named.group(1).strip():
                sections[-1].values["name"] = made_plain(named.group(1).strip())
            if nameable:
                sections[-1].note(raw.strip())
        elif content.startswith("["):
            header = _SECTION.match(content)
            if not header:
                shown = f" {content}" if re.match(r"\[[\sA-Za-z]{1,24}\]\Z", content) else ""  # more may be a secret
                raise ConfError(index, f"unknown section{shown}; known are [Interface] and [Peer], each on a line of its own")
            sections.append(_Section(header.group(1).capitalize(), index))
            nameable = sections[-1].kind == "Peer"
        else:
            _read_line(sections[-1] if sections else None, content, index)
    if not any(section.kind == "Interface" for section in sections):
        raise ConfError(1, "has no [Interface] section")
    return sections


def _read_line(section: _Section | None, content: str, index: int) -> None:
    name, equals, value = content.partition("=")
    if not equals:
        raise ConfError(index, "has no '='; write 'Key = value', a section or a comment")
    if section is None:
        raise ConfError(index, "a key before the first section")
    key = _KEYS[section.kind].get(name.strip().lower())
    if key is None:
        other = "Peer" if section.kind == "Interface" else "Interface"
        hint = f"; it belongs to [{other}]" if name.strip().lower() in _KEYS[other] else ""
        # A secret without its key or '=' ends in '=' as well, so only text that looks like a key's name is repeated.
        shown = f" '{name.strip()}'" if re.match(r"[A-Za-z]{1,24}\s*\Z", name) else ""
        raise ConfError(index, f"unknown key{shown} in [{section.kind}]{hint}")
    section.add(key, value.strip(), index)


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.lstrip("\ufeff").split("\n")]


def render_conf(config: Config) -> str:
    """Write a configuration; ``parse_conf`` reads the same value back.

    :raises Unwritable: a value that would be misread, with its key.
    """
    return "\n".join([render_interface(config), *map(render_peer, config.peers)])


def render_interface(config: Config) -> str:
    """The section of the interface itself."""
    return "[Interface]\n" + _body(_INTERFACE_KEYS, _interface_values(config))


def render_peer(peer: Peer) -> str:
    """The section of a peer."""
    title = "[Peer]\n" + (f"# Name = {written(peer.name, 'Name')}\n" if peer.name is not None else "")
    keys = {name: getattr(peer, attribute) for name, (attribute, _line) in _KEY_COMMENTS.items()}
    comments = "".join(f"# {name} = {written(key, name)}\n" for name, key in keys.items() if key is not None)
    kept = _KEPT + "\n" if peer.preshared_key == KEPT else ""
    return title + comments + kept + _body(_PEER_KEYS, _peer_values(peer))


def check_writable(config: Config) -> None:
    """Refuse values that the files of any program cannot hold.

    :raises Unwritable: with the key as wg-quick spells it.
    """
    _body(_INTERFACE_KEYS, _interface_values(config))
    for peer in config.peers:
        render_peer(peer)


def _interface_values(config: Config) -> dict[str, Any]:
    fwmark = config.fwmark and f"0x{config.fwmark:x}" if config.fwmark != 0 else "off"
    return {
        **vars(config),
        **{name: getattr(config.hooks, name) for name in HOOKS},
        "fwmark": fwmark,
        "table": None if config.table == "auto" else config.table,
        "save_config": "true" if config.save_config else None,
    }


def _peer_values(peer: Peer) -> dict[str, Any]:
    preshared = None if peer.preshared_key == KEPT else peer.preshared_key
    return dict(vars(peer), keepalive=peer.keepalive or None, preshared_key=preshared)


def _body(keys: tuple[_Key, ...], values: Mapping[str, Any]) -> str:
    lines: list[str] = []
    for key in keys:
        value = values[key.attribute]
        if value is None or value == ():
            continue
        items = [_readable(key, item) for item in (value if isinstance(value, tuple) else (value,))]
        lines.extend(f"{key.name} = {item}\n" for item in ([", ".join(items)] if key.split else items))
    return "".join(lines)


def _readable(key: _Key, value: Any) -> str:
    """The text of a value, which ``parse_conf`` reads back unchanged."""
    text = written(value, key.name, "#,;" if key.split else "#", spaces=not key.split)
    try:
        read = key.read(text, key.name)
    except ValueError as error:
        raise Unwritable(str(error)) from None
    if str(read) != text and key.attribute not in ("fwmark", "save_config"):
        raise Unwritable(f"{key.name}: would be read as '{read}'; write it that way")
    return text


def with_private_key(text: str, private_key: str) -> str:
    """Put ``PrivateKey`` below the first ``[Interface]`` line, unless the text already has one.

    :raises ConfError: the text is no configuration.
    """
    if parse_conf(text).private_key is not None:
        return text
    lines = _lines(text)
    at = next(i for i, line in enumerate(lines) if _is_interface(line))
    return "\n".join([*lines[: at + 1], "PrivateKey = " + private_key, *lines[at + 1 :]])


def with_hook(text: str, key: str, command: str) -> str:
    """Put a command below the first ``[Interface]`` line, before other commands of that kind.

    :param key: ``PreUp`` and so on.
    :raises ConfError: the text is no configuration.
    """
    parse_conf(text)
    lines = _lines(text)
    at = next(i for i, line in enumerate(lines) if _is_interface(line))
    return "\n".join([*lines[: at + 1], f"{key} = {hook_command(command, key)}", *lines[at + 1 :]])


def keepers(text: str) -> set[str]:
    """The public keys of the peers that keep the preshared key that they have.

    :raises ConfError: the text is no configuration.
    """
    return {key for key, comments in comments_of(text) if any(line.strip() == _KEPT for line in comments)}


def with_preshared_keys(text: str, keys: Mapping[str, str]) -> str:
    """Put ``PresharedKey`` into the sections of some peers, public key -> preshared key.

    :raises ConfError: the text is no configuration.
    """
    lines = _lines(text)
    for section in reversed(_sections(text)):
        key = keys.get(section.values.get("public_key", "")) if section.kind == "Peer" else None
        if key is not None and "preshared_key" not in section.values:
            lines.insert(section.line, f"PresharedKey = {key}")
    return "\n".join(lines)


def next_preshared_keys(config: Config) -> dict[str, str]:
    """Preshared key -> the one that takes its place when this host changes to its next key. Each is of one pair alone."""
    return {
        peer.preshared_key: peer.next_preshared_key
        for peer in config.peers
        if peer.preshared_key is not None and peer.next_preshared_key is not None
    }


def with_next_preshared_keys(text: str, keys: Mapping[str, str]) -> str:
    """The text of a file of any program with other preshared keys, old -> new, which no comment announces any more."""
    if not keys:
        return text
    text = _KEY.sub(lambda found: keys.get(found.group(), found.group()), text)
    announced = _KEY_COMMENTS["NextPresharedKey"][1]

    def stays(line: str) -> bool:
        found = announced.match(line.strip())
        return found is None or found.group(1) not in keys.values()

    return "\n".join(line for line in text.split("\n") if stays(line))


def without_peers(text: str, public_keys: Collection[str]) -> str:
    """The text without the sections of some peers; all other lines stay as they are.

    :raises ConfError: the text is no configuration.
    """
    sections = _sections(text)
    lines = _lines(text)
    starts = [section.line - 1 for section in sections]
    kept = lines[: starts[0]]
    for section, start, end in zip(sections, starts, [*starts[1:], len(lines)]):
        if section.kind != "Peer" or section.values.get("public_key") not in public_keys:
            kept += lines[start:end]
    return "\n".join(kept).rstrip("\n") + "\n" if kept != lines else text


def _is_interface(line: str) -> bool:
    header = _SECTION.match(line.partition("#")[0].strip())
    return bool(header) and header is not None and header.group(1).lower() == "interface"
