"""The judge on folders as a case leaves them: each fault is planted into a right result."""

import hashlib
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from PIL import Image
from pydicom import Dataset, FileDataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage

from judge import judge as decide

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WINDOW = {"center": 40, "width": 400}
ORACLE = {"oracle": "tests/oracles/window_level.py", "outcome": "done", "max_abs": 0}
GREYS = np.arange(12, dtype=np.uint8).reshape((1, 3, 4))


@pytest.fixture(scope="module")
def source() -> Path:
    return Path(str(get_testdata_file("CT_small.dcm", download=False)))


@pytest.fixture(scope="module")
def right(source: Path) -> Any:
    """Worked out here from the file's own header: slope and intercept, then PS3.3 C.11.2.1.2.1."""
    image = dcmread(source)
    x = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
    greys = np.clip(((x - 39.5) / 399 + 0.5) * 255, 0, 255)
    return np.floor(greys + 0.5).astype(np.uint8)[None]


def folder(path: Path, greys: Any = None, outcome: str | None = "done", error: str | None = None, **attributes: Any) -> Path:
    """A result folder."""
    path.mkdir(parents=True)
    words = {"code": error, "message": "no window", "where": ""} if error else None
    (path / "outcome.json").write_text(json.dumps({"outcome": None if error else outcome, "error": words, "seconds": 0.5}))
    if greys is not None:
        write(path / "result-0001.dcm", greys, **attributes)
    return path


def write(path: Path, greys: Any, **attributes: Any) -> None:
    meta, dataset = FileMetaDataset(), Dataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID, dataset.SOPInstanceUID = SecondaryCaptureImageStorage, "1.2.3"
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = greys.shape[-2:]
    bits = greys.dtype.itemsize * 8
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = bits, bits, bits - 1
    dataset.PixelRepresentation = int(greys.dtype.kind == "i")
    dataset.PixelData = greys.astype(greys.dtype.newbyteorder("<")).tobytes()
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    for name, value in attributes.items():
        setattr(dataset, name, value)
    FileDataset("", dataset, file_meta=meta, preamble=b"\0" * 128).save_as(path, enforce_file_format=True)


def judge(source: Path, new: Path, expect: dict[str, Any], old: Path | None = None, **more: Any) -> dict[str, Any]:
    by = more.pop("expected_by", "oracle" if "oracle" in expect else "recorded")
    request: dict[str, Any] = {
        "case": {"name": "case", "expected_by": by, "expect": expect},
        "parameters": WINDOW,
        "kind": "image",
        "change_budget": None,
        "root": str(ROOT),
        "sources": [str(source)],
        "new": str(new),
        "old": str(old) if old else None,
        "pictures": None,
        **more,
    }
    return json.loads(json.dumps(decide(request), allow_nan=False))


def test_a_right_result_passes_with_its_numbers(tmp_path: Path, source: Path, right: Any) -> None:
    said = judge(source, folder(tmp_path / "new", right), ORACLE)
    assert (said["verdict"], said["reasons"], said["change"], said["approval"]) == ("passed", [], None, [])
    by = {"by": "tests/oracles/window_level.py", "samples": 16384, "different": 0, "fraction_different": 0.0, "max_abs": 0}
    assert said["expected"] == by
    assert (said["outcome"], said["seconds"]) == ("done", 0.5)


@pytest.mark.parametrize(
    ("tolerances", "passes"),
    [
        ({}, False),
        ({"max_abs": 3}, False),
        ({"max_abs": 4}, True),
        ({"fraction_different": 0}, False),
        ({"fraction_different": 2 / 16384}, True),
        ({"max_abs": 0, "fraction_different": 1}, False),
    ],
)
def test_two_wrong_samples_pass_only_within_the_tolerance(
    tmp_path: Path, source: Path, right: Any, tolerances: dict[str, Any], passes: bool
) -> None:
    wrong = right.copy()
    wrong[0, 5, 6] ^= 4
    wrong[0, 7, 8] ^= 1
    said = judge(source, folder(tmp_path / "new", wrong), {"oracle": ORACLE["oracle"], **tolerances})
    assert (said["verdict"] == "passed", said["expected"]["different"], said["expected"]["max_abs"]) == (passes, 2, 4)
    assert bool(said["reasons"]) is not passes


