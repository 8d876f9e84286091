"""window-level by its definition, PS3.3 C.11.2.1.2, in NumPy float64."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from dicom import first_number, group, modality, samples

Floats = NDArray[np.float64]


def expected(source: Dataset, parameters: Mapping[str, Any]) -> NDArray[np.uint8]:
    """The 8-bit greys of every frame, (frame, row, column)."""
    stored = samples(source)
    frames = [_frame(source, index, frame, parameters) for index, frame in enumerate(stored)]
    return np.stack(frames)


def _frame(source: Dataset, index: int, stored: NDArray[Any], parameters: Mapping[str, Any]) -> NDArray[np.uint8]:
    item = group(source, index, "FrameVOILUTSequence")
    own = (first_number(item, "WindowCenter"), first_number(item, "WindowWidth"))
    center, width = (parameters.get("center"), parameters.get("width")) if "center" in parameters else own
    if center is None or width is None:
        raise ValueError("no window in parameters or image")
    function = parameters.get("function") or item.get("VOILUTFunction") or "LINEAR"
    grey = FUNCTIONS[function](modality(source, index, stored), float(center), float(width))
    grey = np.floor(grey + 0.5).astype(np.uint8)
    return 255 - grey if source.PhotometricInterpretation == "MONOCHROME1" else grey


def linear(x: Floats, c: float, w: float) -> Floats:
    """x <= c - 0.5 - (w-1)/2: 0; x > c - 0.5 + (w-1)/2: 255; else ((x - (c - 0.5)) / (w-1) + 0.5) * 255."""
    with np.errstate(divide="ignore", invalid="ignore"):
        between = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
    return np.select([x <= c - 0.5 - (w - 1) / 2, x > c - 0.5 + (w - 1) / 2], [0.0, 255.0], between)


def linear_exact(x: Floats, c: float, w: float) -> Floats:
    """x <= c - w/2: 0; x > c + w/2: 255; else ((x - c) / w + 0.5) * 255."""
    return np.select([x <= c - w / 2, x > c + w / 2], [0.0, 255.0], ((x - c) / w + 0.5) * 255)


def sigmoid(x: Floats, c: float, w: float) -> Floats:
    """255 / (1 + exp(-4 (x - c) / w))."""
    with np.errstate(over="ignore"):
        return 255 / (1 + np.exp(-4 * (x - c) / w))


FUNCTIONS = {"LINEAR": linear, "LINEAR_EXACT": linear_exact, "SIGMOID": sigmoid}
