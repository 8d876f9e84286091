"""Draws the picture of the README: ``picture.py PHANTOM OUT.png``, slices of a phantom beside the real slice of an abdomen.

Window 40/400 throughout; below them the truth, a colour for each organ. The real slice has no truth, and is shown without one.
"""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import dcmread
from pydicom.data import get_testdata_file

LEVELS_MM = (95, -40, -140)
SIDE, GAP = 256, 8
COLOURS = {
    "body": (70, 70, 70),
    "lungs": (90, 140, 200),
    "airway": (170, 220, 250),
    "liver": (190, 90, 60),
    "spleen": (150, 80, 160),
    "kidneys": (220, 170, 60),
    "spine": (235, 235, 220),
    "aorta": (210, 50, 50),
    "bowel-fluid": (120, 150, 90),
    "bowel-gas": (60, 100, 60),
    "ribs": (235, 235, 220),
    "couch": (110, 110, 110),
}


def grey(path: Path) -> NDArray[np.uint8]:
    """One slice, the window from -160 to 240 HU."""
    image = dcmread(path)
    hu = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
    return _fitted(np.clip((hu + 160) / 400 * 255, 0, 255).astype(np.uint8)[..., None].repeat(3, axis=-1))


def truth(folder: Path, index: int) -> NDArray[np.uint8]:
    """The masks of one file, each in its colour."""
    shown: Any = None
    for name, colour in COLOURS.items():
        with np.load(folder / "truth" / f"{name}.npz") as archive:
            mask = archive["mask"][index]
        shown = np.zeros((*mask.shape, 3), np.uint8) if shown is None else shown
        shown[mask] = colour
    return _fitted(shown)


def _fitted(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def main() -> None:
    """Read the arguments, draw."""
    folder, out = Path(sys.argv[1]), Path(sys.argv[2])
    files = [folder / name for name in json.loads((folder / "phantom.json").read_text())["files"]]
    heights = [float(dcmread(file, stop_before_pixels=True).ImagePositionPatient[2]) for file in files]
    chosen = [int(np.argmin(np.abs(np.array(heights) - level))) for level in LEVELS_MM]
    real = grey(Path(str(get_testdata_file("explicit_VR-UN.dcm", download=False))))
    above = [*(grey(files[index]) for index in chosen), real]
    below = [*(truth(folder, index) for index in chosen), np.full_like(real, 255)]
    side = SIDE + GAP
    sheet = np.full((2 * side - GAP, 4 * side - GAP, 3), 255, np.uint8)
    for down, row in enumerate([above, below]):
        for across, picture in enumerate(row):
            sheet[down * side : down * side + SIDE, across * side : across * side + SIDE] = picture
    Image.fromarray(sheet).quantize(128).save(out, optimize=True)


if __name__ == "__main__":
    main()
