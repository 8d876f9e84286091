"""The judge on a series: segmentations written by highdicom, of the phantom, whose truth is known; faults are planted."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.sr.codedict import codes

from judge import judge as decide
from phantom import make

SIZE = (20, 48, 48)
STEP_MM, PIXEL_MM = 20, 8
ORACLE = """
import numpy as np

def expected_volume(sources, parameters):
    heights = [np.dot(np.array(s.ImagePositionPatient, float), np.cross(*np.array(s.ImageOrientationPatient, float).reshape(2, 3)))
               for s in sources]
    assert heights == sorted(heights)
    return np.stack([source.pixel_array - 1024 > parameters["above"] for source in sources])
"""
Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    @cache
    def phantom(variant: str) -> Path:
        path = tmp_path_factory.mktemp("phantom") / variant
        make(variant, path, SIZE)
        return path

    return phantom


def files(phantom: Path) -> list[Path]:
    return sorted(phantom.glob("slice-*.dcm"))


def truth(phantom: Path, name: str = "liver") -> Any:
    with np.load(phantom / "truth" / f"{name}.npz") as archive:
        return archive["mask"]


def segmented(path: Path, phantom: Path, mask: Any, outcome: str = "found", images: list[Any] | None = None) -> Path:
    """A result folder with the mask, (file, row, column), as a segmentation of the phantom's files."""
    path.mkdir()
    (path / "outcome.json").write_text(json.dumps({"outcome": outcome, "error": None, "seconds": 0.5}))
    if mask is None:
        return path
    described = highdicom.seg.SegmentDescription(
        segment_number=1,
        segment_label="Liver",
        segmented_property_category=codes.SCT.Organ,
        segmented_property_type=codes.SCT.Liver,
        algorithm_type=highdicom.seg.SegmentAlgorithmTypeValues.MANUAL,
    )
    highdicom.seg.Segmentation(
        source_images=images or [dcmread(file) for file in files(phantom)],
        pixel_array=mask.astype(np.uint8),
        segmentation_type=highdicom.seg.SegmentationTypeValues.BINARY,
        segment_descriptions=[described],
        series_instance_uid="1.2.3",
        series_number=1,
        sop_instance_uid="1.2.3.4",
        instance_number=1,
        manufacturer="Test",
        manufacturer_model_name="Test",
        software_versions="1",
        device_serial_number="1",
    ).save_as(path / "result-0001.dcm")
    return path


def judge(phantom: Path, new: Path, expect: dict[str, Any], **more: Any) -> dict[str, Any]:
    request: dict[str, Any] = {
        "case": {"name": "case", "expected_by": more.pop("expected_by", "ground-truth"), "expect": expect},
        "parameters": {"above": 300},
        "kind": "segmentation",
        "change_budget": None,
        "root": str(phantom.parent),
        "sources": [str(file) for file in files(phantom)],
        "truth": str(phantom / "truth"),
        "new": str(new),
        "old": None,
        "pictures": None,
        **more,
    }
    return json.loads(json.dumps(decide(request), allow_nan=False))


@pytest.mark.parametrize("variant", ["standard", "mirrored", "feet-first", "oblique", "missing-slice"])
def test_the_truth_itself_passes_with_its_volume_in_ml(made: Make, tmp_path: Path, variant: str) -> None:
    phantom = made(variant)
    mask = truth(phantom)
    expect = {"truth": "liver", "outcome": "found", "dice_min": 1, "hausdorff95_mm_max": 0, "volume_rel": 0, "components": "equal"}
    said = judge(phantom, segmented(tmp_path / "new", phantom, mask), expect)
    assert (said["verdict"], said["reasons"]) == ("passed", [])
    assert (said["expected"]["by"], said["expected"]["unit"], said["expected"]["dice"]) == ("phantom liver", "ml", 1)
    assert said["expected"]["volume"] == pytest.approx(np.count_nonzero(mask) * PIXEL_MM**2 * STEP_MM / 1000)


def test_one_slice_off_is_one_step_off_in_mm(made: Make, tmp_path: Path) -> None:
    phantom = made("standard")
    spleen = truth(phantom, "spleen")
    moved = segmented(tmp_path / "new", phantom, np.roll(spleen, 1, axis=0))
    said = judge(phantom, moved, {"truth": "spleen", "dice_min": 0.99, "hausdorff95_mm_max": 5, "volume_rel": 0})
    assert [reason.split(" ")[0] for reason in said["reasons"]] == ["Dice", "Hausdorff95"]
    assert said["expected"]["hausdorff95_mm"] == pytest.approx(STEP_MM)


def test_another_organ_is_not_the_liver(made: Make, tmp_path: Path) -> None:
    phantom = made("standard")
    new = segmented(tmp_path / "new", phantom, truth(phantom, "spleen"))
    assert judge(phantom, new, {"truth": "liver", "dice_min": 0.9})["reasons"] == ["Dice is 0, at least 0.9 is accepted"]
    assert judge(phantom, new, {"truth": "liver"})["verdict"] == "failed"


