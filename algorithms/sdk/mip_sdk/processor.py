"""What an algorithm implements, and what it gives back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mip_sdk.image_data import ImageData
from mip_sdk.message import Value
from mip_sdk.progress import UNHEARD, Stretch
from mip_sdk.volume import Volume

Parameters = Mapping[str, Value]
Code = tuple[str, str, str]
"""(value, scheme, meaning)."""


class Meaning(Enum):
    """What the samples of a derived image mean: it decides the object's class, and what it may carry on from the source."""

    DISPLAY = "display"
    """Grey values for the eye, without physical units: a Secondary Capture without rescale."""
    GREY = "grey"
    """The grey of a colour image: Secondary Capture stays one, ultrasound and visible light keep their class."""
    SAME_UNITS = "same-units"
    """Stored samples in the units of the source: class, photometric interpretation and rescale are kept."""


@dataclass(frozen=True)
class DerivedImage:
    """An image made of the source image.

    Attributes
    ----------
    pixels
        uint8 or uint16 (int8 or int16 only with SAME_UNITS), (frame, row, column), frames as in the source.
    derivation
        What was done, ASCII, at most 900 characters. "Not for diagnostic use" is added by the SDK.
    derivation_code
        (value, scheme, meaning): from CID 7203, or of MIP's own scheme 99MIP where the standard has no code for it.
    series
        Words of the series' description after "[RESEARCH] ", ASCII, at most 53 characters.
    """

    pixels: NDArray[Any]
    meaning: Meaning
    derivation: str
    derivation_code: Code
    series: str


@dataclass(frozen=True)
class Segmentation:
    """What was found in the image, or in the volume. Nothing at all is an answer too: ``nothing-found``.

    The SDK measures it, and writes it as a DICOM SEG where something was found.

    Attributes
    ----------
    labels
        For each of the segments that the catalog entry declares, in its order: integers, (slice, row, column), 0 outside and
        1 … n in its components, which are reported in this order.
    derivation, series
        As for ``DerivedImage``.
    family
        The kind of algorithm, from CID 7162.
    notes
        What the reader of the manifest has to know, ASCII, without patient data.
    """

    labels: Sequence[NDArray[np.integer]]
    derivation: str
    series: str
    family: Code
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotApplicable:
    """The algorithm cannot tell anything of this image, which is no fault of the image, and not the same as nothing found.

    ``reason`` is a code such as ``no-contrast``; ``words`` say it to a user, without patient data.
    """

    reason: str
    words: str


Result = DerivedImage | Segmentation | NotApplicable


class BaseProcessor(ABC):
    """An algorithm. One object lives as long as the worker and is asked once for every image.

    ``folder`` is the algorithm's own folder, ``threads`` how many threads it may use.
    """

    stretch: Stretch = UNHEARD
    """What part of the job the image, or the volume, is; set by the SDK before each one."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.folder = folder
        self.threads = threads

    def progress(self, done: float, total: float) -> None:
        """Say how far it is with this image, or this volume: ``done`` of ``total`` slices, steps, or whatever it counts.

        Need not be called. It costs next to nothing, may be called from any thread, however often, and never fails: what makes no
        sense is not told, nor is less than was told before.
        """
        self.stretch.reached(done, total)

    @abstractmethod
    def process_image(self, image_data: ImageData, parameters: Parameters) -> Result:
        """Process one image.

        Raises
        ------
        InvalidInput
            When image or parameters do not fit, in words that a user can read, without patient data.
        """


class VolumeProcessor(BaseProcessor):
    """An algorithm that takes all images of a series together, as a volume, and one image by itself."""

    takes_positions: bool = False
    """True for one that uses the position of each slice: it gets volumes of uneven steps and of a tilted gantry too."""

    @abstractmethod
    def process_volume(self, volume: Volume, parameters: Parameters) -> Result:
        """Process the volume of a series of several images, or of an image of several frames.

        Raises
        ------
        InvalidInput
            As for ``process_image``.
        """
