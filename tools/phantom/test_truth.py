"""The truth against geometry: numbers worked out here from the ellipsoids' axes, or read back with highdicom."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import highdicom
import numpy as np
import pytest
from pydicom import dcmread
from scipy import ndimage

from anatomy import ANATOMY, HU, TRUTHS
from phantom import make
from variants import NAMES, SIZES, VARIANTS, find

STEP_MM = 10
"""Between slices of the small size; a mask ends at whole voxels."""
WHOLE = {
    "spleen": ((92, 20, -50), (28, 45, 42)),
    "kidney-right": ((-55, 46, -150), (24, 20, 42)),
    "kidney-left": ((55, 46, -142), (24, 20, 45)),
}
"""Centre and half axes of what nothing else covers and the field does not cut."""
SAME_ANATOMY = ["standard", "spacing", "oblique", "feet-first", "mirrored"]

Make = Callable[[str], Path]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Make:
    @cache
    def folder(variant: str) -> Path:
        path = tmp_path_factory.mktemp("phantom") / variant
        make(variant, path)
        return path

    return folder


@cache
def series(folder: Path) -> Any:
    """(slice, row, column) in HU with its affine, as highdicom reads it."""
    files = [dcmread(file) for file in sorted(folder.glob("slice-*.dcm"))]
    return highdicom.get_volume_from_series(files)


def mask(folder: Path, truth: str) -> Any:
    with np.load(folder / "truth" / f"{truth}.npz") as archive:
        return archive["mask"]


def points(folder: Path, truth: str) -> Any:
    """LPS of the voxels of a mask, by each file's own header: PS3.3 C.7.6.2.1.1."""
    found: list[Any] = []
    here = mask(folder, truth)
    for index in np.flatnonzero(here.any(axis=(1, 2))):
        image = dcmread(slices(folder)[index], stop_before_pixels=True)
        across, down = np.array(image.ImageOrientationPatient, float).reshape(2, 3)
        rows, columns = np.nonzero(here[index])
        between_rows, between_columns = map(float, image.PixelSpacing)
        place = np.array(image.ImagePositionPatient, float)
        found.append(place + np.outer(columns * between_columns, across) + np.outer(rows * between_rows, down))
    return np.concatenate(found)


@pytest.mark.parametrize("variant", SAME_ANATOMY)
@pytest.mark.parametrize("organ", WHOLE)
def test_an_organ_has_the_volume_and_the_centre_of_its_ellipsoid_however_it_is_stored(made: Make, variant: str, organ: str) -> None:
    folder, (centre, (a, b, c)) = made(f"{variant}-small"), WHOLE[organ]
    at = points(folder, organ)
    said = json.loads((folder / "phantom.json").read_text())["truth"][organ]
    voxel = abs(np.linalg.det(affine_of(folder)[:3, :3])) / 1000
    volume = np.count_nonzero(mask(folder, organ)) * voxel
    assert volume == pytest.approx(4 / 3 * np.pi * a * b * c / 1000, rel=0.015)
    assert (np.abs(at.mean(axis=0) - centre) <= (0.2, 0.2, 0.06 * STEP_MM)).all()
    assert (said["ml"], said["centroid_lps_mm"]) == (
        pytest.approx(volume, abs=2e-3),
        pytest.approx(at.mean(axis=0), abs=2e-3),
    )


def test_the_body_is_an_ellipsoid_cut_by_the_field_and_the_liver_two_lobes_that_overlap(made: Make) -> None:
    said = json.loads((made("standard-small") / "phantom.json").read_text())["truth"]
    a, b, c, half = 166, 114, 700, 200
    assert said["body"]["ml"] == pytest.approx(np.pi * a * b * 2 * (half - half**3 / (3 * c * c)) / 1000, rel=0.002)
    at = np.random.default_rng(5).uniform((-130, -80, -125), (60, 65, 0), (1_000_000, 3))
    lobes = [((-68, -8, -62), (60, 68, 60)), ((-5, -30, -45), (60, 38, 38))]
    inside = np.any([(((at - centre) / semi) ** 2).sum(axis=1) <= 1 for centre, semi in lobes], axis=0)
    assert said["liver"]["ml"] == pytest.approx(inside.mean() * 190 * 145 * 125 / 1000, rel=0.01)
    assert 1200 < said["liver"]["ml"] < 1400


