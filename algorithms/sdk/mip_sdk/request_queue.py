"""The request queue: one message at a time, kept invisible while a job runs."""

import threading
from dataclasses import dataclass
from typing import Any

from mip_sdk.log import Log

VISIBILITY_S = 60
HEARTBEAT_S = 20
LONG_POLL_S = 20


@dataclass(frozen=True)
class Delivery:
    """A message as received. ``receives`` counts this one."""

    body: str
    receipt: str
    receives: int


class RequestQueue:
    """The request queue of one algorithm."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs = sqs
        self._url = url

    def receive(self, wait_s: int = LONG_POLL_S) -> Delivery | None:
        """Wait for one message; None when none came. It is invisible to others for 60 s, not for the queue's whole default, so
        that the message of a worker that dies comes back soon.
        """
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=wait_s,
            VisibilityTimeout=VISIBILITY_S,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        for message in answer.get("Messages", []):
            receives = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
            return Delivery(message["Body"], message["ReceiptHandle"], receives)
        return None

    def keep(self, delivery: Delivery) -> None:
        """Keep a message invisible for another 60 s."""
        self._visible_in(delivery, VISIBILITY_S)

    def hand_back(self, delivery: Delivery) -> None:
        """Make a message visible again at once."""
        self._visible_in(delivery, 0)

    def ack(self, delivery: Delivery) -> None:
        """The one place where a message is deleted: its job has ended."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=delivery.receipt)

    def _visible_in(self, delivery: Delivery, seconds: int) -> None:
        self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=delivery.receipt, VisibilityTimeout=seconds)


class Heartbeat:
    """While the block runs, its message is kept every 20 s. A beat that fails is logged and tried again at the next."""

    def __init__(self, queue: RequestQueue, delivery: Delivery, log: Log, every_s: float = HEARTBEAT_S) -> None:
        self._queue = queue
        self._delivery = delivery
        self._log = log
        self._every_s = every_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(self._every_s):
            try:
                self._queue.keep(self._delivery)
            except Exception as error:
                self._log.warn("heartbeat-failed", fault=type(error).__name__)
