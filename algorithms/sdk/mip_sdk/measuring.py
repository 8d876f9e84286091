"""Components of a segment in numbers: how large, where in the patient, and what their samples are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mip_sdk.volume import Slice, Volume

Labels = NDArray[np.integer]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Component:
    """One component.

    Attributes
    ----------
    number
        Its label.
    samples
        How many pixels, or voxels, it has.
    centroid
        The mean of its samples' centres: LPS in mm, or (row, column) counted from 0 where the image has no place in the patient.
    box
        The smallest and the largest coordinates of its samples' centres, in the same terms.
    mean, deviation
        Of its samples in modality units, padding left out; the deviation is that of the population. None without such samples.
    """

    number: int
    samples: int
    centroid: Floats
    box: tuple[Floats, Floats]
    mean: float | None
    deviation: float | None


def components_of(volume: Volume, labels: Labels) -> list[Component]:
    """Every component of ``labels``, (slice, row, column), by number."""
    count = int(labels.max(initial=0))
    if count == 0:
        return []
    sizes = np.bincount(labels.ravel(), minlength=count + 1)
    centroids = _centroids(volume, labels, sizes)
    low, high = _boxes(volume, labels, count)
    means, deviations = _statistics(volume, labels, count)
    return [
        Component(number, int(sizes[number]), centroids[number], (low[number], high[number]), means[number], deviations[number])
        for number in range(1, count + 1)
        if sizes[number]
    ]


def _places(one: Slice, rows: NDArray[Any], columns: NDArray[Any]) -> Floats:
    if one.plane is None:
        return np.stack([rows, columns], axis=-1).astype(np.float64)
    return one.plane.lps(rows, columns)


def _found(labels: Labels) -> Iterator[tuple[int, NDArray[np.integer], NDArray[np.integer], Labels]]:
    """Of each slice with something in it: its index, and row, column and label of what is in it."""
    for index, plane in enumerate(labels):
        rows, columns = np.nonzero(plane)
        if len(rows):
            yield index, rows, columns, plane[rows, columns]


def _centroids(volume: Volume, labels: Labels, sizes: NDArray[np.integer]) -> Floats:
    """By label; from sums of indices, which are exact, so that the order of rows and columns changes nothing."""
    total: Floats | None = None
    for index, rows, columns, of in _found(labels):
        one = volume.slices[index]
        count, down, across = (np.bincount(of, weights, len(sizes)) for weights in (None, rows, columns))
        there = count > 0
        middle = _places(one, down[there] / count[there], across[there] / count[there]) * count[there, None]
        total = np.zeros((len(sizes), middle.shape[1])) if total is None else total
        total[there] += middle
    if total is None:
        raise ValueError("there are no components")
    return total / np.maximum(sizes, 1)[:, None]


def _boxes(volume: Volume, labels: Labels, count: int) -> tuple[Floats, Floats]:
    """Smallest and largest coordinates by label."""
    low, high = np.full((count + 1, 3), np.inf), np.full((count + 1, 3), -np.inf)
    axes = 3
    for index, rows, columns, of in _found(labels):
        places = _places(volume.slices[index], rows, columns)
        axes = places.shape[1]
        np.minimum.at(low[:, :axes], of, places)
        np.maximum.at(high[:, :axes], of, places)
    return low[:, :axes], high[:, :axes]


def _statistics(volume: Volume, labels: Labels, count: int) -> tuple[list[float | None], list[float | None]]:
    """Means and deviations by label; in two passes, as differences from the mean, which loses no digits."""
    kept, sums, squares = np.zeros(count + 1), np.zeros(count + 1), np.zeros(count + 1)
    for of, values in _samples(volume, labels):
        kept += np.bincount(of, minlength=count + 1)
        sums += np.bincount(of, values, count + 1)
    means = sums / np.maximum(kept, 1)
    for of, values in _samples(volume, labels):
        squares += np.bincount(of, (values - means[of]) ** 2, count + 1)
    deviations = np.sqrt(squares / np.maximum(kept, 1))
    return _where(kept, means), _where(kept, deviations)


def _samples(volume: Volume, labels: Labels) -> Iterator[tuple[Labels, Floats]]:
    for index, rows, columns, of in _found(labels):
        one = volume.slices[index]
        seen = ~one.padding[rows, columns]
        yield of[seen], one.values()[rows[seen], columns[seen]]


def _where(kept: Floats, values: Floats) -> list[float | None]:
    return [float(value) if count else None for count, value in zip(kept, values, strict=True)]
