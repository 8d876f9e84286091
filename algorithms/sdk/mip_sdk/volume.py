"""A volume: slices that lie behind one another at one distance, sorted along their normal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mip_sdk.faults import InvalidInput
from mip_sdk.geometry import Plane
from mip_sdk.image_data import ImageData

MOST_TILT_DEGREES = 0.5
MOST_STEP_DEVIATION = 0.01
SAME_DIRECTION = 1e-4
SAME_PLACE_MM = 1e-3


@dataclass(frozen=True)
class Slice:
    """One frame of one image. ``place`` is what it is called in words: its position in the series, or its frame."""

    image: ImageData
    frame: int
    plane: Plane | None
    place: str

    def values(self) -> NDArray[np.float64]:
        """Its samples in modality units, (row, column)."""
        return self.image.rescales[self.frame].apply(self.image.stored[self.frame])

    @property
    def padding(self) -> NDArray[np.bool_]:
        """True where a sample is padding, (row, column)."""
        return self.image.padding_mask[self.frame]


@dataclass(frozen=True)
class Volume:
    """Slices in order of their position along the normal, row × column.

    Attributes
    ----------
    slices
        At least one. A single slice may have no plane; several have one each, all parallel and of one spacing.
    step_mm
        The distance of two slices along the normal, the median where they vary; None for a single slice.
    """

    slices: tuple[Slice, ...]
    step_mm: float | None = None

    @property
    def shape(self) -> tuple[int, int, int]:
        """Slices, rows, columns."""
        rows, columns = self.slices[0].image.stored.shape[1:3]
        return len(self.slices), rows, columns

    @property
    def pixel_mm2(self) -> float | None:
        """The area of a pixel; None where the image has no place in the patient."""
        plane = self.slices[0].plane
        return plane.pixel_mm2 if plane else None

    @property
    def voxel_ml(self) -> float | None:
        """Row spacing × column spacing × step, never the slice thickness; None for a single slice."""
        return self.pixel_mm2 * self.step_mm / 1000 if self.pixel_mm2 and self.step_mm else None

    @cached_property
    def pixels(self) -> NDArray[np.float32]:
        """The samples in modality units, (slice, row, column); each slice with its own rescale."""
        out = np.empty(self.shape, dtype=np.float32)
        for index, one in enumerate(self.slices):
            out[index] = one.values()
        return out

    @cached_property
    def padding_mask(self) -> NDArray[np.bool_]:
        """True where a sample is padding, (slice, row, column)."""
        return np.stack([one.padding for one in self.slices])


def single(image: ImageData) -> Volume:
    """An image of one frame as a volume of one slice."""
    if image.frames != 1:
        raise InvalidInput("the image has several frames that are no volume; the algorithm takes one frame, or a volume")
    return Volume((Slice(image, 0, image.planes[0], "the image"),))


def volume_of(images: Sequence[ImageData], takes_positions: bool = False) -> Volume:
    """The volume that the frames of ``images`` make.

    Parameters
    ----------
    images
        Images of one series, in any order; what is said of one calls it by its place here.
    takes_positions
        True for an algorithm that uses the position of each slice: uneven steps and a tilted gantry are then no fault.

    Raises
    ------
    InvalidInput
        When they make none: which slice does not fit, and why.
    """
    slices = _slices(images)
    if len(slices) == 1:
        return Volume((slices[0],))
    planes = _planes(slices)
    _check_alike(slices, planes)
    order = sorted(range(len(slices)), key=lambda index: planes[index].along_normal)
    slices, planes = [slices[index] for index in order], [planes[index] for index in order]
    step = _step(slices, planes, takes_positions)
    if not takes_positions:
        _check_tilt(planes)
    return Volume(tuple(slices), step)


def _slices(images: Sequence[ImageData]) -> list[Slice]:
    slices: list[Slice] = []
    for number, image in enumerate(images, start=1):
        called = f"image {number} of {len(images)}" if len(images) > 1 else "the image"
        for frame in range(image.frames):
            place = f"frame {frame + 1} of {image.frames} of {called}" if image.frames > 1 else called
            slices.append(Slice(image, frame, image.planes[frame], place))
    return slices


def _planes(slices: Sequence[Slice]) -> list[Plane]:
    planes: list[Plane] = []
    for one in slices:
        if one.plane is None:
            raise InvalidInput(f"the images make no volume: {one.place} has no position, orientation or spacing in the patient")
        planes.append(one.plane)
    return planes


def _check_alike(slices: Sequence[Slice], planes: Sequence[Plane]) -> None:
    """Every slice has what the first has, and none is a localizer."""
    for one, plane in zip(slices, planes, strict=True):
        kinds = [str(value).strip() for value in one.image.source.get("ImageType") or []]
        if "LOCALIZER" in kinds:
            raise InvalidInput(f"the images make no volume: {one.place} is a localizer")
        for what, same in _COMPARED.items():
            if not same((slices[0], planes[0]), (one, plane)):
                raise InvalidInput(f"the images make no volume: {one.place} has another {what} than {slices[0].place}")


def _attribute(name: str) -> "Callable[[tuple[Slice, Plane], tuple[Slice, Plane]], bool]":
    def same(first: tuple[Slice, Plane], other: tuple[Slice, Plane]) -> bool:
        values: list[Any] = [str(one.image.source.get(name, "")) for one, _ in (first, other)]
        return values[0] == values[1]

    return same


_COMPARED: "dict[str, Callable[[tuple[Slice, Plane], tuple[Slice, Plane]], bool]]" = {
    "SOP class": _attribute("SOPClassUID"),
    "matrix": lambda first, other: first[0].image.stored.shape[1:3] == other[0].image.stored.shape[1:3],
    "frame of reference": _attribute("FrameOfReferenceUID"),
    "orientation": lambda first, other: all(
        np.allclose(one, two, rtol=0, atol=SAME_DIRECTION)
        for one, two in ((first[1].across, other[1].across), (first[1].down, other[1].down))
    ),
    "spacing of pixels": lambda first, other: np.allclose(first[1].spacing, other[1].spacing, rtol=1e-6, atol=0),
    "temporal position": _attribute("TemporalPositionIdentifier"),
    "echo": _attribute("EchoNumbers"),
}


def _step(slices: Sequence[Slice], planes: Sequence[Plane], takes_positions: bool) -> float:
    places = [plane.along_normal for plane in planes]
    steps = [after - before for before, after in pairwise(places)]
    for (one, other), step in zip(pairwise(slices), steps, strict=True):
        if step < SAME_PLACE_MM:
            raise InvalidInput(f"the images make no volume: {one.place} and {other.place} have the same position")
    median = float(np.median(steps))
    for (one, other), step in zip(pairwise(slices), steps, strict=True):
        if abs(step - median) > MOST_STEP_DEVIATION * median and not takes_positions:
            words = f"{one.place} and {other.place} are {step:.3f} mm apart, and the step is {median:.3f} mm"
            raise InvalidInput(f"the images make no volume of one step: {words}; a slice may be missing")
    return median


def _check_tilt(planes: Sequence[Plane]) -> None:
    way = planes[-1].position - planes[0].position
    cosine = float(np.dot(way, planes[0].normal) / np.linalg.norm(way))
    tilt = math.degrees(math.acos(min(1.0, cosine)))
    if tilt > MOST_TILT_DEGREES:
        raise InvalidInput(f"the images' gantry is tilted by {tilt:.1f} degrees; at most {MOST_TILT_DEGREES} are taken")
