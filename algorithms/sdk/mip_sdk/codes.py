"""Codes of the catalog entry's segments and measurements, with their meanings in the standard's tables."""

from functools import cache

from pydicom.sr.codedict import Collection

from mip_sdk.processor import Code

SIDES: dict[str, Code] = {
    "right": ("24028007", "SCT", "Right"),
    "left": ("7771000", "SCT", "Left"),
    "bilateral": ("51440002", "SCT", "Right and left"),
}


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
