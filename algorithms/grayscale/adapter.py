"""grayscale: one grey for every colour, of the same depth; a monochrome image stays as it is."""

from pathlib import Path

import numpy as np

from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Meaning, NativeAlgorithm, Parameters


class Grayscale(BaseProcessor):
    """Takes no parameters."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        super().__init__(folder, threads)
        self._library = NativeAlgorithm(folder / "build" / "libgrayscale.so")

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Colour, decoded to RGB, to ``(299 R + 587 G + 114 B + 500) div 1000``."""
        if not image_data.is_colour:
            return DerivedImage(
                pixels=image_data.stored,
                meaning=Meaning.SAME_UNITS,
                derivation="Already grayscale, samples unchanged",
                derivation_code=("unchanged", "99MIP", "Samples unchanged"),
                series="Grayscale",
            )
        if image_data.stored.dtype.name not in ("uint8", "uint16"):
            raise InvalidInput("a colour image needs unsigned samples of 8 or 16 bits")
        greys = np.empty(image_data.stored.shape[:-1], dtype=image_data.stored.dtype)
        self._library.run([image_data.stored], [greys], self.threads)
        return DerivedImage(
            pixels=greys,
            meaning=Meaning.GREY,
            derivation="Colour to grey, Y = 0.299 R + 0.587 G + 0.114 B",
            derivation_code=("luma", "99MIP", "Luma of a colour image"),
            series="Grayscale",
        )
