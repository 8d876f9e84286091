"""A variant as arrays: Hounsfield units and the truth, in the order in which the slices are stored."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anatomy import TRUTHS
from grid import Grid
from noise import noise
from paint import SAMPLES, paint
from variants import Variant


@dataclass(frozen=True)
class Built:
    """What a variant is.

    Attributes
    ----------
    grid
        Of all slices, each once.
    order
        The slices of ``grid`` that are stored, in their order.
    hu
        (slice of the grid, row, column).
    masks
        By the truth's name, with the shape of ``hu``.
    """

    variant: Variant
    grid: Grid
    order: list[int]
    hu: NDArray[np.int16]
    masks: dict[str, NDArray[np.bool_]]


def build(variant: Variant, shape: tuple[int, int, int], seed: int, progress: Callable[[int, int], None]) -> Built:
    """``shape`` is that of the standard: slices, rows, columns. ``progress`` hears of each slice, and how many there are."""
    grid = variant.grid(shape)
    values = noise(grid.shape, variant.sigma, seed)
    masks = {name: np.zeros(grid.shape, bool) for name in TRUTHS}
    for index, painted in enumerate(paint(grid, variant.ellipsoids, variant.values)):
        values[index] += painted.sums / SAMPLES
        for name, mask in painted.masks.items():
            masks[name][index] = mask
        progress(index + 1, grid.shape[0])
    hu = np.floor(values + 0.5).astype(np.int16)
    for axis in variant.flips:  # the same voxels, noise included: only how they are stored differs
        grid, hu = grid.flipped(axis), np.flip(hu, axis)
        masks = {name: np.flip(mask, axis) for name, mask in masks.items()}
    return Built(variant, grid, variant.order(grid.shape[0]), hu, masks)
