"""Facts about the images of a job that no single attribute says, for the rules on an algorithm's input."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.tag import Tag

from mip_sdk.attributes import Scalar, Seen, read_attribute
from mip_sdk.values import frame_group, number
from mip_sdk.volume import MOST_STEP_DEVIATION, MOST_TILT_DEGREES, SAME_DIRECTION

_OBLIQUE_BELOW = 0.8
"""The cosine between a normal and an axis of the patient from which a plane is called by it, as David Clunie's PixelMed has it."""
_PLANES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True)
class SeenPlane:
    """What a frame says of where it lies, also where it is too little for a ``Plane``: mm and directions in LPS, None where
    it does not say. ``grid`` is what has to be the same all over a volume: SOP class, frame of reference, rows, columns, spacing.
    """

    position: NDArray[Any] | None
    axes: NDArray[Any] | None
    spacing: tuple[float, ...]
    grid: tuple[Any, ...]

    @property
    def normal(self) -> NDArray[Any] | None:
        """The unit vector across the plane; None without axes, or with axes that span no plane."""
        if self.axes is None:
            return None
        normal = np.cross(self.axes[:3], self.axes[3:])
        length = float(np.linalg.norm(normal))
        return normal / length if length > 0 and np.isfinite(length) else None


def planes_of(header: Dataset) -> list[SeenPlane]:
    """One of each frame."""
    frames = max(1, int(number(header.get("NumberOfFrames")) or 1))
    return [_plane(header, frame) for frame in range(frames)]


def spacing_of(planes: Sequence[SeenPlane]) -> Seen:
    """Rows' and columns' spacing of an instance's frames, in millimetres."""
    pairs = dict.fromkeys(plane.spacing for plane in planes)
    return _seen([spacing for pair in pairs for spacing in pair], more=() in pairs)


def orientation_of(planes: Sequence[SeenPlane]) -> Seen:
    """The names of the planes that an instance's frames lie in."""
    named = [_name(plane) for plane in planes]
    return _seen(list(dict.fromkeys(name for name in named if name)), more=None in named)


def derived_by_mip(header: Dataset) -> Seen:
    """Whether MIP names itself in the instance as what processed it (DCM 109102)."""
    items: Any = header.get("ContributingEquipmentSequence") or []
    return _seen([any(_is_mip(item) for item in items)])


def step_of(planes: Sequence[SeenPlane]) -> float | None:
    """The median step from frame to frame along the normal, in millimetres."""
    steps = _steps(planes)
    return None if steps is None else float(np.median(steps))


def is_volume(planes: Sequence[SeenPlane]) -> bool | None:
    """True for frames of one grid and direction in even steps along their normal; None where it cannot be told."""
    if len(planes) == 1:
        return True
    if len({plane.grid for plane in planes}) > 1:
        return False
    steps = _steps(planes)
    if steps is None:
        return None
    first, *others = (plane.axes for plane in planes)
    if any(float(np.abs(np.asarray(axes) - np.asarray(first)).max()) > SAME_DIRECTION for axes in others):
        return False
    median = float(np.median(steps))
    even = median > 0 and bool((np.abs(steps - median) <= MOST_STEP_DEVIATION * median).all())
    return even and _tilt_degrees(planes) <= MOST_TILT_DEGREES


def _plane(header: Dataset, frame: int) -> SeenPlane:
    def numbers(group: str, keyword: str, count: int) -> NDArray[Any] | None:
        seen = read_attribute(frame_group(header, frame, group) or header, Tag(keyword))
        values = np.array([float(value) for value in seen.values]) if not seen.more and len(seen.values) == count else None
        return values if values is not None and np.isfinite(values).all() else None

    spacing = numbers("PixelMeasuresSequence", "PixelSpacing", 2)
    positive = () if spacing is None or not (spacing > 0).all() else tuple(float(one) for one in spacing)
    grid = tuple(str(header.get(name)) for name in ("SOPClassUID", "FrameOfReferenceUID", "Rows", "Columns"))
    position = numbers("PlanePositionSequence", "ImagePositionPatient", 3)
    return SeenPlane(position, numbers("PlaneOrientationSequence", "ImageOrientationPatient", 6), positive, (*grid, positive))


def _name(plane: SeenPlane) -> str | None:
    if plane.normal is None:
        return None
    components = np.abs(plane.normal)
    axis = int(components.argmax())
    return _PLANES[axis] if components[axis] >= _OBLIQUE_BELOW else "oblique"


def _is_mip(item: Dataset) -> bool:
    purposes: Any = item.get("PurposeOfReferenceCodeSequence") or []
    codes = {(_text(code, "CodeValue"), _text(code, "CodingSchemeDesignator")) for code in purposes}
    return ("109102", "DCM") in codes and _text(item, "Manufacturer") == "MIP"


def _text(item: Dataset, keyword: str) -> Scalar | None:
    values = read_attribute(item, Tag(keyword)).values
    return values[0] if values else None


def _along(planes: Sequence[SeenPlane]) -> NDArray[Any] | None:
    """How far along the first frame's normal each frame lies; None where one does not say where it is."""
    normal = planes[0].normal
    positions = [plane.position for plane in planes]
    if normal is None or any(plane.axes is None for plane in planes) or any(position is None for position in positions):
        return None
    return np.array(positions) @ normal


def _steps(planes: Sequence[SeenPlane]) -> NDArray[Any] | None:
    along = _along(planes)
    return None if along is None or len(along) < 2 else np.diff(np.sort(along))


def _tilt_degrees(planes: Sequence[SeenPlane]) -> float:
    """Between the normal and the line on which the frames follow one another."""
    normal = np.asarray(planes[0].normal)
    positions = np.array([plane.position for plane in planes])
    along = positions @ normal
    line = positions[along.argmax()] - positions[along.argmin()]
    cosine = abs(float(line @ normal)) / float(np.linalg.norm(line))
    return float(np.degrees(np.arccos(min(1.0, cosine))))


def _seen(values: Sequence[Scalar], more: bool = False) -> Seen:
    return Seen(tuple(values), bool(values), more and bool(values))
