"""How far a job is: what is told of it, when, and what it must never cost."""

import json
import threading
import time
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from hypothesis import example, given
from hypothesis import strategies as st

from cloud import TABLES, Cloud
from made import IMAGE_DIGEST, ct, message_of, processing
from mip_sdk import BaseProcessor, ImageData, NotApplicable, Parameters, Volume, VolumeProcessor
from mip_sdk.built_in import BuiltInStore
from mip_sdk.conformance import ConformanceImages
from mip_sdk.delivery import PacsDelivery
from mip_sdk.events import Events
from mip_sdk.jobs import Jobs, NotOpen, Started
from mip_sdk.log import Log
from mip_sdk.message import JobMessage
from mip_sdk.progress import Gauge, Stretch
from mip_sdk.request_queue import RequestQueue
from mip_sdk.results import Results
from mip_sdk.run_job import JobRun
from mip_sdk.watch import Watch
from mip_sdk.worker import Worker
from test_events import EVENT
from test_worker import RECORD, WINDOW, Failing

CT = ct(np.arange(64, dtype=np.int16).reshape(8, 8))
ANY = st.floats(allow_nan=True, allow_infinity=True)
WITHIN = st.floats(0, 100)


def stretch(start: float = 0.0, end: float = 100.0) -> tuple[list[float], Stretch]:
    """A stretch, and what it tells."""
    told: list[float] = []
    return told, Stretch(told.append, start, end)


@pytest.mark.parametrize(
    ("done", "total", "percent"),
    [
        (0, 4, [20.0]),
        (1, 4, [37.5]),
        (4, 4, [90.0]),
        (5, 4, [90.0]),
        (-1, 4, [20.0]),
        (0.5, 1, [55.0]),
        (float("inf"), 2, [90.0]),
        (1, float("inf"), [20.0]),
        (1, 0, []),
        (0, 0, []),
        (1, -4, []),
        (float("nan"), 4, []),
        (1, float("nan"), []),
        (np.uint8(200), np.uint8(250), [76.0]),
    ],
)
def test_a_share_lies_between_the_ends_of_its_stretch_and_what_means_nothing_is_not_told(
    done: float, total: float, percent: list[float]
) -> None:
    told, of = stretch(20, 90)
    of.reached(done, total)
    assert told == pytest.approx(percent)


@given(ANY, ANY, WITHIN, WITHIN)
@example(5e-324, 5e-324, 0, 100)
@example(1e308, 1e-308, 0, 100)
def test_whatever_an_algorithm_says_raises_nothing_and_stays_in_its_stretch(
    done: float, total: float, one: float, other: float
) -> None:
    start, end = sorted((one, other))
    told, of = stretch(start, end)
    of.reached(done, total)
    assert all(start - 1e-9 <= percent <= end + 1e-9 for percent in told)
    assert len(told) <= 1


@given(st.integers(1, 200), WITHIN, WITHIN)
def test_the_parts_of_a_stretch_lie_end_to_end_and_make_all_of_it(pieces: int, one: float, other: float) -> None:
    start, end = sorted((one, other))
    parts = [stretch(start, end)[1].part(index, index + 1, pieces) for index in range(pieces)]
    assert (parts[0].start, parts[-1].end) == pytest.approx((start, end))
    assert all(left.end == pytest.approx(right.start) for left, right in pairwise(parts))


