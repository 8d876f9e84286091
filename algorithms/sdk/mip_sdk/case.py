"""One conformance case: its images through the algorithm as in the worker, from files to a folder, without AWS or a network.

``python3 -m mip_sdk.case --image in.dcm --parameters '{"width": 400}' --output DIR``, with ``MIP_ALGORITHM``, ``MIP_VERSION``,
``MIP_ENTRY`` and ``MIP_ALGORITHM_DIR`` in the environment as a task has them. ``--image`` may name several files, be given several
times, or name a folder, for its DICOM files: then the case is a job about a series. ``DIR`` gets what a job would store and, last,
``outcome.json``: ``{"schema": "case-outcome/1", "outcome", "error": {"code", "message", "where"}, "seconds"}``, where one of
``outcome`` and ``error`` is null. UIDs and times derive from fixed values: the same images give the same bytes.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydicom import Dataset
from pydicom.misc import is_dicom

from mip_sdk.faults import ImageUnreadable, JobFault, is_fault
from mip_sdk.images import StoredImage, in_series_order, stored_image
from mip_sdk.loading import load_processing
from mip_sdk.log import silence_libraries
from mip_sdk.manifest import Provenance
from mip_sdk.message import JobMessage, Pacs, Value, job_key
from mip_sdk.processing import Processed, Processing
from mip_sdk.reading import read_header
from mip_sdk.settings import SettingsFault, case_settings_from
from mip_sdk.transient import where

PLATFORM = "conformance"
CLIENT_ID = "conformance"
JOB_ID = "case"
ACCEPTED_AT = "2000-01-01T00:00:00.000Z"
NO_DIGEST = "sha256:" + "0" * 64
"""Of an image that is only tried: UIDs and pixels are not to depend on which build it is."""


def main() -> int:
    """0 when the case has an outcome, be it an error; 1 when it could not start, with a sentence on standard error."""
    silence_libraries()
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as in the worker
    given = _arguments()
    try:
        images = _images(given.image)
        given.output.mkdir(parents=True, exist_ok=True)
        settings = case_settings_from(os.environ, PLATFORM, NO_DIGEST)
        run_case(load_processing(settings), settings.provenance, images, given.parameters, given.output)
    except (SettingsFault, LookupError) as fault:
        return _cannot_start(str(fault))
    except OSError as error:
        return _cannot_start(f"{error.filename or 'a file'}: {error.strerror or error}")
    except Exception as error:
        return _cannot_start(f"the algorithm cannot be loaded ({type(error).__name__} at {where(error)})")
    return 0


def run_case(
    processing: Processing, about: Provenance, images: Sequence[StoredImage], parameters: dict[str, Value], output: Path
) -> None:
    """Process the images and leave what a job would store, and the outcome, in ``output``."""
    start = time.perf_counter()
    error: dict[str, str] | None = None
    done: Processed | None = None
    try:
        job = _job(images, about, parameters)
        done = processing.run(job, in_series_order(list(images)), ACCEPTED_AT)
    except JobFault as fault:
        error = {"code": fault.code, "message": str(fault), "where": ""}
    except BaseException as fault:
        if not is_fault(fault):
            raise
        words = f"the algorithm failed unexpectedly ({type(fault).__name__})"
        error = {"code": "internal", "message": words, "where": where(fault)}
    seconds = time.perf_counter() - start
    for file in done.files if done else []:
        (output / file.name).write_bytes(file.octets)
    outcome = {"schema": "case-outcome/1", "outcome": done.outcome if done else None, "error": error, "seconds": seconds}
    (output / "outcome.json").write_text(json.dumps(outcome, indent=2) + "\n")


def _images(paths: Sequence[Path]) -> list[StoredImage]:
    """The files that are named, and of a folder those that are DICOM: a licence may lie beside them.

    Raises
    ------
    LookupError
        When there is none in a folder.
    """
    files: list[Path] = []
    for path in paths:
        inside = sorted(file for file in path.iterdir() if file.is_file() and is_dicom(file)) if path.is_dir() else [path]
        if not inside:
            raise LookupError(f"{path} has no DICOM file in it")
        files += inside
    return [stored_image(file.read_bytes()) for file in files]


def _job(images: Sequence[StoredImage], about: Provenance, parameters: dict[str, Value]) -> JobMessage:
    return JobMessage(
        job_key=job_key(CLIENT_ID, JOB_ID),
        client_id=CLIENT_ID,
        job_id=JOB_ID,
        algorithm=about.algorithm,
        version=about.version,
        delivery=1,
        purpose="conformance",
        pacs=_pacs(images),
        parameters=parameters,
        accepted_at=ACCEPTED_AT,
        images=tuple(image.sha256 for image in images),
    )


def _pacs(images: Sequence[StoredImage]) -> Pacs:
    """The UIDs by which a client would have asked for the image, or for the series that the first one is of."""
    header: Dataset | None = None
    try:
        header = read_header(images[0].octets)
    except ImageUnreadable:  # a case may be about just that: it is said where the worker says it
        return Pacs("0")
    study, series, instance = (str(header.get(f"{level}InstanceUID") or "0") for level in ("Study", "Series", "SOP"))
    return Pacs(study, series, instance if len(images) == 1 else None)


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="python3 -m mip_sdk.case", description="Run one conformance case.")
    images = "a DICOM file, several of a series, or its folder; may be given several times"
    parser.add_argument("--image", type=Path, nargs="+", action="extend", required=True, help=images)
    parser.add_argument("--parameters", type=_parameters, default={}, help="the effective parameters, a JSON object")
    parser.add_argument("--output", type=Path, required=True, help="the folder for results and outcome.json")
    return parser.parse_args()


def _parameters(text: str) -> dict[str, Value]:
    given = json.loads(text)
    if not isinstance(given, dict):
        raise ValueError("not an object")  # noqa: TRY004  (argparse turns a ValueError into its own sentence)
    return given


def _cannot_start(reason: str) -> int:
    sys.stderr.write(f"mip_sdk.case: {reason}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
