"""The checker finds what is wrong with a result: each fault is planted into a right one."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, SegmentationStorage

import threshold_ccl
import window_level
from dicom import read

HERE = Path(__file__).parent
WINDOW = {"center": 40, "width": 400}


def image(name: str) -> Path:
    return Path(
        subprocess.run(
            [sys.executable, HERE / "image.py", "pydicom", name], capture_output=True, text=True, check=True
        ).stdout.strip()
    )


def write(path: Path, greys: Any, **attributes: Any) -> Path:
    meta, dataset = FileMetaDataset(), Dataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = greys.shape[-2:]
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.PixelData = greys.tobytes()
    for name, value in attributes.items():
        setattr(dataset, name, value)
    FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128).save_as(path, enforce_file_format=True)
    return path


def oracle_of(algorithm: str) -> str:
    return str(HERE / f"{algorithm.replace('-', '_')}.py")


def check(algorithm: str, source: Path, result: Path, parameters: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    command = [
        sys.executable,
        str(HERE / "check.py"),
        oracle_of(algorithm),
        str(source),
        str(result),
        "--parameters",
        json.dumps(parameters),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def source() -> Path:
    return image("CT_small.dcm")


@pytest.fixture(scope="module")
def right(source: Path) -> Any:
    return window_level.expected(read(source), WINDOW)[0]


def test_a_right_result_is_equal(tmp_path: Path, source: Path, right: Any) -> None:
    code, line = check("window-level", source, write(tmp_path / "r.dcm", right), WINDOW)
    assert (code, line) == (0, {"oracle": "window_level", "equal": True, "pixels": 16384, "different": 0, "max_abs": 0})


def test_one_wrong_pixel_is_found(tmp_path: Path, source: Path, right: Any) -> None:
    wrong = right.copy()
    wrong[5, 6] ^= 4
    code, line = check("window-level", source, write(tmp_path / "r.dcm", wrong), WINDOW)
    assert (code, line["equal"], line["different"], line["max_abs"]) == (1, False, 1, 4)


def test_another_window_another_size_and_no_dicom_are_found(tmp_path: Path, source: Path, right: Any) -> None:
    result = write(tmp_path / "r.dcm", right)
    assert check("window-level", source, result, {**WINDOW, "width": 401})[0] == 1
    assert check("window-level", source, write(tmp_path / "s.dcm", right[:64]), WINDOW)[1]["problem"].startswith("shape")
    (tmp_path / "t.dcm").write_text("no image")
    assert check("window-level", source, tmp_path / "t.dcm", WINDOW)[0] == 1


def test_the_identity_is_not_taken_for_a_window(source: Path) -> None:
    code, line = check("window-level", source, source, WINDOW)
    assert (code, line["equal"]) == (1, False)


def test_a_monochrome_image_is_its_own_grayscale_and_a_colour_image_is_not(source: Path) -> None:
    assert check("grayscale", source, source, {})[0] == 0
    colour = image("SC_rgb.dcm")
    assert check("grayscale", colour, colour, {})[0] == 1


def test_the_oracle_gives_the_worked_values_of_the_standard() -> None:
    """PS3.3 C.11.2.1.2.1, c 2048, w 4096; and the middle of c 0, w 100."""
    x = np.array([0.0, 4095.0, 2047.0, 2048.0])
    assert np.floor(window_level.linear(x, 2048, 4096) + 0.5).tolist() == [0, 255, 127, 128]
    assert window_level.linear(np.array([-50.0, 49.0, 50.0]), 0, 100).tolist() == [0, 255, 255]
    assert window_level.linear_exact(np.array([-50.0, 0.0, 50.1]), 0, 100).tolist() == [0, 127.5, 255]
    assert window_level.sigmoid(np.array([0.0]), 0, 100).tolist() == [127.5]


def test_a_picture_shows_both_side_by_side(tmp_path: Path, source: Path, right: Any) -> None:
    out = tmp_path / "p.png"
    subprocess.run([sys.executable, HERE / "picture.py", source, write(tmp_path / "r.dcm", right), out], check=True)
    with Image.open(out) as picture:
        assert picture.size == (128 + 8 + 128, 128)
        assert np.array_equal(np.asarray(picture)[:, 136:, 0], right)


def segmentation(path: Path, mask: Any, **changed: Any) -> Path:
    """A SEG as bare as the checker needs it, of CT_small."""
    place = Dataset()
    place.ImagePositionPatient = changed.pop("position", read(image("CT_small.dcm")).ImagePositionPatient)
    frame = Dataset()
    frame.PlanePositionSequence = [place]
    attributes = {"SOPClassUID": SegmentationStorage, "BitsAllocated": 1, "BitsStored": 1, "HighBit": 0, "NumberOfFrames": 1}
    octets = np.packbits(mask.ravel(), bitorder="little").tobytes()
    return write(path, mask, **attributes, PixelData=octets, PerFrameFunctionalGroupsSequence=[frame], **changed)


def test_a_segmentation_is_held_against_the_mask_its_place_and_the_number_of_components(tmp_path: Path, source: Path) -> None:
    [right] = threshold_ccl.expected(read(source), {})
    code, line = check("threshold-ccl", source, segmentation(tmp_path / "r.dcm", right), {})
    assert (code, line["equal"], line["different"], line["dice"], line["components"]) == (0, True, 0, 1.0, [1, 1])
    smaller = right & (np.arange(128) < 70)
    assert check("threshold-ccl", source, segmentation(tmp_path / "s.dcm", smaller), {})[0] == 1
    speck = right.copy()
    row, column = np.argwhere(~right)[0]
    speck[row, column] = True
    code, line = check("threshold-ccl", source, segmentation(tmp_path / "t.dcm", speck), {})
    assert (code, line["different"], line["components"]) == (1, 1, [2, 1])
    elsewhere = segmentation(tmp_path / "u.dcm", right, position=[0, 0, 0])
    assert "elsewhere" in check("threshold-ccl", source, elsewhere, {})[1]["problem"]


def test_a_picture_lays_a_segmentation_over_the_source(tmp_path: Path, source: Path) -> None:
    [right] = threshold_ccl.expected(read(source), {})
    out = tmp_path / "p.png"
    made = segmentation(tmp_path / "r.dcm", right)
    subprocess.run([sys.executable, HERE / "picture.py", source, made, out], check=True)
    with Image.open(out) as picture:
        red, _, blue = np.moveaxis(np.asarray(picture)[:, 136:].astype(int), -1, 0)
    assert np.array_equal(red - blue > 50, right)
