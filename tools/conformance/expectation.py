"""What should have come out: from the oracle, which runs in a process of its own, and from the file with the mask."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results import Unjudgeable

ORACLE_S = 600


@dataclass(frozen=True)
class Reference:
    """One array to hold a result against. ``by`` is the file that it comes from."""

    by: str
    pixels: NDArray[Any]

    @property
    def is_mask(self) -> bool:
        """True where it says of every sample only whether it belongs."""
        return self.pixels.dtype == np.bool_


def references(case: dict[str, Any], root: Path, source: Path, parameters: dict[str, Any]) -> list[Reference]:
    """The oracle's array and the mask, as far as the case names them.

    Raises
    ------
    Unjudgeable
        When a file is not there, or gives nothing that a result can be held against.
    """
    expect = case["expect"]
    found = [Reference(expect["oracle"], _ask(root / expect["oracle"], source, parameters))] if "oracle" in expect else []
    if "mask" in expect:
        found.append(Reference(expect["mask"], _mask(root / expect["mask"])))
    return found


def _ask(script: Path, source: Path, parameters: dict[str, Any]) -> NDArray[Any]:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "expected.npy"
        program = Path(__file__).with_name("oracle.py")
        command = [sys.executable, "-B", program, script, source, out, json.dumps(parameters)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=ORACLE_S)  # noqa: S603
        except subprocess.TimeoutExpired as late:
            raise Unjudgeable(f"the oracle {script.name} took longer than {ORACLE_S} s") from late
        if done.returncode != 0:
            raise Unjudgeable(f"the oracle {script.name} failed: {done.stderr[-200:] or f'exit code {done.returncode}'}")
        expected = np.load(out, allow_pickle=False)
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
