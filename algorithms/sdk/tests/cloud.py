"""What a worker finds around it, in memory (moto): a queue, a table, two buckets."""

import hashlib
import io
import json
import uuid
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer

from made import IMAGE_DIGEST, message_of, processing
from mip_sdk.answer import Answer
from mip_sdk.built_in import BuiltInStore
from mip_sdk.conformance import ConformanceImages
from mip_sdk.delivery import PacsDelivery
from mip_sdk.events import Events
from mip_sdk.images import hashed
from mip_sdk.jobs import Jobs, Started
from mip_sdk.log import Log
from mip_sdk.message import JobMessage, Override, Value, job_key
from mip_sdk.pacs_server import BUILT_IN, StoreTables
from mip_sdk.processor import BaseProcessor
from mip_sdk.progress import Gauge
from mip_sdk.protection import TaskProtection
from mip_sdk.request_queue import Delivery, RequestQueue
from mip_sdk.results import Results
from mip_sdk.run_job import JobRun
from mip_sdk.worker import Parts, Rules, Worker

KEY = "T9c0vQm2rXn5sLk8wZb1yHd4uJf7aGe3"
TABLES = StoreTables("mip-images", "images", KEY)
REGION = "eu-central-1"


@cache
def client(name: str, endpoint: str | None) -> Any:
    """Made once: a client costs more than a test. What it reaches is new in every test."""
    return boto3.client(name, region_name=REGION, endpoint_url=endpoint)


class InProcess:
    """Runs jobs where the test is, one by one. What a pool asks ten times a second is asked at the start and at each progress."""

    size = 1

    def __init__(self, run: JobRun) -> None:
        self.run_of = run

    def start(self) -> None:
        """There already."""

    def close(self) -> None:
        """Nothing to end."""

    def run(self, job: JobMessage, started: Started, stop: Any, hear: Any) -> Answer:
        asked = stop(lambda: 0)

        def told(percent: int) -> None:
            hear(percent)
            asked()

        return asked() or self.run_of.answer(job, started, Gauge(told).whole)


