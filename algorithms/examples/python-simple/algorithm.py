"""python-simple: the negative of a grayscale image, for the eye."""

import numpy as np

from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Meaning, Parameters


class Algorithm(BaseProcessor):
    """Takes no parameters. One object lives as long as its worker: what is slow to load is loaded in ``__init__``, once."""

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Turn the greys of every frame around, within all values that a sample of this image can have."""
        if image_data.is_colour:
            raise InvalidInput("a negative needs a monochrome image; this one is in colour")
        stored = image_data.stored  # integers, (frame, row, column); a single frame has the axis too
        smallest = -(1 << (image_data.bits_stored - 1)) if stored.dtype.kind == "i" else 0
        above = stored.astype(np.int64) - smallest
        # MONOCHROME1 shows small samples bright, so that its samples are its negative already; the result is MONOCHROME2.
        greys = above if image_data.photometric == "MONOCHROME1" else (1 << image_data.bits_stored) - 1 - above
        return DerivedImage(
            pixels=greys.astype(f"uint{8 * stored.dtype.itemsize}"),
            # For the eye alone: a Secondary Capture without rescale. What keeps its units is Meaning.SAME_UNITS.
            meaning=Meaning.DISPLAY,
            derivation="Negative, the greys turned around",
            derivation_code=("negative", "99MIP", "Negative"),
            series="Negative",
        )
