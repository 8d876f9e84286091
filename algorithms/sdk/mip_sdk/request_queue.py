"""The request queue and its dead letters, as far as a worker needs them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mip_sdk.message import JobMessage, deduplication_id, with_delivery

VISIBILITY_S = 60
LONG_POLL_S = 20
# SQS's own: messages that one call receives or changes.
BATCH = 10


@dataclass(frozen=True)
class Delivery:
    """A message as received. ``receives`` counts this one."""

    body: str
    receipt: str
    receives: int


@dataclass(frozen=True)
class Cause:
    """Why a message lies in the dead letters: a code to sort by, and words without patient data."""

    code: str
    words: str


class RequestQueue:
    """The request queue of one algorithm.

    What is received is invisible to others for ``visibility_s``, not for the queue's whole default: the message of a worker that
    dies comes back soon. Without a ``dead_letter_url`` what is buried is gone, but for the job's record: as on a candidate's queue.
    """

    def __init__(self, sqs: Any, url: str, dead_letter_url: str | None, visibility_s: int = VISIBILITY_S) -> None:
        self._sqs = sqs
        self._url = url
        self._dead_letter_url = dead_letter_url
        self.visibility_s = visibility_s

    def receive(self, most: int = 1, wait_s: int = LONG_POLL_S) -> list[Delivery]:
        """Wait for messages, at most ``most`` of up to 10; none when none came."""
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(most, BATCH),
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=self.visibility_s,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        return [
            Delivery(message["Body"], message["ReceiptHandle"], int(message["Attributes"]["ApproximateReceiveCount"]))
            for message in answer.get("Messages", [])
        ]

    def keep(self, deliveries: Sequence[Delivery]) -> int:
        """Keep messages invisible for another while; how many of them were lost to another worker."""
        lost = 0
        for at in range(0, len(deliveries), BATCH):
            entries = [
                {"Id": str(index), "ReceiptHandle": delivery.receipt, "VisibilityTimeout": self.visibility_s}
                for index, delivery in enumerate(deliveries[at : at + BATCH])
            ]
            lost += len(self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries).get("Failed", []))
        return lost

    def release(self, delivery: Delivery) -> None:
        """Make a message visible again at once. That counts as one of its receives."""
        self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=delivery.receipt, VisibilityTimeout=0)

    def send_again(self, delivery: Delivery, job: JobMessage, number: int) -> None:
        """The same job as delivery ``number``, which has all its receives before it. The one before is still to be acked."""
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=with_delivery(delivery.body, number),
            MessageGroupId=job.job_key,
            MessageDeduplicationId=deduplication_id(job, number),
        )

    def bury(self, delivery: Delivery, job: JobMessage | None, cause: Cause) -> None:
        """Put a message with its cause among the dead letters, once however often. What was received is still to be acked."""
        if self._dead_letter_url is None:
            return
        own = hashlib.sha256(delivery.body.encode()).hexdigest()
        self._sqs.send_message(
            QueueUrl=self._dead_letter_url,
            MessageBody=delivery.body,
            MessageGroupId=job.job_key if job else own,
            MessageDeduplicationId=deduplication_id(job, job.delivery) if job else own,
            MessageAttributes={
                "cause": {"DataType": "String", "StringValue": cause.code},
                "words": {"DataType": "String", "StringValue": cause.words},
            },
        )

    def ack(self, delivery: Delivery) -> None:
        """The one place where a message is deleted: its job has ended, or is on a queue as another message."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=delivery.receipt)
