"""What an algorithm implements, and what it gives back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from mip_sdk.image_data import ImageData
from mip_sdk.message import Value

Parameters = Mapping[str, Value]


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
    derivation_code: tuple[str, str, str]
    series: str


class BaseProcessor(ABC):
    """An algorithm. One object lives as long as the worker and is asked once for every image.

    ``folder`` is the algorithm's own folder, ``threads`` how many threads it may use.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.folder = folder
        self.threads = threads

    @abstractmethod
    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Process one image.

        Raises
        ------
        InvalidInput
            When image or parameters do not fit, in words that a user can read, without patient data.
        """
