"""What every object of MIP says of itself: its UIDs, its times, who made it and from what, and what it could not carry on.

Every byte derives from the job, the source and the image that runs: a redelivery writes the same object.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO

from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from mip_sdk import classes
from mip_sdk.message import Value
from mip_sdk.processor import Code
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
    parameters: Mapping[str, Value]

    @property
    def digest(self) -> str:
        """The image's digest without its algorithm, as long as LO takes it."""
        return self.image_digest.removeprefix("sha256:")[:64]


@dataclass(frozen=True)
class Making:
    """One object of a job: ``index`` counts from 1."""

    uids: UidScope
    maker: Maker
    index: int


@dataclass(frozen=True)
class DerivedObject:
    """A Part 10 file, and notes for the manifest: what was dropped, inherited or repaired."""

    octets: bytes
    sop_class: str
    notes: tuple[str, ...]


def identify(target: Dataset, sop_class: str, uids: UidScope, index: int) -> None:
    """The ``index``-th object of a job, in the job's one series."""
    target.SOPClassUID = sop_class
    target.SOPInstanceUID = uids.uid("instance", index)
    target.SeriesInstanceUID = uids.uid("series", 1)
    target.SeriesNumber = None
    target.InstanceNumber = index


def complete(target: Dataset, source: Dataset, sop_class: str) -> list[str]:
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


def date_object(target: Dataset, accepted_at: str) -> None:
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


def describe(target: Dataset, derivation: str, code: Code, series: str, maker: Maker) -> None:
    """Say what was done, by whom, and that it is not for diagnosis."""
    research = maker.regulatory != "cleared"
    target.SeriesDescription = f"{RESEARCH} {series}"[:64] if research else series[:64]
    target.DerivationDescription = f"{derivation}. {NOT_FOR_DIAGNOSIS}" if research else derivation
    target.DerivationCodeSequence = [coded(*code)]
    if code[1] == OWN_CODES:
        target.CodingSchemeIdentificationSequence = [_own_codes()]
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
    item.SoftwareVersions = [maker.version, maker.digest]
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


def dropped(source: Dataset) -> list[str]:
    """Notes on what of the source no object carries on."""
    tags = list(source.keys())  # not the elements: that would parse each of them
    private = sum(1 for tag in tags if tag.is_private)
    overlays = len({tag.group for tag in tags if 0x6000 <= tag.group <= 0x60FF})
    notes = [f"{private} private elements were not carried on"] if private else []
    return notes + ([f"{overlays} overlays were not carried on"] if overlays else [])


def written(target: Dataset) -> bytes:
    """The Part 10 file, Explicit VR Little Endian."""
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
