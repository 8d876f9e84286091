"""A PACS by DICOMweb (PS3.18): search for the instances of a job, retrieve them as they are stored, store results."""

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import urlencode

from urllib3 import BaseHTTPResponse

from mip_sdk.faults import ImageNotFound, ImageUnreadable, InvalidInput, JobFault
from mip_sdk.images import Budget, StoredImage, check_count, check_identity, in_series_order, stored_image
from mip_sdk.message import UID, Pacs
from mip_sdk.multipart import MalformedBody, read_parts
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.parallel import in_parallel
from mip_sdk.progress import UNHEARD, Stretch
from mip_sdk.reading import read_header

AS_STORED = 'multipart/related; type="application/dicom"; transfer-syntax=*'
JSON = "application/dicom+json"
_MOST_JSON = 64 << 20
_PAGE = 500
_STUDY, _SERIES, _INSTANCE = "0020000D", "0020000E", "00080018"


class DicomWebPacs:
    """Reads a PACS. ``most_bytes`` is of one job's images together."""

    def __init__(self, http: PacsHttp, most_bytes: int | None = None) -> None:
        self.http = http
        self._most_bytes = most_bytes

    def fetch(self, pacs: Pacs, progress: Stretch = UNHEARD) -> list[StoredImage]:
        """As ``Source`` says.

        Raises
        ------
        Unavailable
            Where the PACS does not answer, or not as a PACS does.
        JobFault
            Where it gives another object than the one asked for.
        """
        if not all(_is_sayable(uid) for uid in (pacs.study_uid, pacs.series_uid, pacs.instance_uid)):
            raise self._not_found("study")
        wanted = [pacs] if pacs.instance_uid is not None else self._instances(pacs)
        budget = Budget(self._most_bytes)
        return in_series_order(in_parallel(lambda one: self.retrieve(one, budget), wanted, self.http.concurrent, progress))

    def retrieve(self, pacs: Pacs, budget: Budget | None = None) -> StoredImage:
        """One instance, as the PACS keeps it. All three UIDs have to be given."""
        budget = budget or Budget(self._most_bytes)
        path = f"/studies/{pacs.study_uid}/series/{pacs.series_uid}/instances/{pacs.instance_uid}"
        with self.http.get(path, AS_STORED) as answer:
            found = answer.status not in (204, 404, 410)
            octets = self._one_part(answer, budget) if found else b""
        if not found:
            raise self._missing(pacs)
        header = read_header(octets, pixels=False)
        check_identity(header, pacs)
        return stored_image(octets)

    def _one_part(self, answer: BaseHTTPResponse, budget: Budget) -> bytes:
        self._check(answer)
        try:
            parts = read_parts(answer.headers.get("content-type", ""), budget.count(self.http.chunks(answer)))
        except MalformedBody as error:
            raise self.http.unexpected(str(error), answer.status) from error
        if len(parts) != 1:
            raise ImageUnreadable(f"the PACS gave {len(parts)} objects for one instance")
        return bytes(parts[0])

    def _instances(self, pacs: Pacs) -> list[Pacs]:
        """All instances of a series or a study. Pages are asked for until one has nothing new: a PACS may give fewer than it was
        asked for, or all.
        """
        series = "" if pacs.series_uid is None else f"/series/{pacs.series_uid}"
        path = f"/studies/{pacs.study_uid}{series}/instances"
        found: dict[str, Pacs] = {}
        while True:
            page = self._page(path, pacs, limit=_PAGE, offset=len(found))
            if page.keys() <= found.keys():
                break
            found |= page
            check_count(len(found))
        if not found:
            raise self._missing(pacs)
        if len(page) >= _PAGE and not self._page(path, pacs, limit=len(found) + 1, offset=0).keys() <= found.keys():
            raise self.http.unexpected("the PACS gives the same page of a search again and again", 200)
        return list(found.values())

    def _page(self, path: str, pacs: Pacs, limit: int, offset: int) -> dict[str, Pacs]:
        found = self._search(path, {"limit": limit, "offset": offset}, (_SERIES,))
        return {str(one.instance_uid): one for one in (self._named(item, pacs) for item in found)}

    def _named(self, item: dict[str, Any], pacs: Pacs) -> Pacs:
        series, instance = _value(item, _SERIES) or pacs.series_uid, _value(item, _INSTANCE)
        if not (series and instance and _is_sayable(series) and _is_sayable(instance)):
            raise self.http.unexpected("the PACS found an instance that has no UIDs", 200)
        if series != (pacs.series_uid or series) or (_value(item, _STUDY) or pacs.study_uid) != pacs.study_uid:
            raise JobFault("the PACS found instances of another study or series than the one that was asked for")
        return Pacs(pacs.study_uid, series, instance, pacs.source)

    def _missing(self, pacs: Pacs) -> ImageNotFound:
        """The fault that names the first level that the PACS does not have."""
        study = f"/studies/{pacs.study_uid}"
        if not self._has("/studies", "StudyInstanceUID", _STUDY, pacs.study_uid):
            return self._not_found("study")
        if pacs.series_uid and not self._has(f"{study}/series", "SeriesInstanceUID", _SERIES, pacs.series_uid):
            return self._not_found("series")
        return self._not_found("instance")

    def _has(self, path: str, keyword: str, tag: str, uid: str) -> bool:
        return any(_value(item, tag) == uid for item in self._search(path, {keyword: uid, "limit": 1}))

    def _not_found(self, level: str) -> ImageNotFound:
        return ImageNotFound(f"the {level} is not in the PACS {self.http.name}")

    def _search(self, path: str, query: dict[str, str | int], fields: Iterable[str] = ()) -> list[dict[str, Any]]:
        pairs = [*query.items(), *(("includefield", field) for field in fields)]
        with self.http.get(f"{path}?{urlencode(pairs)}", JSON) as answer:
            if answer.status in (204, 404):
                return []
            self._check(answer)
            found = read_json(self.http, answer)
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in cast(list[Any], found)):
            raise self.http.unexpected("the PACS's answer to a search is no list", answer.status)
        return cast(list[dict[str, Any]], found)

    def _check(self, answer: BaseHTTPResponse) -> None:
        if answer.status >= 400:
            raise JobFault(f"the PACS {self.http.name} refuses the request for the images (HTTP {answer.status})")


def read_json(http: PacsHttp, answer: BaseHTTPResponse) -> Any:
    """The JSON of an answer, at most 64 MB of it."""
    try:
        return json.loads(b"".join(Budget(_MOST_JSON).count(http.chunks(answer))))
    except (ValueError, RecursionError, InvalidInput) as error:
        raise http.unexpected("the PACS's answer is no JSON, or too much of it", answer.status) from error


def _is_sayable(uid: str | None) -> bool:
    """True for what can stand in a path: ``.`` and ``..`` would be steps in it."""
    return uid is None or (UID.fullmatch(uid) is not None and uid.strip(".") != "")


def _value(item: dict[str, Any], tag: str) -> str | None:
    """The first value of an attribute in DICOM JSON."""
    values: Any = (item.get(tag) or {}).get("Value") or [None]
    return values[0].strip(" \0") if isinstance(values[0], str) else None
