"""Runs an oracle in a process of its own: ``oracle.py SCRIPT SOURCE.dcm OUT.npy PARAMETERS``.

The oracle's folder is on the path, so that it finds what it shares with others. Its ``expected(source, parameters)`` gives the
array (frame, row, column): integers or floats for samples, booleans for a mask. Nothing that an oracle prints or raises is shown.
"""

import importlib
import json
import logging
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np
from pydicom import dcmread


def main() -> int:
    """0 with the array written; 1 with the kind and place of the error on standard error."""
    script, source, out, parameters = sys.argv[1:]
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    sys.path.insert(0, str(Path(script).parent))
    try:
        expected = importlib.import_module(Path(script).stem).expected(dcmread(source), json.loads(parameters))
        np.save(out, np.asarray(expected), allow_pickle=False)
    except Exception as error:
        [*_, frame] = traceback.extract_tb(error.__traceback__)
        sys.stderr.write(f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
