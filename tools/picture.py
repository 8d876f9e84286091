"""Draws a source image beside its result, as in the README: ``picture.py SOURCE.dcm RESULT.dcm OUT.png``.

The source is drawn over its full range; the result as it is. Needs what ``npm test`` installs.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.pixels import pixel_array

GAP = 12


def grey(path: Path) -> NDArray[np.uint8]:
    """The first frame as 8 bits over its full range, (row, column)."""
    samples = pixel_array(dcmread(path), index=0).astype(np.float64)
    low, high = samples.min(), samples.max()
    return np.round((samples - low) * 255 / max(high - low, 1)).astype(np.uint8)


def main() -> int:
    """Draw the two side by side on white."""
    source, result, out = (Path(argument) for argument in sys.argv[1:4])
    left, right = grey(source), pixel_array(dcmread(result), index=0)
    gap = np.full((left.shape[0], GAP), 255, dtype=np.uint8)
    Image.fromarray(np.hstack([left, gap, right])).save(out, optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
