"""What comes back from a child for a job: a few plain words and numbers over a pipe, never pixels."""

from dataclasses import dataclass, field
from typing import Any

from mip_sdk.faults import Code


@dataclass(frozen=True)
class Finished:
    """The job's results are stored, and delivered where they have to be: only its record has to say so.

    Attributes
    ----------
    results
        As the job's record has them.
    pacs_delivery
        What became of the delivery to a PACS, as the job's record has it; None where none was asked for.
    reason
        A code that says why the algorithm was not applicable; None for every other outcome.
    """

    results: list[dict[str, Any]]
    outcome: str
    pacs_delivery: dict[str, Any] | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Refused:
    """The job cannot succeed, however often it is tried. ``words`` are for its client, ``more`` is for its record."""

    code: Code
    words: str
    more: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(eq=False)
class Down(Exception):
    """A service that the job depends on is down; the rest is for the log.

    Attributes
    ----------
    retry_after_s
        How long the service asks to be left alone, where it says so.
    """

    fault: str
    where: str
    event: str = "dependency-failed"
    fields: dict[str, str | int] = field(default_factory=dict[str, str | int])
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Broken:
    """The attempt failed for a reason that nobody foresaw, or at a limit: it counts.

    Attributes
    ----------
    words
        What happened, for the client: the start of a sentence.
    fault, where
        For the log.
    """

    code: Code
    words: str
    fault: str
    where: str = "unknown"


@dataclass(frozen=True)
class Dropped:
    """The job was stopped for a reason that is not its own: ``stopping`` (the worker has to go) or ``cancelled``."""

    reason: str


@dataclass(frozen=True)
class Reached:
    """No answer yet: so many per cent of the job are done."""

    percent: int


Answer = Finished | Refused | Down | Broken | Dropped
