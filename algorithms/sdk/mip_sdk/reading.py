"""DICOM bytes to ``ImageData``: every decodable image of 8 or 16 bits, and a refusal in words for what is not one."""

import math
from io import BytesIO
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.errors import InvalidDicomError
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID, RLELossless

from mip_sdk.declared import Units
from mip_sdk.faults import ImageUnreadable, InvalidInput, is_fault
from mip_sdk.image_data import Array, ImageData
from mip_sdk.values import frame_planes, frame_rescales, frame_windows, number, padding_range, spacing_mm

_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_420", "YBR_ICT", "YBR_RCT")


def read_header(octets: bytes, pixels: bool = True) -> Dataset:
    """Parse a Part 10 file without decoding its pixels; with ``pixels`` False, without taking them along either.

    Raises
    ------
    ImageUnreadable
        When the bytes are not a DICOM file.
    """
    try:
        return dcmread(BytesIO(octets), stop_before_pixels=not pixels)
    except InvalidDicomError as error:
        raise ImageUnreadable("the image is not a DICOM file") from error
    except Exception as error:
        raise ImageUnreadable("the image's header cannot be read; the file may be damaged or cut short") from error


def read_image(octets: bytes, units: Units, most_bytes: int | None = None) -> ImageData:
    """Decode one instance.

    Parameters
    ----------
    octets
        The Part 10 file.
    units
        What the algorithm wants its pixels in.
    most_bytes
        Limit for the decoded samples, checked before decoding.

    Raises
    ------
    InvalidInput
        For an image that no algorithm here takes: samples of 32 bits or of floating point, no pixels, too large, wrong units.
    ImageUnreadable
        For a file that is damaged or cut short.
    """
    source = read_header(octets)
    try:
        return _image(source, units, most_bytes)
    except InvalidInput:
        raise
    except BaseException as error:
        if not is_fault(error):
            raise
        raise ImageUnreadable("the image's pixels cannot be decoded; the file may be damaged or cut short") from error


def _image(source: Dataset, units: Units, most_bytes: int | None) -> ImageData:
    _check(source, units, most_bytes)
    photometric = str(source.PhotometricInterpretation)
    stored, bits_stored = _decode(source)
    colour = photometric not in _MONOCHROME
    frames = stored.shape[0]
    image = ImageData(
        stored=stored,
        photometric="RGB" if colour else cast(Any, photometric),
        bits_stored=bits_stored,
        rescales=[] if colour else frame_rescales(source, frames),
        windows=[None] * frames if colour else frame_windows(source, frames),
        padding=None if colour else padding_range(source),
        spacing_mm=spacing_mm(source),
        planes=frame_planes(source, frames),
        units=units,
        source=source,
    )
    _check_units(image)
    return image


def _check(source: Dataset, units: Units, most_bytes: int | None) -> None:
    """Refuse what cannot be an input before the work of decoding it."""
    if "FloatPixelData" in source or "DoubleFloatPixelData" in source:
        raise InvalidInput("the image's samples are floating-point numbers; 8 or 16 bits are taken")
    if "PixelData" not in source:
        raise ImageUnreadable("the object has no pixel data: it is no image, or the file is cut short")
    for name in (
        "SOPClassUID",
        "SOPInstanceUID",
        "Rows",
        "Columns",
        "BitsAllocated",
        "PhotometricInterpretation",
        "SamplesPerPixel",
    ):
        if source.get(name) in (None, ""):
            raise ImageUnreadable(f"the image lacks {name}")
    if source.BitsAllocated not in (8, 16):
        raise InvalidInput(f"the image's samples have {int(source.BitsAllocated)} bits; 8 or 16 bits are taken")
    photometric = str(source.PhotometricInterpretation)
    samples = 3 if photometric in _COLOUR else 1
    if photometric not in (*_MONOCHROME, *_COLOUR, "PALETTE COLOR") or source.SamplesPerPixel != samples:
        raise InvalidInput("the image's photometric interpretation is not taken, or does not fit its samples per pixel")
    if units != "stored" and photometric not in _MONOCHROME:
        raise InvalidInput("the algorithm works in modality units, which a colour image does not have")
    if int(source.Rows) < 1 or int(source.Columns) < 1 or _frames(source) < 1:
        raise ImageUnreadable("the image has no rows, columns or frames")
    size = _frames(source) * int(source.Rows) * int(source.Columns) * samples * int(source.BitsAllocated) // 8
    if most_bytes is not None and size > most_bytes:
        raise InvalidInput(f"the image has {size} bytes decoded; at most {most_bytes} are taken here")


def _frames(source: Dataset) -> int:
    return int(number(source.get("NumberOfFrames")) or 1)


def _decode(source: Dataset) -> tuple[Array, int]:
    """All frames as (frame, row, column[, 3]) in the machine's byte order, and the bits stored of a sample."""
    transfer_syntax = UID(source.file_meta.TransferSyntaxUID)
    as_words = not transfer_syntax.is_compressed or transfer_syntax == RLELossless
    options: Any = {"correct_unused_bits": not as_words}
    raw, facts = get_decoder(transfer_syntax).as_array(source, raw=False, **options)
    bits_stored = int(number(facts.get("bits_stored")) or source.BitsStored)
    if as_words:
        raw = _without_high_bits(raw, source)
    if str(source.PhotometricInterpretation) == "PALETTE COLOR":
        raw = apply_color_lut(raw, source)
        bits_stored = raw.dtype.itemsize * 8
    colour = str(source.PhotometricInterpretation) not in _MONOCHROME
    shape = (_frames(source), int(source.Rows), int(source.Columns), *((3,) if colour else ()))
    stored = np.ascontiguousarray(raw.reshape(shape))
    return stored.astype(stored.dtype.newbyteorder("="), copy=False), bits_stored


def _without_high_bits(samples: Array, source: Dataset) -> Array:
    """Samples with only the stored bits, sign-extended: overlays and rubbish above or below them are masked off."""
    bits = source.BitsAllocated
    stored, high = int(source.BitsStored), int(source.HighBit)
    if stored == bits and high == bits - 1:
        return samples
    if not (1 <= stored <= bits and stored - 1 <= high < bits):
        raise ImageUnreadable("the image's BitsStored, HighBit and BitsAllocated do not fit together")
    native: NDArray[Any] = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    return (native << (bits - 1 - high)) >> (bits - stored)


def _check_units(image: ImageData) -> None:
    if image.units == "stored":
        return
    if not all(math.isfinite(rescale.slope) and math.isfinite(rescale.intercept) for rescale in image.rescales):
        raise ImageUnreadable("the image's rescale slope or intercept is not a number")
    if image.units == "hu" and not _is_hounsfield(image):
        raise InvalidInput("the algorithm works in Hounsfield units, which this image does not have")


def _is_hounsfield(image: ImageData) -> bool:
    """CT whose RescaleType is HU, or absent on an original image."""
    source = image.source
    kinds = {rescale.kind for rescale in image.rescales}
    original = "ORIGINAL" in [str(value) for value in source.get("ImageType") or []]
    return source.get("Modality") == "CT" and (kinds == {"HU"} or (kinds == {""} and original))
