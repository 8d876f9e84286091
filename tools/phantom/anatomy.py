"""The anatomy: ellipsoids in LPS millimetres (x to the patient's left, y to the back, z to the head), each of one tissue.

The centre of the scanned field is the origin. What comes later in the list lies over what comes before it.
"""

import math
from dataclasses import dataclass

AIR = "air"
"""What is around the patient; no ellipsoid."""

HU: dict[str, int] = {
    AIR: -1000,
    "fat": -100,
    "muscle": 55,
    "lung-right": -850,
    "lung-left": -850,
    "airway": -1000,
    "liver": 105,
    "spleen": 140,
    "kidney-right": 185,
    "kidney-left": 185,
    "spine": 350,
    "aorta": 260,
    "bowel-fluid": 15,
    "bowel-gas": -950,
    "ribs": 350,
    "couch": 150,
}
"""By tissue; the place in this mapping is the tissue's label."""

TISSUES = tuple(HU)

TRUTHS: dict[str, frozenset[str]] = {
    "body": frozenset(TISSUES) - {AIR, "couch"},
    "lungs": frozenset({"lung-right", "lung-left"}),
    "kidneys": frozenset({"kidney-right", "kidney-left"}),
    **{tissue: frozenset({tissue}) for tissue in TISSUES if tissue not in (AIR, "fat", "muscle")},
}
"""What is known of every voxel: the tissues that a mask takes together. ``body`` is all within the skin, its air included."""

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Ellipsoid:
    """Its axes are those of the patient. ``semi`` are half their lengths."""

    tissue: str
    centre: Point
    semi: Point

    @property
    def ml(self) -> float:
        """The whole volume; some reach beyond the field."""
        a, b, c = self.semi
        return 4 / 3 * math.pi * a * b * c / 1000


def _ribs() -> list[Ellipsoid]:
    """Eight arches of seven pieces on each side, in the wall of the chest."""
    around = [(133, -2), (127, 28), (115, 49), (98, 63), (127, -32), (115, -53), (98, -67)]
    pieces = [(side * x, y) for side in (-1, 1) for x, y in around]
    return [Ellipsoid("ribs", (x, y, z), (4.5, 4.5, 6)) for z in range(-5, 190, 26) for x, y in pieces]


ANATOMY: tuple[Ellipsoid, ...] = (
    Ellipsoid("fat", (0, -5, 0), (166, 114, 700)),
    Ellipsoid("muscle", (0, -5, 0), (153, 103, 640)),
    Ellipsoid("fat", (0, -10, -110), (125, 72, 120)),
    Ellipsoid("lung-right", (-73, -2, 95), (52, 64, 85)),
    Ellipsoid("lung-left", (72, -2, 95), (49, 62, 83)),
    Ellipsoid("airway", (0, 10, 160), (9, 9, 70)),
    Ellipsoid("airway", (-16, 10, 108), (18, 6, 7)),
    Ellipsoid("airway", (17, 10, 108), (18, 6, 7)),
    Ellipsoid("liver", (-68, -8, -62), (60, 68, 60)),
    Ellipsoid("liver", (-5, -30, -45), (60, 38, 38)),
    Ellipsoid("spleen", (92, 20, -50), (28, 45, 42)),
    Ellipsoid("kidney-right", (-55, 46, -150), (24, 20, 42)),
    Ellipsoid("kidney-left", (55, 46, -142), (24, 20, 45)),
    Ellipsoid("spine", (0, 62, 0), (20, 17, 1000)),
    Ellipsoid("aorta", (10, 32, 0), (11, 11, 800)),
    Ellipsoid("bowel-fluid", (45, -35, -122), (35, 26, 33)),
    Ellipsoid("bowel-gas", (45, -45, -122), (25, 14, 22)),
    Ellipsoid("bowel-fluid", (-22, -38, -160), (30, 22, 26)),
    Ellipsoid("bowel-gas", (-22, -46, -160), (20, 11, 16)),
    *_ribs(),
    Ellipsoid("couch", (0, 160, 0), (180, 5, 1000)),  # a mattress, which is as good as air, lies between it and the back
)
