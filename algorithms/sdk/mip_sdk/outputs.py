"""A derived image as a DICOM object: its class, what it carries on, who made it and from what.

Every byte derives from the job, the source and the image that runs: a redelivery writes the same object.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import numpy as np
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from mip_sdk import classes
from mip_sdk.copying import copy_allowed
from mip_sdk.image_data import ImageData
from mip_sdk.lossy import inherit_lossy_history
from mip_sdk.multi_frame import describe_frames
from mip_sdk.processor import DerivedImage, Meaning
from mip_sdk.text import keep_character_set
from mip_sdk.uids import UidScope, uid_from

NOT_FOR_DIAGNOSIS = "Not for diagnostic use"
RESEARCH = "[RESEARCH]"
OWN_CODES = "99MIP"
_TYPE_2 = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)
_IMPLEMENTATION_UID = uid_from(["mip-implementation-v1"])


@dataclass(frozen=True)
class Maker:
    """What made an object: recorded in it as contributing equipment. ``accepted_at`` is the time of all it says."""

    algorithm: str
    version: str
    image_digest: str
    regulatory: str
    accepted_at: str


@dataclass(frozen=True)
class DerivedObject:
    """A Part 10 file, and notes for the manifest: what was dropped, inherited or repaired."""

    octets: bytes
    sop_class: str
    notes: tuple[str, ...]


def derived_object(image: ImageData, result: DerivedImage, uids: UidScope, maker: Maker, index: int) -> DerivedObject:
    """The ``index``-th object (from 1) of a job, Explicit VR Little Endian.

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
    repaired = _complete(target, source, sop_class)
    _identify(target, sop_class, uids, index)
    _date(target, maker.accepted_at)
    _describe(target, source, result, maker)
    _pixels(target, image, result)
    describe_frames(target, image, sop_class)
    notes = [
        *image.notes,
        *repaired,
        *inherit_lossy_history(source, target),
        *keep_character_set(source, target),
        *_dropped(source),
    ]
    return DerivedObject(_written(target), sop_class, tuple(notes))


def _check(image: ImageData, result: DerivedImage) -> None:
    kinds = ("uint8", "uint16", "int8", "int16") if result.meaning is Meaning.SAME_UNITS else ("uint8", "uint16")
    if result.pixels.shape != image.stored.shape[:3] or result.pixels.dtype.name not in kinds:
        raise ValueError("the derived image does not have the source's shape, or a type that DICOM can hold")


def _identify(target: Dataset, sop_class: str, uids: UidScope, index: int) -> None:
    target.SOPClassUID = sop_class
    target.SOPInstanceUID = uids.uid("instance", index)
    target.SeriesInstanceUID = uids.uid("series", 1)
    target.SeriesNumber = None
    target.InstanceNumber = index


def _complete(target: Dataset, source: Dataset, sop_class: str) -> list[str]:
    """Give ``target`` what every object must have, empty where the source does not say; notes on what the source lacked."""
    added = [name for name in _TYPE_2 if name not in target]
    for name in added:
        setattr(target, name, "")
    if not target.get("Modality"):
        target.Modality = "OT"
        added.append("Modality")
    if classes.is_secondary_capture(sop_class):
        own = source.get("ConversionType") if classes.is_secondary_capture(str(source.SOPClassUID)) else None
        target.ConversionType = own or "WSD"
        if "PatientOrientation" not in target:
            target.PatientOrientation = ""
    notes = [f"{name} was absent from the source and was added {'as OT' if name == 'Modality' else 'empty'}" for name in added]
    if not target.get("StudyInstanceUID"):
        target.StudyInstanceUID = uid_from(["mip-study-v1", str(source.SOPInstanceUID)])
        notes.append("StudyInstanceUID was absent from the source and was derived from the source's SOPInstanceUID")
    return notes


def _date(target: Dataset, accepted_at: str) -> None:
    """The object's times, in the source's time zone where it names one, as the copied dates are, else in UTC."""
    moment = datetime.fromisoformat(accepted_at).astimezone(_zone(str(target.get("TimezoneOffsetFromUTC") or "")))
    date, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.%f")
    for name in ("Content", "Series", "InstanceCreation"):
        setattr(target, f"{name}Date", date)
        setattr(target, f"{name}Time", time)


def _zone(offset: str) -> timezone:
    try:
        hours, minutes = int(offset[1:3]), int(offset[3:5])
        return timezone(timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1))
    except (ValueError, IndexError):
        return UTC


def _describe(target: Dataset, source: Dataset, result: DerivedImage, maker: Maker) -> None:
    values = [str(value) for value in source.get("ImageType") or []]
    target.ImageType = ["DERIVED", "SECONDARY", *values[2:3]]
    research = maker.regulatory != "cleared"
    target.SeriesDescription = f"{RESEARCH} {result.series}"[:64] if research else result.series[:64]
    target.DerivationDescription = f"{result.derivation}. {NOT_FOR_DIAGNOSIS}" if research else result.derivation
    target.DerivationCodeSequence = [coded(*result.derivation_code)]
    if result.derivation_code[1] == OWN_CODES:
        target.CodingSchemeIdentificationSequence = [_own_codes()]
    target.SourceImageSequence = [source_reference(source)]
    target.ContributingEquipmentSequence = [_equipment(target, maker)]


def source_reference(source: Dataset) -> Dataset:
    """An item that references the source image, with its purpose."""
    item = Dataset()
    item.ReferencedSOPClassUID = source.SOPClassUID
    item.ReferencedSOPInstanceUID = source.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = [coded("121322", "DCM", "Source image for image processing operation")]
    return item


def _equipment(target: Dataset, maker: Maker) -> Dataset:
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = [coded("109102", "DCM", "Processing Equipment")]
    item.Manufacturer = "MIP"
    item.ManufacturerModelName = maker.algorithm
    item.SoftwareVersions = [maker.version, maker.image_digest.removeprefix("sha256:")[:64]]
    item.ContributionDateTime = f"{target.ContentDate}{target.ContentTime}"
    item.ContributionDescription = f"{maker.regulatory} use"
    return item


def coded(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def _own_codes() -> Dataset:
    item = Dataset()
    item.CodingSchemeDesignator = OWN_CODES
    item.CodingSchemeName = "Codes of MIP, a catalog of medical-imaging algorithms"
    return item


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


def _dropped(source: Dataset) -> list[str]:
    tags = list(source.keys())  # not the elements: that would parse each of them
    private = sum(1 for tag in tags if tag.is_private)
    overlays = len({tag.group for tag in tags if 0x6000 <= tag.group <= 0x60FF})
    notes = [f"{private} private elements were not carried on"] if private else []
    return notes + ([f"{overlays} overlays were not carried on"] if overlays else [])


def _written(target: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = target.SOPClassUID
    meta.MediaStorageSOPInstanceUID = target.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_UID)
    meta.ImplementationVersionName = "MIP"
    buffer = BytesIO()
    file = FileDataset("", target, file_meta=meta, preamble=b"\0" * 128)
    file.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