def test_another_shape_another_outcome_and_no_image_fail(tmp_path: Path, source: Path, right: Any) -> None:
    assert judge(source, folder(tmp_path / "a", right[:, :64]), ORACLE)["reasons"] == ["the shape differs"]
    refused = judge(source, folder(tmp_path / "b", error="invalid-input"), ORACLE)
    assert refused["reasons"] == ["the run ended with error invalid-input (no window) instead of done"]
    assert judge(source, folder(tmp_path / "c"), ORACLE)["reasons"] == ["the run left no image"]
    (tmp_path / "d").mkdir()
    assert judge(source, tmp_path / "d", ORACLE)["reasons"] == ["the run left no outcome"]
    twice = folder(tmp_path / "e", right)
    write(twice / "result-0002.dcm", right)
    assert judge(source, twice, ORACLE)["reasons"] == ["the run left 2 images; a case is about one"]
    broken = folder(tmp_path / "f", right)
    (broken / "result-0001.dcm").write_text("no image")
    assert judge(source, broken, ORACLE)["reasons"] == ["result-0001.dcm is not a DICOM file"]


@pytest.mark.parametrize(
    ("expect", "by", "words"),
    [
        ({"outcome": "done"}, "oracle", "names neither oracle nor mask"),
        ({"dice_min": 0.9}, "recorded", "dice_min: the case names neither oracle nor mask"),
        ({"outcome": "done", "max_abs": 1, "components": "equal"}, "recorded", "max_abs, components: the case names neither"),
        ({"outcome": "done", "error": "invalid-input"}, "recorded", "both an error and an outcome"),
        ({"oracle": "tests/oracles/nothing.py"}, "oracle", "the oracle nothing.py failed: ModuleNotFoundError"),
        ({"mask": "tests/oracles/nothing.npz"}, "oracle", "nothing.npz is not a NumPy archive"),
    ],
)
def test_a_case_never_passes_for_lack_of_something(
    tmp_path: Path, source: Path, right: Any, expect: dict[str, Any], by: str, words: str
) -> None:
    said = judge(source, folder(tmp_path / "new", right), expect, expected_by=by)
    assert said["verdict"] == "failed"
    assert words in " ".join(said["reasons"])


def test_an_expected_error_passes_and_another_one_does_not(tmp_path: Path, source: Path) -> None:
    refused = folder(tmp_path / "new", error="invalid-input")
    assert judge(source, refused, {"error": "invalid-input"}, expected_by="oracle")["verdict"] == "passed"
    assert judge(source, refused, {"error": "image-unreadable"})["verdict"] == "failed"
    assert judge(source, folder(tmp_path / "done", GREYS), {"error": "invalid-input"})["reasons"] == [
        "the run ended with done instead of error invalid-input"
    ]


def test_a_digest_is_over_shape_type_samples_and_listed_attributes_and_over_nothing_else(tmp_path: Path, source: Path) -> None:
    attributes = {"PatientName": "A^B", "PixelSpacing": [0.5, 2]}
    said = judge(source, folder(tmp_path / "new", GREYS, **attributes), {"outcome": "done"})
    head = (
        '{"attributes":{"BitsStored":8,"PhotometricInterpretation":"MONOCHROME2","PixelSpacing":[0.5,2],'
        '"SOPClassUID":"1.2.840.10008.5.1.4.1.1.7"},"dtype":"uint8","shape":[1,3,4]}'
    )
    assert said["digest"] == hashlib.sha256(head.encode() + b"\0" + bytes(range(12))).hexdigest()
    same = judge(source, folder(tmp_path / "other", GREYS, **{**attributes, "PatientName": "C"}), {"pixels_sha256": said["digest"]})
    assert same["verdict"] == "passed"
    moved = judge(source, folder(tmp_path / "moved", GREYS, PixelSpacing=[0.5, 2.5]), {"pixels_sha256": said["digest"]})
    assert moved["verdict"] == "failed"


def test_a_digest_takes_samples_of_16_bits_in_little_endian(tmp_path: Path, source: Path) -> None:
    wide = np.array([[[1, -2]]], np.int16)
    said = judge(source, folder(tmp_path / "new", wide), {"outcome": "done"})
    head = (
        '{"attributes":{"BitsStored":16,"PhotometricInterpretation":"MONOCHROME2","SOPClassUID":"1.2.840.10008.5.1.4.1.1.7"},'
        '"dtype":"int16","shape":[1,1,2]}'
    )
    assert said["digest"] == hashlib.sha256(head.encode() + b"\0" + struct.pack("<2h", 1, -2)).hexdigest()


