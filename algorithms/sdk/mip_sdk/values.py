"""Numbers of a DICOM dataset that may lie in the dataset itself or in the functional groups of its frames."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom import Dataset

from mip_sdk.faults import ImageUnreadable
from mip_sdk.geometry import Plane, plane_of
from mip_sdk.image_data import Rescale, Window


def number(value: object) -> float | None:
    """The first number of an attribute's value; None where it is absent, empty or no number."""
    if value is None or value == "":
        return None
    first: Any = value
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        if not value:
            return None
        first = value[0]
    try:
        found = float(first)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def frame_group(source: Dataset, frame: int, name: str) -> Dataset | None:
    """The item of the functional group ``name`` that holds for ``frame`` (from 0): its own, else the shared one."""
    per_frame = source.get("PerFrameFunctionalGroupsSequence") or []
    shared = source.get("SharedFunctionalGroupsSequence") or []
    for groups in ([per_frame[frame]] if frame < len(per_frame) else []) + list(shared[:1]):
        if items := groups.get(name):
            return items[0]
    return None


def frame_rescales(source: Dataset, frames: int) -> list[Rescale]:
    """How each frame's stored samples become modality units: its Modality LUT, or slope and intercept (1 and 0 if absent)."""
    if items := source.get("ModalityLUTSequence"):
        return [_table(items[0], bool(source.PixelRepresentation))] * frames
    return [_rescale(frame_group(source, frame, "PixelValueTransformationSequence") or source) for frame in range(frames)]


def _rescale(item: Dataset) -> Rescale:
    slope, intercept = number(item.get("RescaleSlope")), number(item.get("RescaleIntercept"))
    if slope == 0:
        raise ImageUnreadable("the image's rescale slope is 0")
    kind = str(item.get("RescaleType") or "")
    return Rescale(1.0 if slope is None else slope, 0.0 if intercept is None else intercept, kind)


def _table(item: Dataset, signed: bool) -> Rescale:
    entries, first, _ = (int(value) for value in item.LUTDescriptor)
    data: Any = item.LUTData
    table = np.frombuffer(data, dtype="<u2") if isinstance(data, bytes) else np.array(data, dtype=np.uint16)
    if len(table) < (entries or 65536):
        raise ImageUnreadable("the image's Modality LUT is shorter than it says")
    if signed and first > 32767:
        first -= 65536
    return Rescale(kind=str(item.get("ModalityLUTType") or ""), first=first, table=table[: entries or 65536])


def frame_windows(source: Dataset, frames: int) -> list[Window | None]:
    """The first window of each frame, None where it has none."""
    return [_window(frame_group(source, frame, "FrameVOILUTSequence") or source) for frame in range(frames)]


def _window(item: Dataset) -> Window | None:
    center, width = number(item.get("WindowCenter")), number(item.get("WindowWidth"))
    if center is None or width is None:
        return None
    return Window(center, width, str(item.get("VOILUTFunction") or "LINEAR"))


def padding_range(source: Dataset) -> tuple[int, int] | None:
    """The smallest and the largest stored sample that are padding."""
    value = number(source.get("PixelPaddingValue"))
    if value is None:
        return None
    limit = number(source.get("PixelPaddingRangeLimit"))
    low, high = sorted((int(value), int(value if limit is None else limit)))
    return low, high


def frame_planes(source: Dataset, frames: int) -> list[Plane | None]:
    """Where each frame lies in the patient: its own functional groups, else the dataset."""
    return [_plane(source, frame) for frame in range(frames)]


def _plane(source: Dataset, frame: int) -> Plane | None:
    # The dataset's own position is that of a single frame, and of no frame of several.
    alone = source if int(number(source.get("NumberOfFrames")) or 1) == 1 else Dataset()
    position = (frame_group(source, frame, "PlanePositionSequence") or alone).get("ImagePositionPatient")
    orientation = (frame_group(source, frame, "PlaneOrientationSequence") or alone).get("ImageOrientationPatient")
    try:
        return plane_of(_floats(position), _floats(orientation), spacing_mm(source, frame)[1:])
    except (TypeError, ValueError):
        return None


def _floats(value: Any) -> list[float] | None:
    return None if value is None or value == "" else [float(one) for one in value]


def spacing_mm(source: Dataset, frame: int = 0) -> tuple[float | None, float | None, float | None]:
    """(slices, rows, columns) in millimetres of a frame; None where it is absent or not above 0."""
    measures = frame_group(source, frame, "PixelMeasuresSequence") or source
    between = _positive(number(measures.get("SpacingBetweenSlices")))
    pair = measures.get("PixelSpacing")
    if pair is None or pair == "" or len(pair) != 2:
        return between, None, None
    return between, _positive(number(pair[0])), _positive(number(pair[1]))


def _positive(value: float | None) -> float | None:
    return value if value is not None and value > 0 else None
