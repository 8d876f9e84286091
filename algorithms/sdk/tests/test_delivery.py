"""Results back to the PACS: what counts as delivered, what fails the job, what is tried again."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from pydicom.uid import RLELossless

from cloud import Cloud
from fake_pacs import Answer, FakePacs, Request, serving, uids_of
from made import ct, message_of, parsed
from mip_sdk import BaseProcessor
from mip_sdk.delivery import PacsDelivery
from mip_sdk.faults import DeliveryRefused
from mip_sdk.message import JobMessage
from mip_sdk.results import ResultFile
from mip_sdk.stow import Stow
from mip_sdk.transient import Unavailable
from mip_sdk.worker import Worker

RECORD = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "job-record.schema.json").read_text()))
CT = ct(np.arange(64, dtype=np.int16).reshape(8, 8))
WINDOW: dict[str, Any] = {"center": 40.0, "width": 400.0}
JOB = message_of(CT, "window-level")
STORED = [{"name": "result-0001.dcm"}]


def result(number: int) -> bytes:
    return ct(np.full((4, 4), number, np.int16), SOPInstanceUID=f"2.25.{number}", SeriesInstanceUID="2.25")


RESULTS = [result(number) for number in (1, 2, 3)]
FILES = [
    *(ResultFile(f"result-{number:04d}.dcm", "application/dicom", octets) for number, octets in enumerate(RESULTS, 1)),
    ResultFile("manifest.json", "application/json", b"{}"),
]


@pytest.fixture
def pacs() -> Iterator[FakePacs]:
    with serving(FakePacs()) as served:
        yield served


def delivery(pacs: FakePacs, wanted: bool = True) -> PacsDelivery:
    return PacsDelivery({"hospital": Stow(pacs.client(), pauses_s=(0.0, 0.0))}, "hospital", wanted)


def stored(*numbers: int) -> dict[str, int]:
    return {f"2.25.{number}": number for number in numbers}


def test_all_dicom_results_go_and_are_counted(pacs: FakePacs) -> None:
    assert delivery(pacs).deliver(JOB, FILES, STORED) == {"pacs": "hospital", "state": "stored", "stored": 3, "failed": 0}
    assert sorted(pacs.instances.values()) == sorted(RESULTS), "byte for byte"
    [request] = pacs.requests
    assert request.headers["content-type"].startswith('multipart/related; type="application/dicom"; boundary=')
    assert int(request.headers["content-length"]) == len(request.body)


@pytest.mark.parametrize("purpose", ["conformance", "shadow"])
def test_only_what_is_clinical_ever_goes_to_a_pacs(pacs: FakePacs, purpose: Any) -> None:
    assert delivery(pacs).deliver(replace(JOB, purpose=purpose), FILES, STORED) is None
    assert pacs.requests == []


def test_only_where_the_entry_asks_for_it(pacs: FakePacs) -> None:
    assert delivery(pacs, wanted=False).deliver(JOB, FILES, STORED) is None
    assert delivery(pacs).deliver(JOB, FILES[-1:], STORED) is None, "a manifest alone is no object"
    assert pacs.requests == []


def test_many_results_go_in_several_requests(pacs: FakePacs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mip_sdk.stow._BATCH_BYTES", 2 * len(RESULTS[0]))
    said = delivery(pacs).deliver(JOB, FILES, STORED)
    assert said is not None
    assert (said["stored"], len(pacs.requests), len(pacs.instances)) == (3, 2, 3)


def test_a_second_delivery_is_as_good_as_one(pacs: FakePacs) -> None:
    first = delivery(pacs).deliver(JOB, FILES, STORED)
    assert delivery(pacs).deliver(JOB, FILES, STORED) == first
    assert len(pacs.instances) == 3


def compressed(octets: bytes) -> bytes:
    dataset = parsed(octets)
    dataset.compress(RLELossless, generate_instance_uid=False)
    return saved(dataset)


def renamed(octets: bytes) -> bytes:
    dataset = parsed(octets)
    dataset.PatientName = "Corrected^Name"
    return saved(dataset)


def saved(dataset: Any) -> bytes:
    buffer = BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("kept", [bytes, compressed, renamed], ids=["as it was", "compressed", "with a corrected name"])
def test_a_pacs_that_refuses_what_it_has_is_looked_into(pacs: FakePacs, kept: Any) -> None:
    pacs.put(*(kept(octets) for octets in RESULTS))
    pacs.refused = dict.fromkeys(stored(1, 2, 3), 0x0111)
    assert delivery(pacs).deliver(JOB, FILES, STORED) == {"pacs": "hospital", "state": "stored", "stored": 3, "failed": 0}


def test_other_pixels_under_a_results_uid_are_not_the_result(pacs: FakePacs) -> None:
    other = ct(np.full((4, 4), 77, np.int16), SOPInstanceUID="2.25.2", SeriesInstanceUID="2.25")
    pacs.put(other)
    with pytest.raises(DeliveryRefused, match=r"did not take 1 of 3 results \(reason 0x0111\)"):
        delivery(pacs).deliver(JOB, FILES, STORED)
    assert pacs.instances[uids_of(other)] == other


@pytest.mark.parametrize("body", [b"{}", b""], ids=["an empty object", "no body"])
def test_what_the_answer_does_not_mention_is_looked_for(pacs: FakePacs, body: bytes) -> None:
    def forgetful(request: Request) -> Answer | None:
        if request.method == "POST":
            pacs.store(request)
            return Answer(200, body=body)
        return None

    pacs.fault = forgetful
    said = delivery(pacs).deliver(JOB, FILES, STORED)
    assert said is not None
    assert said["state"] == "stored"


@pytest.mark.parametrize("body", [b"{}", b""], ids=["an empty object", "no body"])
def test_a_status_of_200_alone_delivers_nothing(pacs: FakePacs, body: bytes) -> None:
    pacs.fault = lambda request: Answer(200, body=body) if request.method == "POST" else None
    with pytest.raises(DeliveryRefused, match="not-confirmed") as caught:
        delivery(pacs).deliver(JOB, FILES, STORED)
    said = {"pacs": "hospital", "state": "failed", "stored": 0, "failed": 3, "reason": "not-confirmed"}
    assert caught.value.record == {"results": STORED, "pacs_delivery": said}


FAILED_ITEMS = [{"00081155": {"Value": [uid]}, "00081197": {"Value": [0xC000]}} for uid in stored(1, 2, 3)]
ALL_FAILED = json.dumps({"00081198": {"vr": "SQ", "Value": FAILED_ITEMS}}).encode()
REFUSALS: dict[str, tuple[dict[str, int], Answer | None, str, int]] = {
    "failures inside a 202": ({"2.25.2": 0xC000}, None, "0xC000", 1),
    "409 with reasons": (dict.fromkeys(stored(1, 2, 3), 0x0122), None, "0x0122", 3),
    "200 with all failed inside": ({}, Answer(200, body=ALL_FAILED), "0xC000", 3),
    "413": ({}, Answer(413, "text/html", b"<html>"), "http-413", 3),
    "400 without a word": ({}, Answer(400), "http-400", 3),
    "404: no STOW there": ({}, Answer(404, "application/json", b"{}"), "http-404", 3),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_fails_the_job_with_its_reason(pacs: FakePacs, name: str) -> None:
    pacs.refused, answer, reason, failed = REFUSALS[name]
    pacs.fault = lambda request: answer
    with pytest.raises(DeliveryRefused) as caught:
        delivery(pacs).deliver(JOB, FILES, STORED)
    said = caught.value.record["pacs_delivery"]
    assert (said["reason"], said["failed"], said["stored"]) == (reason, failed, 3 - failed)
    assert "2.25." not in str(caught.value)


def test_a_failure_that_names_no_object_is_found_by_sending_each_again(pacs: FakePacs) -> None:
    """OtherFailuresSequence: for what the PACS could not read far enough to find a UID."""
    pacs.names_failures = False
    pacs.refused = {"2.25.2": 0xC000}
    with pytest.raises(DeliveryRefused, match=r"did not take 1 of 3 results \(reason 0xC000\)"):
        delivery(pacs).deliver(JOB, FILES, STORED)
    assert sorted(pacs.instances.values()) == sorted([RESULTS[0], RESULTS[2]])


@pytest.mark.parametrize("reason", [0x0110, 0xA700])
def test_a_failure_in_passing_is_sent_again_and_only_that(pacs: FakePacs, reason: int) -> None:
    def recover(request: Request) -> None:
        pacs.refused = {} if len(pacs.requests) > 2 else {"2.25.2": reason}

    pacs.fault = recover
    said = delivery(pacs).deliver(JOB, FILES, STORED)
    assert said is not None
    assert said["state"] == "stored"
    assert [request.body.count(b"DICM") for request in pacs.requests] == [3, 1, 1]
    pacs.fault = lambda request: None
    pacs.instances.clear()
    pacs.refused = {"2.25.2": reason}
    with pytest.raises(DeliveryRefused, match=f"0x{reason:04X}"):
        delivery(pacs).deliver(JOB, FILES, STORED)


@pytest.mark.parametrize(
    ("answer", "event"),
    [
        (Answer(200, "text/html", b"<html>Please log in</html>"), "pacs-unexpected"),
        (Answer(200, body=b"[]"), "pacs-unexpected"),
        (Answer(200, body=b'{"0008'), "pacs-unexpected"),
        (Answer(200, body=b'{"00081199": {}}', length=1000), "pacs-down"),
        (Answer(302, headers={"location": "http://127.0.0.1:9/"}), "pacs-unexpected"),
        (Answer(401), "pacs-denied"),
        (Answer(500), "pacs-down"),
        (Answer(503, headers={"retry-after": "7"}), "pacs-down"),
    ],
    ids=["a page", "a list", "half an object", "cut short", "a redirect", "401", "500", "503"],
)
def test_where_it_is_not_known_what_a_pacs_took_the_job_waits(pacs: FakePacs, answer: Answer, event: str) -> None:
    pacs.fault = lambda request: answer
    with pytest.raises(Unavailable) as caught:
        delivery(pacs).deliver(JOB, FILES, STORED)
    assert caught.value.event == event


def test_a_pacs_without_a_server_takes_no_results(pacs: FakePacs) -> None:
    with pytest.raises(DeliveryRefused, match="no server"):
        delivery(pacs).deliver(replace(JOB, pacs=replace(JOB.pacs, source="built-in")), FILES, STORED)


def whole(cloud: Cloud, processors: dict[str, BaseProcessor], pacs: FakePacs) -> tuple[JobMessage, Worker]:
    pacs.put(CT)
    job = cloud.submit(CT, "window-level", WINDOW)
    worker = cloud.worker(processors["window-level"], "window-level", images=pacs.client(), delivery=delivery(pacs))
    return job, worker


def test_a_job_reads_from_the_pacs_and_its_result_is_there(
    cloud: Cloud, processors: dict[str, BaseProcessor], pacs: FakePacs
) -> None:
    job, worker = whole(cloud, processors, pacs)
    cloud.deliver(worker)
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["pacs_delivery"]["state"], record["pacs_delivery"]["stored"]) == ("succeeded", "stored", 1)
    [made] = [octets for key, octets in cloud.results().items() if key.endswith(".dcm")]
    assert pacs.instances[uids_of(made)] == made


def test_a_refused_result_stays_with_the_failed_job(cloud: Cloud, processors: dict[str, BaseProcessor], pacs: FakePacs) -> None:
    job, worker = whole(cloud, processors, pacs)
    pacs.fault = lambda request: Answer(413) if request.method == "POST" else None
    cloud.deliver(worker)
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["error"]["code"], record["attempts"]) == ("failed", "delivery-refused", 0)
    assert record["pacs_delivery"]["reason"] == "http-413"
    assert {item["key"] for item in record["results"]} == cloud.results().keys()
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_while_the_pacs_is_down_the_message_is_kept_and_no_attempt_is_counted(
    cloud: Cloud, processors: dict[str, BaseProcessor], pacs: FakePacs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mip_sdk.worker.pause_s", lambda *_: 0.0)
    job, worker = whole(cloud, processors, pacs)
    down = iter([Answer(500), Answer(401), Answer(200, "text/html", b"<html>")])
    pacs.fault = lambda request: next(down, None) if request.method == "POST" else None
    cloud.deliver(worker)
    assert (cloud.record(job)["state"], cloud.record(job)["attempts"]) == ("succeeded", 0)
    said = [
        (line["level"], line["event"], line["pacs"], line["status"]) for line in cloud.lines() if line["event"].startswith("pacs")
    ]
    assert said == [
        ("warn", "pacs-down", "hospital", 500),
        ("error", "pacs-denied", "hospital", 401),
        ("error", "pacs-unexpected", "hospital", 200),
    ]
