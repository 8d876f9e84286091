"""What a derived object carries on from its source: an allow-list, by the IOD of the object.

Patient, General Study, Patient Study and Frame of Reference whole, and what the target's IOD needs (types 1, 1C, 2, 2C; the tables
in ``iods.json`` come from PS3.3). Never private elements, overlays, comments, icons, signatures.
"""

import json
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.datadict import keyword_for_tag, tag_for_keyword

# Beside the modules: dates are read in this zone; which part and side of the body it is must not get lost, and decides whether
# Laterality is needed.
_ALSO = (
    "TimezoneOffsetFromUTC",
    "BodyPartExamined",
    "ImageLaterality",
    "PatientOrientation",
    "PixelAspectRatio",
    "BurnedInAnnotation",
)
# Modules that say what stored samples mean: wrong on an object whose samples mean something else.
_SAMPLE_MEANING = {"modality-lut", "voi-lut", "supplemental-palette-color-lookup-table"}
# Modules that only an original image of an enhanced class may have.
_ORIGINAL_ONLY = {"mr-pulse-sequence", "bulk-motion-synchronization", "cardiac-synchronization", "respiratory-synchronization"}
_SAMPLE_ATTRIBUTES = (
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "ModalityLUTSequence",
    "PixelPaddingValue",
    "PixelPaddingRangeLimit",
    "PixelIntensityRelationship",
    "PixelIntensityRelationshipSign",
    "WindowCenter",
    "WindowWidth",
    "WindowCenterWidthExplanation",
    "VOILUTFunction",
    "VOILUTSequence",
    "PresentationLUTShape",
)
_NEVER = {"IconImageSequence", "DigitalSignaturesSequence", "MACParametersSequence", "EncryptedAttributesSequence"}


@cache
def _tables() -> dict[str, Any]:
    return json.loads(files("mip_sdk").joinpath("iods.json").read_text())


def copy_allowed(source: Dataset, target: Dataset, sop_class: str, same_units: bool) -> None:
    """Copy to ``target``, an object of ``sop_class``, what the allow-list names and ``source`` has.

    ``same_units``: the target's samples mean what the source's do, so that rescale, window and padding still hold.
    """
    for keyword in _allowed(sop_class, same_units):
        tag = tag_for_keyword(keyword)
        if tag is not None and tag in source:
            target.add(_clean(source[tag]))


@cache
def _allowed(sop_class: str, same_units: bool) -> tuple[str, ...]:
    tables = _tables()
    iod = tables["classes"].get(sop_class)
    modules = tables["iods"].get(iod, ["general-series", "general-equipment", "image-plane"])
    keywords = [keyword for module in tables["whole"].values() for keyword in module]
    for module in modules:
        if module not in _ORIGINAL_ONLY and (same_units or module not in _SAMPLE_MEANING):
            keywords += tables["modules"][module]
    keywords += [*_ALSO, *_SAMPLE_ATTRIBUTES]
    dropped = _NEVER if same_units else _NEVER.union(_SAMPLE_ATTRIBUTES)
    return tuple(keyword for keyword in dict.fromkeys(keywords) if keyword not in dropped)


def _clean(element: DataElement) -> DataElement:
    """A copy without private elements, overlays, comments, icons and signatures at any depth."""
    copied = deepcopy(element)
    if copied.VR == "SQ":
        for item in copied.value:
            clean_item(item)
    return copied


def clean_item(item: Dataset) -> None:
    """Remove from an item, at any depth, what is never carried on."""
    for element in list(item):
        keyword = keyword_for_tag(element.tag)
        unwanted = element.tag.is_private or 0x6000 <= element.tag.group <= 0x60FF or keyword in _NEVER or "Comment" in keyword
        if unwanted:
            del item[element.tag]
        elif element.VR == "SQ":
            for inner in element.value:
                clean_item(inner)
