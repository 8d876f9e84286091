"""Where the images of cases are, and by which UIDs a request would name them.

Reads a JSON list from standard input, an item for each case: ``{"package", "file"}`` for what a Python package ships, or
``{"files": […]}``. Prints a list with ``{"files", "uids"}`` for each, or ``{"fault"}``, a sentence. ``uids`` are ``study_uid``,
``series_uid`` and ``instance_uid`` of a single file, without ``instance_uid`` of several, which have to be one series. What cannot
be read has "0": a case may be about just that.
"""

import json
import logging
import sys
import warnings
from typing import Any

from pydicom import dcmread
from pydicom.data import get_testdata_file

LEVELS = {"study_uid": "StudyInstanceUID", "series_uid": "SeriesInstanceUID", "instance_uid": "SOPInstanceUID"}
UNREADABLE = "0"


def located(item: dict[str, Any]) -> dict[str, Any]:
    """The answer for one item."""
    files: list[str] = item.get("files") or []
    if not files:
        shipped = get_testdata_file(item["file"], download=False)
        if not isinstance(shipped, str):
            return {"fault": f"{item['package']} ships no file {item['file']}"}
        files = [shipped]
    try:
        return {"files": files, "uids": common(files)}
    except ValueError as error:
        return {"fault": str(error)}


def uids_of(path: str) -> dict[str, str]:
    """The UIDs of one file."""
    try:
        header = dcmread(path, stop_before_pixels=True)
        return {name: str(header.get(keyword) or UNREADABLE) for name, keyword in LEVELS.items()}
    except Exception:
        return dict.fromkeys(LEVELS, UNREADABLE)


def common(paths: list[str]) -> dict[str, str]:
    """What names all of them.

    Raises
    ------
    ValueError
        When they are not one series.
    """
    found = [uids_of(path) for path in paths]
    if len(found) == 1:
        return found[0]
    series = {(one["study_uid"], one["series_uid"]) for one in found}
    if len(series) != 1:
        raise ValueError(f"the {len(paths)} files of the case are not one series")
    [(study_uid, series_uid)] = series
    return {"study_uid": study_uid, "series_uid": series_uid}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    print(json.dumps([located(item) for item in json.load(sys.stdin)]))
