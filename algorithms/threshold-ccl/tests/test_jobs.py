"""Jobs of threshold-ccl through the worker: what the record says, and what is in no file but the object itself."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from cloud import Cloud
from made import ACCEPTED_AT, ct, message_of, processing, stored
from mip_sdk import BaseProcessor
from mip_sdk.progress import Stretch

RECORD = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "job-record.schema.json").read_text()))
PATIENT = {
    "PatientName": "Canary^Name",
    "PatientID": "CanaryId",
    "StudyDescription": "CanaryStudy",
    "InstitutionName": "CanaryPlace",
}
FOUND, NOTHING, PADDING = 100, -1000, -2000


def image(value: int) -> bytes:
    stored = np.full((48, 48), value, np.int16)
    return ct(stored, RescaleType="HU", PixelPaddingValue=PADDING, FrameOfReferenceUID="1.77701.9", **PATIENT)


@pytest.mark.parametrize(
    ("value", "outcome", "reason", "names"),
    [
        (FOUND, "found", None, ["result-0001.dcm", "measurements.json", "manifest.json"]),
        (NOTHING, "nothing-found", None, ["measurements.json", "manifest.json"]),
        (PADDING, "not-applicable", "only-padding", ["measurements.json", "manifest.json"]),
    ],
)
def test_a_job_succeeds_with_each_outcome_and_its_record_says_which(
    cloud: Cloud, processors: dict[str, BaseProcessor], value: int, outcome: str, reason: str | None, names: list[str]
) -> None:
    job = cloud.submit(image(value), "threshold-ccl")
    cloud.deliver(cloud.worker(processors["threshold-ccl"], "threshold-ccl"))
    record: dict[str, Any] = json.loads(json.dumps(cloud.record(job), default=int))
    assert RECORD.is_valid(record)
    assert (record["state"], record["outcome"], record.get("outcome_reason")) == ("succeeded", outcome, reason)
    assert [result["name"] for result in record["results"]] == names
    texts = [octets.decode() for key, octets in cloud.results().items() if key.endswith(".json")]
    for text in (*texts, cloud.logged.getvalue(), *cloud.results()):
        assert "canary" not in text.lower()
        assert "77701" not in text
    if outcome == "found":
        [seg] = [octets for key, octets in cloud.results().items() if key.endswith(".dcm")]
        assert b"Canary^Name" in seg
        assert b"CanaryAt" not in seg


def test_it_says_how_far_it_is_with_an_image(processors: dict[str, BaseProcessor]) -> None:
    told: list[float] = []
    octets = image(FOUND)
    job = message_of(octets, "threshold-ccl")
    processing(processors["threshold-ccl"], "threshold-ccl").run(job, [stored(octets)], ACCEPTED_AT, Stretch(told.append))
    assert told == pytest.approx([100 / 3, 200 / 3, 100])
