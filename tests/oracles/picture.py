"""Draws a source image beside a result, for a README: ``picture.py SOURCE.dcm RESULT.dcm OUT.png``.

The source is drawn over its full range of values, without a window, the result as it is; a segmentation is laid over the source.
First frames; pixels are square.
"""

import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset
from pydicom.uid import SegmentationStorage

from dicom import is_monochrome, read, samples

GAP = 8


def drawn(dataset: Dataset) -> NDArray[np.uint8]:
    """The first frame as (row, column, RGB) of 8 bits: 8-bit samples as they are, others stretched over their range."""
    frame: NDArray[Any] = samples(dataset)[0].astype(np.float64)
    if is_monochrome(dataset):
        frame = np.repeat(frame[..., None], 3, axis=-1)
    if dataset.BitsAllocated != 8:
        low, high = frame.min(), frame.max()
        frame = (frame - low) / max(high - low, 1) * 255
    grey = np.floor(frame + 0.5).astype(np.uint8)
    return 255 - grey if dataset.PhotometricInterpretation == "MONOCHROME1" else grey


def laid_over(source: NDArray[np.uint8], result: Dataset) -> NDArray[np.uint8]:
    """The source with what the first frame of a segmentation marks in orange."""
    mask = np.atleast_3d(result.pixel_array.T).T[0] != 0
    return np.where(mask[..., None], (source // 2 + np.array([104, 58, 23])).astype(np.uint8), source)


def beside(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Both pictures on white, a gap between them."""
    height, width = max(left.shape[0], right.shape[0]), left.shape[1] + GAP + right.shape[1]
    canvas = np.full((height, width, 3), 255, np.uint8)
    canvas[: left.shape[0], : left.shape[1]] = left
    canvas[: right.shape[0], left.shape[1] + GAP :] = right
    return canvas


def main() -> int:
    """Read both, draw, write."""
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    source, result, out = sys.argv[1:]
    left, made = drawn(read(source)), read(result)
    right = laid_over(left, made) if made.SOPClassUID == SegmentationStorage else drawn(made)
    Image.fromarray(beside(left, right)).save(out, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
