"""What a case left in its folder: how it ended, and its object as numbers. Read with pydicom and NumPy; nothing of the SDK."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.multival import MultiValue
from pydicom.uid import SegmentationStorage

from dicom import group, samples
from sources import Source

Array = NDArray[Any]

LISTED = (
    "SOPClassUID",
    "ImageType",
    "Modality",
    "PhotometricInterpretation",
    "BitsStored",
    "RescaleSlope",
    "RescaleIntercept",
    "RescaleType",
    "PixelSpacing",
    "SpacingBetweenSlices",
    "ImageOrientationPatient",
    "ImagePositionPatient",
)
"""The attributes that a digest covers: what the pixels mean and where they lie; nothing that names the patient or the build."""
_GROUPS = {
    "RescaleSlope": "PixelValueTransformationSequence",
    "RescaleIntercept": "PixelValueTransformationSequence",
    "RescaleType": "PixelValueTransformationSequence",
    "PixelSpacing": "PixelMeasuresSequence",
    "SpacingBetweenSlices": "PixelMeasuresSequence",
    "ImageOrientationPatient": "PlaneOrientationSequence",
    "ImagePositionPatient": "PlanePositionSequence",
}


class Unjudgeable(Exception):
    """There is nothing to judge, in a sentence; it counts as failed."""


@dataclass(frozen=True)
class Result:
    """One result folder.

    Attributes
    ----------
    outcome, error, seconds
        As in ``outcome.json``; one of the first two is None.
    pixels
        (frame, row, column[, RGB]) with the type that the object declares; a segmentation's segments together, as uint8 0 and 1,
        on the source's frames. None without an object.
    attributes
        The listed attributes that the object has, as JSON values.
    """

    outcome: str | None
    error: dict[str, str] | None
    seconds: float
    pixels: Array | None
    is_mask: bool
    attributes: dict[str, Any]

    @property
    def ended(self) -> str:
        """The outcome, or the error's code."""
        return self.outcome or f"error {(self.error or {}).get('code', 'unknown')}"

    @property
    def digest(self) -> str | None:
        """SHA-256 over shape, type, little-endian samples and listed attributes, in hexadecimal; None without an object."""
        if self.pixels is None:
            return None
        head = {"shape": list(self.pixels.shape), "dtype": self.pixels.dtype.name, "attributes": self.attributes}
        little = np.ascontiguousarray(self.pixels.astype(self.pixels.dtype.newbyteorder("<"), copy=False))
        octets = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
        return hashlib.sha256(octets + b"\0" + little.tobytes()).hexdigest()


def read_result(folder: Path, source: Source | None) -> Result:
    """Read a folder that ``mip_sdk.case`` left.

    Raises
    ------
    Unjudgeable
        When the case has not ended, or its objects are not one image that can be decoded.
    """
    try:
        said = json.loads((folder / "outcome.json").read_text())
        outcome, error, seconds = said["outcome"], said["error"], float(said["seconds"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise Unjudgeable("the run left no outcome") from fault
    images = [found for found in map(_read, sorted(folder.glob("*.dcm"))) if "PixelData" in found]
    if len(images) > 1:
        raise Unjudgeable(f"the run left {len(images)} images; a case is about one")
    if not images:
        return Result(outcome, error, seconds, None, False, {})
    [image] = images
    is_mask = image.SOPClassUID == SegmentationStorage
    try:
        pixels = _segments(image, source) if is_mask else _typed(image)
    except Unjudgeable:
        raise
    except Exception as fault:
        raise Unjudgeable(f"the result's pixels cannot be decoded ({type(fault).__name__})") from fault
    return Result(outcome, error, seconds, pixels, is_mask, listed_attributes(image))


def _read(path: Path) -> Dataset:
    try:
        return dcmread(path)
    except Exception as fault:
        raise Unjudgeable(f"{path.name} is not a DICOM file") from fault


def _typed(image: Dataset) -> Array:
    return samples(image).astype(f"{'int' if image.PixelRepresentation else 'uint'}{image.BitsAllocated}")


def _segments(image: Dataset, source: Source | None) -> Array:
    """All segments together, uint8 0 and 1, (frame of the source, row, column)."""
    frames = image.pixel_array.reshape((-1, image.Rows, image.Columns))
    if image.SegmentationType == "FRACTIONAL":
        frames = 2 * frames.astype(np.int64) >= image.MaximumFractionalValue
    count = source.frames if source else 1
    mask = np.zeros((count, image.Rows, image.Columns), np.uint8)
    for index, frame in enumerate(frames):
        place = 0 if source is None or count == 1 else _source_frame(image, index, source)
        mask[place] |= frame.astype(np.uint8)
    return mask


def _source_frame(image: Dataset, index: int, source: Source) -> int:
    """Which frame of the source a frame of the segmentation says that it is of; it has to lie there, too."""
    try:
        item = image.PerFrameFunctionalGroupsSequence[index].DerivationImageSequence[0].SourceImageSequence[0]
        if len(source.images) > 1:
            place = [one.SOPInstanceUID for one in source.images].index(item.ReferencedSOPInstanceUID)
        else:
            number = item.ReferencedFrameNumber
            place = int(number[0] if isinstance(number, MultiValue) else number) - 1
    except (AttributeError, IndexError) as fault:
        raise Unjudgeable(f"frame {index + 1} of the segmentation does not say which frame of the source it is of") from fault
    except ValueError as fault:
        raise Unjudgeable(f"frame {index + 1} of the segmentation names an image that is not of the source") from fault
    if not 0 <= place < source.frames:
        raise Unjudgeable(f"frame {index + 1} of the segmentation names a frame that the source does not have")
    if len(source.images) > 1 and not _same_place(image, index, source.images[place]):
        raise Unjudgeable(f"frame {index + 1} of the segmentation lies elsewhere in the patient than the image that it names")
    return place


def _same_place(image: Dataset, index: int, source: Dataset) -> bool:
    """Within the rounding of decimal strings; where the source has no place there is none to miss."""
    for sequence, name in (
        ("PlanePositionSequence", "ImagePositionPatient"),
        ("PlaneOrientationSequence", "ImageOrientationPatient"),
    ):
        there, here = source.get(name), group(image, index, sequence).get(name)
        if there and (not here or not np.allclose(np.array(here, float), np.array(there, float), rtol=0, atol=1e-3)):
            return False
    return True


def listed_attributes(image: Dataset) -> dict[str, Any]:
    """The listed attributes, those of a frame's functional group from the first frame that has it; absent ones are left out."""
    found: dict[str, Any] = {}
    for name in LISTED:
        place = group(image, 0, _GROUPS[name]) if name in _GROUPS else image
        value = place.get(name)
        if value is not None and value != "":
            found[name] = _plain(value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        return str(value)
    if isinstance(value, Iterable):
        return [_plain(one) for one in value]
    return int(value) if float(value).is_integer() else float(value)
