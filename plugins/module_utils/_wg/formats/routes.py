# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes and rules that other programs make for an interface, as ``wg-quick`` makes them: by ``Table``, or by hooks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Collection, Iterable, NamedTuple

from ..config.model import Config
from ..live.diff import connected_routes, routes_of
from ..values.addresses import covers, sort_prefixes

FULL = ("0.0.0.0/0", "::/0")
MAIN = "main"
_TUNNEL = "51819"
"""The table of a tunnel whose rules hooks make; wg-quick takes numbers from 51820 on."""
_NAMES = {"": MAIN, "0": MAIN, "254": MAIN}
_PLAIN_WORDS = re.compile(r"[A-Za-z0-9_.:/ -]+\Z")


class Route(NamedTuple):
    """A route over the interface. ``table``: a number or a name. ``options``: what else ``ip route`` has to be told."""

    prefix: str
    table: str = MAIN
    options: str = ""


def table_named(text: str | None) -> str:
    """The table as a :class:`Route` has it."""
    return _NAMES.get(text or "", text or MAIN)


def is_plain_command(words: str) -> bool:
    """Whether the words mean to a shell what they are."""
    return bool(_PLAIN_WORDS.match(words))


def with_routes(config: Config, routes: Collection[Route], by_rules: Collection[str] = ()) -> tuple[Config, tuple[str, ...]]:
    """The configuration with the routes that a program makes, and notes on them.

    Other programs choose the routes one by one. Where they are not those of wg-quick, hooks make them.

    :param routes: those that the kernel makes for the addresses may be left out.
    :param by_rules: the prefixes of length 0 that the program routes as wg-quick does, by rules and a table of their own.
    """
    connected = connected_routes(config.addresses)
    found = {
        route for route in routes if route[1:] != (MAIN, "") or not any(covers(prefix, route.prefix) for prefix in connected)
    }
    if by_rules:
        return _with_tunnel(config, found, by_rules)
    tables = {route.table for route in found}
    prefixes = {route.prefix for route in found}
    if not found:
        return _without_routes(config)
    if len(tables) == 1 and not any(route.options for route in found):
        (table,) = tables
        if prefixes == set(routes_of(replace(config, table=table))):
            full = any(prefix in FULL for peer in config.peers for prefix in peer.allowed_ips)
            return replace(config, table="auto" if table == MAIN and not full else table), ()
    return _by_hooks(replace(config, table="off"), found)


def _with_tunnel(config: Config, found: set[Route], by_rules: Collection[str]) -> tuple[Config, tuple[str, ...]]:
    """A full tunnel. If only one of two IP versions has it, hooks do what wg-quick would do for it."""
    full = {prefix for peer in config.peers for prefix in peer.allowed_ips if prefix in FULL}
    own = {Route(prefix) for prefix in routes_of(config)}
    if full == set(by_rules) and own <= found:
        return _by_hooks(config, found - own)
    tunnel = {Route(prefix, _TUNNEL) for prefix in by_rules}
    config, routes = _by_hooks(replace(config, table="off", fwmark=config.fwmark or int(_TUNNEL)), found | tunnel)
    versions = ["-6" if ":" in prefix else "-4" for prefix in sort_prefixes(by_rules)]
    mark = "$(wg show %i fwmark)"
    words = (f"not fwmark {mark} table {_TUNNEL}", "table main suppress_prefixlength 0")
    config, rules = with_rules(config, [f"{version} {rule}" for version in versions for rule in words])
    return config, (*routes, *rules)


def _by_hooks(config: Config, routes: Collection[Route]) -> tuple[Config, tuple[str, ...]]:
    order = {prefix: number for number, prefix in enumerate(sort_prefixes(route.prefix for route in routes))}
    added = sorted(routes, key=lambda route: (order[route.prefix], route))
    hooks = replace(config.hooks, post_up=(*config.hooks.post_up, *map(_command, added)))
    return replace(config, hooks=hooks), tuple(f"route {_shown(route)}: is made by a hook (PostUp)" for route in added)


def unnamed_tables(config: Config) -> list[str]:
    """Notes on names of tables that only the other program may know."""
    used = {config.table, *re.findall(r"\btable (\S+)", "\n".join(config.hooks.post_up))}
    names = sorted(name for name in used - {"auto", "off", MAIN, "local", "default"} if not name.isdigit())
    return [f"table {name}: has to be in /etc/iproute2/rt_tables from now on" for name in names]


def with_rules(config: Config, rules: Iterable[str]) -> tuple[Config, tuple[str, ...]]:
    """The configuration with hooks for routing rules, and notes on them.

    :param rules: what follows ``ip`` and ``rule add``, after the option of the IP version: ``-4 from 10.8.0.2 table 7``.
    """
    up, down, notes = [], [], []
    for version, words in (rule.split(" ", 1) for rule in rules):
        up.append(f"ip {version} rule add {words}")
        down.append(f"ip {version} rule del {words}")
        notes.append(f"rule {words}: is made by hooks (PostUp, PreDown)")
    hooks = replace(config.hooks, post_up=(*config.hooks.post_up, *up), pre_down=(*config.hooks.pre_down, *down))
    return replace(config, hooks=hooks), tuple(dict.fromkeys(notes))


def with_routes_of(before: Config, after: Config, made: Collection[str] = ()) -> tuple[Config, tuple[str, ...]]:
    """A configuration of wg-quick with further peers or prefixes, and only those routes that there are, with notes.

    :param before: without what hooks or people have added. wg-quick makes no routes for that.
    :param made: routes that are there, whoever has made them.
    """
    wanted = routes_of(after)
    routes = [route for route in wanted if route in routes_of(before) or route in made]
    if len(routes) == len(wanted) and before.full_tunnel == after.full_tunnel:
        return after, ()
    table = MAIN if before.table == "auto" else before.table
    full = {prefix for peer in before.peers for prefix in peer.allowed_ips if prefix in FULL} if before.full_tunnel else set()
    alone = replace(after, hooks=replace(after.hooks, post_up=()))
    routed, notes = with_routes(alone, [Route(prefix, table) for prefix in routes], full)
    without = tuple(
        f"AllowedIPs {prefix}: wg-quick has made no route, and makes none" for prefix in wanted if prefix not in routes
    )
    return replace(routed, hooks=replace(routed.hooks, post_up=(*routed.hooks.post_up, *after.hooks.post_up))), (*without, *notes)


def _without_routes(config: Config) -> tuple[Config, tuple[str, ...]]:
    """Where wg-quick would not make any either, the table stays what it is."""
    return (config if not routes_of(replace(config, table=MAIN)) else replace(config, table="off")), ()


def _command(route: Route) -> str:
    version = "-6 " if ":" in route.prefix else ""
    return f"ip {version}route add {route.prefix} dev %i{_further(route)}"


def _shown(route: Route) -> str:
    return route.prefix + _further(route)


def _further(route: Route) -> str:
    table = "" if route.table == MAIN else f" table {route.table}"
    return table + (f" {route.options}" if route.options else "")
