# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""NetworkManager's keyfiles for WireGuard. Source: nm-settings-keyfile(5), nm-settings(5), "wireguard"."""

from __future__ import annotations

import re
from typing import Any, Callable, Iterable, Iterator

from ..config.model import KEPT, Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu, parse_table
from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key, short
from .foreign import Foreign, as_loaded
from .routes import FULL, Route, is_plain_command, table_named, with_routes, with_rules
from .sections import Section, merged, name_of, read_sections
from .spellings import usual_endpoint

_PEER = "wireguard-peer."
_ADDRESS = re.compile(r"address(?:es)?[0-9]*\Z")
_ROUTE = re.compile(r"routes?[0-9]*\Z")
_OPTIONS = re.compile(r"routes?[0-9]*_options\Z")
_RULE = re.compile(r"routing-rule[0-9]*\Z")
_WORDS = frozenset(["priority", "from", "to", "table", "lookup", "fwmark", "not", "iif", "oif", "suppress_prefixlength"])
_FALSE = ("false", "no", "0", "off")
_KNOWN = {
    "connection": {"id", "uuid", "type", "interface-name", "autoconnect", "permissions", "timestamp"},
    "wireguard": {
        "private-key",
        "private-key-flags",
        "listen-port",
        "fwmark",
        "mtu",
        "peer-routes",
        "ip4-auto-default-route",
        "ip6-auto-default-route",
    },
    "ipv4": {"method", "dns", "dns-search", "route-table", "may-fail", "never-default", "gateway"},
    "ipv6": {"method", "dns", "dns-search", "route-table", "may-fail", "never-default", "gateway", "addr-gen-mode"},
    "proxy": set(),
}
_PEER_KEYS = {"endpoint", "preshared-key", "preshared-key-flags", "persistent-keepalive", "allowed-ips"}


def is_wireguard(text: str) -> bool:
    """Whether a keyfile describes a WireGuard connection."""
    return any(section.last("type") == "wireguard" for section in read_sections(text) if section.title == "connection")


def read_keyfile(text: str) -> Foreign:
    """A connection. NetworkManager ignores values that it cannot read, and so does this; they are named.

    :raises ValueError: no keyfile, or the private key cannot be read, with the line; secrets are not repeated.
    """
    return _Reader(read_sections(text)).foreign()


def starts_at_boot(text: str) -> bool:
    """Whether NetworkManager activates the connection by itself. It does not activate those that it wrote for links of others."""
    sections = read_sections(text)
    if any((section.last("nm-generated") or "false") not in _FALSE for section in sections if section.title == ".nmmeta"):
        return False
    connections = [section for section in sections if section.title == "connection"]
    return all((section.last("autoconnect") or "true") not in _FALSE for section in connections)


