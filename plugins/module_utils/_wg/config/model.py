# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WireGuard configuration as an immutable value, and its JSON shape.

The JSON shape (every key may be missing; a missing key and its default mean the same)::

    {"private_key": KEY, "addresses": ["10.8.0.1/24"], "port": 51820, "fwmark": 0, "mtu": 1420, "table": "auto", "dns": [],
     "hooks": {"pre_up": [], "post_up": [], "pre_down": [], "post_down": []}, "save_config": false,
     "peers": [{"name": "beta", "public_key": KEY, "preshared_key": KEY, "allowed_ips": ["10.8.0.2/32"],
                "endpoint": "203.0.113.2:51820", "keepalive": 25, "follows": KEY, "next_preshared_key": KEY}]}
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any, Callable, Container, Iterable, Mapping

from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from ..values.names import parse_interface
from ..values.nearest import nearest
from ..values.text import is_plain

KEPT = "kept"
"""Instead of a preshared key: the one that the running interface has stays."""

HOOKS = ("pre_up", "post_up", "pre_down", "post_down")


class InvalidConfig(ValueError):
    """A configuration that WireGuard would refuse or misread. The message names the place and the remedy."""

    @property
    def mistakes(self) -> tuple[InvalidConfig, ...]:
        """This one, or the several that it stands for."""
        return (self,)


class SeveralMistakes(InvalidConfig):
    """Several mistakes, one to a line."""

    def __init__(self, mistakes: Iterable[InvalidConfig]) -> None:
        self._mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self._mistakes)))

    @property
    def mistakes(self) -> tuple[InvalidConfig, ...]:
        """Each of them."""
        return self._mistakes


class Mistakes:
    """Collects mistakes, so that one does not hide the next."""

    def __init__(self) -> None:
        self._found: list[InvalidConfig] = []

    def of(self, read: Callable[..., Any], *args: Any) -> Any:
        """The result of a reader; None if it refuses the value."""
        try:
            return read(*args)
        except InvalidConfig as error:
            self._found.extend(error.mistakes)
        except ValueError as error:
            invalid = InvalidConfig(str(error))
            invalid.__cause__ = error
            self._found.append(invalid)
        return None

    def stop(self) -> None:
        """Refuse the whole if there was a mistake.

        :raises InvalidConfig: with all of them.
        """
        if self._found:
            raise self._found[0] if len(self._found) == 1 else SeveralMistakes(self._found)


@dataclass(frozen=True)
class Hooks:
    """Commands that wg-quick runs around bringing the interface up and down, each list in order."""

    pre_up: tuple[str, ...] = ()
    post_up: tuple[str, ...] = ()
    pre_down: tuple[str, ...] = ()
    post_down: tuple[str, ...] = ()


NO_HOOKS = Hooks()


@dataclass(frozen=True)
class Peer:
    """The other end of a link. ``keepalive`` in seconds, 0 for none; ``endpoint`` as ``host:port``; ``preshared_key`` may be
    :data:`KEPT`. ``follows``: the public key of the peer whose node will change to this one. It takes that peer's prefixes and
    keepalive as soon as the node has changed, and has none before. ``next_preshared_key`` takes the place of ``preshared_key``
    when this host changes to its next key.
    """

    public_key: str
    preshared_key: str | None = field(default=None, repr=False)
    allowed_ips: tuple[str, ...] = ()
    endpoint: str | None = None
    keepalive: int = 0
    name: str | None = None
    follows: str | None = None
    next_preshared_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Config:
    """One interface and its peers. ``None`` means not set: the tools choose. ``fwmark`` 0 is ``off``."""

    private_key: str | None = field(default=None, repr=False)
    addresses: tuple[str, ...] = ()
    port: int | None = None
    fwmark: int | None = None
    mtu: int | None = None
    table: str = "auto"
    dns: tuple[str, ...] = ()
    hooks: Hooks = NO_HOOKS
    save_config: bool = False
    peers: tuple[Peer, ...] = ()

    @property
    def full_tunnel(self) -> bool:
        """True if a peer has a prefix of length 0: wg-quick then adds rules and its own table."""
        return self.table == "auto" and any(prefix.endswith("/0") for peer in self.peers for prefix in peer.allowed_ips)


def check_interface_name(name: str) -> str:
    """Return the name if it can be a WireGuard interface's.

    :raises InvalidInterfaceName: see :func:`parse_interface`.
    """
    return parse_interface(name, "interface")


def plain_text(value: Any, what: str) -> str:
    """One line of text without control and invisible characters, and without surrounding white space.

    :raises InvalidConfig: empty, several lines, or not text.
    """
    if not isinstance(value, str) or not value.strip():
        raise InvalidConfig(f"{what}: must be text")
    if not is_plain(value):
        raise InvalidConfig(f"{what}: must be one line without control characters")
    return value.strip()


