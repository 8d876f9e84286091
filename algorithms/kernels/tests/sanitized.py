"""Calls the library of an algorithm with right and with random arrays, for the sanitizers: ``sanitized.py LIBRARY ARRAYS CALLS``.

``ARRAYS`` is the algorithm's ``tests/arrays.py``: its ``arrays(rng)`` gives inputs and outputs that the library takes. Every second
call gets arrays of other types, shapes and numbers, which the library has to refuse, or to stay within. A sanitizer ends the
process at the first fault.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mip_sdk.native import NativeAlgorithm, NativeFault

Arrays = tuple[list[np.ndarray[Any, Any]], list[np.ndarray[Any, Any]]]
TYPES = ("uint8", "int8", "uint16", "int16", "float64")
ODD = (
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    255.0,
    65535.0,
    65536.0,
    -65536.0,
    2.0**31,
    -(2.0**31),
    2.0**63,
    1e308,
    -1e308,
    np.inf,
    -np.inf,
    np.nan,
)


def generator(path: Path) -> Callable[[np.random.Generator], Arrays]:
    spec = importlib.util.spec_from_file_location("arrays", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.arrays


def filled(rng: np.random.Generator, kind: str, shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    if kind == "float64":
        return rng.choice(np.array(ODD), size=shape)
    octets = rng.integers(0, 256, size=int(np.prod(shape)) * np.dtype(kind).itemsize, dtype=np.uint8)
    return octets.view(kind).reshape(shape).copy()


def spoiled(rng: np.random.Generator, arrays: Arrays) -> Arrays:
    """The same with one to three of its arrays replaced, left out or doubled."""
    sides: Arrays = (list(arrays[0]), list(arrays[1]))
    for _ in range(rng.integers(1, 4)):
        side = sides[rng.integers(0, 2)]
        at = int(rng.integers(0, len(side) + 1))
        shape = tuple(int(extent) for extent in rng.integers(0, 5, size=rng.integers(1, 5)))
        kept = side[at].shape if at < len(side) and rng.random() < 0.5 else shape
        new = [filled(rng, str(rng.choice(TYPES)), kept)] if rng.random() < 0.8 else []
        side[at : at + 1] = new
    return sides


def main(library: Path, arrays: Path, calls: int) -> None:
    algorithm, right, rng = NativeAlgorithm(library), generator(arrays), np.random.default_rng(20260131)
    refused = 0
    for call in range(calls):
        given = right(rng)
        inputs, outputs = spoiled(rng, given) if call % 2 else given
        try:
            algorithm.run(inputs, outputs, threads=int(rng.integers(1, 4)))
        except NativeFault:
            if call % 2 == 0:
                raise
            refused += 1
    print(f"{calls} calls, {refused} refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
