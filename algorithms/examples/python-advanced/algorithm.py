"""python-advanced: what of a CT is as dense as bone, as components of a least area, measured."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mip_sdk import ImageData, NotApplicable, Parameters, Segmentation, Volume, VolumeProcessor

Mask = NDArray[np.bool_]
NEIGHBOURHOOD = ("123101", "DCM", "Neighborhood Analysis")
"""The kind of algorithm, from the standard's table CID 7162."""


class Algorithm(VolumeProcessor):
    """Takes ``threshold`` (HU), ``min_area_mm2`` and ``keep`` (all, largest).

    The entry's ``input.units`` says in what the pixels come: Hounsfield units, or the job is refused before it gets here.
    """

    def process_image(self, image_data: ImageData, parameters: Parameters) -> Segmentation | NotApplicable:
        """Segment one image of one frame, in two dimensions."""
        plane = image_data.planes[0]  # None where the image has no place in the patient
        return _segment(image_data.pixels[0], image_data.padding_mask[0], plane.pixel_mm2 if plane else None, parameters)

    def process_volume(self, volume: Volume, parameters: Parameters) -> Segmentation | NotApplicable:
        """Segment the images of a series, or the frames of an image, in three dimensions: (slice, row, column)."""
        return _segment(volume.pixels, volume.padding_mask, volume.pixel_mm2, parameters)


def _segment(hu: NDArray[Any], padding: Mask, pixel_mm2: float | None, parameters: Parameters) -> Segmentation | NotApplicable:
    if padding.all():
        # No fault of the image, and not the same as nothing found: nobody can tell.
        return NotApplicable("only-padding", "all of the image is padding: there is nothing to look at")
    threshold = float(parameters.get("threshold", 300.0))
    labels = components((hu > threshold) & ~padding)
    labels = kept(labels, pixel_mm2 or 1.0, float(parameters.get("min_area_mm2", 25.0)), parameters.get("keep", "all") == "largest")
    return Segmentation(
        labels=[labels if labels.ndim == 3 else labels[np.newaxis]],  # for each segment of the entry; all 0 is nothing-found
        derivation=f"Above {threshold:g} HU, in components of a least area",
        series="As dense as bone",
        family=NEIGHBOURHOOD,
        notes=() if pixel_mm2 else ("without a spacing, min_area_mm2 was taken as a number of pixels",),
    )


def components(mask: Mask) -> NDArray[np.int32]:
    """Labels 1 … n in raster order; neighbours touch by a corner: 8 in an image, 26 in a volume."""
    found: Any = ndimage.label(mask, np.ones((3,) * mask.ndim))
    labels, _ = found
    return labels


def kept(labels: NDArray[np.int32], pixel_mm2: float, least_mm2: float, only_largest: bool) -> NDArray[np.int32]:
    """Those of at least ``least_mm2`` in their largest slice, by size, the largest first; of equal ones the first stays first."""
    count = int(labels.max(initial=0))
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    slices = labels if labels.ndim == 3 else labels[np.newaxis]
    areas = np.max([np.bincount(one.ravel(), minlength=count + 1) for one in slices], axis=0) * pixel_mm2
    order = [number for number in np.argsort(-sizes[1:], kind="stable") + 1 if areas[number] >= least_mm2]
    numbers = np.zeros(count + 1, dtype=np.int32)
    chosen = order[:1] if only_largest else order
    numbers[chosen] = np.arange(1, len(chosen) + 1)
    return numbers[labels]
