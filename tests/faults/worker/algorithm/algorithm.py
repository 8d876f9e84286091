"""An algorithm that does what its parameters say, for tests of the worker around it. ``mark``: a file that says how far it came."""

import ctypes
import time
from pathlib import Path

import numpy as np

from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Meaning, Parameters

STEP = 20 * 1024 * 1024


class Obedient(BaseProcessor):
    """``does``: nothing, or one of the ways in which an algorithm goes wrong; with ``once`` only the first time."""

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        """Do it, then give the image back as it is."""
        mark = Path(str(parameters["mark"]))
        first = not mark.exists()
        mark.touch()
        if first or not parameters.get("once"):
            self._do(str(parameters.get("does", "nothing")), Path(f"{mark}.go"))
        pixels = np.ascontiguousarray(image_data.stored)
        return DerivedImage(pixels, Meaning.SAME_UNITS, "Unchanged", ("copy", "99MIP", "Copy"), "Copy")

    def _do(self, what: str, go: Path) -> None:
        if what == "loops":
            # With the interpreter's lock held: no Python code of this process ever runs again.
            ctypes.PyDLL(str(self.folder / "build" / "libforever.so")).forever()
        elif what == "eats":
            eaten = []
            for _ in range(200):
                eaten.append(np.ones(STEP, np.uint8))
                time.sleep(0.02)
        elif what == "waits":
            while not go.exists():
                time.sleep(0.02)
        elif what == "breaks":
            raise RuntimeError("DOE^JOHN")
        elif what == "refuses":
            raise InvalidInput("this image does not fit")
