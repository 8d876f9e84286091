"""The UIDs by which a case's images are named, held against pydicom's own reading."""

from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file

from images import common, located


def _file(name: str) -> str:
    found = get_testdata_file(name)
    assert isinstance(found, str)
    return found


def test_one_image_is_named_down_to_the_instance() -> None:
    path = _file("CT_small.dcm")
    image = dcmread(path)
    assert common([path]) == {
        "study_uid": image.StudyInstanceUID,
        "series_uid": image.SeriesInstanceUID,
        "instance_uid": image.SOPInstanceUID,
    }


def test_several_are_named_by_their_series(tmp_path: Path) -> None:
    image = dcmread(_file("CT_small.dcm"))
    paths = []
    for number in range(2):
        image.SOPInstanceUID = f"1.2.{number}"
        image.save_as(tmp_path / f"{number}.dcm")
        paths.append(str(tmp_path / f"{number}.dcm"))
    assert common(paths) == {"study_uid": image.StudyInstanceUID, "series_uid": image.SeriesInstanceUID}
    with pytest.raises(ValueError, match="not one series"):
        common([*paths, _file("MR_small.dcm")])


def test_what_cannot_be_read_has_no_uids(tmp_path: Path) -> None:
    (tmp_path / "x.dcm").write_bytes(b"no image")
    assert common([str(tmp_path / "x.dcm")]) == {"study_uid": "0", "series_uid": "0", "instance_uid": "0"}


def test_what_a_package_ships_is_found_and_what_it_does_not_is_told() -> None:
    assert located({"package": "pydicom", "file": "CT_small.dcm"})["files"] == [_file("CT_small.dcm")]
    assert located({"package": "pydicom", "file": "no-such-file.dcm"}) == {"fault": "pydicom ships no file no-such-file.dcm"}
