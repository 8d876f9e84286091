"""Holds a result against an oracle, such as grayscale.py: ``check.py ORACLE SOURCE.dcm RESULT.dcm [--parameters JSON]``.

Prints one JSON line ``{"oracle", "equal", "pixels", "different", "max_abs"}`` and exits with 0 when every sample is equal, 1
when not (with ``problem`` when there is nothing to compare). A segmentation counts as equal where Dice is at least 0.999 and there
are as many components; its line has ``dice`` and ``components`` (result's, oracle's) too.
"""

import argparse
import importlib
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.uid import SegmentationStorage
from skimage.measure import label

from dicom import group, read, samples

Masks = NDArray[np.bool_]
DICE = 0.999


def compare(script: Path, source: str, result: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The line to print."""
    oracle = script.stem
    sys.path.insert(0, str(script.parent))
    expected = importlib.import_module(oracle).expected(read(source), parameters)
    made = read(result)
    if made.SOPClassUID == SegmentationStorage:
        return _segmentation(oracle, read(source), made, expected)
    got = samples(made)
    if got.shape != expected.shape:
        return _line(oracle, expected.size, expected.size, None, f"shape {got.shape} instead of {expected.shape}")
    apart = np.abs(got.astype(np.int64) - expected.astype(np.int64))
    return _line(oracle, expected.size, int(np.count_nonzero(apart)), int(apart.max()), "")


def _segmentation(oracle: str, source: Dataset, made: Dataset, expected: Masks) -> dict[str, Any]:
    """All segments together against the oracle's mask of a single frame; the frame has to lie where the source does."""
    frames = np.atleast_3d(made.pixel_array.T).T != 0
    got = frames.any(axis=0)[None]
    if got.shape != expected.shape:
        return _line(oracle, expected.size, expected.size, None, f"shape {got.shape} instead of {expected.shape}")
    places = [group(made, 0, "PlanePositionSequence").get("ImagePositionPatient"), source.get("ImagePositionPatient")]
    if places[0] != places[1]:
        return _line(oracle, expected.size, expected.size, None, "the segmentation lies elsewhere in the patient")
    both = np.count_nonzero(got) + np.count_nonzero(expected)
    dice = 2 * np.count_nonzero(got & expected) / both if both else 1.0
    counts = [_components(mask[0]) for mask in (got, expected)]
    different = int(np.count_nonzero(got != expected))
    line = _line(oracle, expected.size, different, int(different > 0), "")
    return {**line, "equal": bool(dice >= DICE) and counts[0] == counts[1], "dice": round(dice, 6), "components": counts}


def _components(mask: Masks) -> int:
    labels: Any = label(mask, connectivity=2)
    return int(labels.max())


def _line(oracle: str, pixels: int, different: int, most: int | None, problem: str) -> dict[str, Any]:
    line = {"oracle": oracle, "equal": different == 0, "pixels": pixels, "different": different, "max_abs": most}
    return {**line, "problem": problem} if problem else line


def main() -> int:
    """Read the arguments, compare, print."""
    parser = argparse.ArgumentParser(description="Hold a result against the oracle of its algorithm.")
    parser.add_argument("oracle", type=Path)
    parser.add_argument("source")
    parser.add_argument("result")
    parser.add_argument("--parameters", type=json.loads, default={})
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    try:
        line = compare(given.oracle, given.source, given.result, given.parameters)
    except Exception as error:
        line = _line(given.oracle.stem, 0, 0, None, f"{type(error).__name__}: {error}") | {"equal": False}
    print(json.dumps(line))
    return 0 if line["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
