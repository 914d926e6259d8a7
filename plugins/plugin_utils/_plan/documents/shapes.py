# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of values in documents, as JSON Schema (2020-12). A reader accepts every value that its shape accepts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.config.model import HOOKS as HOOK_NAMES
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values import names
from ansible_collections.meshwork.wireguard.plugins.module_utils._wg.values.text import INVISIBLE

Shape = Mapping[str, Any]

FAILOVERS = ("vrrp", "bgp")
"""How hubs fail over."""

_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(\.{_OCTET}){{3}}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6 = "|".join(
    [
        f"({_GROUP}:){{7}}{_GROUP}",
        *(f"({_GROUP}:){{1,{8 - count}}}(:{_GROUP}){{1,{count - 1}}}" for count in range(2, 8)),
        f"{_GROUP}:(:{_GROUP}){{1,6}}",
        f":(:{_GROUP}){{1,7}}",
        f"({_GROUP}:){{1,7}}:",
        "::",
    ]
)
_LENGTH4, _LENGTH6 = "(3[0-2]|[12]?[0-9])", "(12[0-8]|1[01][0-9]|[1-9]?[0-9])"


def _text(pattern: str) -> Shape:
    return {"type": "string", "pattern": f"^({pattern})$"}


def whole(low: int, high: int) -> Shape:
    """A whole number from ``low`` to ``high``."""
    return {"type": "integer", "minimum": low, "maximum": high}


def listed(items: Shape) -> Shape:
    """A list of such values."""
    return {"type": "array", "items": items}


def mapping(values: Shape, keys: Shape) -> Shape:
    """A mapping from such names to such values."""
    return {"type": "object", "propertyNames": keys, "additionalProperties": values}


def closed(keys: Mapping[str, Shape], required: tuple[str, ...] = ()) -> Shape:
    """A mapping with these keys and no others."""
    shape: dict[str, Any] = {"type": "object", "properties": dict(keys), "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


FLAG: Shape = {"type": "boolean"}
_ENDS = rf"[^\u0020\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000{INVISIBLE}]"
TEXT = _text(f"{_ENDS}([^{INVISIBLE}]*{_ENDS})?")
NAME = _text(names.NAME)
KEY = _text("[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=")
ADDRESS = _text(f"{_IPV4}|{_IPV6}")
ADDRESS_WITH_LENGTH = _text(f"{_IPV4}/{_LENGTH4}|({_IPV6})/{_LENGTH6}")
ADDRESS_OF_NODE = _text(f"{_IPV4}(/{_LENGTH4})?|({_IPV6})(/{_LENGTH6})?")
ADDRESSES_OF_NODE: Shape = {"anyOf": [listed(ADDRESS_OF_NODE), {"const": "none"}]}
PREFIX = ADDRESS_WITH_LENGTH
PORT = whole(0, 65535)
MTU: Shape = {"anyOf": [whole(576, 65535), {"const": "auto"}]}
KEEPALIVE: Shape = {"anyOf": [whole(0, 65535), {"const": "off"}]}
DATE: Shape = _text("[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
SECRET_ID = _text("[0-9a-f]{16}")
TABLE = _text("[A-Za-z0-9_.-]+")
FWMARK: Shape = {"anyOf": [whole(0, 0xFFFFFFFF), {"const": "off"}, _text("0x[0-9a-fA-F]{1,8}")]}
DNS = listed(_text("~?[A-Za-z0-9_.:%-]+"))
HOOKS = closed({name: listed({**TEXT, "not": {"pattern": "#"}}) for name in HOOK_NAMES})
IDENTIFIER = _text(names.IDENTIFIER)
HOST = _text(f"{names.NAME}|{_IPV6}")
DOMAIN = _text(names.DOMAIN.replace(r"\Z", "$"))
LINK = _text(names.LINK)
INTERFACE: Shape = {**LINK, "not": {"anyOf": [{"enum": sorted(names.RESERVED)}, _text("[0-9]+")]}}
FAILOVER: Shape = {"enum": ["none", *FAILOVERS]}
_PAIR: Shape = {**listed(NAME), "minItems": 2, "maxItems": 2}
LINKS = listed(
    {
        "anyOf": [
            _PAIR,
            {
                **closed({"nodes": _PAIR, "weight": whole(1, 1_000_000), "exclude": FLAG}, ("nodes",)),
                "not": {"properties": {"exclude": {"const": True}}, "required": ["exclude", "weight"]},
            },
        ]
    }
)
FLOATING = listed(closed({"address": ADDRESS_WITH_LENGTH, "interface": LINK}))
