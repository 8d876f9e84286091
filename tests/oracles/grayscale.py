"""grayscale by its definition, in NumPy int64."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom import is_monochrome, samples


def expected(source: Dataset, parameters: Mapping[str, Any]) -> NDArray[Any]:
    """``(299 R + 587 G + 114 B + 500) div 1000`` of a colour image, the samples of a monochrome one; (frame, row, column)."""
    decoded = samples(source)
    if is_monochrome(source):
        return decoded
    red, green, blue = np.moveaxis(decoded.astype(np.int64), -1, 0)
    return (299 * red + 587 * green + 114 * blue + 500) // 1000