class TestChange:
    """New against old, held against the change budget."""

    def judge(self, tmp_path: Path, source: Path, new: Any, **more: Any) -> dict[str, Any]:
        old = folder(tmp_path / "old", GREYS)
        return judge(source, folder(tmp_path / "new", new), {"outcome": "done"}, old, **more)

    def test_the_same_result_needs_nobody(self, tmp_path: Path, source: Path) -> None:
        said = self.judge(tmp_path, source, GREYS)
        assert said["approval"] == []
        expected = {"old_outcome": "done", "new_outcome": "done", "old_seconds": 0.5, "same": True}
        assert said["change"] == {**expected, "samples": 12, "different": 0, "fraction_different": 0.0, "max_abs": 0}

    @pytest.mark.parametrize(
        ("budget", "words"),
        [
            (None, ["1 of 12 samples changed, and the entry has no change_budget"]),
            ({"max_abs": 2}, ["the largest difference of a sample is 3, at most 2 is accepted"]),
            ({"max_abs": 3}, []),
            ({"fraction_different": 0.05}, ["1 of 12 samples differ; the fraction is 0.0833333, at most 0.05 is accepted"]),
            ({"fraction_different": 0.1}, []),
            ({"dice_min": 0.99}, ["Dice is 0.952381, at least 0.99 is accepted"]),
            ({"volume_rel": 0.05}, ["the relative difference in volume is 0.0909091, at most 0.05 is accepted"]),
        ],
    )
    def test_a_change_beyond_the_budget_needs_the_clinical_owner(
        self, tmp_path: Path, source: Path, budget: dict[str, float] | None, words: list[str]
    ) -> None:
        """A 3 among 0…11 becomes 0: 11 samples were not 0, now 10 are."""
        new = GREYS.copy()
        new[0, 0, 3] = 0
        said = self.judge(tmp_path, source, new, change_budget=budget)
        assert (said["verdict"], said["approval"]) == ("passed", words)

    def test_another_outcome_or_meaning_is_beyond_every_budget(self, tmp_path: Path, source: Path) -> None:
        old, budget = folder(tmp_path / "old", GREYS), {"max_abs": 65535}
        refused = judge(
            source, folder(tmp_path / "a", error="invalid-input"), {"error": "invalid-input"}, old, change_budget=budget
        )
        assert refused["approval"] == ["the run ends with error invalid-input, it ended with done"]
        wide = judge(source, folder(tmp_path / "b", GREYS.astype(np.uint16)), {"outcome": "done"}, old, change_budget=budget)
        assert wide["approval"] == ["BitsStored changed", "the samples are uint16, they were uint8"]
        moved = judge(source, folder(tmp_path / "c", GREYS, PixelSpacing=[1, 1]), {"outcome": "done"}, old, change_budget=budget)
        assert moved["approval"] == ["PixelSpacing changed"]
        small = judge(source, folder(tmp_path / "d", GREYS[:, :2]), {"outcome": "done"}, old, change_budget=budget)
        assert small["approval"] == ["the shape differs"]

    def test_an_old_result_that_is_none_is_said(self, tmp_path: Path, source: Path) -> None:
        (tmp_path / "old").mkdir()
        said = judge(source, folder(tmp_path / "new", GREYS), {"outcome": "done"}, tmp_path / "old")
        assert (said["verdict"], said["change"]) == ("passed", None)
        assert said["approval"] == ["there is no old result to compare with: the run left no outcome"]


