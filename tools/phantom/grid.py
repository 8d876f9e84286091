"""Where voxels lie in the patient."""

from dataclasses import dataclass, replace

Triple = tuple[float, float, float]

FIELD_MM = (400.0, 384.0, 384.0)
"""What a scan covers along slices, rows and columns; its centre is the origin of LPS."""
STRAIGHT: tuple[Triple, Triple, Triple] = ((0, 0, 1), (0, 1, 0), (1, 0, 0))


@dataclass(frozen=True)
class Grid:
    """Axes 0, 1, 2 are slice, row, column.

    Attributes
    ----------
    shape
        Slices, rows, columns.
    spacing
        From one to the next along each axis, in mm.
    axes
        The direction in which each index grows, LPS unit vectors; ``axes[2]`` and ``axes[1]`` are a row's and a column's direction.
    origin
        The centre of the first voxel, LPS mm.
    """

    shape: tuple[int, int, int]
    spacing: Triple
    axes: tuple[Triple, Triple, Triple]
    origin: Triple

    def place(self, index: Triple) -> Triple:
        """LPS mm of an index; it need not be whole."""
        steps = [at * step for at, step in zip(index, self.spacing, strict=True)]
        x, y, z = (self.origin[i] + sum(step * axis[i] for step, axis in zip(steps, self.axes, strict=True)) for i in range(3))
        return x, y, z

    def flipped(self, axis: int) -> "Grid":
        """The same voxels, counted from the other end of an axis."""
        last: list[float] = [0, 0, 0]
        last[axis] = self.shape[axis] - 1
        axes = list(self.axes)
        x, y, z = axes[axis]
        axes[axis] = (-x, -y, -z)
        return replace(self, axes=(axes[0], axes[1], axes[2]), origin=self.place((last[0], last[1], last[2])))


def covering(shape: tuple[int, int, int], axes: tuple[Triple, Triple, Triple]) -> Grid:
    """The grid of a shape over the whole field, around the origin."""
    spacing = tuple(length / count for length, count in zip(FIELD_MM, shape, strict=True))
    about = Grid(shape, (spacing[0], spacing[1], spacing[2]), axes, (0, 0, 0))
    x, y, z = about.place(((shape[0] - 1) / 2, (shape[1] - 1) / 2, (shape[2] - 1) / 2))
    return replace(about, origin=(-x, -y, -z))


def turned(w: int, x: int, y: int, z: int) -> tuple[Triple, Triple, Triple]:
    """Straight axes turned by a quaternion of whole numbers: fractions, the same on every machine, unlike sines."""
    square = w * w + x * x + y * y + z * z
    columns = (
        (w * w + x * x - y * y - z * z, 2 * (x * y + w * z), 2 * (x * z - w * y)),
        (2 * (x * y - w * z), w * w - x * x + y * y - z * z, 2 * (y * z + w * x)),
        (2 * (x * z + w * y), 2 * (y * z - w * x), w * w - x * x - y * y + z * z),
    )
    right, down, up = ((a / square, b / square, c / square) for a, b, c in columns)
    return up, down, right
