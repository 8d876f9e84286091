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
_TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MOST_IMAGES = 1000
_OVERRIDE = {
    "tag": re.compile(r"(?=.{1,64}\Z)([A-Z][A-Za-z0-9]*|[0-9A-F]{8})"),
    "reason": re.compile(r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,199}"),
    "role": re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}"),
}
_MOST_OVERRIDES = 16
_UIDS = ("study_uid", "series_uid", "instance_uid")


@dataclass(frozen=True)
class Pacs:
    """Which images a job is about: one instance, or all of a series or of a study."""

    study_uid: str
    series_uid: str | None = None
    instance_uid: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Override:
    """A rule that does not refuse the images of a job, by its tag. The reason is a client's own words, and goes into no log."""

    tag: str
    reason: str
    role: str


@dataclass(frozen=True)
class JobMessage:
    """All that a worker needs to know of a job.

    Attributes
    ----------
    parameters
        The effective ones, defaults applied.
    trace_id
        The platform's own id of what the request began; none in messages of before there were any.
    images
        Of a conformance job, SHA-256 of each image in hexadecimal. Any other job has none: it names its images by ``pacs``.
    overrides
        Exactly the rules that do not refuse its images. A conformance job has none.
    """

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
    images: tuple[str, ...] = ()
    trace_id: str | None = None
    overrides: tuple[Override, ...] = ()


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
    fields = _object(raw, "the body", required=_FIELDS, allowed={*_FIELDS, "images", "trace_id", "overrides"})
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
        images=_images(fields, texts["purpose"]),
        trace_id=_text(fields["trace_id"], "trace_id", _TRACE_ID) if "trace_id" in fields else None,
        overrides=_overrides(fields, texts["purpose"]),
    )


def check_key(job: JobMessage) -> JobMessage:
    """The same job, when its key is that of its client and id; results are stored under the key.

    Raises
    ------
    MalformedMessage
        When it is another job's key.
    """
    if job_key(job.client_id, job.job_id) != job.job_key:
        raise MalformedMessage("job_key is not that of client_id and job_id")
    return job


def job_key(client_id: str, job_id: str) -> str:
    """The key of a client's job: 32 hexadecimal digits."""
    return hashlib.sha256(rfc8785.dumps(["mip-job-v1", client_id, job_id])).hexdigest()[:32]


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


def _images(fields: dict[str, Any], purpose: str) -> tuple[str, ...]:
    if (purpose == "conformance") != ("images" in fields):
        raise MalformedMessage("images are there for another purpose than conformance, or not there for it")
    if "images" not in fields:
        return ()
    raw = fields["images"]
    if not isinstance(raw, list) or not 1 <= len(cast(list[Any], raw)) <= _MOST_IMAGES:
        raise MalformedMessage(f"images is not a list of 1 to {_MOST_IMAGES}")
    return tuple(_text(digest, "images", _DIGEST) for digest in cast(list[Any], raw))


def _overrides(fields: dict[str, Any], purpose: str) -> tuple[Override, ...]:
    if "overrides" not in fields:
        return ()
    raw = fields["overrides"]
    if purpose == "conformance":
        raise MalformedMessage("a conformance job overrides no rule")
    if not isinstance(raw, list) or not 1 <= len(cast(list[Any], raw)) <= _MOST_OVERRIDES:
        raise MalformedMessage(f"overrides is not a list of 1 to {_MOST_OVERRIDES}")
    return tuple(_override(one) for one in cast(list[Any], raw))


def _override(raw: object) -> Override:
    fields = _object(raw, "overrides", required={*_OVERRIDE}, allowed={*_OVERRIDE})
    return Override(**{name: _text(fields[name], name, pattern) for name, pattern in _OVERRIDE.items()})


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
