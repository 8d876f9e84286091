"""window-level: a monochrome image to 8 bits through a window of DICOM PS3.3 C.11.2.1.2.

The window is worked out by the C library, once for each stored value between the smallest and the largest in the frame, and
looked up for each pixel.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Meaning, NativeAlgorithm, Parameters, Window

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


class WindowLevel(BaseProcessor):
    """Takes ``center``, ``width`` (modality units) and ``function``; without the first two, the image's own first window."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        super().__init__(folder, threads)
        self._library = NativeAlgorithm(folder / "build" / "libwindow_level.so")

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Map every frame; frames may have windows and rescales of their own."""
        if image_data.is_colour:
            raise InvalidInput("a window needs a monochrome image; this one is in colour")
        greys = np.empty(image_data.stored.shape, dtype=np.uint8)
        windows = [_window(image_data.windows[frame], parameters) for frame in range(image_data.frames)]
        for frame, window in enumerate(windows):
            self._map(image_data, frame, window, greys[frame])
        return DerivedImage(
            pixels=greys,
            meaning=Meaning.DISPLAY,
            derivation=_words(windows),
            derivation_code=("window-level", "99MIP", "Window level"),
            series="Window level",
        )

    def _map(self, image: ImageData, frame: int, window: Window, greys: NDArray[np.uint8]) -> None:
        stored = image.stored[frame]
        first, last = int(stored.min()), int(stored.max())
        values = image.rescales[frame].apply(np.arange(first, last + 1))
        if window.function == "SIGMOID":
            with np.errstate(over="ignore"):
                values = np.exp(-4.0 * (values - window.center) / window.width)
        inverted = image.photometric == "MONOCHROME1"
        setting = np.array([first, FUNCTIONS.index(window.function), window.center, window.width, inverted], dtype=np.float64)
        self._library.run([stored, values, setting], [greys], self.threads)


def _window(own: Window | None, parameters: Parameters) -> Window:
    """The window to use for a frame whose own window is ``own``."""
    center, width = parameters.get("center"), parameters.get("width")
    if (center is None) != (width is None):
        raise InvalidInput("center and width go together: give both or neither")
    if center is None or width is None:
        if own is None:
            raise InvalidInput("the image has no window of its own: give center and width")
        center, width = own.center, own.width
    function = str(parameters.get("function") or (own.function if own else "LINEAR"))
    return _checked(Window(_number(center), _number(width), function))


def _checked(window: Window) -> Window:
    if window.function not in FUNCTIONS:
        raise InvalidInput(f"the window's function is not one of {', '.join(FUNCTIONS)}")
    smallest = 1.0 if window.function == "LINEAR" else 0.0
    fits = window.width >= 1.0 if window.function == "LINEAR" else window.width > 0.0
    if not (np.isfinite(window.center) and np.isfinite(window.width) and fits):
        raise InvalidInput(f"the window's width has to be {'at least' if smallest else 'above'} {smallest:g} for {window.function}")
    return window


def _number(value: Any) -> float:
    if isinstance(value, (bool, str)):
        raise InvalidInput("center and width have to be numbers")
    return float(value)


def _words(windows: list[Window]) -> str:
    first = windows[0]
    if any(window != first for window in windows):
        return f"Windowed to 8 bits, {first.function}, each frame with its own window"
    return f"Windowed to 8 bits, {first.function}, center {first.center:g}, width {first.width:g}"