class _Reader:
    """Reads all sections, and collects what has to be said."""

    def __init__(self, sections: list[Section]) -> None:
        self._sections = sections
        self._device = merged(sections, "wireguard")
        self._ip = [merged(sections, "ipv4"), merged(sections, "ipv6")]
        self._ignored: list[str] = []
        self._notes: list[str] = []

    def foreign(self) -> Foreign:
        """The whole."""
        port, mtu = (self._one(self._device, name, read) for name, read in (("listen-port", parse_port), ("mtu", parse_mtu)))
        config = Config(
            private_key=self._private_key(),
            addresses=tuple(dict.fromkeys(self._addresses())),
            port=port or None,
            fwmark=self._one(self._device, "fwmark", parse_fwmark),
            mtu=mtu,
            dns=tuple(dict.fromkeys(self._dns())),
            peers=tuple(filter(None, (self._peer(one) for one in self._sections if one.title.startswith(_PEER)))),
        )
        routed, notes = self._routed(as_loaded(config))
        name = merged(self._sections, "connection").last("interface-name")
        return Foreign(routed, name, None, (*self._left_out(), *dict.fromkeys(self._ignored)), notes=(*self._notes, *notes))

    def _private_key(self) -> str | None:
        line = next((line for line in reversed(self._device.lines) if line.key == "private-key" and line.value), None)
        if line is None:
            return None
        try:
            return parse_key(line.value, "private-key")
        except ValueError as error:
            raise ValueError(f"line {line.number}: {error}") from None

    def _addresses(self) -> Iterator[str]:
        for section, length in zip(self._ip, (24, 64)):
            for line in section.lines:
                if _ADDRESS.match(line.key):
                    yield from self._each(name_of(section, line), parse_address, [_fields(line.value, length)[0]])

    def _dns(self) -> Iterator[str]:
        for key in ("dns", "dns-search"):
            for section in self._ip:
                words = [word.partition("#")[0] for value in section.all(key) for word in _listed(value)]
                yield from self._each(f"[{section.title}] {key}", parse_dns, ["~." if word == "~" else word for word in words])

    def _peer(self, section: Section) -> Peer | None:
        """None if NetworkManager ignores it."""
        keys = self._each("[wireguard-peer], its public key", parse_key, [section.title[len(_PEER) :]])
        if not keys:
            return None
        secret = self._one(section, "preshared-key", parse_key)
        elsewhere = secret is None and section.last("preshared-key-flags") not in (None, "0", "4")  # 4: not required
        if elsewhere:
            self._notes.append(f"peer {short(keys[0])}: its preshared key is not in the file; the host keeps the one that it has")
        return Peer(
            keys[0],
            KEPT if elsewhere else secret,
            sort_prefixes(
                self._each(
                    "[wireguard-peer] allowed-ips",
                    parse_prefix,
                    [word for value in section.all("allowed-ips") for word in _listed(value)],
                )
            ),
            self._one(section, "endpoint", lambda text, what: str(parse_endpoint(usual_endpoint(text), what))),
            self._one(section, "persistent-keepalive", parse_keepalive) or 0,
        )

    def _routed(self, config: Config) -> tuple[Config, tuple[str, ...]]:
        """NetworkManager routes AllowedIPs unless ``peer-routes`` is off, and those of length 0 by rules, as wg-quick does."""
        routes: set[Route] = set()
        by_rules: set[str] = set()
        for full, section, auto in zip(FULL, self._ip, ("ip4-auto-default-route", "ip6-auto-default-route")):
            if section.last("method") in ("disabled", "ignore"):
                continue
            table = table_named(self._one(section, "route-table", parse_table))
            never = section.last("never-default") not in (None, *_FALSE)
            routes.update(self._explicit(section, table))
            if self._has_gateway(section) and not never:
                routes.add(Route(full, table))
            if self._device.last("peer-routes") in _FALSE:
                continue
            allowed = {prefix for peer in config.peers for prefix in peer.allowed_ips if (":" in prefix) == (":" in full)}
            if full in allowed and not never and self._device.last(auto) not in _FALSE:
                by_rules.add(full)
            routes.update(Route(prefix, table) for prefix in allowed if prefix != full or not (never or full in by_rules))
        config, notes = with_routes(config, routes, by_rules)
        config, further = with_rules(config, [rule for section in self._ip for rule in self._rules(section)])
        return config, (*notes, *further)

    def _rules(self, section: Section) -> Iterator[str]:
        """The routing rules, which are written as ``ip rule`` takes them."""
        version = "-4" if section.title == "ipv4" else "-6"
        for line in section.lines:
            if _RULE.match(line.key):
                if is_plain_command(line.value) and _WORDS.issuperset(re.findall(r"[a-z_]{2,}(?= |\Z)", line.value)):
                    yield f"{version} {line.value}"
                else:
                    self._ignored.append(name_of(section, line))

    def _explicit(self, section: Section, table: str) -> Iterator[Route]:
        """The routes of a section, with their options in lines of their own."""
        for line in section.lines:
            if not _ROUTE.match(line.key):
                continue
            given = dict(
                part.split("=", 1) for part in (section.last(f"{line.key}_options") or "").split(",") if part.count("=") == 1
            )
            if given.get("type", "unicast") != "unicast":
                self._ignored.append(f"{name_of(section, line)}, of type {given['type']}")
                continue
            text, _gateway, metric = _fields(line.value, 24 if section.title == "ipv4" else 128)
            options = [f"metric {metric}" if metric else ""]
            options += [f"{key} {given[key]}" for key in ("src", "mtu") if is_plain_command(given.get(key, ""))]
            for prefix in self._each(name_of(section, line), parse_prefix, [text]):
                own = given.get("table", "")
                yield Route(prefix, table_named(own) if own.isdigit() else table, " ".join(filter(None, options)))

    def _has_gateway(self, section: Section) -> bool:
        addresses = [line.value for line in section.lines if _ADDRESS.match(line.key)]
        return bool(section.last("gateway") or any(_fields(value, 0)[1] for value in addresses))

    def _left_out(self) -> Iterator[str]:
        for section in self._sections:
            known = _PEER_KEYS if section.title.startswith(_PEER) else _KNOWN.get(section.title, set())
            own = section.title in ("ipv4", "ipv6")
            for line in section.lines:
                listed = own and any(pattern.match(line.key) for pattern in (_ADDRESS, _ROUTE, _OPTIONS, _RULE))
                if line.key not in known and not listed:
                    yield name_of(section, line)
        if self._device.last("private-key-flags") not in (None, "0") and not self._device.last("private-key"):
            self._notes.append("private key: is not in the file, so only the running interface shows it")

    def _one(self, section: Section, key: str, read: Callable[[str, str], Any]) -> Any:
        """The last value that can be read; None if there is none."""
        value = section.last(key)
        values = self._each(f"[{section.title.partition('.')[0]}] {key}", read, [value] if value not in (None, "0") else [])
        return values[-1] if values else None

    def _each(self, name: str, read: Callable[[str, str], Any], texts: Iterable[str | None]) -> list[Any]:
        """The values that can be read."""
        found = []
        for text in texts:
            try:
                found.append(read(str(text), name))
            except ValueError:
                self._ignored.append(f"{name}, which cannot be read")
        return found


def _fields(value: str, length: int) -> tuple[str, str, str]:
    """Prefix, gateway and metric of ``10.8.0.0/24,10.8.0.1,50`` and of the old form ``10.8.0.0;24;10.8.0.1;50``.

    :param length: if it has none.
    """
    address, *further = [part.strip() for part in re.split(r"[,;]|\s+", value)]
    if "/" not in address:
        given = further[0] if further and further[0].isdigit() else ""
        address, further = f"{address}/{given or length}", further[1 if given else 0 :]
    gateway, metric = (*further, "", "")[:2]
    return address, gateway if gateway.strip("0.:") else "", metric if metric.isdigit() else ""


def _listed(value: str) -> list[str]:
    return [word for word in re.split(r"[;,\s]+", value) if word]
