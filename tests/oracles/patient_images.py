"""Which files of a folder are DICOM and do not say that the patient's identity was removed, by pydicom.

``python tests/oracles/patient_images.py FOLDER`` prints their paths as a JSON list, relative and sorted.
"""

import json
import sys
import warnings
from pathlib import Path

import pydicom


def refused(path: Path) -> bool:
    """Whether the file may not lie in a repository."""
    head = path.read_bytes()[:132]
    if head[128:] != b"DICM" and path.suffix.lower() not in (".dcm", ".dicom", ".ima"):
        return False
    try:
        dataset = pydicom.dcmread(path, force=True, stop_before_pixels=True)
        method = dataset.get("DeidentificationMethod") or dataset.get("DeidentificationMethodCodeSequence")
        return not (dataset.get("PatientIdentityRemoved") == "YES" and method)
    except Exception:
        return True  # what pydicom cannot read says nothing


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    print(json.dumps([path.relative_to(folder).as_posix() for path in files if refused(path)]))
