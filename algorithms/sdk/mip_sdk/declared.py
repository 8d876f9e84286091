"""What the catalog entry says of the output: its segments and measurements, with their codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydicom.sr.codedict import Collection

from mip_sdk.processor import Code

_SIDES: dict[str, Code] = {
    "right": ("24028007", "SCT", "Right"),
    "left": ("7771000", "SCT", "Left"),
    "bilateral": ("51440002", "SCT", "Right and left"),
}


@dataclass(frozen=True)
class DeclaredSegment:
    """One of ``output.segments``; ``color`` is ``#rrggbb``."""

    label: str
    category: Code
    type: Code
    laterality: Code | None
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


def declared_output(entry: Mapping[str, Any]) -> DeclaredOutput:
    """Read ``output`` of an entry that the catalog's schema has passed."""
    output: Mapping[str, Any] = entry.get("output") or {}
    return DeclaredOutput(
        tuple(_segment(item) for item in output.get("segments") or []),
        tuple(DeclaredMeasurement(item["name"], item["concept"], item["unit"]) for item in output.get("measurements") or []),
    )


def _segment(item: Mapping[str, Any]) -> DeclaredSegment:
    return DeclaredSegment(
        label=item["label"],
        category=code_of(item["category"], item["label"]),
        type=code_of(item["type"], item["label"]),
        laterality=_SIDES.get(item.get("laterality", "")),
        color=item.get("color"),
        algorithm=str(item.get("algorithm", "automatic")).upper(),
    )


def code_of(text: str, otherwise: str) -> Code:
    """``SCT 87784001`` with its meaning in the standard's tables; ``otherwise`` is that of a code they do not have."""
    scheme, _, value = text.partition(" ")
    return value, scheme, _meanings(scheme).get(value, otherwise)[:64]


@cache
def _meanings(scheme: str) -> dict[str, str]:
    """Code value → its shortest meaning: the tables have some twice, with and without a remark in brackets."""
    found: dict[str, str] = {}
    try:
        concepts = Collection(scheme).concepts
    except (KeyError, AttributeError):
        return found
    for code in concepts.values():
        if len(code.meaning) < len(found.get(code.value, code.meaning + " ")):
            found[code.value] = code.meaning
    return found
