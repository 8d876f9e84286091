"""Compares DICOM files two by two, as pydicom reads them.

Reads JSON lines ``{"source": path, "result": path, "ignore": [keyword, ...]}`` and prints, for each, a JSON list of the elements
that differ, by path. Group lengths are not compared; pixel data is, as bytes, unless it is ignored.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

import numpy as np
import pydicom
from pydicom.dataset import Dataset

warnings.simplefilter("ignore")


def differences(source: Dataset, result: Dataset, ignore: set[str], path: str = "") -> list[str]:
    """Names the elements that are not equal."""
    found: list[str] = []
    tags = {tag for tag in [*source.keys(), *result.keys()] if tag.element != 0}
    for tag in sorted(tags):
        name = f"{path}{tag}"
        if tag not in source or tag not in result:
            if (source if tag in source else result)[tag].keyword not in ignore:
                found.append(f"{name} only in {'the source' if tag in source else 'the result'}")
            continue
        one, other = source[tag], result[tag]
        if one.keyword in ignore:
            continue
        if one.VR == "SQ" and other.VR == "SQ":
            if len(one.value) != len(other.value):
                found.append(f"{name} has another number of items")
            for number, (a, b) in enumerate(zip(one.value, other.value, strict=False)):
                found += differences(a, b, ignore, f"{name}[{number}].")
        elif not same(words(one.value, one.VR, source), other.value):
            found.append(f"{name} {one.VR} {other.VR}")
    return found


def words(value: Any, vr: str, source: Dataset) -> Any:
    """Little-endian words of a big-endian data set: pydicom leaves the bytes of OW as they are."""
    meta = getattr(source, "file_meta", None)
    big = meta is not None and meta.TransferSyntaxUID == "1.2.840.10008.1.2.2"
    return np.frombuffer(value, ">u2").astype("<u2").tobytes() if big and vr == "OW" and value else value


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal, a lone NUL or space at the end of bytes aside."""
    if isinstance(one, bytes) and isinstance(other, bytes):
        return one == other or one.rstrip(b"\0 ") == other.rstrip(b"\0 ")
    return bool(one == other) or (one != one and other != other)


def main() -> None:
    """Answers each line of standard input with one line."""
    for line in sys.stdin:
        request = json.loads(line)
        source = pydicom.dcmread(request["source"], force=True)
        result = pydicom.dcmread(request["result"])
        ignore = set(request.get("ignore", []))
        found = differences(source, result, ignore)
        if result.file_meta.TransferSyntaxUID != "1.2.840.10008.1.2.1":
            found.append("transfer syntax")
        meta = differences(source.file_meta, result.file_meta, {"TransferSyntaxUID", "FileMetaInformationGroupLength"})
        sys.stdout.write(json.dumps(found + meta) + "\n")


if __name__ == "__main__":
    main()
