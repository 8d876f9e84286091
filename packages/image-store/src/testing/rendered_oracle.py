"""What a rendered frame has to look like, by NumPy and pydicom: PS3.3 C.11.1 and C.11.2 in float64.

Reads JSON lines ``{"path", "frame", "window": null or [center, width, function], "output"}``; writes the levels as raw bytes
(rows × columns, or rows × columns × 3) to ``output`` and prints ``[rows, columns, samples]``.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, convert_color_space
from pydicom.pixels.utils import pixel_array

warnings.simplefilter("ignore")


def nearest(values: np.ndarray) -> np.ndarray:
    """Round halves up."""
    return np.floor(values + 0.5)


def windowed(x: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    """The three functions of C.11.2.1.2 and C.11.2.1.3."""
    if function == "SIGMOID":
        return nearest(255 / (1 + np.exp(-4 * (x - center) / width)))
    c, w = (center - 0.5, width - 1) if function == "LINEAR" else (center, width)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = ((x - c) / w + 0.5) * 255
    return nearest(np.where(x <= c - w / 2, 0, np.where(x > c + w / 2, 255, y)))


def first(value: Any) -> float:
    """The first of several, or the only one."""
    return float(value[0] if isinstance(value, MultiValue) else value)


def grey(ds: Dataset, stored: np.ndarray, window: list[Any] | None) -> np.ndarray:
    """Levels of a monochrome image."""
    x = apply_modality_lut(stored, ds).astype(np.float64)
    padding = np.zeros(stored.shape, bool)
    if "PixelPaddingValue" in ds:
        ends = sorted([ds.PixelPaddingValue, ds.get("PixelPaddingRangeLimit", ds.PixelPaddingValue)])
        padding = (stored >= ends[0]) & (stored <= ends[1])
    if window:
        y = windowed(x, *window)
    elif "VOILUTSequence" in ds:
        lut = ds.VOILUTSequence[0]
        count, low, bits = lut.LUTDescriptor
        data = lut.LUTData
        entries = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.array(data)
        index = np.clip(x.astype(np.int64) - low, 0, count - 1)
        y = nearest(entries[index] * 255.0 / (2**bits - 1))
    elif "WindowCenter" in ds:
        y = windowed(x, first(ds.WindowCenter), first(ds.WindowWidth), ds.get("VOILUTFunction", "LINEAR"))
    elif ds.BitsStored == 8 and not ds.PixelRepresentation and np.array_equal(x, stored):
        y = x
    else:
        low, high = x[~padding].min(), x[~padding].max()
        y = nearest((x - low) / (high - low) * 255)
    if ds.PhotometricInterpretation == "MONOCHROME1":
        y = 255 - y
    return np.where(padding, 0, y)


def main() -> None:
    """Answers each line of standard input with one line."""
    for line in sys.stdin:
        request = json.loads(line)
        ds = pydicom.dcmread(request["path"])
        photometric = ds.PhotometricInterpretation
        if photometric.startswith("MONOCHROME"):
            levels = grey(ds, pixel_array(ds, index=request["frame"]), request["window"])
        elif photometric == "PALETTE COLOR":
            levels = apply_color_lut(pixel_array(ds, index=request["frame"]), ds)
            levels = levels >> 8 if levels.dtype == np.uint16 and levels.max() > 255 else levels
        else:
            stored = pixel_array(ds, index=request["frame"], raw=True)
            levels = convert_color_space(stored, "YBR_FULL", "RGB") if photometric.startswith("YBR_FULL") else stored
            if ds.BitsStored > 8:
                levels = nearest(levels * (255 / (2**ds.BitsStored - 1)))
        Path(request["output"]).write_bytes(levels.astype(np.uint8).tobytes())
        sys.stdout.write(json.dumps([ds.Rows, ds.Columns, levels.size // (ds.Rows * ds.Columns)]) + "\n")


if __name__ == "__main__":
    main()
