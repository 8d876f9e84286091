"""A case by itself: ``python3 -m mip_sdk.case``, a file in, a folder out."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import window_level
from dicom import read
from made import ct, parsed
from shipped import path_of

ALGORITHMS = Path(__file__).parents[2]
WINDOW = {"center": 40, "width": 400, "function": "LINEAR"}
ENTRY = {"input": {"units": "modality"}, "regulatory": {"status": "research"}}
FAULTY = """
from mip_sdk import BaseProcessor

class Faulty(BaseProcessor):
    def process_image(self, image_data, parameters):
        raise ValueError(str(image_data.source.PatientName))
"""


def run(
    image: Path | Sequence[Path | str], output: Path, folder: Path = ALGORITHMS / "window-level", **changed: str
) -> subprocess.CompletedProcess[str]:
    """The command, with nothing in the environment but what a task has."""
    environment = {
        "PYTHONPATH": str(ALGORITHMS / "sdk"),
        "MIP_ALGORITHM": "window-level",
        "MIP_VERSION": "1.0.0",
        "MIP_ENTRY": json.dumps(ENTRY),
        "MIP_ALGORITHM_DIR": str(folder),
        **changed,
    }
    parameters = json.dumps(WINDOW)
    images = [str(path) for path in image] if isinstance(image, Sequence) else [str(image)]
    command = [sys.executable, "-m", "mip_sdk.case", "--image", *images, "--parameters", parameters, "--output", str(output)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd="/")


def outcome_of(output: Path) -> dict[str, Any]:
    return json.loads((output / "outcome.json").read_text())


@pytest.mark.usefixtures("processors")
def test_a_case_leaves_what_a_job_would_store_and_says_how_it_ended(tmp_path: Path) -> None:
    image = path_of("explicit_VR-UN.dcm")
    done = run(image, tmp_path / "out")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["manifest.json", "outcome.json", "result-0001.dcm"]
    result = parsed((tmp_path / "out" / "result-0001.dcm").read_bytes())
    assert np.array_equal(result.pixel_array[None], window_level.expected(read(image), WINDOW))
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["purpose"] == "conformance"
    outcome = outcome_of(tmp_path / "out")
    assert (outcome["schema"], outcome["outcome"], outcome["error"]) == ("case-outcome/1", "done", None)


@pytest.mark.usefixtures("processors")
def test_the_same_case_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(path_of("CT_small.dcm"), tmp_path / name)
    for name in ("result-0001.dcm", "manifest.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


THICK = """
import numpy as np
from mip_sdk import InvalidInput, Segmentation, VolumeProcessor

class Thick(VolumeProcessor):
    def process_volume(self, volume, parameters):
        heights = [float(one.image.source.ImagePositionPatient[2]) for one in volume.slices]
        raise InvalidInput(f"a volume of slices at {heights}")

    def process_image(self, image_data, parameters):
        raise InvalidInput("one image")
