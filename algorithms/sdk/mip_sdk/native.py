"""An algorithm written in C: a shared library that exports ``mip_process`` (``kernels/include/mip_algorithm.h``)."""

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

_TYPES = {"uint8": 0, "int8": 1, "uint16": 2, "int16": 3, "float64": 4}
_STATUS = {
    -1: "wrong number of arrays",
    -2: "an element type it does not take",
    -3: "shapes that do not fit together",
    -4: "a parameter outside its range",
    -5: "a sample outside the declared range",
    -6: "not enough memory",
}
_MAX_DIMENSIONS = 4


class _Array(ctypes.Structure):
    _fields_ = [
        ("data", ctypes.c_void_p),
        ("type", ctypes.c_int32),
        ("dimensions", ctypes.c_int32),
        ("shape", ctypes.c_int64 * _MAX_DIMENSIONS),
    ]


class NativeFault(Exception):
    """``mip_process`` answered with an error: the adapter and the library do not agree."""


class NativeAlgorithm:
    """A loaded library. Arrays are handed over as they are, without a copy, and the GIL is free while it runs."""

    def __init__(self, library: Path) -> None:
        self._process: Any = ctypes.CDLL(str(library)).mip_process
        self._process.restype = ctypes.c_int32

    def run(self, inputs: Sequence[NDArray[Any]], outputs: Sequence[NDArray[Any]], threads: int = 1) -> None:
        """Call ``mip_process``.

        Parameters
        ----------
        inputs, outputs
            C-contiguous, aligned, of 1 to 4 dimensions, of type u8, i8, u16, i16 or f64 in the machine's byte order; what each
            has to be is said in the library's ``main.c``. Outputs are written and overlap nothing.

        Raises
        ------
        NativeFault
            When an array is not as above, or the library refuses.
        """
        status = self._process(_arrays(inputs), len(inputs), _arrays(outputs), len(outputs), max(1, threads))
        if status != 0:
            raise NativeFault(f"mip_process: {_STATUS.get(status, 'unknown error')}")


def _arrays(arrays: Sequence[NDArray[Any]]) -> Any:
    return (_Array * len(arrays))(*map(_array, arrays))


def _array(array: NDArray[Any]) -> _Array:
    name = array.dtype.name
    whole = array.flags.c_contiguous and array.flags.aligned and array.dtype.isnative
    if name not in _TYPES or not whole or not 1 <= array.ndim <= _MAX_DIMENSIONS:
        raise NativeFault(f"an array of {name} with {array.ndim} dimensions cannot be handed over")
    shape = (ctypes.c_int64 * _MAX_DIMENSIONS)(*array.shape)
    return _Array(array.ctypes.data, _TYPES[name], array.ndim, shape)
