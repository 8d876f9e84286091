"""Arrays that the library takes, for the sanitizers."""

from typing import Any

import numpy as np


def arrays(rng: np.random.Generator) -> tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]:
    """Samples of any type with a window for each value between the smallest and the largest, and room for the greys."""
    kind = str(rng.choice(["uint8", "int8", "uint16", "int16"]))
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    samples = rng.integers(low, high, size=tuple(rng.integers(1, 9, size=2)), dtype=kind, endpoint=True)
    first, last = int(samples.min()), int(samples.max())
    if rng.random() < 0.1:
        first, last = low, high
    function = int(rng.integers(0, 3))
    values = rng.uniform(-2000, 4000, size=last - first + 1) if function < 2 else rng.exponential(size=last - first + 1)
    width = float(rng.choice([1.0, 2.0, 400.0, 131072.0]))
    setting = np.array([first, function, rng.uniform(-1000, 1000), width, rng.integers(0, 2)], dtype=np.float64)
    return [samples, values, setting], [np.empty(samples.shape, dtype=np.uint8)]