class TestSegmentation:
    """A segmentation object against a mask."""

    @pytest.fixture
    def mask(self) -> Any:
        mask = np.zeros((1, 128, 128), np.uint8)
        mask[0, 30:50, 40:70] = 1
        return mask

    def folder(self, path: Path, source: Path, masks: list[Any]) -> Path:
        described = [
            highdicom.seg.SegmentDescription(
                segment_number=number,
                segment_label=f"Tissue {number}",
                segmented_property_category=codes.SCT.Tissue,
                segmented_property_type=codes.SCT.SoftTissue if number == 1 else codes.SCT.Bone,
                algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
            )
            for number in range(1, len(masks) + 1)
        ]
        made = highdicom.seg.Segmentation(
            source_images=[dcmread(source)],
            pixel_array=np.stack(masks, axis=-1),
            segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
            segment_descriptions=described,
            series_instance_uid="1.2.3",
            series_number=1,
            sop_instance_uid="1.2.3.4",
            instance_number=1,
            manufacturer="Test",
            manufacturer_model_name="Test",
            software_versions="1",
            device_serial_number="1",
        )
        folder(path, outcome="found")
        made.save_as(path / "result-0001.dcm")
        return path

    @pytest.fixture
    def archive(self, tmp_path: Path, mask: Any) -> Path:
        (tmp_path / "tests" / "oracles").mkdir(parents=True)
        np.savez_compressed(tmp_path / "tests" / "oracles" / "mask.npz", mask=mask)
        return tmp_path

    def judge(self, root: Path, source: Path, new: Path, **tolerances: Any) -> dict[str, Any]:
        expect = {"mask": "tests/oracles/mask.npz", **tolerances}
        return judge(source, new, expect, root=str(root), expected_by="oracle", kind="segmentation")

    def test_its_segments_together_are_held_against_the_mask(self, archive: Path, source: Path, mask: Any) -> None:
        left, right = mask.copy(), mask.copy()
        left[..., 55:], right[..., :55] = 0, 0
        said = self.judge(archive, source, self.folder(archive / "new", source, [left, right]), components="equal")
        assert (said["verdict"], said["reasons"]) == ("passed", [])
        row, column = (float(value) for value in dcmread(source).PixelSpacing)
        assert (said["expected"]["dice"], said["expected"]["unit"]) == (1.0, "mm2")
        assert said["expected"]["volume"] == pytest.approx(600 * row * column)

    def test_each_tolerance_finds_its_fault(self, archive: Path, source: Path, mask: Any) -> None:
        wrong = mask.copy()
        wrong[0, 30:50, 69] = 0
        wrong[0, 100, 100] = 1
        new = self.folder(archive / "new", source, [wrong])
        assert self.judge(archive, source, new)["verdict"] == "failed"
        assert self.judge(archive, source, new, dice_min=0.98)["verdict"] == "passed"
        said = self.judge(archive, source, new, dice_min=0.99, hausdorff95_mm_max=0.1, volume_rel=0.01, components="equal")
        assert [reason.split(" ")[0] for reason in said["reasons"]] == ["Dice", "Hausdorff95", "the", "2"]
        assert said["expected"]["dice"] == pytest.approx(2 * 580 / (581 + 600))

    def test_nothing_found_is_nothing_and_not_the_lack_of_an_image(self, archive: Path, source: Path, mask: Any) -> None:
        nothing = folder(archive / "nothing", outcome="nothing-found")
        said = self.judge(archive, source, nothing, dice_min=0.9, outcome="nothing-found")
        assert said["reasons"] == ["Dice is 0, at least 0.9 is accepted"]
        np.savez_compressed(archive / "tests" / "oracles" / "mask.npz", mask=np.zeros_like(mask))
        assert self.judge(archive, source, nothing, dice_min=0.9, outcome="nothing-found")["verdict"] == "passed"


def test_pictures_show_source_old_new_and_where_they_differ(tmp_path: Path, source: Path, right: Any) -> None:
    wrong = right.copy()
    wrong[0, 5, 6] += 1
    old, new = folder(tmp_path / "old", right), folder(tmp_path / "new", wrong)
    said = judge(source, new, {"outcome": "done"}, old, pictures=str(tmp_path / "pictures"))
    assert sorted(said["pictures"]) == ["difference", "new", "old", "source"]
    shown = {name: np.asarray(Image.open(tmp_path / "pictures" / file)) for name, file in said["pictures"].items()}
    assert np.array_equal(shown["old"], right[0])
    assert np.array_equal(shown["new"], wrong[0])
    assert np.argwhere(shown["difference"]).tolist() == [[5, 6]]
    assert shown["source"].shape == (128, 128)
    assert shown["source"].min() == 0
    assert shown["source"].max() == 255


def test_without_an_old_result_the_expected_one_is_shown(tmp_path: Path, source: Path, right: Any) -> None:
    said = judge(source, folder(tmp_path / "new", right), ORACLE, pictures=str(tmp_path / "pictures"))
    assert sorted(said["pictures"]) == ["difference", "expected", "new", "source"]


def test_an_image_that_cannot_be_read_can_be_a_case(tmp_path: Path) -> None:
    (tmp_path / "in.dcm").write_text("no image")
    refused = folder(tmp_path / "new", error="image-unreadable")
    said = judge(tmp_path / "in.dcm", refused, {"error": "image-unreadable"}, pictures=str(tmp_path / "pictures"))
    assert (said["verdict"], said["pictures"]) == ("passed", {})


def test_the_judge_is_a_process_that_knows_neither_sdk_nor_algorithm(tmp_path: Path, source: Path) -> None:
    request = {
        "case": {"expected_by": "recorded", "expect": {"outcome": "done"}},
        "parameters": {},
        "root": str(ROOT),
        "sources": [str(source)],
        "new": str(folder(tmp_path / "new", GREYS)),
    }
    script = "import sys; sys.path.insert(0, sys.argv[1]); import judge; judge.main(); print(*sys.modules)"
    command = [sys.executable, "-c", script, str(HERE)]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True, cwd="/")
    said, modules = done.stdout.splitlines()
    assert json.loads(said)["verdict"] == "passed"
    assert not {"mip_sdk", "adapter", "algorithm", "boto3"} & set(modules.split())


def test_a_request_that_is_none_is_told_in_a_sentence() -> None:
    done = subprocess.run([sys.executable, HERE / "judge.py"], input="{}", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("the judge failed: KeyError at judge.py:")
