"""Where an image lies in the patient: LPS millimetres, from position, orientation and spacing, never from rows and columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_UNIT = 1e-3
"""How far a direction's length may be from 1, and two directions from a right angle: DS values are rounded."""


@dataclass(frozen=True, eq=False)
class Plane:
    """One slice in the patient.

    Attributes
    ----------
    position
        LPS of the centre of the first pixel, in mm.
    across, down
        Unit vectors: along a row, to the next column; along a column, to the next row.
    spacing
        (between rows, between columns) in mm, both above 0.
    """

    position: Floats
    across: Floats
    down: Floats
    spacing: tuple[float, float]

    @property
    def normal(self) -> Floats:
        """Unit vector at right angles to the slice: row × column."""
        return np.cross(self.across, self.down)

    @property
    def pixel_mm2(self) -> float:
        """The area of a pixel."""
        return self.spacing[0] * self.spacing[1]

    @property
    def along_normal(self) -> float:
        """How far the slice lies along its normal, in mm."""
        return float(np.dot(self.position, self.normal))

    def lps(self, rows: NDArray[np.integer] | Floats, columns: NDArray[np.integer] | Floats) -> Floats:
        """LPS of pixel centres, (n, 3), in mm; ``rows`` and ``columns`` count from 0 and may lie between pixels."""
        down = np.multiply.outer(np.asarray(rows, dtype=np.float64) * self.spacing[0], self.down)
        across = np.multiply.outer(np.asarray(columns, dtype=np.float64) * self.spacing[1], self.across)
        return self.position + down + across


def plane_of(
    position: Sequence[float] | None, orientation: Sequence[float] | None, spacing: tuple[float | None, float | None]
) -> Plane | None:
    """The plane of ImagePositionPatient, ImageOrientationPatient and a spacing; None where one is missing or makes no plane."""
    rows, columns = spacing
    if position is None or orientation is None or rows is None or columns is None:
        return None
    if len(position) != 3 or len(orientation) != 6:
        return None
    place, axes = np.array(position, dtype=np.float64), np.array(orientation, dtype=np.float64)
    across, down = axes[:3], axes[3:]
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if not np.isfinite(place).all() or not np.allclose(lengths, 1, atol=_UNIT) or abs(float(np.dot(across, down))) > _UNIT:
        return None
    return Plane(place, across / lengths[0], down / lengths[1], (rows, columns))