class Cloud:
    """The services as a job meets them."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.s3, self.sqs, self.dynamodb = (client(name, endpoint) for name in ("s3", "sqs", "dynamodb"))
        for bucket in ("images", "results"):
            self.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.dead_url, dead_arn = self._queue("dead.fifo", {})
        redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 3})
        self.results_url, _ = self._queue("results.fifo", {})
        self.queue_url, _ = self._queue("requests.fifo", {"RedrivePolicy": redrive})
        self.dynamodb.create_table(
            TableName="jobs",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "client_id", "KeyType": "HASH"}, {"AttributeName": "job_id", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("client_id", "job_id")],
        )
        self.dynamodb.create_table(
            TableName="mip-images",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "study", "KeyType": "HASH"}, {"AttributeName": "row", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("study", "row")],
        )
        self.logged = io.StringIO()
        self._sent = 0

    def _queue(self, name: str, attributes: dict[str, str]) -> tuple[str, str]:
        attributes = {"FifoQueue": "true", "VisibilityTimeout": "900", **attributes}
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return url, self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def put_image(self, octets: bytes, job: JobMessage) -> None:
        """As the image store does: the object, then its row in the index."""
        pacs = job.pacs
        levels = {"study": pacs.study_uid, "series": pacs.series_uid or "", "instance": pacs.instance_uid or ""}
        study, series, instance = (hashed(KEY, level, uid) for level, uid in levels.items())
        key = f"instances/{study}/{series}/{instance}/{uuid.uuid4()}.dcm"
        self.s3.put_object(Bucket="images", Key=key, Body=octets)
        texts = {
            "study": study,
            "row": f"instance/{series}/{instance}",
            "key": key,
            "sha256": hashlib.sha256(octets).hexdigest(),
            "uid": pacs.instance_uid or "",
            "attributes": "{}",
        }
        row: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
        self.dynamodb.put_item(TableName="mip-images", Item={**row, "size": {"N": str(len(octets))}})

    def put_record(self, job: JobMessage, state: str = "queued", attempts: int = 0) -> None:
        """As the router does."""
        texts = {
            "client_id": job.client_id,
            "job_id": job.job_id,
            "job_key": job.job_key,
            "algorithm": job.algorithm,
            "version": job.version,
            "state": state,
            "purpose": job.purpose,
            "request_digest": "sha256:" + "00" * 32,
            "accepted_at": job.accepted_at,
            "updated_at": job.accepted_at,
        }
        if state in ("accepted", "queued", "running"):
            texts["open_state"] = state
        item: dict[str, Any] = {name: {"S": text} for name, text in texts.items()}
        item |= {"attempts": {"N": str(attempts)}, "delivery": {"N": "1"}, "parameters": {"M": {}}}
        item |= {"pacs": {"M": {name: {"S": uid} for name, uid in asdict(job.pacs).items() if uid}}}
        item |= {"images": {"L": [{"S": digest} for digest in job.images]}} if job.images else {}
        self.dynamodb.put_item(TableName="jobs", Item=item)

    def send(self, job: JobMessage) -> None:
        """As the router does."""
        body = {"schema": "job-message/1", **asdict(job)}
        body["pacs"] = {name: uid for name, uid in body["pacs"].items() if uid}
        if not job.images:
            del body["images"]
        if job.trace_id is None:
            del body["trace_id"]
        if not job.overrides:
            del body["overrides"]
        self.send_text(json.dumps(body))

    def send_text(self, body: str) -> None:
        self._sent += 1
        group = f"group-{self._sent}"
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=group)

    def submit(
        self,
        octets: bytes,
        algorithm: str,
        parameters: dict[str, Value] | None = None,
        job_id: str = "job-1",
        overrides: tuple[Override, ...] = (),
    ) -> JobMessage:
        """A job as a client's request leaves it: image, record, message."""
        job = replace(message_of(octets, algorithm, parameters, job_id), overrides=overrides)
        self.put_image(octets, job)
        self.put_record(job)
        self.send(job)
        return job

    def submit_conformance(
        self, images: list[bytes], algorithm: str, parameters: dict[str, Value] | None = None, job_id: str = "case-1"
    ) -> JobMessage:
        """A job as reconcile leaves it for a candidate: images, record, message."""
        job = message_of(images[0], algorithm, parameters, job_id)
        pacs = job.pacs if len(images) == 1 else replace(job.pacs, instance_uid=None)
        digests = tuple(hashlib.sha256(octets).hexdigest() for octets in images)
        client = "mip-conformance"
        job = replace(job, client_id=client, job_key=job_key(client, job_id), purpose="conformance", pacs=pacs, images=digests)
        for octets, digest in zip(images, digests, strict=True):
            self.s3.put_object(Bucket="images", Key=f"conformance/{digest}.dcm", Body=octets)
        self.put_record(job)
        self.send(job)
        return job

    def record(self, job: JobMessage) -> dict[str, Any]:
        key = {"client_id": {"S": job.client_id}, "job_id": {"S": job.job_id}}
        item = self.dynamodb.get_item(TableName="jobs", Key=key).get("Item", {})
        return {name: TypeDeserializer().deserialize(value) for name, value in item.items()}

    def results(self) -> dict[str, bytes]:
        listed = self.s3.list_objects_v2(Bucket="results").get("Contents", [])
        return {item["Key"]: self.s3.get_object(Bucket="results", Key=item["Key"])["Body"].read() for item in listed}

    def waiting(self, url: str | None = None) -> int:
        """Messages that a receive would get now."""
        names = ["ApproximateNumberOfMessages"]
        answer = self.sqs.get_queue_attributes(QueueUrl=url or self.queue_url, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def hidden(self) -> int:
        """Messages that a worker holds."""
        names = ["ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.queue_url, AttributeNames=names)
        return int(answer["Attributes"][names[0]])

    def lines(self) -> list[dict[str, Any]]:
        """What the worker logged."""
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]

    def queue(self) -> RequestQueue:
        return RequestQueue(self.sqs, self.queue_url, self.dead_url)

    def receive(self) -> Delivery | None:
        return next(iter(self.queue().receive(wait_s=0)), None)

    def dead_letters(self) -> list[dict[str, Any]]:
        """What lies in the dead letters: body and cause."""
        answer = self.sqs.receive_message(QueueUrl=self.dead_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
        return [
            {
                "body": message["Body"],
                **{name: value["StringValue"] for name, value in message.get("MessageAttributes", {}).items()},
            }
            for message in answer.get("Messages", [])
        ]

    def events(self) -> list[dict[str, Any]]:
        """What was told since the last look, in order; each is taken."""
        told: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.results_url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                told.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.results_url, ReceiptHandle=message["ReceiptHandle"])
        return told

    def worker(self, processor: BaseProcessor, algorithm: str, image_digest: str = IMAGE_DIGEST, **changed: Any) -> Worker:
        ran = {
            "images": BuiltInStore(self.dynamodb, self.s3, TABLES),
            "conformance_images": ConformanceImages(self.s3, "images"),
            "processing": processing(processor, algorithm, image_digest),
            "results": Results(self.s3, "results", algorithm, image_digest),
            "quarantine": Results(self.s3, "results", algorithm, image_digest, quarantined=True),
            "delivery": PacsDelivery({}, BUILT_IN, wanted=False),
            "most_bytes": None,
        }
        run = JobRun(algorithm, **{name: changed.pop(name, value) for name, value in ran.items()})
        log = Log(self.logged)
        parts = {
            "queue": self.queue(),
            "jobs": Jobs(self.dynamodb, "jobs", image_digest, "1.0.0"),
            "runner": InProcess(run),
            "protection": TaskProtection(None, log),
            "events": Events(self.sqs, self.results_url),
        }
        parts |= {name: changed.pop(name) for name in list(changed) if name in parts}
        return Worker(Parts(**parts), Rules(**{"version": "1.0.0", **changed}), log)

    def deliver(self, worker: Worker) -> Delivery:
        """One message from the queue through the worker."""
        delivery = self.receive()
        assert delivery is not None
        worker.handle(delivery)
        return delivery
