"""Conformance jobs: images by their digest, results in quarantine, and no way between these and what is a client's."""

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from cloud import TABLES, Cloud
from fake_pacs import FakePacs, serving
from made import IMAGE_DIGEST, ct, message_of, parsed, processing
from mip_sdk import BaseProcessor, DerivedImage, ImageData, Meaning, Parameters
from mip_sdk.built_in import BuiltInStore
from mip_sdk.conformance import ConformanceImages
from mip_sdk.delivery import PacsDelivery
from mip_sdk.faults import ImageGone, InvalidInput, JobFault
from mip_sdk.images import hashed
from mip_sdk.jobs import Jobs, Started
from mip_sdk.message import JobMessage
from mip_sdk.results import Results
from mip_sdk.run_job import JobRun
from mip_sdk.stow import Stow
from mip_sdk.worker import Worker

RECORD = Draft202012Validator(json.loads((Path(__file__).parents[3] / "schemas" / "job-record.schema.json").read_text()))
WINDOW: dict[str, Any] = {"center": 40.0, "width": 400.0}
AXES = ["1", "0", "0", "0", "1", "0"]


def slice_(number: int) -> bytes:
    place: dict[str, Any] = {"ImagePositionPatient": ["0", "0", str(number)], "ImageOrientationPatient": AXES}
    return ct(np.full((4, 4), number, np.int16), SOPInstanceUID=f"1.2.3.4.{number}", InstanceNumber=number, **place)


SERIES = [slice_(number) for number in (3, 1, 2)]


def digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


@pytest.fixture
def worker(cloud: Cloud, processors: dict[str, BaseProcessor]) -> Worker:
    return cloud.worker(processors["window-level"], "window-level")


