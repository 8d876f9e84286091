"""The record of a job in DynamoDB, changed only by conditional updates, so that of two workers with one job one wins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from mip_sdk.answer import Finished
from mip_sdk.events import UNTOLD, is_told
from mip_sdk.message import JobMessage

MOST_ATTEMPTS = 3
_OPEN = ("accepted", "queued", "running")
# The end may come while the record says queued: another delivery of the job was handed back meanwhile.
_STARTED = ("queued", "running")


class NotOpen(Exception):
    """The record is not in a state that allows the change: ``state`` says in which, None when there is no record.

    ``code`` and ``words`` are its error, where it has one.
    """

    def __init__(self, record: dict[str, Any]) -> None:
        self.record = record
        self.state: str | None = record.get("state")
        super().__init__(f"the job is {self.state or 'not recorded'}")
        error = record.get("error") or {}
        self.code = str(error.get("code", "internal"))
        self.words = str(error.get("message", "unknown"))


@dataclass(frozen=True)
class Started:
    """A job that this worker runs: failed attempts before this one, and when the first attempt started."""

    attempts: int
    started_at: str


class Jobs:
    """The table of job records, as far as a worker writes it."""

    def __init__(self, dynamodb: Any, table: str, image_digest: str, version: str) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._image_digest = image_digest
        self._version = version

    def start(self, job: JobMessage) -> Started:
        """accepted, queued or running → running.

        Raises
        ------
        NotOpen
            When the job has ended, or is not known.
        """
        record = self._update(
            job,
            {"state": "running", "open_state": "running", "image_digest": self._image_digest, "ran_version": self._version},
            allowed=_OPEN,
            first={"started_at": now()},
        )
        return Started(int(record.get("attempts", 0)), str(record["started_at"]))

    def succeed(self, job: JobMessage, finished: Finished) -> dict[str, Any]:
        """→ succeeded; the record as it is then. Raises NotOpen when the job has ended already."""
        values: dict[str, Any] = {
            "state": "succeeded",
            "finished_at": now(),
            "results": finished.results,
            "outcome": finished.outcome,
        }
        more = {"pacs_delivery": finished.pacs_delivery, "outcome_reason": finished.reason}
        values |= {name: value for name, value in more.items() if value is not None}
        return self._update(job, values, closes=True)

    def fail(self, job: JobMessage, code: str, message: str, more: dict[str, Any] | None = None) -> dict[str, Any]:
        """→ failed, with the reason and what ``more`` there is to record. Raises NotOpen when the job has ended already."""
        values = {"state": "failed", "finished_at": now(), "error": _error(code, message), **(more or {})}
        return self._update(job, values, closes=True)

    def count_attempt(self, job: JobMessage, attempts: int, code: str, message: str) -> dict[str, Any]:
        """Record that an attempt failed: ``attempts`` with this one; the record, which is ``dead`` when it was the last one."""
        dead = attempts >= MOST_ATTEMPTS
        values: dict[str, Any] = {"attempts": attempts, "error": _error(code, message)}
        if dead:
            values |= {"state": "dead", "finished_at": now()}
        return self._update(job, values, closes=dead)

    def hand_back(self, job: JobMessage) -> int:
        """accepted, queued or running → queued; no attempt is counted.

        Returns
        -------
        The number of the delivery to send: the record counts them, so that no two senders ever take one number.

        Raises
        ------
        NotOpen
            When the job has ended, or is not known.
        """
        return int(self._update(job, {"state": "queued", "open_state": "queued"}, allowed=_OPEN, raised="delivery")["delivery"])

    def note_progress(self, job: JobMessage, percent: int) -> None:
        """Note how far this attempt is, in a job that runs by this delivery and of which no more is noted.

        Raises
        ------
        NotOpen
            When it is not so: what comes late changes neither an end nor another attempt.
        """
        serialize = TypeSerializer().serialize
        values = {":running": "running", ":delivery": job.delivery, ":progress": Decimal(percent) / 100, ":now": now()}
        self._write(
            job,
            UpdateExpression="SET progress = :progress, updated_at = :now",
            ConditionExpression="#state = :running AND delivery = :delivery"
            " AND (attribute_not_exists(progress) OR progress < :progress)",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={name: serialize(value) for name, value in values.items()},
        )

    def state(self, job: JobMessage) -> str | None:
        """The state as it is now."""
        answer = self._dynamodb.get_item(
            TableName=self._table,
            Key=_key(job),
            ConsistentRead=True,
            ProjectionExpression="#state",
            ExpressionAttributeNames={"#state": "state"},
        )
        return _plain(answer.get("Item", {})).get("state")

    def _update(
        self,
        job: JobMessage,
        values: dict[str, Any],
        allowed: tuple[str, ...] = _STARTED,
        first: dict[str, Any] | None = None,
        closes: bool = False,
        raised: str | None = None,
    ) -> dict[str, Any]:
        """Set ``values``, and ``first`` where the record has none yet, and add 1 to ``raised``; the new record.

        Progress is of one attempt, so that every step of a job's life takes it away.
        """
        first = first or {}
        marks = closes and is_told(job.client_id)
        values = {**values, **({"open_state": UNTOLD} if marks else {}), "updated_at": now()}
        sets = [f"#{name} = :{name}" for name in values] + [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        states = {f":state{index}": state for index, state in enumerate(allowed)}
        adds = f" ADD #{raised} :one" if raised else ""
        removes = " REMOVE progress" + (", open_state" if closes and not marks else "")
        serialize = TypeSerializer().serialize
        return self._write(
            job,
            UpdateExpression=f"SET {', '.join(sets)}" + adds + removes,
            ConditionExpression=f"#state IN ({', '.join(states)})",
            ExpressionAttributeNames={f"#{name}": name for name in ("state", *values, *first, *([raised] if raised else []))},
            ExpressionAttributeValues={
                **{f":{name}": serialize(value) for name, value in {**values, **first}.items()},
                **{name: {"S": state} for name, state in states.items()},
                **({":one": {"N": "1"}} if raised else {}),
            },
        )

    def _write(self, job: JobMessage, **update: Any) -> dict[str, Any]:
        """One conditional update; the new record. Raises NotOpen where its condition does not hold."""
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key=_key(job),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **update,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            raise NotOpen(_plain(error.response.get("Item", {}))) from error
        return _plain(answer["Attributes"])


def now() -> str:
    """The present time, ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _key(job: JobMessage) -> dict[str, dict[str, str]]:
    return {"client_id": {"S": job.client_id}, "job_id": {"S": job.job_id}}


def _error(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message[:1000]}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}
