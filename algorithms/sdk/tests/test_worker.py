"""The loop: what ends a job, what gives a message back, what a worker survives."""

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import EndpointConnectionError
from jsonschema import Draft202012Validator

from cloud import TABLES, Cloud
from made import MISSING, ct, message_of, parsed
from mip_sdk import BaseProcessor, DerivedImage, ImageData, Parameters
from mip_sdk.built_in import BuiltInStore
from mip_sdk.faults import ImageNotFound
from mip_sdk.heartbeat import Heartbeat
from mip_sdk.jobs import Jobs
from mip_sdk.limits import Limits
from mip_sdk.request_queue import Delivery, RequestQueue
from mip_sdk.results import ResultFile, Results
from mip_sdk.worker import Worker
from shipped import image

RECORD = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "job-record.schema.json").read_text()))
CT = ct(np.arange(64, dtype=np.int16).reshape(8, 8))
WINDOW: dict[str, Any] = {"center": 40.0, "width": 400.0}


class Failing(BaseProcessor):
    """An algorithm with a fault: it quotes what it sees."""

    def __init__(self, fault: BaseException) -> None:
        super().__init__(Path())
        self.fault = fault
        self.calls = 0

    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        self.calls += 1
        raise self.fault


class PanicException(BaseException):
    """As a decoder written in Rust raises it: no Exception."""


@pytest.fixture
def worker(cloud: Cloud, processors: dict[str, BaseProcessor]) -> Worker:
    return cloud.worker(processors["window-level"], "window-level")


def test_a_job_succeeds_its_results_are_stored_and_its_message_is_deleted(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.deliver(worker)
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["outcome"], record["attempts"], record["ran_version"]) == ("succeeded", "done", 0, "1.0.0")
    assert record["open_state"] == "untold"
    stored = cloud.results()
    assert [result["key"] for result in record["results"]] == [
        f"algorithms/window-level/jobs/{job.job_key}/{'ab' * 8}/result-0001.dcm",
        f"algorithms/window-level/jobs/{job.job_key}/{'ab' * 8}/manifest.json",
    ]
    for result in record["results"]:
        file = ResultFile(result["name"], result["media_type"], stored[result["key"]])
        assert (file.sha256, len(file.octets)) == (result["sha256"], result["size"])
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_the_trace_of_a_message_is_on_every_line_of_its_job_and_in_the_manifest(cloud: Cloud, worker: Worker) -> None:
    trace_id = "4bf92f3577b34da6a3ce929d0e0e4736"
    job = replace(message_of(CT, "window-level", WINDOW), trace_id=trace_id)
    cloud.put_image(CT, job)
    cloud.put_record(job)
    cloud.send(job)
    cloud.deliver(worker)
    assert cloud.record(job)["state"] == "succeeded"
    of_job = [line for line in cloud.lines() if "job_key" in line]
    assert [line["event"] for line in of_job] == ["job-started", "job-succeeded"]
    assert {(line["job_key"], line["trace_id"]) for line in of_job} == {(job.job_key, trace_id)}
    manifest = next(octets for key, octets in cloud.results().items() if key.endswith("manifest.json"))
    assert json.loads(manifest)["trace_id"] == trace_id


def test_a_second_delivery_of_a_finished_job_is_only_acked(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.send(job)
    cloud.deliver(worker)
    before = (cloud.record(job), cloud.results())
    cloud.deliver(worker)
    assert (cloud.record(job), cloud.results()) == before
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


@pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled", "dead"])
def test_a_job_that_has_ended_is_not_run_again(cloud: Cloud, worker: Worker, state: str) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_image(CT, job)
    cloud.put_record(job, state)
    cloud.send(job)
    cloud.deliver(worker)
    assert cloud.record(job)["state"] == state
    assert not cloud.results()
    assert cloud.hidden() == 0


@pytest.mark.parametrize("state", ["accepted", "queued", "running"])
def test_a_job_is_run_from_any_open_state(cloud: Cloud, worker: Worker, state: str) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_image(CT, job)
    cloud.put_record(job, state)
    cloud.send(job)
    cloud.deliver(worker)
    assert cloud.record(job)["state"] == "succeeded"


def test_a_redelivery_after_a_crash_before_finishing_ends_with_the_same_bytes(
    cloud: Cloud, processors: dict[str, BaseProcessor]
) -> None:
    class DiesBeforeFinishing(Jobs):
        def succeed(self, job: Any, finished: Any) -> None:
            raise KeyboardInterrupt

    job = cloud.submit(CT, "window-level", WINDOW)
    jobs = DiesBeforeFinishing(cloud.dynamodb, "jobs", "sha256:" + "ab" * 32, "1.0.0")
    dying = cloud.worker(processors["window-level"], "window-level", jobs=jobs)
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver(dying)
    stored = cloud.results()
    assert len(stored) == 2
    assert cloud.record(job)["state"] == "running"
    cloud.send(job)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert cloud.results() == stored
    assert cloud.record(job)["state"] == "succeeded"


def test_an_image_that_is_not_there_fails_the_job_in_words(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job)
    cloud.send(job)
    cloud.deliver(worker)
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["error"]["code"], record["attempts"]) == ("failed", "image-not-found", 0)
    assert cloud.hidden() == 0