@pytest.mark.parametrize("variant", ["standard", "oblique"])
def test_a_voxel_belongs_to_what_has_most_of_its_27_samples(made: Make, variant: str) -> None:
    got = mask(made(f"{variant}-small"), "spleen")
    affine = affine_of(made(f"{variant}-small"))
    centre, semi = WHOLE["spleen"]
    third = np.array([-1, 0, 1]) / 3
    fine = np.stack(np.meshgrid(third, third, third, indexing="ij"), axis=-1).reshape(27, 3)
    index = np.stack(np.meshgrid(*map(np.arange, got.shape), indexing="ij"), axis=-1)
    near = np.abs(index @ affine[:3, :3].T + affine[:3, 3] - centre).max(axis=-1) < 70
    at = (index[near][:, None] + fine) @ affine[:3, :3].T + affine[:3, 3]
    votes = ((((at - centre) / semi) ** 2).sum(axis=-1) <= 1).sum(axis=-1)
    assert np.array_equal(got[near], votes >= 14)
    assert not got[~near].any()


def affine_of(folder: Path) -> Any:
    """From (file, row, column) to LPS, by the headers of the first two files."""
    first, second = (dcmread(file, stop_before_pixels=True) for file in slices(folder)[:2])
    across, down = np.array(first.ImageOrientationPatient, float).reshape(2, 3)
    places = [np.array(image.ImagePositionPatient, float) for image in (first, second)]
    steps = [places[1] - places[0], down * float(first.PixelSpacing[0]), across * float(first.PixelSpacing[1])]
    return np.column_stack([*steps, places[0]])


@pytest.mark.parametrize("variant", ["standard", "oblique", "no-contrast", "noise-3"])
def test_inside_an_organ_the_mean_is_its_tissue_s_hounsfield_value(made: Make, variant: str) -> None:
    folder = made(f"{variant}-small")
    hu = np.stack([image.pixel_array * image.RescaleSlope + image.RescaleIntercept for image in map(dcmread, slices(folder))])
    expected = {
        "liver": 55 if variant == "no-contrast" else 105,
        "spleen": 140,
        "kidney-right": 185,
        "kidney-left": 185,
        "lung-right": -850,
        "lung-left": -850,
        "spine": 350,
        "aorta": 260,
        "bowel-gas": -950,
        "couch": 150,
    }
    sigma = 36 if variant == "noise-3" else 12
    for organ, value in expected.items():
        inner = ndimage.binary_erosion(mask(folder, organ), np.ones((3, 3, 3)), border_value=1)
        count = np.count_nonzero(inner)
        assert count > 10, organ
        # One of 25 is independent of the others, or nearly so: the kernel is that large.
        assert hu[inner].mean() == pytest.approx(value, abs=max(4 * sigma / np.sqrt(count / 25), 1)), organ


def slices(folder: Path) -> list[Path]:
    return sorted(folder.glob("slice-*.dcm"))


def test_noise_has_its_deviation_and_its_correlation_and_no_slice_knows_of_another(made: Make) -> None:
    for variant, sigma in (("standard-small", 12), ("noise-3-small", 36)):
        hu = np.stack([dcmread(file).pixel_array for file in slices(made(variant))]).astype(float) - 1024
        air = hu[:, :22, :] + 1000  # the rows above the patient
        assert air.mean() == pytest.approx(0, abs=0.02 * sigma)
        assert air.std() == pytest.approx(sigma, rel=0.02)
        for lag, expected in ((1, 56 / 70), (2, 28 / 70), (6, 0)):  # of the kernel 1 4 6 4 1
            assert correlation(air[:, :-lag], air[:, lag:]) == pytest.approx(expected, abs=0.02)
            assert correlation(air[..., :-lag], air[..., lag:]) == pytest.approx(expected, abs=0.02)
        assert correlation(air[:-1], air[1:]) == pytest.approx(0, abs=0.02)


def correlation(one: Any, other: Any) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


