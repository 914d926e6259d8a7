# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text format of Prometheus, version 0.0.4, which node_exporter's textfile collector reads.

Source: Prometheus, "Exposition formats". A family is named once, with its samples below it; the same sample must not stand there
twice, because node_exporter then refuses all that it has collected.
"""

from __future__ import annotations

from typing import Iterable, Mapping, NamedTuple, Tuple, Union

Value = Union[int, float]
Sample = Tuple[Mapping[str, str], Value]
"""Labels, and the value."""
GAUGE = "gauge"
COUNTER = "counter"


class Family(NamedTuple):
    """A metric: its name, ``gauge`` or ``counter``, and one sentence of help."""

    name: str
    kind: str
    help: str


class Exposition:
    """Families with their samples, in the order in which they come."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._samples: dict[Family, dict[str, Value]] = {family: {} for family in families}

    def add(self, family: Family, value: Value, /, **labels: str) -> None:
        """Add a sample. Of two with the same labels, the first one counts."""
        self._samples[family].setdefault(_labels(labels), value)

    def text(self) -> str:
        """The text. Families without samples are left out."""
        lines = []
        for family, samples in self._samples.items():
            if samples:
                lines += [f"# HELP {family.name} {_help(family.help)}", f"# TYPE {family.name} {family.kind}"]
                lines += [f"{family.name}{labels} {value!r}" for labels, value in samples.items()]
        return "".join(line + "\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_value(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _value(text: str) -> str:
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return plain.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _help(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
