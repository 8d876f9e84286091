"""``ImageData``: one DICOM instance as an algorithm sees it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from mip_sdk.declared import Units
from mip_sdk.faults import InvalidInput
from mip_sdk.geometry import Plane

Array = NDArray[Any]


@dataclass(frozen=True)
class Window:
    """A window of the image itself, in modality units. ``function`` is the image's VOILUTFunction, LINEAR where absent."""

    center: float
    width: float
    function: str = "LINEAR"


@dataclass(frozen=True)
class Rescale:
    """From stored samples to modality units: ``slope * stored + intercept``, or a table that starts at ``first``.

    ``kind`` is the RescaleType or ModalityLUTType, ``""`` where the image does not say.
    """

    slope: float = 1.0
    intercept: float = 0.0
    kind: str = ""
    first: int = 0
    table: Array | None = None

    def apply(self, stored: Array) -> NDArray[np.float64]:
        """Stored samples, of any shape, in modality units, float64. Beyond a table's ends its end values hold."""
        if self.table is None:
            return stored.astype(np.float64) * self.slope + self.intercept
        index = np.clip(stored.astype(np.int64) - self.first, 0, len(self.table) - 1)
        return self.table[index].astype(np.float64)


@dataclass(frozen=True)
class ImageData:
    """One instance, decoded.

    Attributes
    ----------
    stored
        All bits of every sample, integers of 8 or 16 bits, overlays in high bits masked off: (frame, row, column) where there is
        one sample a pixel, (frame, row, column, 3) in RGB order otherwise. A single frame has the axis too.
    photometric
        ``MONOCHROME1`` or ``MONOCHROME2`` with one sample a pixel, else ``RGB``: colour is decoded, whatever its source was.
    bits_stored
        Meaningful bits of a sample of ``stored``.
    rescales, windows
        One of each for every frame; ``None`` where a frame has no window.
    padding
        Smallest and largest stored sample that mean "no image here", or ``None``.
    spacing_mm
        (slices, rows, columns) in millimetres, ``None`` where unknown; the first is the distance of frames or slices.
    planes
        Where each frame lies in the patient, ``None`` where it lacks position, orientation or a spacing above 0.
    units
        What ``pixels`` is in, as the catalog entry declares.
    source
        The instance itself, without its pixels' decoding. Not for an algorithm to write to.
    notes
        What was repaired or dropped while reading, in words for the manifest.
    """

    stored: Array
    photometric: Literal["MONOCHROME1", "MONOCHROME2", "RGB"]
    bits_stored: int
    rescales: Sequence[Rescale]
    windows: Sequence[Window | None]
    padding: tuple[int, int] | None
    spacing_mm: tuple[float | None, float | None, float | None]
    planes: Sequence[Plane | None]
    units: Units
    source: Dataset = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> int:
        """Number of frames, at least 1."""
        return self.stored.shape[0]

    @property
    def is_colour(self) -> bool:
        """True where a pixel has three samples."""
        return self.photometric == "RGB"

    @cached_property
    def pixels(self) -> Array:
        """The samples in the declared units: integers when ``stored``, else float64 of the same shape.

        Raises
        ------
        InvalidInput
            For a colour image in other units than ``stored``.
        """
        if self.units == "stored":
            return self.stored
        if self.is_colour:
            raise InvalidInput("a colour image has no modality units")
        return np.stack([rescale.apply(frame) for rescale, frame in zip(self.rescales, self.stored, strict=True)])

    @cached_property
    def padding_mask(self) -> NDArray[np.bool_]:
        """True where a sample is padding; the shape of ``stored``. Histograms and statistics leave those out."""
        if self.padding is None:
            return np.zeros(self.stored.shape, dtype=np.bool_)
        low, high = self.padding
        return (self.stored >= low) & (self.stored <= high)
