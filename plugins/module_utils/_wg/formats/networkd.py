# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd-networkd's files for WireGuard, a ``.netdev`` and its ``.network``. Source: systemd.netdev(5), systemd.network(5).

networkd ignores a value that it cannot read, and goes on. So do these readers, and name it.
"""

from __future__ import annotations

import fnmatch
import re
from dataclasses import replace
from typing import Any, Callable, Iterable, Iterator

from ..config.model import KEPT, Config, Peer, parse_dns, parse_fwmark, parse_keepalive, parse_mtu, parse_table
from ..values.addresses import parse_address, parse_endpoint, parse_port, parse_prefix, sort_prefixes
from ..values.keys import parse_key
from .foreign import Foreign, as_loaded
from .routes import Route, is_plain_command, table_named, unnamed_tables, with_routes, with_rules
from .sections import Section, merged, name_of, read_unit
from .spellings import usual_endpoint

_KNOWN = {
    "NetDev": {"Name", "Kind", "Description", "MTUBytes"},
    "WireGuard": {"PrivateKey", "PrivateKeyFile", "ListenPort", "FirewallMark", "RouteTable", "RouteMetric"},
    "WireGuardPeer": {
        "PublicKey", "PresharedKey", "PresharedKeyFile", "AllowedIPs", "Endpoint", "PersistentKeepalive", "RouteTable",
        "RouteMetric",
    },
    "Match": {"Name", "Kind", "Type"},
    "Network": {"Address", "DNS", "Domains", "Description", "Gateway"},
    "Address": {"Address"},
    "Route": {"Destination", "Scope", "Gateway", "GatewayOnLink", "GatewayOnlink", "Table", "Metric", "PreferredSource", "Type"},
    "RoutingPolicyRule": {
        "From", "To", "FirewallMark", "Table", "Priority", "InvertRule", "Family", "SuppressPrefixLength",
        "IncomingInterface", "OutgoingInterface",
    },
    "Link": {"MTUBytes"},
}  # fmt: skip
_OFF = ("off", "no", "false", "n", "f", "0")
_ON = ("on", "yes", "true", "y", "t", "1")
_RULE = {
    "From": "from", "To": "to", "FirewallMark": "fwmark", "IncomingInterface": "iif", "OutgoingInterface": "oif",
    "Table": "table", "Priority": "priority", "SuppressPrefixLength": "suppress_prefixlength",
}  # fmt: skip
"""In the order of ``ip rule``."""


def is_wireguard(netdev: str) -> bool:
    """Whether a ``.netdev`` describes a WireGuard interface."""
    return merged(read_unit(netdev), "NetDev").last("Kind") == "wireguard"


def name_in(netdev: str) -> str | None:
    """The interface's name in a ``.netdev``."""
    return merged(read_unit(netdev), "NetDev").last("Name")


def read_networkd(netdev: str, network: str | None) -> Foreign:
    """The two files as one value.

    :param network: the text of the ``.network`` that matches the interface; None if there is none.
    :raises ValueError: the private key cannot be read; it is not repeated.
    """
    sections = [*read_unit(netdev), *read_unit(network or "")]
    return _Reader(sections).foreign()


def applies(network: str, interface: str) -> bool:
    """Whether a ``.network`` matches an interface. A match by anything else than name, kind and type counts as none."""
    match = merged(read_unit(network), "Match")
    if any(line.key not in _KNOWN["Match"] for line in match.lines):
        return False
    kinds = _words([*match.all("Kind"), *match.all("Type")])
    names = [word for text in match.all("Name") for word in text.split()]
    return bool(kinds or names) and _is_one_of("wireguard", kinds) and _is_one_of(interface, names)


def names_one(network: str) -> bool:
    """Whether a ``.network`` names a single interface, and nothing else."""
    names = [word for text in merged(read_unit(network), "Match").all("Name") for word in text.split()]
    return len(names) == 1 and not re.search(r"[*?!\[]", names[0])