def hook_command(value: Any, what: str) -> str:
    """A command for a hook.

    :raises InvalidConfig: it contains ``#``, where wg-quick would cut the line.
    """
    command = plain_text(value, what)
    if "#" in command:
        raise InvalidConfig(f"{what}: wg-quick treats '#' as the start of a comment; put the command into a script")
    return command


def number(low: int, high: int) -> Callable[[Any, str], int]:
    """A reader of whole numbers or decimal texts, from ``low`` to ``high``."""

    def read(value: Any, what: str) -> int:
        if isinstance(value, bool) or not re.match(r"[0-9]{1,10}\Z", str(value)) or not low <= int(str(value)) <= high:
            raise InvalidConfig(f"{what}: '{value}' is not a number from {low} to {high}")
        return int(str(value))

    return read


def parse_keepalive(value: Any, what: str) -> int:
    """Seconds from 0 to 65535, or ``off``."""
    return 0 if value == "off" else number(0, 65535)(value, what)


def parse_fwmark(value: Any, what: str) -> int:
    """A 32-bit mark in decimal or ``0x`` hexadecimal, or ``off`` (0)."""
    if value == "off":
        return 0
    if isinstance(value, str) and re.match(r"0x[0-9a-fA-F]{1,8}\Z", value):
        return int(value, 16)
    return number(0, 0xFFFFFFFF)(value, what)


parse_mtu = number(68, 65535)
"""The MTU of an interface; 68 is IPv4's smallest (RFC 791)."""


def parse_table(value: Any, what: str) -> str:
    """A routing table: ``auto``, ``off``, a number or a name of ``rt_tables``."""
    table = plain_text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value, what)
    if not re.match(r"[A-Za-z0-9_.-]+\Z", table):
        raise InvalidConfig(f"{what}: '{table}' is not a routing table (auto, off, a number or a name)")
    return table


def parse_dns(value: Any, what: str) -> str:
    """A DNS server's address, a search domain, or with ``~`` a domain that only routes queries (systemd-resolved)."""
    text = plain_text(value, what)
    if not re.match(r"~?[A-Za-z0-9_.:%-]+\Z", text):
        raise InvalidConfig(f"{what}: '{text}' is neither an address nor a search domain")
    return text


def each(read: Callable[[Any, str], Any]) -> Callable[[Any, str], tuple[Any, ...]]:
    """A reader of lists, with ``read`` as the reader of items. A single value counts as a list of one."""

    def read_all(value: Any, what: str) -> tuple[Any, ...]:
        items = [value] if isinstance(value, str) else value
        if isinstance(items, Mapping) or not hasattr(items, "__iter__"):
            raise InvalidConfig(f"{what}: must be a list")
        mistakes = Mistakes()
        found = tuple(mistakes.of(read, item, f"{what}[{index}]") for index, item in enumerate(items))
        mistakes.stop()
        return found

    return read_all


def distinct(read: Callable[[Any, str], str]) -> Callable[[Any, str], tuple[str, ...]]:
    """A reader of lists in which a repeated item counts once. No item has a comma, so that one text is not taken for a list."""

    def item(value: Any, what: str) -> str:
        if isinstance(value, str) and "," in value:
            parts = ", ".join(filter(None, map(str.strip, value.split(","))))
            raise InvalidConfig(f"{what}: '{value}' is one text with commas; write a list, [{parts}]")
        return read(value, what)

    return lambda value, what: tuple(dict.fromkeys(each(item)(value, what)))


def flag(value: Any, what: str) -> bool:
    """True or false.

    :raises InvalidConfig: anything else.
    """
    if not isinstance(value, bool):
        raise InvalidConfig(f"{what}: must be true or false")
    return value


def _prefixes(value: Any, what: str) -> tuple[str, ...]:
    return sort_prefixes(each(lambda item, place: parse_prefix(str(item), place))(value, what))


def parse_hooks(value: Any, what: str) -> Hooks:
    """The four lists of commands, from ``{"post_up": ["..."]}``."""
    return Hooks(**read_keys(value, what, {name: each(hook_command) for name in HOOKS}))


_PEER_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "name": plain_text,
    "public_key": lambda value, what: parse_key(str(value), what),
    "preshared_key": lambda value, what: KEPT if value == KEPT else parse_key(str(value), what),
    "allowed_ips": _prefixes,
    "endpoint": lambda value, what: str(parse_endpoint(str(value), what)),
    "keepalive": parse_keepalive,
    "follows": lambda value, what: parse_key(str(value), what),
    "next_preshared_key": lambda value, what: parse_key(str(value), what),
}


