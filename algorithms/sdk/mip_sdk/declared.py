"""What the catalog entry says of input and output, as it writes it: units, segments and measurements."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Units = Literal["stored", "modality", "hu"]
"""In what an algorithm wants its pixels: ``input.units``."""


@dataclass(frozen=True)
class DeclaredSegment:
    """One of ``output.segments``: ``category`` and ``type`` are codes such as ``SCT 87784001``, ``color`` is ``#rrggbb``."""

    label: str
    category: str
    type: str
    laterality: str | None
    color: str | None
    algorithm: str


@dataclass(frozen=True)
class DeclaredMeasurement:
    """One of ``output.measurements``: its name, what is measured, and the UCUM unit."""

    name: str
    concept: str
    unit: str


@dataclass(frozen=True)
class DeclaredOutput:
    """The entry's ``output``."""

    segments: tuple[DeclaredSegment, ...] = ()
    measurements: tuple[DeclaredMeasurement, ...] = ()
    store: tuple[str, ...] = ()


def declared_output(entry: Mapping[str, Any]) -> DeclaredOutput:
    """Read ``output`` of an entry that the catalog's schema has passed."""
    output: Mapping[str, Any] = entry.get("output") or {}
    return DeclaredOutput(
        tuple(_segment(item) for item in output.get("segments") or []),
        tuple(DeclaredMeasurement(item["name"], item["concept"], item["unit"]) for item in output.get("measurements") or []),
        tuple(output.get("store") or []),
    )


def _segment(item: Mapping[str, Any]) -> DeclaredSegment:
    return DeclaredSegment(
        label=item["label"],
        category=item["category"],
        type=item["type"],
        laterality=item.get("laterality"),
        color=item.get("color"),
        algorithm=str(item.get("algorithm", "automatic")).upper(),
    )
