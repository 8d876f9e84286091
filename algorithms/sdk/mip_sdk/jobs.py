"""The record of a job in DynamoDB, changed only by conditional updates, so that of two workers with one job one wins."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from mip_sdk.message import JobMessage

MOST_ATTEMPTS = 3
_OPEN = ("accepted", "queued", "running")


class NotOpen(Exception):
    """The record is not in a state that allows the change: ``state`` says in which, None when there is no record."""

    def __init__(self, state: str | None) -> None:
        super().__init__(f"the job is {state or 'not recorded'}")
        self.state = state


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

    def succeed(
        self,
        job: JobMessage,
        results: list[dict[str, Any]],
        outcome: str,
        delivered: dict[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """running → succeeded; ``delivered`` is the record's ``pacs_delivery``, ``reason`` a code where it was not applicable.

        Raises NotOpen when the job is not running.
        """
        more = {name: value for name, value in (("pacs_delivery", delivered), ("outcome_reason", reason)) if value is not None}
        self._update(job, {"state": "succeeded", "finished_at": now(), "results": results, "outcome": outcome, **more}, closes=True)

    def fail(self, job: JobMessage, code: str, message: str, more: dict[str, Any] | None = None) -> None:
        """running → failed, with the reason, and ``more`` beside it. Raises NotOpen when the job is no longer running."""
        values = {**(more or {}), "state": "failed", "finished_at": now(), "error": _error(code, message)}
        self._update(job, values, closes=True)

    def count_attempt(self, job: JobMessage, attempts: int, code: str, message: str) -> bool:
        """Record that an attempt failed: ``attempts`` with this one. True when it was the last one: running → dead."""
        dead = attempts >= MOST_ATTEMPTS
        values: dict[str, Any] = {"attempts": attempts, "error": _error(code, message)}
        if dead:
            values |= {"state": "dead", "finished_at": now()}
        self._update(job, values, closes=dead)
        return dead

    def _update(
        self,
        job: JobMessage,
        values: dict[str, Any],
        allowed: tuple[str, ...] = ("running",),
        first: dict[str, Any] | None = None,
        closes: bool = False,
    ) -> dict[str, Any]:
        """Set ``values``, and ``first`` where the record has none yet; the new record."""
        first = first or {}
        values = {**values, "updated_at": now()}
        sets = [f"#{name} = :{name}" for name in values] + [f"#{name} = if_not_exists(#{name}, :{name})" for name in first]
        states = {f":state{index}": state for index, state in enumerate(allowed)}
        serialize = TypeSerializer().serialize
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"client_id": {"S": job.client_id}, "job_id": {"S": job.job_id}},
                UpdateExpression=f"SET {', '.join(sets)}" + (" REMOVE open_state" if closes else ""),
                ConditionExpression=f"#state IN ({', '.join(states)})",
                ExpressionAttributeNames={f"#{name}": name for name in ("state", *values, *first)},
                ExpressionAttributeValues={
                    **{f":{name}": serialize(value) for name, value in {**values, **first}.items()},
                    **{name: {"S": state} for name, state in states.items()},
                },
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                raise
            raise NotOpen(_plain(error.response.get("Item", {})).get("state")) from error
        return _plain(answer["Attributes"])


def now() -> str:
    """The present time, ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message[:1000]}


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    deserialize = TypeDeserializer().deserialize
    return {name: deserialize(value) for name, value in item.items()}