@pytest.mark.parametrize("variant", ["feet-first", "mirrored"])
def test_stored_another_way_every_voxel_is_the_same_in_the_patient(made: Make, variant: str) -> None:
    standard, other = (series(made(f"{name}-small")) for name in ("standard", variant))
    assert not np.allclose(standard.affine, other.affine)
    turned = other.match_geometry(standard)
    assert np.array_equal(turned.array, standard.array)
    kinds = {"feet-first": ([-1, 0, 0, 0, 1, 0], "FFS"), "mirrored": ([1, 0, 0, 0, -1, 0], "HFS")}
    image = dcmread(slices(made(f"{variant}-small"))[0])
    assert (list(image.ImageOrientationPatient), image.PatientPosition) == kinds[variant]


def test_the_oblique_axes_are_a_turn_and_lie_along_no_axis_of_the_patient(made: Make) -> None:
    affine = series(made("oblique-small")).affine[:3, :3]
    axes = affine / np.linalg.norm(affine, axis=0)
    assert axes.T @ axes == pytest.approx(np.eye(3), abs=1e-9)
    assert np.abs(axes).max() < 0.995
    assert np.linalg.det(axes) * np.linalg.det(series(made("standard-small")).affine[:3, :3]) > 0


def test_a_slice_is_missing_or_there_twice_and_the_truth_goes_with_the_files(made: Make) -> None:
    def heights(variant: str) -> list[float]:
        return [float(dcmread(file).ImagePositionPatient[2]) for file in slices(made(variant))]

    standard = heights("standard-small")
    assert heights("missing-slice-small") == [*standard[:20], *standard[21:]]
    assert heights("duplicate-slice-small") == [*standard[:21], *standard[20:]]
    liver = mask(made("standard-small"), "liver")
    assert np.array_equal(mask(made("missing-slice-small"), "liver"), np.delete(liver, 20, axis=0))
    assert np.array_equal(mask(made("duplicate-slice-small"), "liver"), np.insert(liver, 20, liver[20], axis=0))


def test_without_a_liver_there_is_none_and_all_else_is_as_before(made: Make) -> None:
    assert not mask(made("no-liver-small"), "liver").any()
    assert np.array_equal(mask(made("no-liver-small"), "spleen"), mask(made("standard-small"), "spleen"))
    liver = mask(made("standard-small"), "liver")
    hu = np.stack([dcmread(file).pixel_array for file in slices(made("no-liver-small"))]) - 1024
    assert hu[liver].max() < 105


def test_organs_lie_apart_and_within_the_body() -> None:
    """By the ellipsoids alone, on points of their own."""
    axes = np.ogrid[-165:166:3, -120:111:3, -200:201:3]
    around = {"fat", "muscle", "couch"}
    allowed = [{"lung-right", "airway"}, {"lung-left", "airway"}, {"bowel-fluid", "bowel-gas"}]
    inside: dict[str, Any] = {}
    for one in ANATOMY:
        if one.tissue not in around:
            inside[one.tissue] = inside.get(one.tissue, False) | within(axes, one.centre, one.semi)
    for name, here in inside.items():
        overlapping = {other for other in set(inside) - {name} if (here & inside[other]).any()}
        assert [other for other in overlapping if {name, other} not in allowed] == [], name
        skin = within(axes, (0, -5, 0), (166, 114, 700)) if name == "ribs" else within(axes, (0, -5, 0), (153, 103, 640))
        assert not (here & ~skin).any(), name


def within(axes: Any, centre: Any, semi: Any) -> Any:
    return sum(((at - c) / s) ** 2 for at, c, s in zip(axes, centre, semi, strict=True)) <= 1


def test_the_names_that_a_catalog_may_use_are_those_that_there_are() -> None:
    assert {"variants": list(VARIANTS), "sizes": [size for size in SIZES if size], "truths": NAMES["truths"]} == NAMES
    assert sorted(NAMES["truths"]) == sorted(TRUTHS)
    assert set().union(*TRUTHS.values()) == set(HU) - {"air"}
    for name in NAMES["variants"]:
        assert find(f"{name}-small") == (VARIANTS[name], SIZES["small"])
    with pytest.raises(LookupError, match="no variant liver; it has standard, "):
        find("liver")