def test_a_conformance_job_leaves_its_results_and_a_manifest_in_quarantine_alone(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit_conformance(SERIES[:1], "window-level", WINDOW)
    cloud.deliver(worker)
    record = json.loads(json.dumps(cloud.record(job), default=int))
    assert RECORD.is_valid(record)
    assert (record["state"], record["outcome"]) == ("succeeded", "done")
    stored = cloud.results()
    folder = f"quarantine/window-level/{job.job_key}/{'ab' * 8}"
    assert sorted(stored) == [f"{folder}/manifest.json", f"{folder}/result-0001.dcm"]
    assert [result["key"] for result in record["results"]] == [f"{folder}/result-0001.dcm", f"{folder}/manifest.json"]
    manifest = json.loads(stored[f"{folder}/manifest.json"])
    assert (manifest["purpose"], manifest["inputs"]) == ("conformance", [{"index": 1, "sha256": digest(SERIES[0])}])
    assert (cloud.waiting(), cloud.hidden()) == (0, 0)


def test_the_images_of_a_case_come_in_the_order_of_the_series(cloud: Cloud, worker: Worker) -> None:
    cloud.submit_conformance(SERIES, "window-level", WINDOW)
    cloud.deliver(worker)
    results = [parsed(octets) for key, octets in sorted(cloud.results().items()) if key.endswith(".dcm")]
    assert [float(result.ImagePositionPatient[2]) for result in results] == [1, 2, 3]


def test_a_redelivery_after_a_crash_ends_with_the_same_bytes(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    class DiesBeforeFinishing(Jobs):
        def succeed(self, job: Any, finished: Any) -> None:
            raise KeyboardInterrupt

    job = cloud.submit_conformance(SERIES, "window-level", WINDOW)
    jobs = DiesBeforeFinishing(cloud.dynamodb, "jobs", IMAGE_DIGEST, "1.0.0")
    with pytest.raises(KeyboardInterrupt):
        cloud.deliver(cloud.worker(processors["window-level"], "window-level", jobs=jobs))
    before = cloud.results()
    assert len(before) == 4
    cloud.send(job)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level"))
    assert (cloud.record(job)["state"], cloud.results()) == ("succeeded", before)


def test_nothing_of_it_goes_to_a_pacs_nor_comes_from_one(cloud: Cloud, processors: dict[str, BaseProcessor]) -> None:
    with serving(FakePacs()) as pacs:
        pacs.put(*SERIES)
        delivery = PacsDelivery({"hospital": Stow(pacs.client())}, "hospital", wanted=True)
        job = cloud.submit_conformance(SERIES, "window-level", WINDOW)
        cloud.deliver(cloud.worker(processors["window-level"], "window-level", images=pacs.client(), delivery=delivery))
        assert (cloud.record(job)["state"], pacs.requests) == ("succeeded", [])
    assert "pacs_delivery" not in cloud.record(job)


def test_an_image_that_is_gone_fails_the_job_at_once_and_says_which(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit_conformance(SERIES, "window-level", WINDOW)
    cloud.s3.delete_object(Bucket="images", Key=f"conformance/{digest(SERIES[1])}.dcm")
    cloud.deliver(worker)
    record = json.loads(json.dumps(cloud.record(job), default=int))
    assert RECORD.is_valid(record)
    assert (record["state"], record["error"]["code"], record["attempts"]) == ("failed", "image-gone", 0)
    assert record["error"]["message"].startswith("conformance image 2 of 3 is not in the images bucket")
    assert (cloud.results(), cloud.waiting(), cloud.hidden(), cloud.dead_letters()) == ({}, 0, 0, [])


def test_an_image_whose_bytes_are_others_fails_the_job_loudly(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit_conformance(SERIES[:1], "window-level", WINDOW)
    cloud.s3.put_object(Bucket="images", Key=f"conformance/{digest(SERIES[0])}.dcm", Body=SERIES[1])
    cloud.deliver(worker)
    record = cloud.record(job)
    assert (record["state"], record["error"]["code"], cloud.results()) == ("failed", "internal", {})
    assert "their SHA-256 differs" in record["error"]["message"]
    assert [line["level"] for line in cloud.lines() if line["event"] == "job-failed"] == ["error"]


def test_images_of_a_case_that_are_too_large_together_are_refused(cloud: Cloud) -> None:
    cloud.submit_conformance(SERIES, "window-level")
    digests, size = [digest(octets) for octets in SERIES], sum(map(len, SERIES))
    assert len(ConformanceImages(cloud.s3, "images", size).fetch(digests)) == 3
    with pytest.raises(InvalidInput, match=f"at most {size - 1} are taken here"):
        ConformanceImages(cloud.s3, "images", size - 1).fetch(digests)


def test_what_may_not_be_read_is_gone_and_a_service_that_is_down_is_not() -> None:
    """Who may not list a bucket is told AccessDenied of an object that is not there."""

    class Bucket:
        def __init__(self, code: str, status: int) -> None:
            self.answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

        def get_object(self, **_: Any) -> Any:
            raise ClientError(self.answer, "GetObject")

    for code, status in (("NoSuchKey", 404), ("AccessDenied", 403)):
        with pytest.raises(ImageGone):
            ConformanceImages(Bucket(code, status), "images").fetch(["00"])
    with pytest.raises(ClientError):
        ConformanceImages(Bucket("InternalError", 500), "images").fetch(["00"])


def test_a_message_without_images_or_with_a_clients_purpose_is_none(cloud: Cloud, worker: Worker) -> None:
    for change in ({"images": None}, {"purpose": "clinical"}, {"purpose": "shadow"}, {"images": ["../instances/x"]}):
        job = cloud.submit_conformance(SERIES, "window-level", WINDOW, f"case-{len(cloud.lines())}")
        delivery = cloud.receive()
        assert delivery is not None
        body = {name: value for name, value in {**json.loads(delivery.body), **change}.items() if value is not None}
        worker.handle(replace(delivery, body=json.dumps(body)))
        assert (cloud.record(job)["state"], cloud.results()) == ("queued", {})
    assert {line["event"] for line in cloud.lines()} == {"message-malformed"}


def test_an_index_that_names_an_image_of_a_case_gives_it_to_no_client(cloud: Cloud, worker: Worker) -> None:
    job = cloud.submit(SERIES[0], "window-level", WINDOW)
    key = f"conformance/{digest(SERIES[0])}.dcm"
    cloud.s3.put_object(Bucket="images", Key=key, Body=SERIES[0])
    row = {
        "study": hashed(TABLES.secret, "study", job.pacs.study_uid),
        "row": f"instance/{hashed(TABLES.secret, 'series', job.pacs.series_uid or '')}/"
        f"{hashed(TABLES.secret, 'instance', job.pacs.instance_uid or '')}",
        "key": key,
        "sha256": digest(SERIES[0]),
    }
    item: Any = {name: {"S": text} for name, text in row.items()}
    cloud.dynamodb.put_item(TableName="mip-images", Item={**item, "size": {"N": "1"}})
    with pytest.raises(JobFault, match="none of its instances"):
        BuiltInStore(cloud.dynamodb, cloud.s3, TABLES).fetch(job.pacs)
    cloud.deliver(worker)
    assert (cloud.record(job)["error"]["code"], cloud.results()) == ("internal", {})


class Noting:
    """A bucket in memory that notes what is asked of it, with an index that has every image of ``SERIES``."""

    def __init__(self) -> None:
        self.objects = {f"conformance/{digest(octets)}.dcm": octets for octets in SERIES}
        self.objects |= {f"instances/{digest(octets)}.dcm": octets for octets in SERIES}
        self.read: list[str] = []
        self.written: list[str] = []

    def get_object(self, Bucket: str, Key: str) -> Any:  # noqa: N803 - as S3 calls it
        self.read.append(f"{Bucket}:{Key}")
        body = self.objects[Key]

        class Body(io.BytesIO):
            def iter_chunks(self, size: int) -> Any:
                return iter(lambda: self.read(size), b"")

        return {"Body": Body(body)}

    def put_object(self, Bucket: str, Key: str, **_: Any) -> None:  # noqa: N803
        self.written.append(f"{Bucket}:{Key}")

    def query(self, **_: Any) -> Any:
        names = [digest(octets) for octets in SERIES]
        return {"Items": [{"key": {"S": f"instances/{name}.dcm"}, "sha256": {"S": name}, "size": {"N": "1"}} for name in names]}


class Nothing(BaseProcessor):
    def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
        pixels = np.zeros(image_data.stored.shape, np.uint8)
        return DerivedImage(pixels, Meaning.DISPLAY, "Nothing", ("x", "99MIP", "x"), "Nothing")


ALGORITHMS = st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(["clinical", "shadow", "conformance"]), ALGORITHMS, st.sets(st.sampled_from(SERIES), min_size=1))
def test_whatever_a_job_is_for_it_reads_and_writes_on_its_own_side(purpose: Any, algorithm: str, images: set[bytes]) -> None:
    noting: Any = Noting()
    run = JobRun(
        algorithm,
        images=BuiltInStore(noting, noting, TABLES),
        conformance_images=ConformanceImages(noting, "images"),
        processing=processing(Nothing(Path()), algorithm),
        results=Results(noting, "results", algorithm, IMAGE_DIGEST),
        quarantine=Results(noting, "results", algorithm, IMAGE_DIGEST, quarantined=True),
        delivery=PacsDelivery({}, "built-in", wanted=purpose != "clinical"),
    )
    message = message_of(SERIES[0], algorithm)
    job: JobMessage = replace(message, purpose=purpose, pacs=replace(message.pacs, instance_uid=None))
    if purpose == "conformance":
        job = replace(job, images=tuple(digest(octets) for octets in images))
    run.run_job(job, Started(0, job.accepted_at))
    ours, theirs = ("conformance", "quarantine") if purpose == "conformance" else ("instances", "algorithms")
    assert {key.split("/")[0] for key in noting.read} == {f"images:{ours}"}
    assert {key.split("/")[0] for key in noting.written} == {f"results:{theirs}"}
    assert {key.split("/")[1] for key in noting.written} == {algorithm}
    assert len(noting.written) == (len(images) if purpose == "conformance" else len(SERIES)) + 1


def test_without_dead_letters_a_dead_job_is_only_recorded(cloud: Cloud) -> None:
    class Broken(BaseProcessor):
        def process_image(self, image_data: ImageData, parameters: Parameters) -> DerivedImage:
            raise RuntimeError

    queue = type(cloud.queue())(cloud.sqs, cloud.queue_url, None)
    worker = cloud.worker(Broken(Path()), "window-level", queue=queue)
    job = cloud.submit_conformance(SERIES, "window-level", WINDOW)
    for _ in range(3):
        cloud.deliver(worker)
    record = json.loads(json.dumps(cloud.record(job), default=int))
    assert RECORD.is_valid(record)
    assert (record["state"], record["attempts"]) == ("dead", 3)
    cloud.send(job)  # its worker died before it acked
    cloud.send_text("no job")
    cloud.send(replace(job, job_id="unknown", job_key=message_of(SERIES[0], "x").job_key))
    for _ in range(3):
        cloud.deliver(worker)
    assert (cloud.waiting(), cloud.hidden(), cloud.dead_letters()) == (0, 0, [])