@given(st.lists(st.integers(0, 1000)))
@example([290, 289])
def test_a_gauge_tells_whole_per_cent_each_once_and_never_less(thousandths: list[int]) -> None:
    told: list[int] = []
    whole = Gauge(told.append).whole
    for done in thousandths:
        whole.reached(done, 1000)
    assert told == sorted({highest for highest in accumulate((done // 10 for done in thousandths), max) if highest > 0})


def test_of_many_threads_none_tells_less_than_another_did() -> None:
    told: list[int] = []
    go = threading.Barrier(8)

    def tell(percent: int) -> None:
        time.sleep(0.0001)  # another thread's turn
        told.append(percent)

    whole = Gauge(tell).whole

    def work() -> None:
        go.wait()
        for done in range(1, 1001):
            whole.reached(done, 1000)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == list(range(1, 101))


def test_a_pipe_that_is_gone_is_nothing_to_the_algorithm_and_a_job_that_is_over_says_no_more() -> None:
    asked: list[int] = []

    def gone(percent: int) -> None:
        asked.append(percent)
        raise BrokenPipeError

    whole = Gauge(gone).whole
    whole.reached(1, 4)
    whole.reached(2, 4)
    assert asked == [25]
    told: list[int] = []
    gauge = Gauge(told.append)
    gauge.whole.reached(1, 4)
    gauge.close()
    gauge.whole.reached(2, 4)
    assert told == [25]


class Halves(BaseProcessor):
    """Says when it has half of an image; ``then`` is done there."""

    def __init__(self, then: Any = lambda: None) -> None:
        super().__init__(Path())
        self.then = then

    def process_image(self, image_data: ImageData, parameters: Parameters) -> NotApplicable:
        self.progress(1, 2)
        self.then()
        return NotApplicable("nothing", "nothing can be said")


class Silent(BaseProcessor):
    def process_image(self, image_data: ImageData, parameters: Parameters) -> NotApplicable:
        return NotApplicable("nothing", "nothing can be said")


class Volumes(Silent, VolumeProcessor):
    def process_volume(self, volume: Volume, parameters: Parameters) -> NotApplicable:
        for done in range(1, 5):
            self.progress(done, 4)
        return NotApplicable("nothing", "nothing can be said")


def submit_series(cloud: Cloud, count: int) -> JobMessage:
    axes = ["1", "0", "0", "0", "1", "0"]
    for number in range(count):
        place = {"ImagePositionPatient": ["0", "0", str(number)], "ImageOrientationPatient": axes, "PixelSpacing": ["1", "1"]}
        octets = ct(np.full((4, 4), number, np.int16), SOPInstanceUID=f"1.2.3.4.{number}", **place)
        cloud.put_image(octets, message_of(octets, "window-level"))
    job = message_of(CT, "window-level")
    return replace(job, pacs=replace(job.pacs, instance_uid=None))


# Fetching goes to 20, processing to 90, storing to 99. Of processing a volume the first tenth is reading, the last measuring.
STAGES: dict[str, tuple[BaseProcessor, list[int]]] = {
    "images, in silence": (Silent(Path()), [20, 37, 55, 72, 90, 91, 93, 95, 97, 99]),
    "images, by halves": (Halves(), [20, 28, 37, 46, 55, 63, 72, 81, 90, 91, 93, 95, 97, 99]),
    "a volume, by quarters": (Volumes(Path()), [20, 21, 23, 25, 27, 41, 55, 69, 83, 94, 99]),
}


@pytest.mark.parametrize("what", STAGES)
def test_the_sdk_tells_its_stages_and_what_the_algorithm_says_within_its_own(cloud: Cloud, what: str) -> None:
    processor, percents = STAGES[what]
    job = submit_series(cloud, 4)
    told: list[int] = []
    run = JobRun(
        "window-level",
        images=BuiltInStore(cloud.dynamodb, cloud.s3, TABLES),
        conformance_images=ConformanceImages(cloud.s3, "images"),
        processing=processing(processor, "window-level"),
        results=Results(cloud.s3, "results", "window-level", IMAGE_DIGEST),
        quarantine=Results(cloud.s3, "results", "window-level", IMAGE_DIGEST, quarantined=True),
        delivery=PacsDelivery({}, "built-in", wanted=False),
    )
    run.run_job(job, Started(0, job.accepted_at), Gauge(told.append).whole)
    fetched = told.index(20)
    assert told[fetched:] == percents
    assert set(told[:fetched]) <= {5, 10, 15}, "threads that fetch may overtake each other"


class Calls:
    """A client whose calls are written down."""

    def __init__(self, client: Any, calls: list[str]) -> None:
        self._client = client
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        def call(**given: Any) -> Any:
            self._calls.append(name)
            return getattr(self._client, name)(**given)

        return call


SHORT = [
    *("update_item", "send_message"),  # start, and the event of it
    *("query", "get_object", "put_object", "put_object"),
    *("update_item", "send_message", "delete_message"),  # end, its event, ack
]


def counting(cloud: Cloud, processor: BaseProcessor, visibility_s: int) -> tuple[list[str], Worker]:
    """A worker whose calls are written down. It looks at its record every third of ``visibility_s``: of 0 whenever it is asked."""
    calls: list[str] = []
    s3, sqs, dynamodb = (Calls(one, calls) for one in (cloud.s3, cloud.sqs, cloud.dynamodb))
    worker = cloud.worker(
        processor,
        "window-level",
        images=BuiltInStore(dynamodb, s3, TABLES),
        results=Results(s3, "results", "window-level", IMAGE_DIGEST),
        jobs=Jobs(dynamodb, "jobs", IMAGE_DIGEST, "1.0.0"),
        queue=RequestQueue(sqs, cloud.queue_url, cloud.dead_url, visibility_s),
        events=Events(sqs, cloud.results_url),
    )
    return calls, worker


def test_a_short_job_costs_no_call_for_its_progress(cloud: Cloud) -> None:
    cloud.submit(CT, "window-level", WINDOW)
    calls, worker = counting(cloud, Halves(), 60)
    cloud.deliver(worker)
    assert calls == SHORT


def test_a_look_with_progress_is_a_write_and_an_event_in_place_of_a_read(cloud: Cloud) -> None:
    """Asked at the start, when there is none yet, and at 20 (fetched), 55, 90, 94 and 99 %."""
    cloud.submit(CT, "window-level", WINDOW)
    calls, worker = counting(cloud, Halves(), 0)
    cloud.deliver(worker)
    noted = ("update_item", "send_message")
    assert calls == [
        *SHORT[:2],
        "get_item",
        *SHORT[2:4],
        *noted,
        *noted,
        *noted,
        "put_object",
        *noted,
        "put_object",
        *noted,
        *SHORT[6:],
    ]


def slow(cloud: Cloud, processor: BaseProcessor, **changed: Any) -> Worker:
    """A worker to which every job is a long one."""
    queue = RequestQueue(cloud.sqs, cloud.queue_url, cloud.dead_url, visibility_s=0)
    return cloud.worker(processor, "window-level", queue=queue, **changed)


def test_a_long_job_has_progress_in_its_record_and_in_events_and_none_at_its_end(cloud: Cloud) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    records: list[dict[str, Any]] = []
    cloud.deliver(slow(cloud, Halves(lambda: records.append(cloud.record(job)))))
    [record] = records
    assert (record["state"], record["progress"]) == ("running", Decimal("0.55"))
    assert RECORD.is_valid(json.loads(json.dumps(record, default=float)))
    events = cloud.events()
    assert [error.message for event in events for error in EVENT.iter_errors(event)] == []
    progress = [event for event in events if event["type"] == "job.progress"]
    assert [event["progress"] for event in progress] == [0.2, 0.55, 0.9, 0.94, 0.99]
    assert len({event["event_id"] for event in progress}) == 5
    assert {(event["job_id"], event["delivery"]) for event in progress} == {(job.job_id, 1)}
    assert [event["type"] for event in events if event not in progress] == ["job.running", "job.succeeded"]
    end = cloud.record(job)
    assert (end["state"], "progress" in end) == ("succeeded", False)
    assert RECORD.is_valid(json.loads(json.dumps(end, default=float)))


def test_another_attempt_begins_anew_and_its_events_are_others(cloud: Cloud) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    worker = slow(cloud, Failing(RuntimeError()))
    cloud.deliver(worker)
    assert (cloud.record(job)["state"], "progress" in cloud.record(job)) == ("queued", False)
    cloud.deliver(worker)
    first, second = [event for event in cloud.events() if event["type"] == "job.progress"]
    assert (first["progress"], second["progress"]) == (0.2, 0.2)
    assert (first["delivery"], second["delivery"]) == (1, 2)
    assert first["event_id"] != second["event_id"]


def test_what_a_worker_that_died_had_noted_is_gone_when_the_next_one_starts(cloud: Cloud) -> None:
    job = cloud.submit(CT, "window-level", WINDOW)
    jobs = Jobs(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0")
    jobs.start(job)
    jobs.note_progress(job, 80)
    assert cloud.record(job)["progress"] == Decimal("0.8")
    records: list[dict[str, Any]] = []
    cloud.deliver(slow(cloud, Halves(lambda: records.append(cloud.record(job)))))
    assert records[0]["progress"] == Decimal("0.55")


def test_nobody_is_told_of_the_progress_of_a_conformance_job(cloud: Cloud) -> None:
    job = cloud.submit_conformance([CT], "window-level", WINDOW)
    cloud.deliver(slow(cloud, Halves()))
    assert (cloud.record(job)["state"], cloud.events()) == ("succeeded", [])


LATE: dict[str, tuple[str, dict[str, Any]]] = {
    "the job succeeded": ("succeeded", {}),
    "it failed": ("failed", {}),
    "it was cancelled": ("cancelled", {}),
    "it is dead": ("dead", {}),
    "it was handed back": ("queued", {}),
    "another delivery of it runs": ("running", {"delivery": {"N": "2"}}),
    "another worker is farther": ("running", {"progress": {"N": "0.6"}}),
    "it is noted already": ("running", {"progress": {"N": "0.5"}}),
}


@pytest.mark.parametrize("what", LATE)
def test_progress_that_comes_late_changes_nothing(cloud: Cloud, what: str) -> None:
    state, more = LATE[what]
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job, state)
    key = {"client_id": {"S": job.client_id}, "job_id": {"S": job.job_id}}
    for name, value in more.items():
        update = {"Key": key, "UpdateExpression": f"SET {name} = :value", "ExpressionAttributeValues": {":value": value}}
        cloud.dynamodb.update_item(TableName="jobs", **update)
    before = cloud.record(job)
    with pytest.raises(NotOpen):
        Jobs(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0").note_progress(job, 50)
    assert cloud.record(job) == before
    watch = watch_of(cloud, job)
    watch.hear(50)
    assert watch.is_cancelled() == (state == "cancelled"), "the write says what a read would have said"
    assert (cloud.record(job), cloud.events()) == (before, [])


def test_progress_without_a_record_makes_none(cloud: Cloud) -> None:
    job = message_of(CT, "window-level", WINDOW)
    watch = watch_of(cloud, job)
    watch.hear(50)
    assert not watch.is_cancelled()
    assert (cloud.record(job), cloud.events()) == ({}, [])


def watch_of(cloud: Cloud, job: JobMessage, jobs: Any = None) -> Watch:
    jobs = jobs or Jobs(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0")
    return Watch(job, jobs, Events(cloud.sqs, cloud.results_url), Log(cloud.logged))


def test_a_job_that_begins_anew_because_a_dependency_was_down_says_nothing_until_it_is_farther(cloud: Cloud) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job, "running")
    calls: list[str] = []
    watch = watch_of(cloud, job, Jobs(Calls(cloud.dynamodb, calls), "jobs", IMAGE_DIGEST, "1.0.0"))
    for percent in (20, 60, 20, 59, 61):
        watch.hear(percent)
        watch.is_cancelled()
    assert [event["progress"] for event in cloud.events()] == [0.2, 0.6, 0.61]
    assert calls == ["update_item", "update_item", "get_item", "get_item", "update_item"]


class Throttled(Jobs):
    """Takes no progress, so many times."""

    left = 1

    def note_progress(self, job: JobMessage, percent: int) -> None:
        if self.left > 0:
            self.left -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "UpdateItem")
        super().note_progress(job, percent)


def test_progress_that_cannot_be_noted_is_noted_at_the_next_look_and_a_cancelled_job_is_seen_all_the_same(cloud: Cloud) -> None:
    job = message_of(CT, "window-level", WINDOW)
    cloud.put_record(job, "running")
    jobs = Throttled(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0")
    watch = watch_of(cloud, job, jobs)
    watch.hear(40)
    assert not watch.is_cancelled()
    assert "progress" not in cloud.record(job)
    assert not watch.is_cancelled()
    assert cloud.record(job)["progress"] == Decimal("0.4")
    jobs.left = 1
    cloud.put_record(job, "cancelled")
    watch.hear(50)
    assert watch.is_cancelled()
    assert [line["event"] for line in cloud.lines()] == ["progress-failed", "progress-failed"]


def test_progress_that_can_neither_be_noted_nor_told_costs_no_job(cloud: Cloud) -> None:
    class Mute(Events):
        def tell_progress(self, record: dict[str, Any], percent: int, at: str) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "SendMessage")

    job = cloud.submit(CT, "window-level", WINDOW)
    events = Mute(cloud.sqs, cloud.results_url)
    cloud.deliver(slow(cloud, Halves(), jobs=Throttled(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0"), events=events))
    assert (cloud.record(job)["state"], cloud.record(job)["attempts"]) == ("succeeded", 0)
    said = [line["event"] for line in cloud.lines()]
    assert said == ["job-started", "progress-failed", *["event-failed"] * 4, "job-succeeded"]
    assert [event["type"] for event in cloud.events()] == ["job.running", "job.succeeded"]