def test_nothing_found_is_right_where_there_is_nothing(made: Make, tmp_path: Path) -> None:
    nothing = segmented(tmp_path / "new", made("standard"), None, "nothing-found")
    expect = {"truth": "liver", "outcome": "nothing-found", "dice_min": 1}
    assert judge(made("no-liver"), nothing, expect)["verdict"] == "passed"
    assert judge(made("standard"), nothing, expect)["reasons"] == ["Dice is 0, at least 1 is accepted"]


def test_a_frame_has_to_lie_where_the_image_that_it_names_lies(made: Make, tmp_path: Path) -> None:
    phantom = made("standard")
    images = [dcmread(file) for file in files(phantom)]
    for image in images:
        x, y, z = image.ImagePositionPatient
        image.ImagePositionPatient = [x, y, float(z) + 5]
    new = segmented(tmp_path / "new", phantom, truth(phantom), images=images)
    [reason] = judge(phantom, new, {"truth": "liver", "dice_min": 0.5})["reasons"]
    assert reason == "frame 1 of the segmentation lies elsewhere in the patient than the image that it names"


def test_a_frame_of_another_series_is_told(made: Make, tmp_path: Path) -> None:
    new = segmented(tmp_path / "new", made("no-contrast"), truth(made("no-contrast")))
    [reason] = judge(made("standard"), new, {"truth": "liver", "dice_min": 0.5})["reasons"]
    assert reason == "frame 1 of the segmentation names an image that is not of the source"


@pytest.mark.parametrize("variant", ["standard", "mirrored", "feet-first"])
def test_an_oracle_of_a_volume_gets_its_slices_in_their_order(made: Make, tmp_path: Path, variant: str) -> None:
    phantom = made(variant)
    oracle = tmp_path / "tests" / "oracles" / "above.py"
    oracle.parent.mkdir(parents=True)
    oracle.write_text(ORACLE)
    mask = np.stack([dcmread(file).pixel_array - 1024 > 300 for file in files(phantom)])
    expect = {"oracle": "tests/oracles/above.py", "dice_min": 1}
    new = segmented(tmp_path / "new", phantom, mask)
    assert judge(phantom, new, expect, root=str(tmp_path), expected_by="oracle")["reasons"] == []
    oracle.write_text("def expected(source, parameters):\n    return None\n")
    [reason] = judge(phantom, new, expect, root=str(tmp_path), expected_by="oracle")["reasons"]
    assert reason.startswith("the oracle above.py failed: AttributeError")


@pytest.mark.parametrize(
    ("expect", "more", "says"),
    [
        ({"dice_min": 0.9}, {}, "names neither a truth nor an outcome"),
        ({"outcome": "found", "dice_min": 0.9}, {}, "names neither oracle nor mask nor truth"),
        ({"truth": "gallbladder"}, {}, "gallbladder.npz is not a NumPy archive with one array"),
        ({"truth": "liver"}, {"truth": None}, "there is no truth liver: the case is not about a phantom"),
    ],
)
def test_a_case_never_passes_for_lack_of_a_truth(
    made: Make, tmp_path: Path, expect: dict[str, Any], more: dict[str, Any], says: str
) -> None:
    phantom = made("standard")
    said = judge(phantom, segmented(tmp_path / "new", phantom, truth(phantom)), expect, **more)
    assert said["verdict"] == "failed"
    assert says in " ".join(said["reasons"])


def test_a_truth_of_other_slices_is_told(made: Make, tmp_path: Path) -> None:
    phantom = made("standard")
    new = segmented(tmp_path / "new", phantom, truth(phantom))
    [reason] = judge(phantom, new, {"truth": "liver"}, truth=str(made("missing-slice") / "truth"))["reasons"]
    assert reason == "the truth liver has 19 slices, the source has 20"


def test_pictures_show_the_slice_that_differs_most(made: Make, tmp_path: Path) -> None:
    phantom = made("feet-first")
    wrong = truth(phantom)
    wrong[4, 10:20, 10:20] = True
    new = segmented(tmp_path / "new", phantom, wrong)
    said = judge(phantom, new, {"truth": "liver", "dice_min": 0.5}, pictures=str(tmp_path / "pictures"))
    assert sorted(said["pictures"]) == ["difference", "expected", "new", "source"]
    apart = np.asarray(Image.open(tmp_path / "pictures" / said["pictures"]["difference"]))
    assert np.array_equal(apart != 0, wrong[4] != truth(phantom)[4])
    shown = np.asarray(Image.open(tmp_path / "pictures" / said["pictures"]["source"])).astype(float)
    assert np.corrcoef(shown.ravel(), dcmread(files(phantom)[4]).pixel_array.ravel())[0, 1] > 0.99