def _is_one_of(word: str, patterns: list[str]) -> bool:
    """Whether a list of patterns matches, which begins with ``!`` if it must not. No list matches everything."""
    inverted = bool(patterns) and patterns[0].startswith("!")
    matching = any(fnmatch.fnmatchcase(word, pattern.lstrip("!")) for pattern in patterns)
    return matching != inverted if patterns else True


class _Reader:
    """Reads all sections, and collects what has to be said."""

    def __init__(self, sections: list[Section]) -> None:
        self._sections = sections
        self._device = merged(sections, "WireGuard")
        self._network = merged(sections, "Network")
        self._ignored: list[str] = []
        self._notes: list[str] = []
        self._preshared_files: dict[str, str] = {}
        self._tables: dict[str, Route] = {}

    def foreign(self) -> Foreign:
        """The whole."""
        peers = tuple(filter(None, map(self._peer, self._titled("WireGuardPeer"))))
        config = as_loaded(replace(self._interface(), peers=peers))
        config, routes = with_routes(config, list(self._routes(config)))
        config, rules = with_rules(config, [rule for one in self._titled("RoutingPolicyRule") for rule in _rules(one)])
        self._notes += unnamed_tables(config)
        return Foreign(
            config,
            merged(self._sections, "NetDev").last("Name"),
            self._device.last("PrivateKeyFile"),
            (*self._left_out(), *dict.fromkeys(self._ignored)),
            self._preshared_files,
            notes=(*self._notes, *routes, *rules),
        )

    def _titled(self, title: str) -> list[Section]:
        return [section for section in self._sections if section.title == title]

    def _interface(self) -> Config:
        addresses = [*self._network.all("Address"), *(text for one in self._titled("Address") for text in one.all("Address"))]
        link = merged(self._sections, "Link")
        netdev = merged(self._sections, "NetDev")
        mtu = self._one(link, "MTUBytes", parse_mtu) or self._one(netdev, "MTUBytes", parse_mtu)
        dns = [*_words(self._network.all("DNS")), *(name for text in self._network.all("Domains") for name in text.split())]
        port = self._device.last("ListenPort")
        bare = [text for text in addresses if "/" not in text and ":" not in text]
        self._notes += [f"address {text}: has no length, and versions of systemd differ in it" for text in bare]
        return Config(
            private_key=self._private_key(),
            addresses=tuple(dict.fromkeys(self._each("[Network] Address", parse_address, addresses))),
            port=None if port == "auto" else self._one(self._device, "ListenPort", parse_port),
            fwmark=self._one(self._device, "FirewallMark", parse_fwmark),
            mtu=mtu,
            dns=tuple(self._each("[Network] DNS", parse_dns, [text.partition("#")[0] for text in dict.fromkeys(dns)])),
        )

    def _private_key(self) -> str | None:
        line = next((line for line in reversed(self._device.lines) if line.key == "PrivateKey" and line.value), None)
        if line is None or self._device.last("PrivateKey") is None:
            return None
        if line.value.startswith("@"):
            self._notes.append("private key: is a credential of systemd, so only the running interface shows it")
            return None
        try:
            return parse_key(line.value, "PrivateKey")
        except ValueError as error:
            raise ValueError(f"line {line.number}: {error}") from None

    def _peer(self, section: Section) -> Peer | None:
        """None if networkd ignores it, or if its key is elsewhere."""
        key = section.last("PublicKey") or ""
        if key.startswith("@") or (not key and section.last("PublicKeyFile")):
            self._notes.append("peer: its public key is a credential or in a file, so only the running interface shows it")
            return None
        public = self._one(section, "PublicKey", parse_key)
        if public is None:
            self._notes.append("peer: has no public key that can be read, so it is left out, as networkd leaves it out")
            return None
        secret, path = section.last("PresharedKey") or "", section.last("PresharedKeyFile")
        if path:
            self._preshared_files[public] = path
        table = self._one(section, "RouteTable", parse_table) or self._one(self._device, "RouteTable", parse_table) or "off"
        metric = section.last("RouteMetric") or self._device.last("RouteMetric")
        self._tables[public] = Route("", "off" if table.lower() in _OFF else table_named(table), _metric(metric))
        prefixes = self._each("[WireGuardPeer] AllowedIPs", parse_prefix, _words(section.all("AllowedIPs")))
        return Peer(
            public,
            KEPT if secret.startswith("@") else self._one(section, "PresharedKey", parse_key),
            sort_prefixes(prefixes),
            self._one(section, "Endpoint", lambda text, what: str(parse_endpoint(usual_endpoint(text), what))),
            self._one(section, "PersistentKeepalive", parse_keepalive) or 0,
        )

    def _routes(self, config: Config) -> Iterator[Route]:
        """networkd makes no routes for AllowedIPs on its own: without routes in the file, only connected prefixes are reached."""
        for peer in config.peers:
            route = self._tables[peer.public_key]
            yield from (route._replace(prefix=prefix) for prefix in peer.allowed_ips if route.table != "off")
        yield from (Route(_default(text)) for text in self._network.all("Gateway"))
        for section in self._titled("Route"):
            if not _is_unicast(section):
                continue
            gateway = section.last("Gateway")
            text = section.last("Destination") or (_default(gateway) if gateway else None)
            table = table_named(self._one(section, "Table", parse_table))
            source = self._one(section, "PreferredSource", parse_address)
            options = [_metric(section.last("Metric")), f"src {source.partition('/')[0]}" if source else ""]
            for prefix in self._each("[Route] Destination", parse_prefix, [text] if text else []):
                yield Route(prefix, table, " ".join(filter(None, options)))

    def _left_out(self) -> Iterator[str]:
        for section in self._sections:
            known = _KNOWN.get(section.title, set())
            whole = (section.title == "Route" and not _is_unicast(section)) or (
                section.title == "RoutingPolicyRule" and not _rules(section)
            )
            for line in section.lines:
                if line.key not in known or whole:
                    yield name_of(section, line)

    def _one(self, section: Section, key: str, read: Callable[[str, str], Any]) -> Any:
        """The last value that can be read; None if there is none."""
        values = self._each(f"[{section.title}] {key}", read, section.all(key))
        return values[-1] if values else None

    def _each(self, name: str, read: Callable[[str, str], Any], texts: Iterable[str]) -> list[Any]:
        """The values that can be read."""
        found = []
        for text in texts:
            try:
                found.append(read(text, name))
            except ValueError:
                self._ignored.append(f"{name}, which cannot be read")
        return found


def _rules(section: Section) -> list[str]:
    """A routing rule, for each IP version; none if it has something else."""
    values = {key: section.last(key) for key in _RULE}
    words = " ".join(f"{word} {values[key]}" for key, word in _RULE.items() if values[key] is not None)
    further = [line for line in section.lines if line.key not in _KNOWN["RoutingPolicyRule"]]
    if further or values["Table"] is None or not is_plain_command(words):
        return []
    ipv6 = any(":" in (values[key] or "") for key in ("From", "To"))
    versions = {"ipv4": ["-4"], "ipv6": ["-6"], "both": ["-4", "-6"]}.get(
        section.last("Family") or ("ipv6" if ipv6 else "ipv4"), []
    )
    inverted = "not " if (section.last("InvertRule") or "").lower() in _ON else ""
    return [f"{version} {inverted}{words}" for version in versions]


def _is_unicast(section: Section) -> bool:
    return section.last("Type") in (None, "unicast")


def _default(gateway: str) -> str:
    return "::/0" if ":" in gateway else "0.0.0.0/0"


def _metric(text: str | None) -> str:
    return f"metric {text}" if text and text.isdigit() else ""


def _words(texts: Iterable[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[,\s]+", text) if word]
