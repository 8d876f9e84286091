"""Structured logs: one JSON object a line, with the job's key and never anything of the image or the patient."""

import json
import logging
import sys
import warnings
from typing import Literal, TextIO

from mip_sdk.jobs import now


class Log:
    """Writes to standard output, each line at once. ``fields`` are on every line."""

    def __init__(self, stream: TextIO | None = None, **fields: str) -> None:
        self._stream = stream or sys.stdout
        self._fields = fields

    def of(self, **fields: str) -> "Log":
        """A log whose lines carry these fields too."""
        return Log(self._stream, **{**self._fields, **fields})

    def info(self, event: str, **fields: str | int) -> None:
        """Something that is expected to happen."""
        self._write("info", event, fields)

    def warn(self, event: str, **fields: str | int) -> None:
        """Something that a person may have to look at when it comes often."""
        self._write("warn", event, fields)

    def error(self, event: str, **fields: str | int) -> None:
        """Something that a person has to look at."""
        self._write("error", event, fields)

    def _write(self, level: Literal["info", "warn", "error"], event: str, fields: dict[str, str | int]) -> None:
        line = json.dumps({"time": now(), "level": level, "event": event, **self._fields, **fields})
        self._stream.write(line + "\n")
        self._stream.flush()


def silence_libraries() -> None:
    """pydicom and others quote values of the image in warnings and logs: nothing of theirs is printed."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
