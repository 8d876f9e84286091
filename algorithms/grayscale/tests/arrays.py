"""Arrays that the library takes, for the sanitizers."""

from typing import Any

import numpy as np


def arrays(rng: np.random.Generator) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]:
    """Colour of 8 or 16 bits, and room for its greys."""
    kind = rng.choice(["uint8", "uint16"])
    frames, rows, columns = (int(extent) for extent in rng.integers(1, 9, size=3))
    rgb = rng.integers(0, np.iinfo(kind).max, size=(frames, rows, columns, 3), dtype=kind, endpoint=True)
    return [rgb], [np.empty((frames, rows, columns), dtype=kind)]
