# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of network documents, generated from the table of keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import shapes
from .document import NEWEST, SCHEMA
from .document_keys import COMMON_KEYS, NETWORK_KEYS, NODE_KEYS, Key
from .version import VERSION


def document_schema() -> dict[str, Any]:
    """The schema, JSON-ready (2020-12). It describes one document; files may hold one or a list of them.

    A document that is valid for one schema is valid for all later ones with the same version.
    """
    own = {
        SCHEMA: {"type": "string", "description": "For editors."},
        VERSION: {"type": "integer", "enum": [NEWEST], "description": "Of the format; without it, 1."},
    }
    head = {**own, **_shapes(NETWORK_KEYS), **_shapes(COMMON_KEYS)}
    nodes = {"description": "Names of nodes, each with its keys.", **shapes.mapping({"$ref": "#/$defs/node"}, shapes.NAME)}
    node = {**shapes.closed(_shapes(NODE_KEYS)), "type": ["object", "null"]}
    document = shapes.closed({**head, "nodes": nodes}, ("nodes",))
    return {
        SCHEMA: "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:meshwork:wireguard:network:{NEWEST}",
        "title": "A WireGuard network",
        "$comment": "Relations between nodes are checked when the document is read.",
        "if": {"type": "array"},
        "then": {"items": {"$ref": "#/$defs/network"}},
        "else": {"$ref": "#/$defs/network"},
        "$defs": {"network": document, "node": node},
    }


def _shapes(keys: Mapping[str, Key]) -> dict[str, Any]:
    return {name: {"description": key.meaning, **key.shape} for name, key in keys.items()}
