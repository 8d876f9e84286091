"""The variants by name: which anatomy, on which grid, with which slices."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from anatomy import ANATOMY, HU, Ellipsoid
from grid import STRAIGHT, Grid, Triple, covering, turned

NAMES: dict[str, list[str]] = json.loads(Path(__file__).with_name("names.json").read_text())
"""What a catalog entry may name: variants, sizes (``mirrored-small`` is one), and truths. The catalog's rules read it too."""

SIZES: dict[str, tuple[int, int, int]] = {"": (80, 256, 256), "small": (40, 128, 128)}
"""Slices, rows, columns, by what is appended to a variant's name."""
SIGMA_HU = 12.0


@dataclass(frozen=True)
class Variant:
    """How a variant differs from the standard.

    Attributes
    ----------
    finer
        How many times as many slices, rows and columns cover the field.
    flips
        Axes along which the same voxels are stored from the other end.
    repeat, skip
        Whether the slice in the middle is there twice, or not at all.
    """

    axes: tuple[Triple, Triple, Triple] = STRAIGHT
    finer: Triple = (1, 1, 1)
    flips: tuple[int, ...] = ()
    without: str = ""
    hu: Mapping[str, int] = field(default_factory=dict[str, int])
    sigma: float = SIGMA_HU
    repeat: bool = False
    skip: bool = False
    position: str = "HFS"

    @property
    def ellipsoids(self) -> list[Ellipsoid]:
        """In the order in which they are painted."""
        return [one for one in ANATOMY if one.tissue != self.without]

    @property
    def values(self) -> dict[str, int]:
        """HU by tissue."""
        return {**HU, **self.hu}

    def grid(self, shape: tuple[int, int, int]) -> Grid:
        """Before the flips; ``shape`` is that of the standard."""
        slices, rows, columns = (round(count * times) for count, times in zip(shape, self.finer, strict=True))
        return covering((slices, rows, columns), self.axes)

    def order(self, slices: int) -> list[int]:
        """Which slices are stored, in which order."""
        middle = slices // 2
        if self.skip:
            return [index for index in range(slices) if index != middle]
        return sorted([*range(slices), *([middle] if self.repeat else [])])


VARIANTS: dict[str, Variant] = {
    "standard": Variant(),
    "spacing": Variant(finer=(1.25, 0.9375, 0.75)),
    "oblique": Variant(axes=turned(40, 4, -3, 2)),
    # A patient who went in with the feet first: rows run to the right, slices to the feet.
    "feet-first": Variant(flips=(0, 2), position="FFS"),
    # Rows from the back to the front, as the real slice `explicit_VR-UN` is stored; slices against their normal.
    "mirrored": Variant(flips=(1,)),
    "no-liver": Variant(without="liver"),
    "no-contrast": Variant(hu={"liver": 55}),
    "missing-slice": Variant(skip=True),
    "duplicate-slice": Variant(repeat=True),
    "noise-3": Variant(sigma=3 * SIGMA_HU),
}


def find(name: str) -> tuple[Variant, tuple[int, int, int]]:
    """A variant and the standard's shape at its size.

    Raises
    ------
    LookupError
        With a sentence that names those there are.
    """
    for size, shape in SIZES.items():
        base = name.removesuffix(f"-{size}") if size else name
        if base in VARIANTS and (base != name or not size):
            return VARIANTS[base], shape
    sizes = ", ".join(f"-{size}" for size in SIZES if size)
    raise LookupError(f"the phantom has no variant {name}; it has {', '.join(VARIANTS)}, each also with {sizes}")
