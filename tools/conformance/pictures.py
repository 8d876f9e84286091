"""A case as pictures: the source, the old result, the new one, and where they differ."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sources import Source

EDGE = 512
"""The longest edge of a picture, in pixels: a report of many cases stays a file that can be sent."""
LEAST = 64
"""The least brightness of a difference: one grey level too many is to be seen."""


def draw(folder: Path, source: Source | None, results: dict[str, NDArray[Any] | None]) -> dict[str, str]:
    """Write a PNG each, and the difference of the last two of ``results``; the names of the files by what they show.

    Of several frames the one that differs most is shown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shown = {name: pixels for name, pixels in results.items() if pixels is not None}
    apart = _apart(list(shown.values())[-2:])
    frame = int(apart.reshape((len(apart), -1)).sum(axis=1).argmax()) if apart is not None else 0
    pictures = {name: _grey(pixels[min(frame, len(pixels) - 1)]) for name, pixels in shown.items()}
    if (first := _source(source, frame)) is not None:
        pictures = {"source": first, **pictures}
    if apart is not None:
        pictures["difference"] = _bright(apart[frame])
    return {name: _save(folder / f"{name}.png", picture) for name, picture in pictures.items()}


def _apart(pair: list[NDArray[Any]]) -> NDArray[np.int64] | None:
    if len(pair) != 2 or pair[0].shape != pair[1].shape:
        return None
    return np.abs(pair[1].astype(np.int64) - pair[0].astype(np.int64))


def _source(source: Source | None, frame: int) -> NDArray[np.uint8] | None:
    """None for a source that cannot be decoded: a case may be about just that."""
    try:
        decoded = source.frame(frame) if source is not None else None
    except Exception:
        return None
    if source is None or decoded is None:
        return None
    return 255 - _grey(decoded) if source.is_inverted else _grey(decoded)


def _grey(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """8-bit samples as they are, masks in black and white, others stretched over their range."""
    if frame.dtype == np.bool_ or frame.max(initial=0) <= 1:
        return (frame != 0).astype(np.uint8) * 255
    low, high = float(frame.min()), float(frame.max())
    if low >= 0 and high <= 255:
        return frame.astype(np.uint8)
    return np.floor((frame.astype(np.float64) - low) / max(high - low, 1) * 255 + 0.5).astype(np.uint8)


def _bright(apart: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Black where equal; what differs from LEAST upwards."""
    flat = apart if apart.ndim == 2 else apart.max(axis=-1)
    bright = LEAST + (255 - LEAST) * flat / max(int(flat.max()), 1)
    return np.where(flat == 0, 0, bright).astype(np.uint8)


def _save(path: Path, picture: NDArray[np.uint8]) -> str:
    image = Image.fromarray(picture)
    image.thumbnail((EDGE, EDGE))
    image.save(path, optimize=True)
    return path.name
