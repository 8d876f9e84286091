"""What a case is about: one image, or the images of a series in the order of their positions. Read with pydicom alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from dicom import group, samples

Spacing = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Source:
    """Frames are those of one image, or one of each image of a series.

    Attributes
    ----------
    images, files
        In their order along the normal, row × column; as they were given where they have no place in the patient.
    order
        For each of them its place among the files of the request, from 0: masks of a phantom come in that order.
    """

    images: Sequence[Dataset]
    files: Sequence[Path]
    order: Sequence[int]

    @property
    def frames(self) -> int:
        """How many there are."""
        return len(self.images) if len(self.images) > 1 else int(self.images[0].get("NumberOfFrames") or 1)

    @property
    def spacing(self) -> Spacing:
        """(frames, rows, columns) in mm; None where the source does not say, or says something that is not above 0."""
        measures = group(self.images[0], 0, "PixelMeasuresSequence")
        pair = measures.get("PixelSpacing") or [None, None]
        step = _positive(measures.get("SpacingBetweenSlices")) if len(self.images) == 1 else _step(self.images)
        return step, _positive(pair[0]), _positive(pair[1])

    def frame(self, index: int) -> NDArray[Any]:
        """Stored samples, (row, column[, RGB]); those of the last frame beyond it."""
        if len(self.images) > 1:
            return samples(self.images[min(index, len(self.images) - 1)])[0]
        decoded = samples(self.images[0])
        return decoded[min(index, len(decoded) - 1)]

    @property
    def is_inverted(self) -> bool:
        """True where the smallest value is white."""
        return self.images[0].PhotometricInterpretation == "MONOCHROME1"


def read_source(paths: Sequence[Path]) -> Source | None:
    """None where an image cannot be read: a case may be about just that."""
    try:
        images = [dcmread(path) for path in paths]
    except Exception:
        return None
    if not images or any("PixelData" not in image for image in images):
        return None
    order = _order(images)
    return Source([images[index] for index in order], [paths[index] for index in order], order)


def _order(images: Sequence[Dataset]) -> list[int]:
    heights = [_height(image) for image in images]
    known = [height for height in heights if height is not None]
    if len(images) == 1 or len(known) < len(images):
        return list(range(len(images)))
    return [int(index) for index in np.argsort(known, kind="stable")]


def _height(image: Dataset) -> float | None:
    """Where an image lies along its own normal, in mm."""
    position, directions = image.get("ImagePositionPatient"), image.get("ImageOrientationPatient")
    if not position or not directions:
        return None
    across, down = np.array(directions, float).reshape(2, 3)
    return float(np.dot(np.array(position, float), np.cross(across, down)))


def _step(images: Sequence[Dataset]) -> float | None:
    heights = [height for height in map(_height, images) if height is not None]
    return _positive(float(np.median(np.diff(heights)))) if len(heights) == len(images) else None


def _positive(value: Any) -> float | None:
    return float(value) if value not in (None, "") and float(value) > 0 else None
