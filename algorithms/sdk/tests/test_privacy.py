"""The canary: a distinct word in every element that can identify a patient, and no trace of it outside the objects themselves."""

import json
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

from cloud import Cloud
from fake_pacs import Answer, FakePacs, related, serving
from made import ct, message_of, parsed, written
from mip_sdk import BaseProcessor, DerivedImage, ImageData, Parameters
from mip_sdk.delivery import PacsDelivery
from mip_sdk.pacs_server import BUILT_IN
from mip_sdk.stow import Stow

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


@pytest.mark.parametrize("fault", ["none", "gone", "other bytes", "no image"])
def test_nothing_that_identifies_a_patient_is_said_of_a_conformance_job(
    cloud: Cloud, processors: dict[str, BaseProcessor], fault: str, capfd: pytest.CaptureFixture[str]
) -> None:
    job = cloud.submit_conformance([planted()], "window-level", WINDOW)
    key = f"conformance/{job.images[0]}.dcm"
    if fault == "gone":
        cloud.s3.delete_object(Bucket="images", Key=key)
    elif fault != "none":
        cloud.s3.put_object(Bucket="images", Key=key, Body=planted(KVP="100") if fault == "other bytes" else b"canary")
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert cloud.record(job)["state"] == ("succeeded" if fault == "none" else "failed")
    captured = capfd.readouterr()
    for text in (traces(cloud), json.dumps(cloud.record(job).get("error", "")), captured.out, captured.err):
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


QUOTING = b'{"00081198": {"Value": [{"00081155": {"Value": ["canary"]}}]}}'
PACS_FAULTS: dict[str, tuple[str, Answer]] = {
    "the image is not there": ("GET", Answer(404)),
    "the PACS quotes the path in an error": ("GET", Answer(500, "text/html", b"canary 1.77701.1")),
    "the PACS redirects with the UIDs": ("GET", Answer(302, headers={"location": "/studies/1.77701.1?name=canary"})),
    "a page instead of the image": ("GET", Answer(200, "text/html", b"<html>canary0</html>")),
    "another image": ("GET", related(ct(np.zeros((4, 4), np.int16), StudyInstanceUID="1.77701.9"))),
    "the credentials are not taken": ("GET", Answer(401, headers={"www-authenticate": 'Basic realm="canary"'})),
    "a refused result": ("POST", Answer(413, "text/html", b"canary")),
    "half an answer to a result": ("POST", Answer(200, body=b'{"00081199": "1.77701.2 canary')),
    "a failure that quotes the patient": (
        "POST",
        Answer(409, body=QUOTING),
    ),
    "no fault": ("PUT", Answer()),
}


@pytest.mark.parametrize("name", PACS_FAULTS)
def test_nothing_that_identifies_a_patient_is_said_about_a_pacs(
    cloud: Cloud, processors: dict[str, BaseProcessor], name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    method, answer = PACS_FAULTS[name]
    with serving(FakePacs()) as pacs:
        pacs.put(planted())
        pacs.fault = lambda request: answer if request.method == method else None
        job = cloud.submit(planted(), "window-level", WINDOW)
        delivery = PacsDelivery({BUILT_IN: Stow(pacs.client(headers={"x-api-key": "canarykey"}))}, BUILT_IN, wanted=True)
        worker = cloud.worker(processors["window-level"], "window-level", images=pacs.client(), delivery=delivery)
        worker.stop()  # what is waited for is not waited for here
        cloud.deliver(worker)
    record = cloud.record(job)
    said = json.dumps([record.get("error", ""), record.get("pacs_delivery", "")], default=int)
    captured = capfd.readouterr()
    assert cloud.lines()
    for text in (traces(cloud), said, captured.out, captured.err):
        assert CANARY not in text.lower()
        assert "77701" not in text


def test_the_canary_is_where_it_should_be(processors: dict[str, BaseProcessor], cloud: Cloud) -> None:
    job = cloud.submit(planted(), "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    [result] = [octets for key, octets in cloud.results().items() if key.endswith(".dcm")]
    assert b"canary0" in result, "the patient's own name belongs into the patient's own image"
    assert b"canaryprivate" not in result
    assert message_of(planted(), "x").pacs == job.pacs
