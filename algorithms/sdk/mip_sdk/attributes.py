"""What a dataset says of one attribute, for the rules on an algorithm's input. No dataset, however damaged, is a fault here."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import PersonName

Scalar = str | int | float | bool

_WRITTEN_NUMBERS = ("DS", "IS")
_NUMBERS = (*_WRITTEN_NUMBERS, "FL", "FD", "SL", "SS", "SV", "UL", "US", "UV")
_TEXTS = ("AE", "AS", "AT", "CS", "DA", "DT", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DIGITS = re.compile(r"[0-9A-F]{8}")


@dataclass(frozen=True)
class Seen:
    """What is known of an attribute or a fact.

    ``values`` are those that can be compared, text without padding and never empty; ``present`` says whether there is anything at
    all; ``more`` whether there are values beside these, which are not known; ``joined`` is all text as DICOM writes it, where there
    are several values.
    """

    values: tuple[Scalar, ...] = ()
    present: bool = False
    more: bool = False
    joined: str | None = None
    numeric: bool = False


def tag_of(name: str) -> BaseTag | None:
    """The tag of a keyword or of eight hexadecimal digits; None for a keyword that nobody knows."""
    number = int(name, 16) if _DIGITS.fullmatch(name) else tag_for_keyword(name)
    return None if number is None else Tag(number)


def read_attribute(dataset: Dataset, tag: BaseTag) -> Seen:
    """The attribute under a tag."""
    if tag not in dataset:
        return Seen()
    raw: Any = dataset.get_item(tag)
    try:
        if isinstance(raw, RawDataElement) and raw.VR in _WRITTEN_NUMBERS:
            # Read by pydicom, one value that is no number would hide the others.
            return _numbers((raw.value or b"").decode("ascii", "replace").split("\\") if raw.value else [])
        element = dataset[tag]
        if element.VR in _NUMBERS:
            return _numbers(_several(element.value))
        if element.VR in _TEXTS:
            return _texts(_several(element.value))
        return Seen(present=bool(element.value))
    except Exception:
        return Seen(present=True, more=True)


def decimal(value: Scalar | None) -> float | None:
    """The number that a value is, or that its text writes; None otherwise."""
    if isinstance(value, str):
        written = strip(value)
        value = float(written) if _DECIMAL.fullmatch(written) else None
    if value is None or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(value)


def strip(text: str) -> str:
    """Text without the spaces and NULs that DICOM pads with."""
    return text.strip(" \0")


def _several(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    several = isinstance(value, Sequence) and not isinstance(value, (str, bytes, PersonName))
    return list(cast(Sequence[Any], value)) if several else [value]


def _numbers(given: list[Any]) -> Seen:
    read = [decimal(value if isinstance(value, (int, float)) else str(value)) for value in given]
    values = tuple(value for value in read if value is not None)
    present = any(strip(str(value)) != "" for value in given)
    return Seen(values, present, len(values) < len(given), None, numeric=True)


def _texts(given: list[Any]) -> Seen:
    read = [_text(value) for value in given]
    values = tuple(text for text in read if text)
    return Seen(values, bool(values), joined="\\".join(read) if len(read) > 1 else None)


def _text(value: Any) -> str:
    if isinstance(value, PersonName):
        return strip(str(value.alphabetic))
    if isinstance(value, BaseTag):
        return f"{int(value):08X}"
    return strip(str(value))
