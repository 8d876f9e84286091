"""Correlated noise of a known standard deviation, the same on every machine: whole numbers until the last step."""

import numpy as np
from numpy.typing import NDArray

KERNEL = (1, 4, 6, 4, 1)
"""Within a slice, along rows and along columns: about a Gaussian of 1 pixel. Slices are independent of one another."""
_PARTS = 4
_VARIANCE = _PARTS * (65536**2 - 1) / 12
_GAIN = sum(weight * weight for weight in KERNEL)


def noise(shape: tuple[int, int, int], sigma: float, seed: int) -> NDArray[np.float64]:
    """(slice, row, column), mean 0. A sample is the sum of four uniform numbers of 16 bits, then the kernel is applied.

    Bit generators of NumPy give the same numbers in every version, which its distributions do not promise.
    """
    raw = np.random.PCG64(seed).random_raw(shape[0] * shape[1] * shape[2])
    white = np.zeros(shape, np.int32)
    for part in range(_PARTS):
        white += ((raw >> np.uint64(16 * part)) & np.uint64(0xFFFF)).astype(np.int32).reshape(shape)
    white -= _PARTS * 65535 // 2
    for axis in (1, 2):
        white = _applied(white, axis)
    return white * (sigma / (_VARIANCE**0.5 * _GAIN))


def _applied(values: NDArray[np.int32], axis: int) -> NDArray[np.int32]:
    """What leaves at one end comes in at the other, so that the edge is as noisy as the middle."""
    total = np.zeros_like(values)
    for shift, weight in enumerate(KERNEL, start=-(len(KERNEL) // 2)):
        total += np.roll(values, shift, axis) * np.int32(weight)
    return total
