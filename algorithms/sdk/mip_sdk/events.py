"""What happens to a job, told on the results queue: the notifier passes it on to the job's client.

Nothing is told of a conformance job, which is nobody's. An event that cannot be sent is not lost with its worker: the record of a
job that has ended carries a mark until its client is told, and the sweeper sends the event of a mark that stays.
"""

import hashlib
import json
from typing import Any, Literal

import rfc8785

CONFORMANCE_CLIENT = "mip-conformance"
UNTOLD = "untold"
"""The record's ``open_state`` while its client is still to be told of the end."""

EventType = Literal["job.running", "job.progress", "job.succeeded", "job.failed", "job.cancelled", "job.dead"]
_ABOUT = ("client_id", "job_id", "job_key", "algorithm", "version")
_SAID: dict[str, tuple[str, ...]] = {"job.succeeded": ("outcome",), "job.failed": ("error",), "job.dead": ("error",)}


def is_told(client_id: str) -> bool:
    """Whether anybody is to hear of a job."""
    return client_id != CONFORMANCE_CLIENT


def event_id(key: str, what: str, delivery: int, percent: int | None = None) -> str:
    """The same for every repeat of an event. ``percent``: of ``job.progress``, whose steps they are, and of no other."""
    parts = ["mip-event-v1", key, what, delivery, *([] if percent is None else [percent])]
    return "evt_" + hashlib.sha256(rfc8785.dumps(parts)).hexdigest()[:32]


def job_event(record: dict[str, Any], what: EventType, at: str, percent: int | None = None) -> dict[str, Any]:
    """An event of a job (``schemas/job-event.schema.json``), from its record or its message, which have these names in common."""
    delivery = int(record["delivery"])
    return {
        "schema": "job-event/1",
        "event_id": event_id(record["job_key"], what, delivery, percent),
        "type": what,
        **{name: record[name] for name in _ABOUT},
        "at": at,
        "delivery": delivery,
        **({} if percent is None else {"progress": percent / 100}),
        **{name: record[name] for name in (*_SAID.get(what, ()), "trace_id") if record.get(name) is not None},
    }


class Events:
    """The results queue. Without a ``url`` nobody is told."""

    def __init__(self, sqs: Any, url: str | None) -> None:
        self._sqs = sqs
        self._url = url

    def tell(self, record: dict[str, Any], what: EventType, at: str) -> None:
        """Send one event; the same again within 5 minutes is swallowed by SQS."""
        self._send(record, job_event(record, what, at))

    def tell_progress(self, record: dict[str, Any], percent: int, at: str) -> None:
        """Send how far a job is. Nothing depends on it, and what comes late is told by its ``delivery``."""
        self._send(record, job_event(record, "job.progress", at, percent))

    def _send(self, record: dict[str, Any], event: dict[str, Any]) -> None:
        if self._url is None or not is_told(record["client_id"]):
            return
        self._sqs.send_message(
            QueueUrl=self._url,
            MessageBody=json.dumps(event, separators=(",", ":")),
            MessageGroupId=event["job_key"],
            MessageDeduplicationId=event["event_id"],
        )

    def tell_end(self, record: dict[str, Any]) -> None:
        """Send the event of a job's end, where its client is still to be told of it."""
        if record.get("open_state") == UNTOLD:
            ends: dict[str, EventType] = {
                "succeeded": "job.succeeded",
                "failed": "job.failed",
                "cancelled": "job.cancelled",
                "dead": "job.dead",
            }
            self.tell(record, ends[record["state"]], str(record["finished_at"]))
