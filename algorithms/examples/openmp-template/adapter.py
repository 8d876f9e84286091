"""openmp-template: a median of 3 x 3 samples, in C; the image keeps its units.

Python reads, decides and describes; the C library gets arrays and fills arrays (``src/main.c`` says which).
"""

from pathlib import Path

import numpy as np

from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Meaning, NativeAlgorithm, Parameters


class Algorithm(BaseProcessor):
    """Takes no parameters."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        super().__init__(folder, threads)
        self._library = NativeAlgorithm(folder / "build" / "libopenmp_template.so")

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Filter every frame by itself; padding stays, and for its neighbours it has the smallest value that is none."""
        if image_data.is_colour:
            raise InvalidInput("a median needs a monochrome image; this one is in colour")
        stored, padding = image_data.stored, image_data.padding_mask
        seen = stored[~padding]
        samples = np.where(padding, seen.min(), stored) if padding.any() and seen.size else stored
        filtered = np.empty_like(stored)
        self._library.run([np.ascontiguousarray(samples)], [filtered], self.threads)
        return DerivedImage(
            pixels=np.where(padding, stored, filtered),
            meaning=Meaning.SAME_UNITS,
            derivation="Median of 3 x 3 samples",
            derivation_code=("113087", "DCM", "Smoothing"),
            series="Median 3 x 3",
        )
