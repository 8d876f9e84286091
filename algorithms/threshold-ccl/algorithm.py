"""threshold-ccl: what of a CT is denser than a threshold, smoothed, in components of a least area."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mip_sdk import ImageData, InvalidInput, NotApplicable, Parameters, Segmentation, Volume, VolumeProcessor

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
Pixels = NDArray[Any]

SIGMA_PX = 1.5
CLOSE_PX, OPEN_PX = 7, 9
BINS = 256
MORPHOLOGY = ("123104", "DCM", "Morphological Operations")


class ThresholdCcl(VolumeProcessor):
    """Takes ``threshold``, ``method`` (fixed, otsu), ``low``, ``high`` (HU) and ``min_area_mm2``."""

    def process_image(self, image_data: ImageData, parameters: Parameters) -> Segmentation | NotApplicable:
        """Segment one image, in two dimensions."""
        if image_data.frames != 1:
            raise InvalidInput("the image has several frames; an image of one frame, or a volume, is taken")
        plane = image_data.planes[0]
        return self._segment(
            image_data, image_data.pixels[0], image_data.padding_mask[0], plane.pixel_mm2 if plane else None, parameters
        )

    def process_volume(self, volume: Volume, parameters: Parameters) -> Segmentation | NotApplicable:
        """Segment a volume, in three dimensions."""
        return self._segment(volume.slices[0].image, volume.pixels, volume.padding_mask, volume.pixel_mm2, parameters)

    def _segment(
        self, image: ImageData, hu: Pixels, padding: Mask, pixel_mm2: float | None, parameters: Parameters
    ) -> Segmentation | NotApplicable:
        """``hu`` and ``padding``: (row, column), or (slice, row, column) for a volume."""
        if image.photometric != "MONOCHROME2":
            raise InvalidInput("the image's photometric interpretation has to be MONOCHROME2")
        low, high = float(parameters.get("low", 30.0)), float(parameters.get("high", 150.0))
        if low >= high:
            raise InvalidInput("low has to be below high: both are ends of one range of HU")
        if padding.all():
            return NotApplicable("only-padding", "all of the image is padding: there is nothing to look at")
        smooth = smoothed(hu, padding, low, high)
        self.progress(1, 3)
        if parameters.get("method", "fixed") == "otsu":
            threshold = otsu(smooth[~padding], low, high)
        else:
            threshold = float(parameters.get("threshold", 81.8))
        mask = cleaned(smooth > threshold) & ~padding
        self.progress(2, 3)
        labels = components(mask, pixel_mm2 or 1.0, float(parameters.get("min_area_mm2", 100.0)))
        return Segmentation(
            labels=[labels if labels.ndim == 3 else labels[np.newaxis]],
            derivation=f"Clipped to {low:g}..{high:g} HU, smoothed, above {threshold:g} HU, closed, filled, opened",
            series="Threshold and components",
            family=MORPHOLOGY,
            notes=() if pixel_mm2 else ("without a spacing, min_area_mm2 was taken as a number of pixels",),
        )


def smoothed(hu: Pixels, padding: Mask, low: float, high: float) -> Floats:
    """Clipped, and through a Gaussian of 1.5 pixels; padding takes the smallest value that is not padding."""
    clipped = np.clip(hu, low, high).astype(np.float32)
    if padding.any():
        clipped[padding] = clipped[~padding].min()
    smooth: Any = ndimage.gaussian_filter(clipped, SIGMA_PX, mode="nearest", truncate=4.0)
    return smooth


def otsu(values: Floats, low: float, high: float) -> float:
    """The centre of the bin, of 256 from ``low`` to ``high``, that as the end of the lower class gives the largest variance
    between the classes; the lowest of those that are equal. In whole numbers, in which equal is equal.
    """
    counts, edges = np.histogram(values, BINS, (low, high))
    everything, moment = int(counts.sum()), int(np.dot(counts, np.arange(BINS)))
    best, best_bin, below, below_moment = (0, 1), 0, 0, 0
    for index, count in enumerate(counts.tolist()):
        below, below_moment = below + count, below_moment + index * count
        above = everything - below
        if below == 0 or above == 0:
            continue
        variance = ((moment * below - everything * below_moment) ** 2, below * above)  # a fraction
        if variance[0] * best[1] > best[0] * variance[1]:
            best, best_bin = variance, index
    return float((edges[best_bin] + edges[best_bin + 1]) / 2)


def cleaned(mask: Mask) -> Mask:
    """Closed with a disk of 7 pixels, filled, opened with one of 9; disks lie in a slice, holes in the volume."""
    closed = _by_slice(mask, cv2.MORPH_CLOSE, disk(CLOSE_PX))
    return _by_slice(filled(closed), cv2.MORPH_OPEN, disk(OPEN_PX))


def disk(radius: int) -> NDArray[np.uint8]:
    """1 where dx² + dy² ≤ radius²."""
    squares = np.arange(-radius, radius + 1) ** 2
    return (squares[:, None] + squares <= radius**2).astype(np.uint8)


def _by_slice(mask: Mask, operation: int, element: NDArray[np.uint8]) -> Mask:
    """OpenCV's own border value lets neither erosion nor dilation see what lies outside the image."""
    if mask.ndim == 3:
        return np.stack([_by_slice(one, operation, element) for one in mask])
    return cv2.morphologyEx(mask.astype(np.uint8), operation, element) != 0


def filled(mask: Mask) -> Mask:
    """With its holes: background that no path of faces joins to the border."""
    labels, count = _labelled(~mask, corners=False)
    outside = np.zeros(count + 1, dtype=np.bool_)
    for axis in range(mask.ndim):
        for end in (0, -1):
            outside[np.take(labels, end, axis)] = True
    outside[0] = False  # the mask itself
    return ~outside[labels]


def components(mask: Mask, pixel_mm2: float, least_mm2: float) -> NDArray[np.int32]:
    """Labels 1 … n of the components whose area, in a volume that of their largest slice, is at least ``least_mm2``.

    Neighbours touch by a corner. By size, the largest first; of equal ones, the first in raster order is first.
    """
    labels, count = _labelled(mask, corners=True)
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    areas = sizes
    if mask.ndim == 3:
        areas = np.max([np.bincount(one.ravel(), minlength=count + 1) for one in labels], axis=0)
    order = np.argsort(-sizes[1:], kind="stable") + 1  # labels are in raster order of their first pixel
    kept = [number for number in order if areas[number] * pixel_mm2 >= least_mm2]
    numbers = np.zeros(count + 1, dtype=np.int32)
    numbers[kept] = np.arange(1, len(kept) + 1)
    return numbers[labels]


def _labelled(mask: Mask, corners: bool) -> tuple[NDArray[np.int32], int]:
    """Labels 1 … count in raster order; neighbours touch by a face or, with ``corners``, by a corner."""
    structure = np.ones((3,) * mask.ndim) if corners else None
    found: Any = ndimage.label(mask, structure)
    return found
