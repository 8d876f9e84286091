"""How far two results are apart, in numbers. Pure; arrays are (frame, row, column)."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[Any]
Spacing = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class Samples:
    """``max_abs`` is None where the shapes differ; then every sample counts as different."""

    samples: int
    different: int
    fraction_different: float
    max_abs: float | None


@dataclass(frozen=True)
class Masks:
    """Of what is not 0.

    Attributes
    ----------
    volume, reference_volume
        In ``unit``: ml of a volume, mm2 of a single frame, ``1`` (samples) where the source has no spacing.
    volume_rel
        |volume - reference| / reference; None where the reference is empty and the other is not.
    hausdorff95_mm
        None without spacing, or where one of the two is empty.
    """

    dice: float
    volume: float
    reference_volume: float
    unit: str
    volume_rel: float | None
    hausdorff95_mm: float | None
    components: int
    reference_components: int


def compare_samples(got: Array, reference: Array) -> Samples:
    """Every sample of ``got`` against that of ``reference``."""
    if got.shape != reference.shape:
        return Samples(reference.size, reference.size, 1.0, None)
    exact = np.float64 if "f" in (got.dtype.kind, reference.dtype.kind) else np.int64
    apart = np.abs(got.astype(exact) - reference.astype(exact))
    different = int(np.count_nonzero(apart))
    return Samples(got.size, different, different / max(got.size, 1), apart.max(initial=0).item())


def compare_masks(got: Array, reference: Array, spacing: Spacing) -> Masks:
    """What is not 0 in ``got`` against what is not 0 in ``reference``; both have the same shape."""
    ours, theirs = got != 0, reference != 0
    size, unit = voxel(spacing, frames=ours.shape[0])
    volume, wanted = np.count_nonzero(ours) * size, np.count_nonzero(theirs) * size
    return Masks(
        dice=dice(ours, theirs),
        volume=volume,
        reference_volume=wanted,
        unit=unit,
        volume_rel=0.0 if volume == wanted else abs(volume - wanted) / wanted if wanted else None,
        hausdorff95_mm=hausdorff(ours, theirs, spacing, 95),
        components=components(ours),
        reference_components=components(theirs),
    )


def voxel(spacing: Spacing, frames: int) -> tuple[float, str]:
    """The size of one sample and its UCUM unit."""
    step, row, column = spacing
    if row is None or column is None or (frames > 1 and step is None):
        return 1.0, "1"
    return (row * column * (step or 0) / 1000, "ml") if frames > 1 else (row * column, "mm2")


def dice(ours: Array, theirs: Array) -> float:
    """2 |A ∩ B| / (|A| + |B|); 1 where both are empty."""
    both = np.count_nonzero(ours) + np.count_nonzero(theirs)
    return 2 * np.count_nonzero(ours & theirs) / both if both else 1.0


def components(mask: Array) -> int:
    """Connected components: 8 neighbours in a single frame, 26 in a volume."""
    _, count = ndimage.label(mask, structure=np.ones((3, 3, 3)))  # type: ignore[misc]
    return int(count)


def hausdorff(ours: Array, theirs: Array, spacing: Spacing, percentile: float) -> float | None:
    """The larger of both directions' percentiles of the distances from one surface to the other, in mm.

    A surface is what touches the outside by a face; what lies on the image's border counts as touching.
    """
    step, row, column = spacing
    if row is None or column is None or (ours.shape[0] > 1 and step is None):
        return None
    if not ours.any() or not theirs.any():
        return None if ours.any() or theirs.any() else 0.0
    sampling = (step or 1.0, row, column)  # a single frame has no neighbours along the first axis
    ours, theirs = surface(ours), surface(theirs)
    there, back = _distances(ours, theirs, sampling), _distances(theirs, ours, sampling)
    return max(float(np.percentile(there, percentile)), float(np.percentile(back, percentile)))


def surface(mask: Array) -> Array:
    """The samples of a mask that touch its outside by a face; in a single frame, within the frame."""
    faces = ndimage.generate_binary_structure(3, 1)
    if mask.shape[0] == 1:
        faces[[0, 2]] = False
    return mask & ~ndimage.binary_erosion(mask, structure=faces)


def _distances(ours: Array, theirs: Array, sampling: tuple[float, float, float]) -> Array:
    far: Any = ndimage.distance_transform_edt(~theirs, sampling=sampling)
    return far[ours]


def as_json(numbers: Samples | Masks) -> dict[str, Any]:
    """By the names of the fields."""
    return asdict(numbers)
