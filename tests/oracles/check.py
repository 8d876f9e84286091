"""Holds a result against the oracle of its algorithm: ``check.py ALGORITHM SOURCE.dcm RESULT.dcm [--parameters JSON]``.

Prints one JSON line ``{"algorithm", "equal", "pixels", "different", "max_abs"}`` and exits with 0 when every sample is equal, 1
when not (with ``problem`` when there is nothing to compare).
"""

import argparse
import importlib
import json
import logging
import sys
import warnings
from typing import Any

import numpy as np

from dicom import read, samples


def compare(algorithm: str, source: str, result: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """The line to print."""
    oracle = importlib.import_module(algorithm.replace("-", "_"))
    expected = oracle.expected(read(source), parameters)
    made = read(result)
    got = samples(made)
    if got.shape != expected.shape:
        return _line(algorithm, expected.size, expected.size, None, f"shape {got.shape} instead of {expected.shape}")
    apart = np.abs(got.astype(np.int64) - expected.astype(np.int64))
    return _line(algorithm, expected.size, int(np.count_nonzero(apart)), int(apart.max()), "")


def _line(algorithm: str, pixels: int, different: int, most: int | None, problem: str) -> dict[str, Any]:
    line = {"algorithm": algorithm, "equal": different == 0, "pixels": pixels, "different": different, "max_abs": most}
    return {**line, "problem": problem} if problem else line


def main() -> int:
    """Read the arguments, compare, print."""
    parser = argparse.ArgumentParser(description="Hold a result against the oracle of its algorithm.")
    parser.add_argument("algorithm", choices=["grayscale", "window-level"])
    parser.add_argument("source")
    parser.add_argument("result")
    parser.add_argument("--parameters", type=json.loads, default={})
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    try:
        line = compare(given.algorithm, given.source, given.result, given.parameters)
    except Exception as error:
        line = _line(given.algorithm, 0, 0, None, f"{type(error).__name__}: {error}") | {"equal": False}
    print(json.dumps(line))
    return 0 if line["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
