"""Ellipsoids to voxels: every voxel is 3 × 3 × 3 samples, its value their mean, and it belongs to what has most of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anatomy import TISSUES, TRUTHS, Ellipsoid
from grid import Grid

FINE = 3
SAMPLES = FINE**3
Box = tuple[slice, slice, slice]


@dataclass(frozen=True)
class Painted:
    """One slice: the sum of HU over a voxel's samples, (row, column), and the truths' masks, (row, column) each."""

    sums: NDArray[np.int16]
    masks: dict[str, NDArray[np.bool_]]


def paint(grid: Grid, ellipsoids: Sequence[Ellipsoid], hu: dict[str, int]) -> Iterator[Painted]:
    """The slices in their order.

    ``hu`` has a value for each tissue, from -1200 to 1200: a voxel's sum is of 16 bits.
    """
    values = np.array([hu[tissue] for tissue in TISSUES], np.int16)
    boxes = [(one, _box(grid, one)) for one in ellipsoids]
    for index in range(grid.shape[0]):
        labels = np.zeros((FINE, FINE * grid.shape[1], FINE * grid.shape[2]), np.uint8)
        touched: dict[str, list[Box]] = {}
        for one, whole in boxes:
            box = (_within(whole[0], index), whole[1], whole[2])
            if all(part.start < part.stop for part in box):
                np.putmask(labels[box], _inside(grid, one, box, index), TISSUES.index(one.tissue))
                touched.setdefault(one.tissue, []).append(box)
        yield Painted(_summed(values[labels]), _masks(labels, touched))


def _box(grid: Grid, one: Ellipsoid) -> Box:
    """The fine samples that an ellipsoid can reach, in whole voxels along rows and columns."""
    ends: list[slice] = []
    for axis in range(3):
        direction, step = grid.axes[axis], grid.spacing[axis]
        middle = sum((c - o) * d for c, o, d in zip(one.centre, grid.origin, direction, strict=True)) / step
        reach = math.sqrt(sum((s * d) ** 2 for s, d in zip(one.semi, direction, strict=True))) / step
        low, high = math.floor(middle - reach), math.ceil(middle + reach) + 1
        ends.append(slice(FINE * max(low, 0), FINE * max(min(high, grid.shape[axis]), 0)))
    return ends[0], ends[1], ends[2]


def _within(fine: slice, index: int) -> slice:
    """The part of a range of fine slices that lies in one slice, counted from that slice's first."""
    return slice(max(fine.start - FINE * index, 0), min(fine.stop - FINE * index, FINE))


def _inside(grid: Grid, one: Ellipsoid, box: Box, index: int) -> NDArray[np.bool_]:
    """Whether a sample is in the ellipsoid: (x/a)² + (y/b)² + (z/c)² ≤ 1."""
    fine = [np.arange(part.start, part.stop, dtype=np.float64) for part in box]
    fine[0] += FINE * index
    at = [(count - 1) / FINE for count in fine]  # sample 1 of 0, 1, 2 is the voxel's centre
    squares = [_along(grid, i, at, one.centre[i], one.semi[i]) for i in range(3)]
    squares.sort(key=lambda part: part.size)  # the sums of the small ones are small
    total: Any = squares[0] + squares[1] + squares[2]
    return np.broadcast_to(total <= 1, tuple(part.stop - part.start for part in box))


def _along(grid: Grid, i: int, at: Sequence[NDArray[np.float64]], centre: float, semi: float) -> NDArray[np.float64]:
    """((coordinate - centre) / semi)² of LPS coordinate ``i``: of full shape only along axes that it changes on."""
    total = np.full((1, 1, 1), grid.origin[i] - centre)
    for axis in range(3):
        if grid.axes[axis][i] != 0:
            shape = [1, 1, 1]
            shape[axis] = -1
            total = total + at[axis].reshape(shape) * (grid.spacing[axis] * grid.axes[axis][i])
    total /= semi
    return total * total


def _summed(fine: NDArray[Any]) -> NDArray[Any]:
    """Over the samples of each voxel; the type stays."""
    flat = fine[0] + fine[1] + fine[2]
    flat = flat[0::FINE] + flat[1::FINE] + flat[2::FINE]
    return flat[:, 0::FINE] + flat[:, 1::FINE] + flat[:, 2::FINE]


def _masks(labels: NDArray[np.uint8], touched: dict[str, list[Box]]) -> dict[str, NDArray[np.bool_]]:
    rows, columns = labels.shape[1] // FINE, labels.shape[2] // FINE
    masks: dict[str, NDArray[np.bool_]] = {}
    for name, tissues in TRUTHS.items():
        mask = masks[name] = np.zeros((rows, columns), bool)
        boxes = [box for tissue in tissues for box in touched.get(tissue, [])]
        if not boxes:
            continue
        down, across = (slice(min(b[i].start for b in boxes), max(b[i].stop for b in boxes)) for i in (1, 2))
        belongs = np.array([tissue in tissues for tissue in TISSUES], np.uint8)
        counts = _summed(belongs[labels[:, down, across]])
        mask[_coarse(down), _coarse(across)] = 2 * counts > SAMPLES
    return masks


def _coarse(fine: slice) -> slice:
    return slice(fine.start // FINE, fine.stop // FINE)
