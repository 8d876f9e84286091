"""threshold-ccl by its definition, with scikit-image: clip, Gaussian, threshold, close, fill, open, components of a size.

An image is (row, column), a volume (slice, row, column). Disks are of a slice; the Gaussian, the holes and the components of a
volume go through its slices.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from skimage.filters import gaussian, threshold_otsu
from skimage.measure import label, regionprops
from skimage.morphology import closing, disk, opening

from dicom import modality, padding, pixel_area, samples

Mask = NDArray[np.bool_]
DEFAULTS: dict[str, Any] = {"threshold": 81.8, "method": "fixed", "low": 30.0, "high": 150.0, "min_area_mm2": 100.0}


def expected(source: Dataset, parameters: Mapping[str, Any]) -> Mask:
    """What belongs to the components of every frame by itself, (frame, row, column)."""
    stored = samples(source)
    frames = [modality(source, index, frame) for index, frame in enumerate(stored)]
    return np.stack(
        [found(hu, padding(source, frame), pixel_area(source), parameters) for hu, frame in zip(frames, stored, strict=True)]
    )


def expected_volume(sources: Sequence[Dataset], parameters: Mapping[str, Any]) -> Mask:
    """What belongs to the components of a volume, (slice, row, column); the sources are its slices in their order."""
    stored = [samples(source)[0] for source in sources]
    hu = np.stack([modality(source, 0, slice_) for source, slice_ in zip(sources, stored, strict=True)])
    padded = np.stack([padding(source, slice_) for source, slice_ in zip(sources, stored, strict=True)])
    return found(hu, padded, pixel_area(sources[0]), parameters)


def found(hu: NDArray[np.float64], padded: Mask, pixel_mm2: float | None, parameters: Mapping[str, Any]) -> Mask:
    """The mask of one image or one volume. Without a spacing (``None``) the smallest area counts pixels."""
    given: dict[str, Any] = {**DEFAULTS, **parameters}
    if padded.all():
        return np.zeros(hu.shape, bool)
    filled = np.where(padded, hu[~padded].min(), hu)
    clipped = np.clip(filled, given["low"], given["high"]).astype(np.float32)
    smooth: Any = gaussian(clipped, sigma=1.5, mode="nearest", truncate=4.0, preserve_range=True)
    mask = smooth > threshold(smooth[~padded], given)
    mask = without_holes(by_slice(mask, closing, disk(7)))
    mask = by_slice(mask, opening, disk(9)) & ~padded
    return large(mask, pixel_mm2 or 1.0, given["min_area_mm2"])


def threshold(smooth: NDArray[np.float32], given: Mapping[str, Any]) -> float:
    """The fixed value, or Otsu's of 256 equal bins between the clip's ends; where all is in one bin, every variance is 0."""
    if given["method"] == "fixed":
        return given["threshold"]
    counts, edges = np.histogram(smooth, bins=256, range=(given["low"], given["high"]))
    centres = (edges[:-1] + edges[1:]) / 2
    return float(centres[0] if np.count_nonzero(counts) == 1 else threshold_otsu(hist=(counts, centres)))


def by_slice(mask: Mask, change: Any, footprint: Any) -> Mask:
    """``change`` of every slice, or of the image; what lies outside is ignored."""
    if mask.ndim == 3:
        return np.stack([by_slice(one, change, footprint) for one in mask])
    return change(mask, footprint, mode="ignore")


def without_holes(mask: Mask) -> Mask:
    """With the background that no path of faces joins to the border."""
    outside: Any = label(np.pad(~mask, 1, constant_values=True), connectivity=1)
    inner = tuple(slice(1, -1) for _ in range(mask.ndim))
    return outside[inner] != outside[(0,) * mask.ndim]


def large(mask: Mask, pixel_mm2: float, least: float) -> Mask:
    """The components whose area, in a volume that of their largest slice, is at least ``least``."""
    labels: Any = label(mask, connectivity=mask.ndim)
    kept = [region.label for region in regionprops(labels) if largest_slice(region.image) * pixel_mm2 >= least]
    return np.isin(labels, kept)


def largest_slice(region: Mask) -> int:
    """Pixels of the slice that has most of them."""
    return int(np.count_nonzero(region)) if region.ndim == 2 else int(region.sum(axis=(1, 2)).max())