@pytest.mark.parametrize(
    ("octets", "parameters", "code"),
    [
        (image("SC_rgb.dcm"), WINDOW, "invalid-input"),
        (CT, {}, "invalid-input"),
        (image("MR_truncated.dcm"), WINDOW, "image-unreadable"),
        (image("SC_rgb_32bit.dcm"), WINDOW, "invalid-input"),
    ],
    ids=["colour", "no window", "truncated", "32 bits"],
)
def test_input_that_does_not_fit_fails_the_job_at_once_in_words(
    cloud: Cloud, worker: Worker, octets: bytes, parameters: dict[str, Any], code: str
) -> None:
    """A fault of the older implementation: the message of a failed job was deleted, with nothing recorded."""
    job = cloud.submit(octets, "window-level", parameters)
    cloud.deliver(worker)
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["error"]["code"], record["attempts"]) == ("failed", code, 0)
    assert len(record["error"]["message"]) > 20
    assert (cloud.waiting(), cloud.hidden(), cloud.results()) == (0, 0, {})


def test_bytes_in_the_store_that_are_no_dicom_fail_the_job(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_image(b"no image", job)
    cloud.put_record(job)
    cloud.send(job)
    cloud.deliver(worker)
    assert cloud.record(job)["error"]["code"] == "image-unreadable"


def test_an_image_of_another_patient_under_the_key_never_becomes_a_result(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_image(ct(np.zeros((4, 4), np.int16), StudyInstanceUID="9.9.9"), job)
    cloud.put_record(job)
    cloud.send(job)
    cloud.deliver(worker)
    record = cloud.record(job)
    assert (record["state"], record["error"]["code"]) == ("failed", "internal")
    assert "9.9.9" not in record["error"]["message"]
    assert not cloud.results()


@pytest.mark.parametrize("fault", [RuntimeError("DOE^JOHN"), MemoryError(), PanicException("DOE^JOHN"), ZeroDivisionError()])
def test_any_other_fault_is_counted_and_the_third_ends_the_job_as_dead(cloud: Cloud, fault: BaseException) -> None:
    processor = Failing(fault)
    worker = cloud.worker(processor, "window-level")
    job = cloud.submit(CT, "window-level", WINDOW)
    for attempt in (1, 2, 3):
        cloud.deliver(worker)
        record = cloud.record(job)
        assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
        code = "out-of-memory" if isinstance(fault, MemoryError) else "internal"
        assert (record["attempts"], record["error"]["code"]) == (attempt, code)
        assert record["state"] == ("dead" if attempt == 3 else "queued")
        assert "DOE" not in record["error"]["message"]
    assert processor.calls == 3
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)
    [letter] = cloud.dead_letters()
    assert (letter["cause"], letter["words"]) == (record["error"]["code"], record["error"]["message"])
    assert json.loads(letter["body"])["job_id"] == job.job_id
    assert "DOE" not in cloud.logged.getvalue()


@pytest.mark.parametrize("body", ["", " ", "{", "[]", "null", '{"schema": "job-message/1"}', '{"job_id": "DOE^JOHN"}'])
def test_a_malformed_message_is_put_aside_at_once_and_the_worker_lives(cloud: Cloud, worker: Worker, body: str) -> None:
    """A fault of the older implementation: one malformed message killed the worker for 15 minutes."""
    cloud.send_text(body or "\n")
    good = cloud.submit(CT, "window-level", WINDOW)
    for _ in range(2):
        cloud.deliver(worker)
    assert cloud.record(good)["state"] == "succeeded"
    assert [line["event"] for line in cloud.lines()].count("message-malformed") == 1
    assert "DOE" not in cloud.logged.getvalue()
    [letter] = cloud.dead_letters()
    assert (letter["cause"], letter["body"]) == ("malformed", body or "\n")
    assert "DOE" not in letter["words"]
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_a_job_without_a_record_is_put_aside_and_leaves_nothing(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_image(CT, job)
    cloud.send(job)
    cloud.deliver(worker)
    assert (cloud.record(job), cloud.results(), cloud.waiting(), cloud.hidden()) == ({}, {}, 0, 0)
    assert [letter["cause"] for letter in cloud.dead_letters()] == ["not-recorded"]


def test_a_dead_jobs_message_that_comes_back_goes_to_the_dead_letters(cloud: Cloud, worker: Worker) -> None:
    """Its worker died between the record and the dead letters."""
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job, "dead")
    cloud.send(job)
    cloud.deliver(worker)
    assert len(cloud.dead_letters()) == 1
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_a_cancelled_jobs_message_is_dropped(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job, "cancelled")
    cloud.send(job)
    cloud.deliver(worker)
    assert (cloud.waiting(), cloud.hidden(), cloud.dead_letters(), cloud.results()) == (0, 0, [], {})


def test_a_job_that_is_cancelled_while_it_runs_keeps_no_results(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    class Cancelled(BaseProcessor):
        def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
            cloud.put_record(job, "cancelled")
            return processors["window-level"].process_image(image_data, parameters)

    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.deliver(cloud.worker(Cancelled(Path()), "window-level"))
    record = cloud.record(job)
    assert (record["state"], record.get("results")) == ("cancelled", None)
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_a_result_above_the_platforms_limit_fails_in_words_and_stores_nothing(
    cloud: Cloud, processors: dict[str, BaseProcessor]
) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", most_bytes=1000))
    record = cloud.record(job)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert (record["state"], record["error"]["code"], cloud.results()) == ("failed", "result-too-large", {})
    assert "at most 1000" in record["error"]["message"]


@pytest.mark.usefixtures("no_wait_elsewhere")
def test_a_job_for_another_major_is_handed_back_uncounted_and_fails_after_many(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    old = job.__class__(**{**job.__dict__, "version": "2.0.0"})
    cloud.put_image(CT, old)
    cloud.put_record(old)
    cloud.send(old)
    for _ in range(19):
        cloud.deliver(worker)
        record = cloud.record(old)
        assert (record["state"], record["attempts"]) == ("queued", 0)
    cloud.deliver(worker)
    record = cloud.record(old)
    assert (record["state"], record["error"]["code"], record["attempts"]) == ("failed", "version-withdrawn", 0)
    assert RECORD.is_valid(json.loads(json.dumps(record, default=int)))
    assert not cloud.dead_letters()


def test_five_hand_backs_in_a_row_are_no_attempt_and_no_death(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    """The queue's own limit is three receives: each hand-back is a message of its own."""
    job = cloud.submit(CT, "window-level", WINDOW)
    for handed in range(1, 6):
        stopping = cloud.worker(processors["window-level"], "window-level")
        stopping.stop()
        cloud.deliver(stopping)
        record = cloud.record(job)
        assert (record["state"], record["attempts"], record["delivery"]) == ("queued", 0, handed + 1)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert cloud.record(job)["state"] == "succeeded"
    assert not cloud.dead_letters()


def test_a_job_at_its_limits_counts_as_an_attempt(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", limits=Limits(seconds=-1)))
    assert (cloud.record(job)["error"]["code"], cloud.record(job)["attempts"]) == ("timeout", 1)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", limits=Limits(octets=-1)))
    assert (cloud.record(job)["error"]["code"], cloud.record(job)["attempts"]) == ("out-of-memory", 2)


def test_a_job_of_another_algorithm_fails(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(CT, "grayscale")
    cloud.deliver(worker)
    assert cloud.record(job)["state"] == "failed"


def test_a_message_whose_key_is_of_another_job_touches_nothing(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    delivery = cloud.receive()
    assert delivery is not None
    body = {**json.loads(delivery.body), "job_key": "0" * 32}
    worker.handle(Delivery(json.dumps(body), delivery.receipt, 1))
    assert cloud.record(job)["state"] == "queued"
    assert not cloud.results()


def test_other_bytes_under_a_results_key_stay_and_the_job_fails_loudly(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    key = f"algorithms/window-level/jobs/{job.job_key}/{'ab' * 8}/result-0001.dcm"
    cloud.s3.put_object(Bucket="results", Key=key, Body=b"the first")
    cloud.deliver(worker)
    assert cloud.results()[key] == b"the first"
    record = cloud.record(job)
    assert (record["state"], record["error"]["code"]) == ("failed", "internal")
    assert "other bytes" in record["error"]["message"]


def test_two_jobs_on_one_image_leave_two_results(cloud: Cloud, worker: Worker) -> None:
    """A fault of the older implementation: outputs of two jobs on one image overwrote each other."""
    for job_id in ("job-1", "job-2"):
        cloud.submit(CT, "window-level", WINDOW, job_id)
        cloud.deliver(worker)
    results = [octets for key, octets in cloud.results().items() if key.endswith(".dcm")]
    assert len({parsed(octets).SOPInstanceUID for octets in results}) == 2


def test_a_path_in_a_uid_reaches_no_key(cloud: Cloud, worker: Worker) -> None:
    """A fault of the older implementation: ``../`` went through into the key."""
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job)
    body = {**json.loads(json.dumps({"schema": "job-message/1"})), **job.__dict__, "pacs": {"study_uid": "../../x"}}
    cloud.send_text(json.dumps(body))
    cloud.deliver(worker)
    assert cloud.record(job)["state"] == "queued"
    assert [line["event"] for line in cloud.lines()] == ["message-malformed"]


def test_a_series_is_processed_in_its_order_and_every_result_has_its_own_uid(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    axes = ["1", "0", "0", "0", "1", "0"]
    for number, height in enumerate([30, 10, 20]):
        pixels = np.full((4, 4), height, np.int16)
        uid = f"1.2.3.4.{number}"
        position = ["0", "0", str(height)]
        slice_ = ct(pixels, SOPInstanceUID=uid, ImagePositionPatient=position, ImageOrientationPatient=axes, InstanceNumber=number)
        cloud.put_image(slice_, message_of(slice_, "window-level"))
    whole = job.__class__(**{**job.__dict__, "pacs": job.pacs.__class__("1.2.3", "1.2.3.4")})
    cloud.put_record(whole)
    cloud.send(whole)
    cloud.deliver(worker)
    results = [parsed(octets) for key, octets in sorted(cloud.results().items()) if key.endswith(".dcm")]
    assert [float(result.ImagePositionPatient[2]) for result in results] == [10, 20, 30]
    assert len({result.SOPInstanceUID for result in results}) == 3
    assert len({result.SeriesInstanceUID for result in results}) == 1
    assert [result["name"] for result in cloud.record(job)["results"]][-1] == "manifest.json"


def test_of_a_series_the_words_of_a_fault_name_the_image_by_its_place(cloud: Cloud, worker: Worker) -> None:
    job = message_of(CT, "window-level", WINDOW)
    for number, attributes in enumerate([{}, {"BitsAllocated": 32}]):
        octets = ct(np.zeros((4, 4), np.int16), SOPInstanceUID=f"1.2.3.4.{number}", InstanceNumber=number, **attributes)
        cloud.put_image(octets, message_of(octets, "window-level"))
    whole = job.__class__(**{**job.__dict__, "pacs": job.pacs.__class__("1.2.3", "1.2.3.4")})
    cloud.put_record(whole)
    cloud.send(whole)
    cloud.deliver(worker)
    error = cloud.record(job)["error"]
    assert error["message"].startswith("image 2 of 2: ")
    assert not cloud.results(), "all or nothing"


def test_a_series_without_images_is_named(cloud: Cloud) -> None:
    images = BuiltInStore(cloud.dynamodb, cloud.s3, TABLES)
    job = message_of(CT, "window-level")
    cloud.put_image(CT, job)
    for pacs, level in MISSING:
        with pytest.raises(ImageNotFound, match=f"the {level} is not in the image store"):
            images.fetch(pacs)


class Unsteady:
    """A service that is unreachable for the first calls."""

    def __init__(self, client: Any, calls: dict[str, int]) -> None:
        self._client = client
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        if self._calls.get(name, 0) > 0:
            self._calls[name] -= 1
            return self._down
        return getattr(self._client, name)

    def _down(self, **_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://down")


@pytest.fixture
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mip_sdk.worker.pause_s", lambda failures, longest: 0.0)


@pytest.fixture
def no_wait_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mip_sdk.worker._PAUSE_ELSEWHERE_S", 0.0)


@pytest.mark.usefixtures("no_pause")
def test_while_a_dependency_is_down_the_message_is_kept_and_no_attempt_is_counted(
    cloud: Cloud, processors: dict[str, BaseProcessor]
) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    s3: Any = Unsteady(cloud.s3, {"get_object": 2, "put_object": 1})
    dynamodb: Any = Unsteady(cloud.dynamodb, {"update_item": 2, "query": 1})
    worker = cloud.worker(
        processors["window-level"],
        "window-level",
        images=BuiltInStore(dynamodb, s3, TABLES),
        results=Results(s3, "results", "window-level", "sha256:" + "ab" * 32),
        jobs=Jobs(dynamodb, "jobs", "sha256:" + "ab" * 32, "1.0.0"),
    )
    cloud.deliver(worker)
    record = cloud.record(job)
    assert (record["state"], record["attempts"]) == ("succeeded", 0)
    assert [line["event"] for line in cloud.lines()].count("dependency-failed") == 6


def test_a_stop_while_a_dependency_is_down_hands_the_message_back(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    s3: Any = Unsteady(cloud.s3, {"get_object": 1_000_000})
    worker = cloud.worker(processors["window-level"], "window-level", images=BuiltInStore(cloud.dynamodb, s3, TABLES))
    worker.stop()
    cloud.deliver(worker)
    assert (cloud.record(job)["attempts"], cloud.waiting()) == (0, 1)


@pytest.mark.usefixtures("no_pause")
def test_the_loop_outlives_a_queue_that_is_down_and_ends_when_stopped(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)

    class Queue(RequestQueue):
        def receive(self, most: int = 1, wait_s: int = 0) -> list[Delivery]:
            deliveries = super().receive(most, 0)
            if not deliveries:
                worker.stop()
            return deliveries

    sqs: Any = Unsteady(cloud.sqs, {"receive_message": 3})
    worker = cloud.worker(processors["window-level"], "window-level", queue=Queue(sqs, cloud.queue_url, cloud.dead_url))
    worker.run()
    assert cloud.record(job)["state"] == "succeeded"


def test_a_stop_during_a_job_lets_it_finish(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    class Stopping(BaseProcessor):
        def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
            worker.stop()
            return processors["window-level"].process_image(image_data, parameters)

    worker = cloud.worker(Stopping(Path()), "window-level")
    first = cloud.submit(CT, "window-level", WINDOW, "job-1")
    second = cloud.submit(CT, "window-level", WINDOW, "job-2")
    worker.run()
    assert (cloud.record(first)["state"], cloud.record(second)["state"]) == ("succeeded", "queued")
    assert cloud.waiting() == 1


def test_a_signal_ends_the_wait_for_a_message_at_once(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    class Waiting(RequestQueue):
        def receive(self, most: int = 1, wait_s: int = 0) -> list[Delivery]:
            worker.stop_on_signal()
            raise AssertionError("the wait went on")

    worker = cloud.worker(processors["window-level"], "window-level", queue=Waiting(cloud.sqs, cloud.queue_url, cloud.dead_url))
    worker.run()


def test_a_message_is_kept_by_heartbeat_while_its_job_runs_and_not_after(cloud: Cloud) -> None:
    """A beat that fails is followed by the next one."""
    beats: list[str] = []
    twice = threading.Event()

    class Queue(RequestQueue):
        def keep(self, deliveries: Any) -> int:
            beats.extend(delivery.receipt for delivery in deliveries)
            if len(beats) == 1:
                raise ConnectionError
            if len(beats) > 1:
                twice.set()
            return 0

    queue = Queue(cloud.sqs, cloud.queue_url, cloud.dead_url, visibility_s=0)
    heartbeat = Heartbeat(queue, cloud.worker(Failing(RuntimeError()), "x")._log)
    heartbeat._every_s = 0.001
    heartbeat.start()
    with heartbeat.keeping(Delivery("", "receipt", 1)):
        assert twice.wait(30)
    heartbeat.beat()
    count = len(beats)
    heartbeat.beat()
    heartbeat.stop()
    assert set(beats) == {"receipt"}
    assert len(beats) == count
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]


def test_messages_are_received_with_60_seconds_and_kept_for_60_more_in_batches_of_ten() -> None:
    calls: list[dict[str, Any]] = []

    class Sqs:
        def receive_message(self, **call: Any) -> dict[str, Any]:
            calls.append(call)
            return {"Messages": [{"Body": "{}", "ReceiptHandle": "r", "Attributes": {"ApproximateReceiveCount": "2"}}]}

        def change_message_visibility_batch(self, **call: Any) -> dict[str, Any]:
            calls.append(call)
            return {"Failed": [{}]} if len(call["Entries"]) == 2 else {}

    queue = RequestQueue(Sqs(), "url", "dead")
    assert queue.receive(12) == [Delivery("{}", "r", 2)]
    assert queue.keep([Delivery("{}", f"r{number}", 1) for number in range(12)]) == 1
    assert [calls[0][name] for name in ("MaxNumberOfMessages", "VisibilityTimeout", "WaitTimeSeconds")] == [10, 60, 20]
    assert [len(call["Entries"]) for call in calls[1:]] == [10, 2]
    assert {entry["VisibilityTimeout"] for call in calls[1:] for entry in call["Entries"]} == {60}
