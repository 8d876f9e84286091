"""A SEG as another library reads it: which places in the patient it marks."""

import json
from io import BytesIO
from typing import Any

import highdicom
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from mip_sdk.processing import Processed

Places = NDArray[np.int64]


def seg_of(done: Processed) -> bytes:
    [octets] = [file.octets for file in done.files if file.media_type == "application/dicom"]
    return octets


def measured(done: Processed) -> dict[str, Any]:
    [octets] = [file.octets for file in done.files if file.name == "measurements.json"]
    return json.loads(octets)


def manifest(done: Processed) -> dict[str, Any]:
    return json.loads(done.files[-1].octets)


def marked(octets: bytes) -> Places:
    """LPS of every marked voxel, in thousandths of a mm, sorted; read with highdicom."""
    volume = highdicom.seg.segread(BytesIO(octets)).get_volume(combine_segments=True)
    indices = np.argwhere(volume.array != 0)
    return _sorted(indices @ volume.affine[:3, :3].T + volume.affine[:3, 3])


def places(source: Dataset, mask: NDArray[np.bool_]) -> Places:
    """LPS of the pixels of a mask over a single frame, by PS3.3 C.7.6.2.1.1, in thousandths of a mm, sorted."""
    position, axes = np.array(source.ImagePositionPatient, float), np.array(source.ImageOrientationPatient, float)
    rows, columns = np.nonzero(mask)
    between_rows, between_columns = (float(one) for one in source.PixelSpacing)
    return _sorted(position + np.outer(columns * between_columns, axes[:3]) + np.outer(rows * between_rows, axes[3:]))


def _sorted(points: NDArray[np.float64]) -> Places:
    whole = np.round(points * 1000).astype(np.int64)
    return whole[np.lexsort(whole.T)]


def mask_of(octets: bytes) -> NDArray[np.bool_]:
    """The frames as they are stored, all segments together: of a SEG of one image."""
    seg = dcmread(BytesIO(octets))
    return seg.pixel_array.reshape(-1, seg.Rows, seg.Columns).any(axis=0)


def same_places(one: Places, other: Places, most_apart: int = 2) -> bool:
    """Equal but for rounding of DS values."""
    return one.shape == other.shape and bool((np.abs(one - other) <= most_apart).all())
