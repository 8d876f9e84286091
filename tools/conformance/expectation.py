"""What should have come out: from the oracle, which runs in a process of its own, from the file with the mask, from the phantom."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from oracles import ask
from results import Unjudgeable
from sources import Source


@dataclass(frozen=True)
class Reference:
    """One array to hold a result against. ``by`` says where it comes from: a file, or the phantom's truth of a name."""

    by: str
    pixels: NDArray[Any]

    @property
    def is_mask(self) -> bool:
        """True where it says of every sample only whether it belongs."""
        return self.pixels.dtype == np.bool_


@dataclass(frozen=True)
class Given:
    """What expectations are worked out from.

    Attributes
    ----------
    root
        The repository with oracles and masks.
    sources
        The files as the request has them.
    source
        What they hold, None where one cannot be read.
    truth
        The folder with the phantom's masks, of a case that is about a phantom.
    """

    root: Path
    sources: Sequence[Path]
    source: Source | None
    truth: Path | None
    parameters: dict[str, Any]


def references(expect: dict[str, Any], given: Given) -> list[Reference]:
    """The oracle's array, the mask and the truth, as far as the case names them.

    Raises
    ------
    Unjudgeable
        When a file is not there, or gives nothing that a result can be held against.
    """
    found: list[Reference] = []
    if "oracle" in expect:
        files = given.source.files if given.source else given.sources
        found.append(Reference(expect["oracle"], _ask(given.root / expect["oracle"], files, given.parameters)))
    if "mask" in expect:
        found.append(Reference(expect["mask"], _mask(given.root / expect["mask"])))
    if "truth" in expect:
        found.append(_truth(expect["truth"], given))
    return found


def _truth(name: str, given: Given) -> Reference:
    if given.truth is None or given.source is None:
        raise Unjudgeable(f"there is no truth {name}: the case is not about a phantom that can be read")
    mask = _mask(given.truth / f"{name}.npz")
    if len(mask) != len(given.source.order):
        raise Unjudgeable(f"the truth {name} has {len(mask)} slices, the source has {len(given.source.order)}")
    return Reference(f"phantom {name}", mask[list(given.source.order)])


def _ask(script: Path, files: Sequence[Path], parameters: dict[str, Any]) -> NDArray[Any]:
    expected = ask(script, files, parameters)
    if expected.ndim not in (3, 4) or (expected.dtype.kind == "f" and not np.isfinite(expected).all()):
        raise Unjudgeable(f"the oracle {script.name} gives no numbers by (frame, row, column)")
    return expected


def _mask(path: Path) -> NDArray[np.bool_]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            [name] = archive.files
            mask = archive[name]
    except (OSError, ValueError) as fault:
        raise Unjudgeable(f"{path.name} is not a NumPy archive with one array") from fault
    if mask.ndim not in (2, 3):
        raise Unjudgeable(f"{path.name} is no mask by ([frame,] row, column)")
    return (mask != 0).reshape((-1, *mask.shape[-2:]))