"""


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """A folder with a series in no order, and something that is no image."""
    folder = tmp_path / "series"
    folder.mkdir()
    for name, height in (("a", 30), ("b.dcm", 10), ("c.dcm", 20)):
        place: dict[str, Any] = {
            "ImagePositionPatient": ["0", "0", str(height)],
            "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"],
        }
        uids = {"SOPInstanceUID": f"1.2.3.4.{height}", "FrameOfReferenceUID": "1.2.3.9"}
        pixels = np.full((4, 4), height, np.int16)
        (folder / name).write_bytes(ct(pixels, PixelSpacing=["1", "1"], InstanceNumber=height, **uids, **place))
    (folder / "LICENSE").write_text("Free.")
    (folder / "masks").mkdir()
    return folder


def test_a_folder_is_a_series_and_so_are_its_files_in_any_order(tmp_path: Path, series: Path) -> None:
    (tmp_path / "algorithm.py").write_text(THICK)
    ways = [
        [series],
        [series / name for name in ("c.dcm", "b.dcm", "a")],
        [series / "a", "--image", series / "c.dcm", series / "b.dcm"],
    ]
    for number, images in enumerate(ways):
        assert run(images, tmp_path / f"out{number}", folder=tmp_path).returncode == 0
        error = outcome_of(tmp_path / f"out{number}")["error"]
        assert error["message"] == "a volume of slices at [10.0, 20.0, 30.0]"
    run([series / "a"], tmp_path / "one", folder=tmp_path)
    assert outcome_of(tmp_path / "one")["error"]["message"] == "one image"


@pytest.mark.usefixtures("processors")
def test_a_series_leaves_what_a_job_on_it_would_store(tmp_path: Path, series: Path) -> None:
    assert run(series, tmp_path / "out").returncode == 0
    results = [parsed((tmp_path / "out" / f"result-{number:04d}.dcm").read_bytes()) for number in (1, 2, 3)]
    assert [float(result.ImagePositionPatient[2]) for result in results] == [10, 20, 30]
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    digests = [hashlib.sha256((series / name).read_bytes()).hexdigest() for name in ("b.dcm", "c.dcm", "a")]
    assert [one["sha256"] for one in manifest["inputs"]] == digests
    assert outcome_of(tmp_path / "out")["outcome"] == "done"


@pytest.mark.usefixtures("processors")
def test_two_series_are_no_case(tmp_path: Path, series: Path) -> None:
    (series / "d.dcm").write_bytes(ct(np.zeros((4, 4), np.int16), SeriesInstanceUID="9.9.9", InstanceNumber=99))
    run(series, tmp_path / "out")
    error = outcome_of(tmp_path / "out")["error"]
    assert (error["code"], "its SeriesInstanceUID differs" in error["message"]) == ("internal", True)


def test_a_folder_without_images_is_no_outcome(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run(tmp_path / "empty", tmp_path / "out")
    assert (done.returncode, done.stderr) == (1, f"mip_sdk.case: {tmp_path / 'empty'} has no DICOM file in it\n")


@pytest.mark.usefixtures("processors")
@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"no image", "image-unreadable"),
        (ct(np.zeros((4, 4), np.uint16))[:-16], "image-unreadable"),
        (ct(np.zeros((4, 4), np.uint16), PhotometricInterpretation="RGB"), "invalid-input"),
    ],
)
def test_an_image_that_is_refused_is_an_outcome_too(tmp_path: Path, octets: bytes, code: str) -> None:
    (tmp_path / "in.dcm").write_bytes(octets)
    assert run(tmp_path / "in.dcm", tmp_path / "out").returncode == 0
    outcome = outcome_of(tmp_path / "out")
    assert (outcome["outcome"], outcome["error"]["code"]) == (None, code)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["outcome.json"]


def test_an_algorithm_that_breaks_tells_where_and_nothing_of_the_patient(tmp_path: Path) -> None:
    (tmp_path / "algorithm.py").write_text(FAULTY)
    (tmp_path / "in.dcm").write_bytes(ct(np.zeros((4, 4), np.uint16), PatientName="CANARY^NAME"))
    done = run(tmp_path / "in.dcm", tmp_path / "out", folder=tmp_path)
    error = outcome_of(tmp_path / "out")["error"]
    assert error == {"code": "internal", "message": "the algorithm failed unexpectedly (ValueError)", "where": "algorithm.py:6"}
    assert "CANARY" not in done.stdout + done.stderr + (tmp_path / "out" / "outcome.json").read_text()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"MIP_VERSION": ""}, "the environment lacks MIP_VERSION"),
        ({"MIP_ENTRY": "{"}, "MIP_ENTRY is not JSON"),
        ({"MIP_ALGORITHM_DIR": "/nowhere"}, "/nowhere has neither algorithm.py nor adapter.py"),
    ],
)
def test_a_case_that_cannot_start_says_why_and_leaves_no_outcome(tmp_path: Path, changed: dict[str, str], words: str) -> None:
    done = run(path_of("CT_small.dcm"), tmp_path / "out", **changed)
    assert (done.returncode, done.stderr) == (1, f"mip_sdk.case: {words}\n")
    assert not (tmp_path / "out" / "outcome.json").exists()


def test_an_image_that_is_not_there_is_no_outcome(tmp_path: Path) -> None:
    done = run(tmp_path / "in.dcm", tmp_path / "out")
    assert (done.returncode, done.stderr) == (1, f"mip_sdk.case: {tmp_path / 'in.dcm'}: No such file or directory\n")
