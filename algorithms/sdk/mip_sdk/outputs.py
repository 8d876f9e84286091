"""A derived image as a DICOM object: its class, what it carries on, who made it and from what.

Every byte derives from the job, the source and the image that runs: a redelivery writes the same object.
"""

from typing import Any

import numpy as np
from pydicom import Dataset

from mip_sdk import classes
from mip_sdk.copying import copy_allowed
from mip_sdk.image_data import ImageData
from mip_sdk.lossy import inherit_lossy_history
from mip_sdk.marks import DerivedObject, Making, complete, date_object, describe, dropped, identify, source_reference, written
from mip_sdk.multi_frame import describe_frames
from mip_sdk.processor import DerivedImage, Meaning
from mip_sdk.text import keep_character_set


def derived_object(image: ImageData, result: DerivedImage, making: Making) -> DerivedObject:
    """A Part 10 file, Explicit VR Little Endian.

    Raises
    ------
    ValueError
        When the algorithm's pixels do not have the source's frames, rows and columns, or a type that its meaning allows.
    """
    _check(image, result)
    source = image.source
    bits = result.pixels.dtype.itemsize * 8
    sop_class = classes.class_of(result.meaning, str(source.SOPClassUID), image.frames, bits)
    target = Dataset()
    copy_allowed(source, target, sop_class, same_units=result.meaning is Meaning.SAME_UNITS)
    repaired = complete(target, source, sop_class)
    identify(target, sop_class, making.uids, making.index)
    date_object(target, making.maker.accepted_at)
    target.ImageType = ["DERIVED", "SECONDARY", *[str(value) for value in source.get("ImageType") or []][2:3]]
    describe(target, result.derivation, result.derivation_code, result.series, making.maker)
    target.SourceImageSequence = [source_reference(source)]
    _pixels(target, image, result)
    describe_frames(target, image, sop_class)
    notes = [
        *image.notes,
        *repaired,
        *inherit_lossy_history(source, target),
        *keep_character_set(source, target),
        *dropped(source),
    ]
    return DerivedObject(written(target), sop_class, tuple(notes))


def _check(image: ImageData, result: DerivedImage) -> None:
    kinds = ("uint8", "uint16", "int8", "int16") if result.meaning is Meaning.SAME_UNITS else ("uint8", "uint16")
    if result.pixels.shape != image.stored.shape[:3] or result.pixels.dtype.name not in kinds:
        raise ValueError("the derived image does not have the source's shape, or a type that DICOM can hold")


def _pixels(target: Dataset, image: ImageData, result: DerivedImage) -> None:
    pixels = result.pixels
    bits = pixels.dtype.itemsize * 8
    target.SamplesPerPixel = 1
    target.PhotometricInterpretation = image.photometric if result.meaning is Meaning.SAME_UNITS else "MONOCHROME2"
    target.Rows, target.Columns = pixels.shape[1:]
    target.BitsAllocated = bits
    target.BitsStored = bits if result.meaning is Meaning.DISPLAY else min(image.bits_stored, bits)
    target.HighBit = target.BitsStored - 1
    target.PixelRepresentation = int(pixels.dtype.kind == "i")
    for name in ("PlanarConfiguration", "OverlaySubtype"):
        if name in target:
            delattr(target, name)
    little: Any = np.ascontiguousarray(pixels.astype(pixels.dtype.newbyteorder("<"), copy=False))
    target.PixelData = little.tobytes()  # an odd length is padded where it is written
    target["PixelData"].VR = "OW" if bits == 16 else "OB"
