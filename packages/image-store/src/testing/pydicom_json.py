"""What pydicom reads of files, as DICOM JSON, one line per file: the expectation of dicom-json.test.ts.

Input: paths on standard input. Output: `{"path", "json"}`, or `{"path", "error"}` where pydicom cannot read the file. Binaries above 1024
bytes and pixel data are `BulkDataURI` with the SHA-256 of their bytes.
"""

import hashlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom
from pydicom import config, valuerep
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filewriter import correct_ambiguous_vr

INLINE_BYTES = 1024
BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}


def main() -> None:
    """Answer for each path."""
    warnings.simplefilter("ignore")
    config.settings.reading_validation_mode = config.IGNORE
    for line in sys.stdin:
        path = Path(line.strip())
        try:
            data = pydicom.dcmread(path)
            correct_ambiguous_vr(data, data.original_encoding[1] is not False)
            answer: dict[str, Any] = {"path": str(path), "json": to_json(data)}
        except Exception as error:  # noqa: BLE001  whatever pydicom says is the expectation
            answer = {"path": str(path), "error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer))


def to_json(data: Dataset) -> dict[str, Any]:
    """Every element of a data set that pydicom can convert; `{"vr", "error"}` where it cannot."""
    result: dict[str, Any] = {}
    for tag in sorted(data.keys()):
        try:
            element = data[tag]
        except Exception as error:  # noqa: BLE001
            result[f"{tag:08X}"] = {"error": f"{type(error).__name__}: {error}"}
            continue
        result[f"{tag:08X}"] = element_json(element)
    return result


def element_json(element: DataElement) -> dict[str, Any]:
    """As `DataElement.to_json_dict`, with sequences and large binaries of our own."""
    vr = str(element.VR)
    if vr == "SQ":
        items = [to_json(item) for item in element.value]
        return {"vr": vr, "Value": items} if items else {"vr": vr}
    value = element.value
    if isinstance(value, bytes) and (len(value) > INLINE_BYTES or element.tag == 0x7FE00010):
        return {"vr": vr, "BulkDataURI": hashlib.sha256(value).hexdigest()}
    try:
        return element.to_json_dict(None, 1 << 40)
    except Exception as error:  # noqa: BLE001
        return {"vr": vr, "error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
