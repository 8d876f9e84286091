"""Makes a synthetic CT of chest and abdomen with a known truth, READ FIRST.

    python3 tools/phantom/phantom.py --variant mirrored-small --out FOLDER [--size 80x256x256] [--seed 1] [--json]

name → variant → arrays (``build.py``) → a CT series (``series.py``) and masks → FOLDER::

    slice-0001.dcm …       the series; a file's number is its place in it
    truth/liver.npz …      for each truth one array ``mask``, bool (file, row, column)
    phantom.json           what was made; written last

The same variant, size and seed give the same bytes. Needs NumPy and pydicom.
"""

import argparse
import json
import re
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from build import Built, build
from series import files
from variants import VARIANTS, find

LEAST = (10, 32, 32)
MOST = (400, 1024, 1024)


def make(name: str, out: Path, size: tuple[int, int, int] | None = None, seed: int = 1, quiet: bool = True) -> dict[str, Any]:
    """Write the folder; what ``phantom.json`` says.

    Raises
    ------
    LookupError, FileExistsError
        With a sentence: there is no such variant, or the folder has something in it.
    """
    variant, shape = find(name)
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f"the folder {out} is not empty; name another one")
    shape = size or shape
    built = build(variant, shape, seed, _silent if quiet else _tell)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    octets = files(built, name, shape, seed)
    names = [f"slice-{number:04}.dcm" for number in range(1, len(octets) + 1)]
    for file, content in zip(names, octets, strict=True):
        (out / file).write_bytes(content)
    truth = {truth: _truth(out, built, truth) for truth in built.masks}
    about = {
        "schema": "phantom/1",
        "variant": name,
        "seed": seed,
        "files": names,
        "bytes": sum(map(len, octets)),
        "shape": [len(names), *built.grid.shape[1:]],
        "spacing_mm": list(built.grid.spacing),
        "noise_sigma_hu": variant.sigma,
        "hu": variant.values,
        "truth": truth,
    }
    (out / "phantom.json").write_text(json.dumps(about, indent=2) + "\n")
    return about


def _truth(out: Path, built: Built, name: str) -> dict[str, Any]:
    """Write one mask; its file, its volume and its centroid in the patient, of all slices each once."""
    mask = built.masks[name]
    (out / "truth" / f"{name}.npz").write_bytes(_archive(mask[built.order]))
    count = int(np.count_nonzero(mask))
    step, row, column = built.grid.spacing
    middle = [sum_of / count for sum_of in _index_sums(mask)] if count else None
    centroid = [round(one, 3) for one in built.grid.place((middle[0], middle[1], middle[2]))] if middle else None
    return {"file": f"truth/{name}.npz", "ml": round(count * step * row * column / 1000, 3), "centroid_lps_mm": centroid}


def _index_sums(mask: NDArray[np.bool_]) -> list[int]:
    counts = [mask.sum(axis=tuple({0, 1, 2} - {axis})) for axis in range(3)]
    return [int(np.dot(count, np.arange(len(count)))) for count in counts]


def _archive(mask: NDArray[np.bool_]) -> bytes:
    buffer = BytesIO()
    np.savez_compressed(buffer, mask=mask)
    return buffer.getvalue()


def _silent(done: int, of: int) -> None:
    """Nobody is waiting."""


def _tell(done: int, of: int) -> None:
    if done % 10 == 0 or done == of:
        sys.stderr.write(f"slice {done} of {of}\n")


def _size(text: str) -> tuple[int, int, int]:
    found = re.fullmatch(r"(\d{1,4})x(\d{1,4})x(\d{1,4})", text)
    slices, rows, columns = (int(one) for one in found.groups()) if found else (0, 0, 0)
    if not all(low <= one <= high for low, one, high in zip(LEAST, (slices, rows, columns), MOST, strict=True)):
        raise argparse.ArgumentTypeError("slices × rows × columns, from 10x32x32 to 400x1024x1024")
    return slices, rows, columns


def main() -> int:
    """0 with the folder written, 2 with a sentence on standard error."""
    parser = argparse.ArgumentParser(prog="phantom.py", description="Make a synthetic CT of chest and abdomen with a known truth.")
    parser.add_argument("--variant", default="standard", help=f"{', '.join(VARIANTS)}; with -small appended at a small size")
    parser.add_argument("--out", type=Path, required=True, help="a folder that is empty or does not exist")
    parser.add_argument("--size", type=_size, help="slices × rows × columns of the standard grid, as 80x256x256")
    parser.add_argument("--seed", type=int, default=1, help="of the noise")
    parser.add_argument("--json", action="store_true", help="print what was made as one JSON document, and no progress")
    given = parser.parse_args()
    began = time.perf_counter()
    try:
        about = make(given.variant, given.out, given.size, given.seed, quiet=given.json)
    except (LookupError, OSError) as fault:
        sys.stderr.write(f"phantom: {fault.args[0] if isinstance(fault, LookupError) else fault}\n")
        return 2
    if given.json:
        print(json.dumps(about))
    else:
        seconds = time.perf_counter() - began
        print(f"{about['variant']}: {len(about['files'])} files, {about['bytes'] / 1e6:.1f} MB, in {seconds:.1f} s: {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
