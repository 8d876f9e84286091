"""The canary: a distinct word in every element that can identify a patient, and no trace of it outside the objects themselves."""

import json
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

from cloud import Cloud
from made import ct, message_of, parsed, written
from mip_sdk import BaseProcessor, DerivedImage, ImageData, Parameters

TEXTS = [
    "PatientName",
    "PatientID",
    "PatientAddress",
    "PatientComments",
    "OtherPatientNames",
    "StudyDescription",
    "SeriesDescription",
    "AccessionNumber",
    "StudyID",
    "ReferringPhysicianName",
    "PerformingPhysicianName",
    "OperatorsName",
    "InstitutionName",
    "InstitutionAddress",
    "StationName",
    "ImageComments",
    "AdditionalPatientHistory",
    "ProtocolName",
    "DeviceSerialNumber",
]
UIDS = {
    "StudyInstanceUID": "1.77701.1",
    "SeriesInstanceUID": "1.77701.2",
    "SOPInstanceUID": "1.77701.3",
    "FrameOfReferenceUID": "1.77701.4",
}
WINDOW: dict[str, Any] = {"center": 40.0, "width": 400.0}
CANARY = "canary"


class Quoting(BaseProcessor):
    """An algorithm that puts the patient into what it raises."""

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        raise RuntimeError(f"{image_data.source.PatientName} {image_data.source}")


def planted(**attributes: Any) -> bytes:
    words = {name: f"{CANARY}{number}" for number, name in enumerate(TEXTS)}
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.77701.5"
    source = parsed(ct(np.zeros((8, 8), np.int16), **words, **UIDS, ReferencedStudySequence=[item], **attributes))
    source.private_block(0x0011, "HIDDEN", create=True).add_new(1, "LO", f"{CANARY}private")
    return written(source)


CASES = {
    "a job that succeeds": (planted(), WINDOW),
    "an image without a window": (planted(), {}),
    "an image of 32 bits": (planted(BitsAllocated=32), WINDOW),
    "an image cut short": (planted()[:-40], WINDOW),
    "an image with rubbish for numbers": (planted(RescaleSlope="0", WindowCenter="0", WindowWidth="0"), {}),
    "an unknown photometric interpretation": (planted(PhotometricInterpretation=CANARY.upper()), WINDOW),
}


def traces(cloud: Cloud) -> str:
    """All that an operator sees: logs, keys, the record but for the UIDs and words that the client itself gave."""
    keys = [item["Key"] for bucket in ("images", "results") for item in cloud.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]
    manifests = [octets.decode() for key, octets in cloud.results().items() if key.endswith(".json")]
    return "\n".join([cloud.logged.getvalue(), *keys, *manifests])


@pytest.mark.parametrize("name", CASES)
def test_nothing_that_identifies_a_patient_leaves_the_worker_but_in_the_object(
    cloud: Cloud, processors: dict[str, BaseProcessor], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    octets, parameters = CASES[name]
    job = cloud.submit(octets, "window-level", parameters)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    error = json.dumps(cloud.record(job).get("error", ""))
    captured = capfd.readouterr()
    for text in (traces(cloud), error, captured.out, captured.err):
        assert CANARY not in text.lower()
        assert "77701" not in text


def test_an_algorithm_that_quotes_the_image_does_not_bring_it_into_log_or_record(cloud: Cloud) -> None:
    job = cloud.submit(planted(), "window-level", WINDOW)
    worker = cloud.worker(Quoting(folder=__import__("pathlib").Path()), "window-level")
    cloud.deliver(worker)
    text = traces(cloud) + json.dumps(cloud.record(job)["error"])
    assert CANARY not in text
    assert "77701" not in text
    [line] = [line for line in cloud.lines() if line["event"] == "attempt-failed"]
    assert line["fault"] == "RuntimeError"
    assert line["where"].startswith("test_privacy.py:")
    assert line["job_key"] == job.job_key


def test_the_canary_is_where_it_should_be(processors: dict[str, BaseProcessor], cloud: Cloud) -> None:
    job = cloud.submit(planted(), "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    [result] = [octets for key, octets in cloud.results().items() if key.endswith(".dcm")]
    assert b"canary0" in result, "the patient's own name belongs into the patient's own image"
    assert b"canaryprivate" not in result
    assert message_of(planted(), "x").pacs == job.pacs
