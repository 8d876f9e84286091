"""Runs an oracle in a process of its own: ``oracle.py SCRIPT``, then a line of JSON on standard input for each array.

A line is ``{"out": "expected.npy", "parameters": {…}, "sources": ["a.dcm", …]}``, and is answered by one: empty when the array was
written, else the kind and place of the error. The oracle's folder is on the path, so that it finds what it shares with others. Its
``expected(source, parameters)`` gives the array (frame, row, column): integers or floats for samples, booleans for a mask. Of a
series it is ``expected_volume(sources, parameters)``, whose sources come in their order along the normal. Nothing that an oracle
prints or raises is shown.
"""

import importlib
import json
import logging
import os
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import dcmread


def main() -> int:
    """Answer until there are no more lines."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what the oracle prints is no answer
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    script = Path(sys.argv[1])
    sys.path.insert(0, str(script.parent))
    for line in sys.stdin:
        answers.write(f"{_answer(script.stem, json.loads(line))}\n")
        answers.flush()
    return 0


def _answer(module: str, asked: dict[str, Any]) -> str:
    try:
        oracle = importlib.import_module(module)
        images, parameters = [dcmread(one) for one in asked["sources"]], asked["parameters"]
        expected = oracle.expected(images[0], parameters) if len(images) == 1 else oracle.expected_volume(images, parameters)
        np.save(asked["out"], np.asarray(expected), allow_pickle=False)
    except Exception as error:
        [*_, frame] = traceback.extract_tb(error.__traceback__)
        return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
