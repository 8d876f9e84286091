"""python-advanced by its definition, with scikit-image: components of a least area above a number of HU."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from skimage.measure import label, regionprops

from dicom import modality, padding, pixel_area, samples

DEFAULTS: dict[str, Any] = {"threshold": 300.0, "min_area_mm2": 25.0, "keep": "all"}


def expected(source: Dataset, parameters: Mapping[str, Any]) -> NDArray[np.bool_]:
    """What is found in every frame by itself, (frame, row, column)."""
    frames = enumerate(samples(source))
    return np.stack([found(modality(source, at, one), padding(source, one), pixel_area(source), parameters) for at, one in frames])


def found(
    hu: NDArray[np.float64], padded: NDArray[np.bool_], area: float | None, parameters: Mapping[str, Any]
) -> NDArray[np.bool_]:
    """The mask of one image, (row, column), or of a volume, (slice, row, column); without an area (``None``) pixels are counted."""
    given: dict[str, Any] = {**DEFAULTS, **parameters}
    labels: Any = label((hu > given["threshold"]) & ~padded, connectivity=hu.ndim)
    regions = [(-int(one.area), one.label, _largest_slice(one.image) * (area or 1.0)) for one in regionprops(labels)]
    kept = [(size, number) for size, number, largest in regions if largest >= given["min_area_mm2"]]
    return np.isin(labels, [number for _, number in (kept if given["keep"] == "all" else sorted(kept)[:1])])


def _largest_slice(region: NDArray[np.bool_]) -> int:
    """Pixels of the slice that has most of them."""
    return int(region.sum(axis=(-2, -1)).max())