def _peer(value: Any, what: str) -> Peer:
    values = read_keys(value, what, _PEER_KEYS)
    if "public_key" not in values:
        raise InvalidConfig(f"{what}: has no public_key")
    return Peer(**values)


_CONFIG_KEYS: dict[str, Callable[[Any, str], Any]] = {
    "private_key": lambda value, what: parse_key(str(value), what),
    "addresses": distinct(lambda value, what: parse_address(str(value), what)),
    "port": parse_port,
    "fwmark": parse_fwmark,
    "mtu": parse_mtu,
    "table": parse_table,
    "dns": distinct(parse_dns),
    "hooks": parse_hooks,
    "save_config": flag,
    "peers": each(_peer),
}


def read_keys(value: Any, what: str, readers: Mapping[str, Callable[[Any, str], Any]]) -> dict[str, Any]:
    """Read a mapping by a table of readers. Keys with the value ``None`` count as missing.

    :raises InvalidConfig: not a mapping; or all unknown keys, and all values that readers refuse.
    """
    if not isinstance(value, Mapping):
        raise InvalidConfig(f"{what}: must be a mapping")
    mistakes = Mistakes()
    found = {}
    for key, item in value.items():
        if key not in readers:
            mistakes.of(_refuse_key, str(key), what, readers)
        elif item is not None:
            found[str(key)] = mistakes.of(readers[key], item, f"{what}.{key}")
    mistakes.stop()
    return found


def _refuse_key(key: str, what: str, known: Iterable[str]) -> None:
    near = nearest(key, known)
    remedy = f"did you mean '{near}'?" if near else f"known are {', '.join(sorted(known))}"
    raise InvalidConfig(f"{what}: unknown key '{key}'; {remedy}")


def config_from_dict(value: Any, what: str = "config") -> Config:
    """Read the JSON shape.

    :raises InvalidConfig: with the path of the offending key.
    """
    return Config(**read_keys(value, what, _CONFIG_KEYS))


def config_to_dict(config: Config) -> dict[str, Any]:
    """The JSON shape, without keys that have their default."""
    return _public(config)


def _public(value: Any) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for item in fields(value):
        content = getattr(value, item.name)
        if content in (None, (), NO_HOOKS) or (item.name, content) in (
            ("table", "auto"),
            ("keepalive", 0),
            ("save_config", False),
        ):
            continue
        if isinstance(content, tuple):
            result[item.name] = _list(content)
        else:
            result[item.name] = _public(content) if isinstance(content, Hooks) else content
    return result


def _list(content: tuple[Any, ...]) -> list[Any]:
    return [_public(entry) if isinstance(entry, Peer) else entry for entry in content]


def check_applicable(config: Config, own_public_key: str | None = None) -> None:
    """Refuse values that ``wg`` accepts silently but applies differently.

    :raises InvalidConfig: a prefix on two peers, a peer twice, the host's own key as a peer, ``SaveConfig = true``, a peer that
        follows none, or that has prefixes or a keepalive of its own, or a next preshared key that takes the place of none.
    """
    if config.save_config:
        raise InvalidConfig("SaveConfig = true overwrites the file when the interface stops; remove it")
    owner: dict[str, str] = {}
    seen: dict[str, str] = {}
    for peer in config.peers:
        name = peer.name or peer.public_key
        if peer.public_key in seen:
            raise InvalidConfig(f"peer {name}: has the same public key as peer {seen[peer.public_key]}; remove one of them")
        if peer.public_key == own_public_key:
            raise InvalidConfig(f"peer {name}: its public key is this host's own; remove it from the peers")
        if peer.next_preshared_key is not None and peer.preshared_key in (None, KEPT):
            raise InvalidConfig(f"peer {name}: has a next preshared key, but no preshared key; remove it, or set the other")
        seen[peer.public_key] = name
        for prefix in peer.allowed_ips:
            if prefix in owner:
                raise InvalidConfig(
                    f"peer {name}: AllowedIPs {prefix} already belongs to peer {owner[prefix]}; a prefix can belong to only one "
                    "peer"
                )
            owner[prefix] = name
    for peer in config.peers:
        if peer.follows is not None:
            _check_follower(peer, seen)


def _check_follower(peer: Peer, seen: Container[str]) -> None:
    name = peer.name or peer.public_key
    if peer.follows not in seen or peer.follows == peer.public_key:
        raise InvalidConfig(f"peer {name}: follows {peer.follows}, which is no other peer; remove it, or correct the key")
    if peer.allowed_ips or peer.keepalive:
        raise InvalidConfig(f"peer {name}: follows another peer, so it gets that one's AllowedIPs and keepalive; remove its own")
