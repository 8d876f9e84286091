"""The files: valid, of nobody, the same bytes again, and what the command says."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

from mip_sdk.uids import uid_from
from patient_images import refused
from phantom import make
from series import uid
from variants import VARIANTS

HERE = Path(__file__).parent
SIZE = (10, 32, 32)


def run(*args: Any, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-B", HERE / "phantom.py", *map(str, args)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("series")
    for name in VARIANTS:
        make(name, root / name, SIZE)
    return {name: root / name for name in VARIANTS}


def content(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy (Debian: dicom3tools)")
@pytest.mark.parametrize("variant", VARIANTS)
def test_its_slices_are_valid_ct_images(folders: dict[str, Path], variant: str) -> None:
    for file in sorted(folders[variant].glob("*.dcm"))[::4]:
        said = subprocess.run(["dciodvfy", "-new", file], capture_output=True, text=True, check=False)
        lines = [line for line in (said.stdout + said.stderr).splitlines() if re.search("Error|Warning", line)]
        assert lines == []


def test_the_images_are_of_nobody_and_may_lie_in_a_repository(folders: dict[str, Path]) -> None:
    for folder in folders.values():
        assert not any(refused(file) for file in folder.glob("*.dcm"))


def test_uids_are_made_by_the_project_s_rule_and_no_two_objects_share_one(folders: dict[str, Path]) -> None:
    recipe: list[str | int] = ["mip-phantom-v1", "standard", 10, 32, 32, 1, "instance", 3]
    assert uid(recipe) == uid_from(recipe)
    images = {name: [dcmread(file) for file in sorted(folder.glob("*.dcm"))] for name, folder in folders.items()}
    instances = [str(image.SOPInstanceUID) for series in images.values() for image in series]
    assert uid_from(recipe) in instances
    assert len(set(instances)) == len(instances)
    for level in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        of = [{str(image[level].value) for image in series} for series in images.values()]
        assert [len(one) for one in of] == [1] * len(of)
        assert len(set().union(*of)) == len(of)


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_noise(folders: dict[str, Path], tmp_path: Path) -> None:
    args = ("--variant", "oblique", "--size", "10x32x32", "--json")
    again = run(*args, "--out", tmp_path / "again", TZ="Asia/Tokyo", PYTHONHASHSEED="7", LC_ALL="C")
    assert (again.returncode, again.stderr) == (0, "")
    assert content(tmp_path / "again") == content(folders["oblique"])
    assert json.loads(again.stdout) == json.loads((folders["oblique"] / "phantom.json").read_text())
    make("oblique", tmp_path / "other", SIZE, seed=2)
    one, other = (dcmread(folder / "slice-0005.dcm") for folder in (folders["oblique"], tmp_path / "other"))
    assert one.SOPInstanceUID != other.SOPInstanceUID
    assert np.std(one.pixel_array.astype(float) - other.pixel_array) > 12


def test_samples_are_of_16_signed_bits_and_none_wraps_around(folders: dict[str, Path]) -> None:
    for name, folder in folders.items():
        image: Any = [dcmread(file) for file in sorted(folder.glob("*.dcm"))]
        assert {(i.BitsStored, i.PixelRepresentation, i.RescaleIntercept, i.RescaleSlope) for i in image} == {(16, 1, -1024, 1)}
        hu = np.stack([one.pixel_array for one in image]).astype(int) - 1024
        sigma = 36 if name == "noise-3" else 12
        assert hu.min() > -1000 - 6 * sigma
        assert hu.max() < 350 + 6 * sigma


def test_the_command_says_how_far_it_is_and_what_it_made(tmp_path: Path) -> None:
    done = run("--size", "10x32x32", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert done.stderr == "slice 10 of 10\n"
    assert re.fullmatch(r"standard: 10 files, 0\.0 MB, in [\d.]+ s: \S+\n", done.stdout)
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 10


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--variant", "liver"], "phantom: the phantom has no variant liver; it has standard, spacing"),
        (["--size", "9x32x32"], "slices × rows × columns, from 10x32x32 to 400x1024x1024"),
        ([], "is not empty; name another one"),
    ],
)
def test_what_cannot_be_made_is_told_in_a_sentence(tmp_path: Path, args: list[str], says: str) -> None:
    (tmp_path / "file").touch()
    done = run(*args, "--out", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert "Traceback" not in done.stderr
