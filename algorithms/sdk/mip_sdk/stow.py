"""STOW-RS (PS3.18 10.5): what a PACS took of some objects, from the body of its answer and never from its status alone."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from pydicom import Dataset
from urllib3 import BaseHTTPResponse
from urllib3.filepost import choose_boundary

from mip_sdk.dicomweb import JSON, DicomWebPacs, read_json
from mip_sdk.faults import JobFault
from mip_sdk.message import Pacs
from mip_sdk.multipart import DICOM, write_parts
from mip_sdk.reading import read_header

_REFERENCED, _FAILED, _OTHER_FAILED, _UID, _REASON = "00081199", "00081198", "0008119A", "00081155", "00081197"
_BATCH_BYTES = 32 << 20
_BATCH_INSTANCES = 100
_DUPLICATE = "0x0111"
_NOT_CONFIRMED = "not-confirmed"
_UNNAMED = "unnamed"
"""The answer tells of failures without saying of which objects."""
_PASSING = ("0x0110", "0xA700")
"""Processing failure, out of resources: these may be gone in a moment."""
_PAUSES_S = (1.0, 4.0)


@dataclass(frozen=True)
class Outgoing:
    """An object to store: its UIDs, and the Part 10 file."""

    uids: Pacs
    octets: bytes

    @property
    def uid(self) -> str:
        """Its SOP Instance UID."""
        return str(self.uids.instance_uid)


def outgoing(octets: bytes) -> Outgoing:
    """An object to store, by its own UIDs."""
    header = read_header(octets, pixels=False)
    return Outgoing(Pacs(str(header.StudyInstanceUID), str(header.SeriesInstanceUID), str(header.SOPInstanceUID)), octets)


class Stow:
    """Stores objects in a PACS. ``pauses_s``: how long to wait before what failed in passing is sent again."""

    def __init__(self, pacs: DicomWebPacs, pauses_s: Sequence[float] = _PAUSES_S) -> None:
        self._pacs = pacs
        self._pauses_s = pauses_s

    def store(self, objects: Sequence[Outgoing]) -> dict[str, str]:
        """Store the objects, in requests of at most 100 and about 32 MB.

        Returns
        -------
        Of each object that is not in the PACS now, by its UID, the reason: ``0xhhhh`` as in DICOM, ``http-nnn``, ``not-confirmed``.

        Raises
        ------
        Unavailable
            Where the PACS does not answer, or not as a PACS does: what it took is not known.
        """
        refused: dict[str, str] = {}
        for batch in _batches(objects):
            refused |= self._store(batch)
        return refused

    def _store(self, batch: Sequence[Outgoing]) -> dict[str, str]:
        refused = self._send(batch)
        # One object can make a PACS refuse a request as a whole (Orthanc does), or the request was too large.
        alone = [one for one in batch if refused.get(one.uid, "").startswith(("http-", _UNNAMED))]
        if len(batch) > 1:
            for one in alone:
                del refused[one.uid]
                refused |= self._send([one])
        for pause_s in self._pauses_s:
            again = [one for one in batch if refused.get(one.uid) in _PASSING]
            if not again:
                break
            time.sleep(pause_s)
            refused = {uid: reason for uid, reason in refused.items() if reason not in _PASSING} | self._send(again)
        unsure = [one for one in batch if refused.get(one.uid) in (_DUPLICATE, _NOT_CONFIRMED)]
        kept = {one.uid for one in unsure if self._keeps(one)}
        return {uid: reason for uid, reason in refused.items() if uid not in kept}

    def _send(self, batch: Sequence[Outgoing]) -> dict[str, str]:
        boundary = choose_boundary()
        bodies = [one.octets for one in batch]
        headers = {
            "accept": JSON,
            "content-type": f'multipart/related; type="{DICOM}"; boundary={boundary}',
            "content-length": str(sum(map(len, write_parts(bodies, boundary)))),
        }
        with self._pacs.http.post("/studies", headers, write_parts(bodies, boundary)) as answer:
            said = self._said(answer)
            if said is None:
                return {one.uid: f"http-{answer.status}" for one in batch}
        stored = {_text(item, _UID) for item in _items(said, _REFERENCED)}
        failed = {_text(item, _UID): _reason(item) for item in _items(said, _FAILED)}
        unmentioned = _NOT_CONFIRMED
        if unnamed := [_reason(item) for item in _items(said, _OTHER_FAILED)]:
            unmentioned = unnamed[0] if len(batch) == 1 else _UNNAMED
        return {one.uid: failed.get(one.uid, unmentioned) for one in batch if one.uid in failed or one.uid not in stored}

    def _said(self, answer: BaseHTTPResponse) -> dict[str, Any] | None:
        """The answer's dataset; None for a refusal without one."""
        kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
        if answer.status >= 400 and kind not in (JSON, "application/json"):
            return None
        if answer.status == 204 or answer.headers.get("content-length") == "0":
            return {} if answer.status < 400 else None
        said = read_json(self._pacs.http, answer)
        if answer.status >= 400 and not (isinstance(said, dict) and said.keys() & {_REFERENCED, _FAILED, _OTHER_FAILED}):
            return None
        if not isinstance(said, dict):
            raise self._pacs.http.unexpected("the PACS's answer to storing is no object", answer.status)
        return cast(dict[str, Any], said)

    def _keeps(self, one: Outgoing) -> bool:
        """True where the PACS has the object already, from an earlier delivery."""
        try:
            return _is_same(one.octets, self._pacs.retrieve(one.uids).octets)
        except JobFault:
            return False


def _batches(objects: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    batch: list[Outgoing] = []
    size = 0
    for one in objects:
        if batch and (size + len(one.octets) > _BATCH_BYTES or len(batch) >= _BATCH_INSTANCES):
            yield batch
            batch, size = [], 0
        batch.append(one)
        size += len(one.octets)
    if batch:
        yield batch


def _is_same(ours: bytes, theirs: bytes) -> bool:
    """The same bytes, the same dataset, or the same pixels of the same class: a PACS may correct names or compress."""
    if ours == theirs:
        return True
    mine, other = read_header(ours), read_header(theirs)
    if mine == other:
        return True
    return mine.SOPClassUID == other.get("SOPClassUID") and _has_same_pixels(mine, other)


def _has_same_pixels(mine: Dataset, other: Dataset) -> bool:
    if "PixelData" not in mine or "PixelData" not in other:
        return False
    try:
        return np.array_equal(mine.pixel_array, other.pixel_array)
    except Exception:
        return False


def _items(said: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    values: Any = (said.get(tag) or {}).get("Value") or []
    return [item for item in values if isinstance(item, dict)]


def _text(item: dict[str, Any], tag: str) -> str:
    values: Any = (item.get(tag) or {}).get("Value") or [""]
    return str(values[0]).strip(" \0")


def _reason(item: dict[str, Any]) -> str:
    reason = _text(item, _REASON)
    return f"0x{int(reason):04X}" if reason.isdecimal() and int(reason) <= 0xFFFF else _NOT_CONFIRMED
