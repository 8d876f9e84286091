"""DICOM files made for a test, and what to run them with."""

import hashlib
import json
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import rfc8785
from numpy.typing import NDArray
from pydicom import Dataset, FileDataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from mip_sdk.declared import Units, declared_output
from mip_sdk.images import StoredImage
from mip_sdk.manifest import Provenance
from mip_sdk.message import JobMessage, Pacs, Value
from mip_sdk.processing import Processed, Processing
from mip_sdk.processor import BaseProcessor
from mip_sdk.results import ResultFile

IMAGE_DIGEST = "sha256:" + "ab" * 32
ACCEPTED_AT = "2024-01-31T10:00:00.000Z"
MISSING = [
    (Pacs("9"), "study"),
    (Pacs("9", "8"), "study"),
    (Pacs("9", "8", "7"), "study"),
    (Pacs("1.2.3", "8"), "series"),
    (Pacs("1.2.3", "8", "7"), "series"),
    (Pacs("1.2.3", "1.2.3.4", "7"), "instance"),
]
"""What is not beside the image of ``ct``, and the first level that is not there."""
RELEASES = Path(__file__).parents[3] / "catalog" / "releases"


def ct(pixels: NDArray[Any], **attributes: Any) -> bytes:
    """A small CT of one frame, or of several where ``pixels`` has three dimensions."""
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID, dataset.SOPInstanceUID = "1.2.3", "1.2.3.4", "1.2.3.4.5"
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = "A^B", "1", "", "O"
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID, dataset.AccessionNumber = "20200101", "120000", "1", ""
    dataset.ReferringPhysicianName = ""
    dataset.Modality, dataset.ImageType = "CT", ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    bits = pixels.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes() + b"\0" * (pixels.nbytes % 2)
    dataset["PixelData"].VR = "OW"
    for name, value in attributes.items():
        if value is None:
            delattr(dataset, name)
        else:
            setattr(dataset, name, value)
    return written(dataset)


def written(dataset: Dataset) -> bytes:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    buffer = BytesIO()
    FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def parsed(octets: bytes) -> Any:
    return dcmread(BytesIO(octets))


def message_of(octets: bytes, algorithm: str, parameters: dict[str, Value] | None = None, job_id: str = "job-1") -> JobMessage:
    """A job about this one instance."""
    source = parsed(octets)
    uids = [str(source.get(name) or "1.2") for name in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]
    return JobMessage(
        job_key=job_key("viewer", job_id),
        client_id="viewer",
        job_id=job_id,
        algorithm=algorithm,
        version="1.0.0",
        delivery=1,
        purpose="clinical",
        pacs=Pacs(*uids),
        parameters=parameters or {},
        accepted_at=ACCEPTED_AT,
    )


def job_key(client_id: str, job_id: str) -> str:
    return hashlib.sha256(rfc8785.dumps(["mip-job-v1", client_id, job_id])).hexdigest()[:32]


def stored(octets: bytes) -> StoredImage:
    return StoredImage(octets, hashlib.sha256(octets).hexdigest())


def processing(processor: BaseProcessor, algorithm: str, image_digest: str = IMAGE_DIGEST, **options: Any) -> Processing:
    about = Provenance("local", algorithm, "1.0.0", image_digest, "c0ffee", "sha256:" + "cd" * 32)
    contract = contract_of(algorithm)
    units: Units = contract["input"]["units"]
    return Processing(processor, units, about, **{"output": declared_output(contract), **options})


@cache
def contract_of(algorithm: str) -> Any:
    """That of the first release, which is frozen."""
    contract = RELEASES / algorithm / "1.0.0.yaml"
    return json.loads(contract.read_text()) if contract.exists() else {"input": {"units": "stored"}}


def run(
    processors: dict[str, BaseProcessor],
    algorithm: str,
    octets: bytes,
    parameters: dict[str, Value] | None = None,
    job_id: str = "job-1",
) -> list[ResultFile]:
    """The files that a job on one image leaves."""
    return processed(processors, algorithm, octets, parameters, job_id).files


def processed(
    processors: dict[str, BaseProcessor],
    algorithm: str,
    octets: bytes,
    parameters: dict[str, Value] | None = None,
    job_id: str = "job-1",
) -> Processed:
    """What a job on one image leaves."""
    job = message_of(octets, algorithm, parameters, job_id)
    return processing(processors[algorithm], algorithm).run(job, [stored(octets)], ACCEPTED_AT)


def processed_series(
    processor: BaseProcessor, algorithm: str, series: list[bytes], parameters: dict[str, Value] | None = None
) -> Processed:
    """What a job on a series leaves."""
    job = message_of(series[0], algorithm, parameters)
    job = replace(job, pacs=replace(job.pacs, instance_uid=None))
    return processing(processor, algorithm).run(job, [stored(octets) for octets in series], ACCEPTED_AT)


def pixels_of(octets: bytes) -> NDArray[Any]:
    return np.asarray(parsed(octets).pixel_array)
