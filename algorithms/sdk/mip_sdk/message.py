"""The body of a message on a request queue (``schemas/job-message.schema.json``), read strictly."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any, Literal, cast

import rfc8785

from mip_sdk.faults import MalformedMessage

Purpose = Literal["clinical", "conformance", "shadow"]
Value = str | int | float | bool

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
UID = re.compile(r"[0-9.]{1,64}")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_PATTERNS = {
    "job_key": re.compile(r"[0-9a-f]{32}"),
    "client_id": _ID,
    "job_id": _ID,
    "algorithm": re.compile(r"(?=.{2,36}\Z)" + _NAME.pattern),
    "version": re.compile(r"(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){2}"),
    "purpose": re.compile(r"clinical|conformance|shadow"),
    "accepted_at": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"),
}
_FIELDS = {*_PATTERNS, "schema", "delivery", "pacs", "parameters"}
_UIDS = ("study_uid", "series_uid", "instance_uid")


@dataclass(frozen=True)
class Pacs:
    """Which images a job is about: one instance, or all of a series or of a study."""

    study_uid: str
    series_uid: str | None = None
    instance_uid: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class JobMessage:
    """All that a worker needs to know of a job. ``parameters`` are the effective ones, defaults applied."""

    job_key: str
    client_id: str
    job_id: str
    algorithm: str
    version: str
    delivery: int
    purpose: Purpose
    pacs: Pacs
    parameters: dict[str, Value]
    accepted_at: str


def parse_message(body: str) -> JobMessage:
    """Read a message's body.

    Raises
    ------
    MalformedMessage
        Naming the first field that the schema would not accept.
    """
    try:
        raw = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedMessage("the body is not JSON") from error
    fields = _object(raw, "the body", required=_FIELDS, allowed=_FIELDS)
    if fields["schema"] != "job-message/1":
        raise MalformedMessage("schema is not job-message/1")
    texts = {name: _text(fields[name], name, pattern) for name, pattern in _PATTERNS.items()}
    return JobMessage(
        job_key=texts["job_key"],
        client_id=texts["client_id"],
        job_id=texts["job_id"],
        algorithm=texts["algorithm"],
        version=texts["version"],
        delivery=_delivery(fields["delivery"]),
        purpose=cast(Purpose, texts["purpose"]),
        pacs=_pacs(fields["pacs"]),
        parameters=_parameters(fields["parameters"]),
        accepted_at=texts["accepted_at"],
    )


def check_key(job: JobMessage) -> JobMessage:
    """The same job, when its key is that of its client and id; results are stored under the key.

    Raises
    ------
    MalformedMessage
        When it is another job's key.
    """
    recipe = rfc8785.dumps(["mip-job-v1", job.client_id, job.job_id])
    if hashlib.sha256(recipe).hexdigest()[:32] != job.job_key:
        raise MalformedMessage("job_key is not that of client_id and job_id")
    return job


def deduplication_id(job: JobMessage, delivery: int) -> str:
    """SQS swallows a second message with one id for 5 minutes without a word: every delivery of a job has its own."""
    return hashlib.sha256(rfc8785.dumps(["mip-delivery-v1", job.client_id, job.job_id, delivery])).hexdigest()


def with_delivery(body: str, delivery: int) -> str:
    """The same body as another delivery of its job."""
    return json.dumps({**json.loads(body), "delivery": delivery}, separators=(",", ":"))


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _object(raw: object, name: str, required: set[str], allowed: set[str]) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise MalformedMessage(f"{name} is not an object")
    fields = cast(dict[str, Any], raw)
    if missing := sorted(required - fields.keys()):
        raise MalformedMessage(f"{name} lacks {', '.join(missing)}")
    if fields.keys() - allowed:
        raise MalformedMessage(f"{name} has a field that is not known")
    return fields


def _text(raw: object, name: str, pattern: re.Pattern[str]) -> str:
    if not isinstance(raw, str) or not pattern.fullmatch(raw):
        raise MalformedMessage(f"{name} does not have its form")
    return raw


def _delivery(raw: object) -> int:
    whole = isinstance(raw, int) or (isinstance(raw, float) and raw.is_integer())
    if isinstance(raw, bool) or not whole or not 1 <= cast(float, raw) <= 1_000_000:
        raise MalformedMessage("delivery is not a number from 1")
    return int(cast(float, raw))


def _pacs(raw: object) -> Pacs:
    fields = _object(raw, "pacs", required={"study_uid"}, allowed={*_UIDS, "source"})
    if "instance_uid" in fields and "series_uid" not in fields:
        raise MalformedMessage("pacs has instance_uid without series_uid")
    texts = {name: _text(fields[name], name, UID) for name in _UIDS if name in fields}
    if "source" in fields:
        if len(_text(fields["source"], "source", _NAME)) > 64:
            raise MalformedMessage("source does not have its form")
        texts["source"] = fields["source"]
    return Pacs(**texts)


def _parameters(raw: object) -> dict[str, Value]:
    if not isinstance(raw, dict):
        raise MalformedMessage("parameters is not an object")
    fields = cast(dict[str, Any], raw)
    fits = all(
        1 <= len(name) <= 64 and isinstance(value, (str, int, float, bool)) and not (isinstance(value, str) and len(value) > 256)
        for name, value in fields.items()
    )
    if not fits or len(fields) > 64:
        raise MalformedMessage("parameters do not have their form")
    return fields
