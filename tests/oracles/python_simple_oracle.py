"""python-simple by its definition, in NumPy int64: the negative of a grayscale image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom import samples


def expected(source: Dataset, parameters: Mapping[str, Any]) -> NDArray[np.int64]:
    """The greys of every frame, (frame, row, column), from 0: what can be largest minus the sample; MONOCHROME1 the other way."""
    bits = int(source.BitsStored)
    smallest = -(1 << (bits - 1)) if source.PixelRepresentation == 1 else 0
    above = samples(source).astype(np.int64) - smallest
    return above if source.PhotometricInterpretation == "MONOCHROME1" else (1 << bits) - 1 - above
