"""The CT series: one file a slice, valid by ``dciodvfy``, of nobody, and the same bytes whenever it is made."""

import hashlib
import json
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

from build import Built
from grid import Triple

INTERCEPT = -1024
DATE, TIME = "20000101", "120000"
"""Of no day: bytes are not to depend on when they are made."""


def uid(recipe: list[str | int]) -> str:
    """``2.25.`` and a UUIDv8 of the recipe's RFC 8785 JSON, as all UIDs of this project are made.

    Of plain words and whole numbers that JSON is what Python writes without spaces.
    """
    text = json.dumps(recipe, separators=(",", ":"), ensure_ascii=False)
    octets = bytearray(hashlib.sha256(text.encode()).digest()[:16])
    octets[6] = 0x80 | (octets[6] & 0x0F)
    octets[8] = 0x80 | (octets[8] & 0x3F)
    return f"2.25.{int.from_bytes(octets, 'big')}"


def files(built: Built, name: str, shape: tuple[int, int, int], seed: int) -> list[bytes]:
    """Part 10 files in the order of ``built.order``. ``name`` and ``shape`` are part of the UIDs."""
    about: list[str | int] = ["mip-phantom-v1", name, *shape, seed]
    image = _about_nobody(built, name, about)
    return [_file(image, built, index, number, [*about, "instance", number]) for number, index in enumerate(built.order, start=1)]


def _about_nobody(built: Built, name: str, about: list[str | int]) -> Dataset:
    """What all slices share."""
    image = Dataset()
    image.SpecificCharacterSet = "ISO_IR 192"
    image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    image.SOPClassUID = CTImageStorage
    image.StudyDate = image.SeriesDate = image.AcquisitionDate = image.ContentDate = DATE
    image.StudyTime = image.SeriesTime = image.AcquisitionTime = image.ContentTime = TIME
    image.AccessionNumber = image.ReferringPhysicianName = image.PatientBirthDate = ""
    image.Modality, image.Manufacturer, image.ManufacturerModelName = "CT", "MIP", "Phantom"
    image.SeriesDescription = f"Synthetic phantom, {name}"
    image.PatientName, image.PatientID, image.PatientSex = "Phantom^Synthetic", "MIP-PHANTOM", "O"
    image.PatientIdentityRemoved, image.DeidentificationMethod = "YES", "Synthetic: computed, there is no patient"
    image.KVP, image.AcquisitionNumber, image.PatientPosition = "120", 1, built.variant.position
    image.BodyPartExamined = "CHESTABDOMEN"
    image.StudyInstanceUID, image.SeriesInstanceUID = uid([*about, "study", 1]), uid([*about, "series", 1])
    image.StudyID, image.SeriesNumber = "1", 1
    image.FrameOfReferenceUID, image.PositionReferenceIndicator = uid([*about, "frame-of-reference", 1]), ""
    image.ImageOrientationPatient = _numbers((*built.grid.axes[2], *built.grid.axes[1]))
    step, row, column = built.grid.spacing
    image.PixelSpacing, image.SliceThickness = _numbers((row, column)), _numbers((step,))[0]
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.Rows, image.Columns = built.grid.shape[1:]
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
    image.RescaleIntercept, image.RescaleSlope, image.RescaleType = INTERCEPT, 1, "HU"
    image.WindowCenter, image.WindowWidth = 40, 400
    return image


def _file(shared: Dataset, built: Built, index: int, number: int, recipe: list[str | int]) -> bytes:
    image = Dataset(shared)
    image.SOPInstanceUID, image.InstanceNumber = uid(recipe), number
    place = built.grid.place((index, 0, 0))
    image.ImagePositionPatient = _numbers(place)
    image.PixelData = _stored(built.hu[index])
    image["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID, meta.ImplementationVersionName = UID(uid(["mip-phantom-v1"])), "MIP_PHANTOM"
    buffer = BytesIO()
    FileDataset("", image, file_meta=meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _stored(hu: NDArray[np.int16]) -> bytes:
    return (hu - np.int16(INTERCEPT)).astype("<i2").tobytes()


def _numbers(values: Triple | tuple[float, ...]) -> list[Any]:
    return [format_number_as_ds(float(value) + 0.0) for value in values]  # no -0
