"""Arrays that the library takes, for the sanitizers."""

from typing import Any

import numpy as np


def arrays(rng: np.random.Generator) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]:
    """Frames of any of the four types, and room for as many samples."""
    kind = rng.choice(["uint8", "int8", "uint16", "int16"])
    shape = tuple(int(extent) for extent in rng.integers(1, 9, size=3))
    limits = np.iinfo(kind)
    samples = rng.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)
    return [samples], [np.empty(shape, dtype=kind)]
