"""What the oracles share: a DICOM file's samples, read with pydicom and NumPy alone. Neither SDK nor algorithm is imported here."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut

Integers = NDArray[Any]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def read(path: str | Path) -> Dataset:
    """A file with a preamble."""
    return dcmread(path)


def samples(dataset: Dataset) -> Integers:
    """All frames as (frame, row, column) or, in colour, (frame, row, column, RGB); only the stored bits of each sample."""
    colour = not is_monochrome(dataset)
    if not colour and not dataset.file_meta.TransferSyntaxUID.is_compressed:
        decoded = _stored_bits(dataset)
    else:
        decoded, _ = get_decoder(dataset.file_meta.TransferSyntaxUID).as_array(dataset, raw=False)
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        decoded = apply_color_lut(decoded, dataset)
    return decoded.reshape((-1, dataset.Rows, dataset.Columns, *((3,) if colour else ())))


def _stored_bits(dataset: Dataset) -> Integers:
    """From the words of an uncompressed image, as PS3.5 8.1.1 says: drop what lies around the stored bits, apply the sign."""
    order = "<" if dataset.file_meta.TransferSyntaxUID.is_little_endian else ">"
    count = int(dataset.get("NumberOfFrames") or 1) * dataset.Rows * dataset.Columns
    octets = dataset.PixelData
    if dataset.BitsAllocated == 8 and order == ">" and dataset["PixelData"].VR == "OW":
        octets = np.frombuffer(octets, ">u2").astype("<u2").tobytes()
    wide = np.frombuffer(octets, f"{order}u{dataset.BitsAllocated // 8}", count).astype(np.int64)
    value = (wide >> (dataset.HighBit - dataset.BitsStored + 1)) & ((1 << dataset.BitsStored) - 1)
    if dataset.PixelRepresentation == 1:
        value = np.where(value >> (dataset.BitsStored - 1), value - (1 << dataset.BitsStored), value)
    return value


def is_monochrome(dataset: Dataset) -> bool:
    """True for MONOCHROME1 and MONOCHROME2."""
    return str(dataset.PhotometricInterpretation).startswith("MONOCHROME")


def group(dataset: Dataset, frame: int, name: str) -> Dataset:
    """Where a frame's attributes of one functional group are: its own item, the shared one, or the dataset."""
    places: list[Any] = list(dataset.get("PerFrameFunctionalGroupsSequence", []))[frame : frame + 1]
    places += list(dataset.get("SharedFunctionalGroupsSequence", []))
    for place in places:
        if place.get(name):
            return place[name][0]
    return dataset


def first_number(item: Dataset, name: str) -> float | None:
    """The first value of an attribute, None where it is absent or empty."""
    value = item.get(name)
    if value is None or value == "" or (not isinstance(value, (str, float, int)) and len(value) == 0):
        return None
    return float(value) if isinstance(value, (str, float, int)) else float(value[0])


def modality(source: Dataset, index: int, stored: NDArray[Any]) -> Floats:
    """Stored samples in modality units."""
    if "ModalityLUTSequence" in source:
        lut = source.ModalityLUTSequence[0]
        table = np.frombuffer(lut.LUTData, "<u2") if isinstance(lut.LUTData, bytes) else np.array(lut.LUTData)
        first = lut.LUTDescriptor[1]
        first -= 65536 if source.PixelRepresentation == 1 and first > 32767 else 0
        return table[np.clip(stored.astype(np.int64) - first, 0, len(table) - 1)].astype(np.float64)
    item = group(source, index, "PixelValueTransformationSequence")
    slope, intercept = first_number(item, "RescaleSlope"), first_number(item, "RescaleIntercept")
    return stored * np.float64(1 if slope is None else slope) + np.float64(intercept or 0)


def padding(source: Dataset, stored: NDArray[Any]) -> Mask:
    """Where a sample means that there is no image."""
    value = source.get("PixelPaddingValue")
    if value is None:
        return np.zeros(stored.shape, bool)
    limit = source.get("PixelPaddingRangeLimit", value)
    return (stored >= min(value, limit)) & (stored <= max(value, limit))


def pixel_area(source: Dataset) -> float | None:
    """mm2 of a pixel of an image that has a place in the patient, else ``None``."""
    pair = source.get("PixelSpacing")
    placed = source.get("ImagePositionPatient") and source.get("ImageOrientationPatient")
    return float(pair[0]) * float(pair[1]) if pair and placed and min(pair) > 0 else None


def fail(words: str) -> None:
    """Say on standard error why there is nothing to expect, and leave with 2."""
    print(words, file=sys.stderr)
    sys.exit(2)
