"""What pydicom reads of files, as DICOM JSON, one line per file: the expectation of instance-reader.test.ts.

Input: paths on standard input. Output: `{"path", "json", "frames"}`, or `{"path", "error"}` where pydicom cannot read the file.
Binaries above 1024 bytes and pixel data are `BulkDataURI` with the SHA-256 of their bytes; `frames` has those of encapsulated
frames.
"""

import base64
import hashlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pydicom
from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.encaps import generate_frames
from pydicom.filewriter import correct_ambiguous_vr

INLINE_BYTES = 1024


def main() -> None:
    """Answer for each path."""
    warnings.simplefilter("ignore")
    config.settings.reading_validation_mode = config.IGNORE
    for line in sys.stdin:
        path = Path(line.strip())
        try:
            data = pydicom.dcmread(path)
            correct_ambiguous_vr(data, data.original_encoding[1] is not False)
            answer: dict[str, Any] = {"path": str(path), "json": to_json(data), "frames": frames(data)}
        except Exception as error:
            answer = {"path": str(path), "error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")


def to_json(data: Dataset) -> dict[str, Any]:
    """Every element of a data set that pydicom can convert; `{"vr", "error"}` where it cannot."""
    result: dict[str, Any] = {}
    for tag in sorted(data.keys()):
        raw = data.get_item(tag)
        if is_unknown(raw):
            value = raw.value or b""
            result[f"{tag:08X}"] = binary_json("UN", value)
            continue
        try:
            element = data[tag]
        except Exception as error:
            result[f"{tag:08X}"] = {"error": f"{type(error).__name__}: {error}"}
            continue
        result[f"{tag:08X}"] = element_json(element)
    return result


def is_unknown(raw: Any) -> bool:
    """Whether the file does not say what a private element is: pydicom then looks in its own dictionary of private ones."""
    if not isinstance(raw, RawDataElement) or not raw.tag.is_private or raw.tag.is_private_creator:
        return False
    return raw.VR in (None, "UN") and raw.length != 0xFFFFFFFF


def binary_json(vr: str, value: bytes) -> dict[str, Any]:
    """In the element, or as a digest."""
    if not value:
        return {"vr": vr}
    if len(value) > INLINE_BYTES:
        return {"vr": vr, "BulkDataURI": hashlib.sha256(value).hexdigest()}
    return {"vr": vr, "InlineBinary": base64.b64encode(value).decode()}


def frames(data: Dataset) -> list[str]:
    """Of encapsulated pixel data; empty for others."""
    if "PixelData" not in data or not data.file_meta.TransferSyntaxUID.is_encapsulated:
        return []
    count = int(data.get("NumberOfFrames", 1) or 1)
    return [hashlib.sha256(frame).hexdigest() for frame in generate_frames(data.PixelData, number_of_frames=count)]


def element_json(element: DataElement) -> dict[str, Any]:
    """As `DataElement.to_json_dict`, with sequences and large binaries of our own."""
    vr = str(element.VR)
    if vr == "SQ":
        items = [to_json(item) for item in element.value]
        return {"vr": vr, "Value": items} if items else {"vr": vr}
    value = element.value
    if isinstance(value, bytes) and element.tag == 0x7FE00010:
        return {"vr": vr, "BulkDataURI": hashlib.sha256(value).hexdigest()}
    if isinstance(value, bytes):
        return binary_json(vr, value)
    try:
        return element.to_json_dict(None, 1 << 40)
    except Exception as error:
        return {"vr": vr, "error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    main()
