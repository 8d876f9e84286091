"""Each step by itself, against a model that is too slow to be wrong."""

import importlib.util
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import threshold_ccl as oracle
from made import ct, processed
from mip_sdk import BaseProcessor, InvalidInput
from segs import manifest, mask_of, measured, seg_of


def _module() -> Any:
    path = Path(__file__).parents[1] / "algorithm.py"
    spec = importlib.util.spec_from_file_location("threshold_ccl_algorithm", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


algorithm = _module()
MASKS = hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=8))


def around(place: tuple[int, ...], shape: tuple[int, ...], corners: bool) -> Iterator[tuple[int, ...]]:
    for step in product((-1, 0, 1), repeat=len(shape)):
        moved = tuple(at + by for at, by in zip(place, step, strict=True))
        touches = any(step) and (corners or sum(map(abs, step)) == 1)
        if touches and all(0 <= at < size for at, size in zip(moved, shape, strict=True)):
            yield moved


def reached(mask: Any, start: tuple[int, ...], corners: bool) -> set[tuple[int, ...]]:
    found, waiting = {start}, [start]
    while waiting:
        for place in around(waiting.pop(), mask.shape, corners):
            if mask[place] and place not in found:
                found.add(place)
                waiting.append(place)
    return found


@given(MASKS)
@settings(max_examples=150, deadline=None)
def test_holes_are_background_that_no_path_of_faces_joins_to_the_border(mask: Any) -> None:
    outside: set[tuple[int, ...]] = set()
    for place in np.ndindex(mask.shape):
        border = any(at in (0, size - 1) for at, size in zip(place, mask.shape, strict=True))
        if border and not mask[place] and place not in outside:
            outside |= reached(~mask, place, corners=False)
    expected = np.array([place not in outside for place in np.ndindex(mask.shape)]).reshape(mask.shape)
    assert np.array_equal(algorithm.filled(mask), expected)
    assert np.array_equal(oracle.without_holes(mask), expected)


def naive_components(mask: Any) -> list[set[tuple[int, ...]]]:
    """Largest first, then by the first place in raster order."""
    seen: set[tuple[int, ...]] = set()
    found: list[set[tuple[int, ...]]] = []
    for place in np.ndindex(mask.shape):
        if mask[place] and place not in seen:
            found.append(reached(mask, place, corners=True))
            seen |= found[-1]
    return sorted(found, key=lambda one: (-len(one), min(one)))


@given(MASKS, st.integers(0, 6))
@settings(max_examples=150, deadline=None)
def test_components_touch_by_a_corner_and_are_sorted_by_size_then_by_their_first_voxel(mask: Any, least: int) -> None:
    labels = algorithm.components(mask, 1.0, float(least))
    wanted = [one for one in naive_components(mask) if _largest_slice(one, mask.ndim) >= least]
    got = [
        set(zip(*(axis.tolist() for axis in np.nonzero(labels == number)), strict=True)) for number in range(1, labels.max() + 1)
    ]
    assert got == wanted
    assert np.array_equal(labels != 0, oracle.large(mask, 1.0, least))


def _largest_slice(component: set[tuple[int, ...]], dimensions: int) -> int:
    if dimensions == 2:
        return len(component)
    slices = [place[0] for place in component]
    return max(slices.count(one) for one in set(slices))


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_closing_and_opening_ignore_what_lies_outside_the_image(mask: Any, radius: int) -> None:
    def moved(source: Any, all_of: bool) -> Any:
        out = np.zeros_like(source)
        for row, column in np.ndindex(source.shape):
            inside = [
                source[other] for other in np.ndindex(source.shape) if (other[0] - row) ** 2 + (other[1] - column) ** 2 <= radius**2
            ]
            out[row, column] = all(inside) if all_of else any(inside)
        return out

    closed, opened = moved(moved(mask, False), True), moved(moved(mask, True), False)
    element = algorithm.disk(radius)
    assert np.array_equal(algorithm._by_slice(mask, algorithm.cv2.MORPH_CLOSE, element), closed)
    assert np.array_equal(algorithm._by_slice(mask, algorithm.cv2.MORPH_OPEN, element), opened)


def naive_otsu(counts: list[int], edges: Any) -> float:
    """Means and variances as fractions, every split tried; the lowest of the largest."""
    total = sum(counts)
    best, where = Fraction(0), 0
    for split in range(len(counts)):
        lower, upper = counts[: split + 1], counts[split + 1 :]
        if not sum(lower) or not sum(upper):
            continue
        low = Fraction(sum(index * count for index, count in enumerate(lower)), sum(lower))
        high = Fraction(sum((split + 1 + index) * count for index, count in enumerate(upper)), sum(upper))
        between = Fraction(sum(lower), total) * Fraction(sum(upper), total) * (low - high) ** 2
        if between > best:
            best, where = between, split
    return float((edges[where] + edges[where + 1]) / 2)


VALUES = hnp.arrays(np.float32, st.integers(1, 40), elements=st.sampled_from([30, 30.3, 40, 81.8, 90, 149.9, 150]))


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_otsu_is_the_lowest_bin_of_the_largest_variance_between_the_classes(values: Any) -> None:
    counts, edges = np.histogram(values, 256, (30.0, 150.0))
    expected = naive_otsu(counts.tolist(), edges)
    assert algorithm.otsu(values, 30.0, 150.0) == expected
    assert oracle.threshold(values, {"method": "otsu", "low": 30.0, "high": 150.0}) == pytest.approx(expected)


def test_of_two_classes_apart_otsu_takes_the_lowest_threshold_that_parts_them() -> None:
    values = np.array([30.0] * 5 + [150.0] * 3, np.float32)
    assert algorithm.otsu(values, 30.0, 150.0) == pytest.approx(30 + 120 / 512)


def test_disks_are_those_of_the_definition() -> None:
    for radius in (7, 9):
        assert np.array_equal(algorithm.disk(radius), oracle.disk(radius))


def blob(**attributes: Any) -> bytes:
    """A disk of 100 HU in air, 60 × 60, and a second one of half its radius."""
    rows, columns = np.mgrid[:60, :60]
    hu = np.full((60, 60), -1000)
    hu[(rows - 22) ** 2 + (columns - 22) ** 2 <= 16**2] = 100
    hu[(rows - 48) ** 2 + (columns - 48) ** 2 <= 11**2] = 120
    placed = {"ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [2, 1]}
    given = {
        **placed,
        "FrameOfReferenceUID": "1.2.9",
        "RescaleType": "HU",
        "RescaleSlope": "1",
        "RescaleIntercept": "0",
        **attributes,
    }
    return ct(hu.astype(np.int16), **{name: value for name, value in given.items() if value is not None})


def test_an_image_without_geometry_gives_a_seg_that_refers_to_it_and_sizes_in_pixels(processors: dict[str, BaseProcessor]) -> None:
    for missing in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
        done = processed(processors, "threshold-ccl", blob(**{missing: None}))
        text = measured(done)
        component = text["segments"][0]["components"][0]
        size = component["measurements"][0]
        assert (text["geometry"], size["name"], size["unit"], size["value"]) == ("none", "Area", "{pixels}", component["samples"])
        assert "mm" not in "".join(key for key in component)
        assert component["centroid_row_column"] == pytest.approx([22, 22], abs=0.5)
        assert "mm" not in [one["unit"] for one in component["measurements"]]
        whole = mask_of(seg_of(processed(processors, "threshold-ccl", blob())))
        assert np.array_equal(mask_of(seg_of(done)), whole)
        assert any("no geometry" in note for note in manifest(done)["notes"])
        assert any("number of pixels" in note for note in manifest(done)["notes"])


def test_min_area_is_of_the_spacing_or_of_pixels(processors: dict[str, BaseProcessor]) -> None:
    """About 800 and 380 pixels; a pixel has 2 mm2."""
    for least, placed, apart in ((500, 2, 1), (900, 1, 0), (1700, 0, 0)):
        for spacing, expected in (([2, 1], placed), (None, apart)):
            done = processed(processors, "threshold-ccl", blob(PixelSpacing=spacing), {"min_area_mm2": least})
            assert measured(done)["segments"][0]["count"] == expected, (least, spacing)


def test_only_padding_is_not_applicable_with_a_reason(processors: dict[str, BaseProcessor]) -> None:
    padded = ct(np.full((16, 16), -2000, np.int16), PixelPaddingValue=-2000, RescaleType="HU")
    done = processed(processors, "threshold-ccl", padded)
    assert (done.outcome, done.reason) == ("not-applicable", "only-padding")
    assert [file.name for file in done.files] == ["measurements.json", "manifest.json"]
    assert measured(done)["reason"]["code"] == "only-padding"
    assert (manifest(done)["outcome"], manifest(done)["outcome_reason"]) == ("not-applicable", "only-padding")


def test_padding_belongs_to_nothing_and_is_in_no_statistics(processors: dict[str, BaseProcessor]) -> None:
    rows, columns = np.mgrid[:60, :60]
    stored = np.full((60, 60), 100, np.int16)
    hole = (rows - 30) ** 2 + (columns - 30) ** 2 <= 3**2
    stored[hole] = 3000
    placed = {"ImagePositionPatient": [0, 0, 0], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [1, 1]}
    done = processed(processors, "threshold-ccl", ct(stored, RescaleType="HU", PixelPaddingValue=3000, **placed))
    assert np.array_equal(mask_of(seg_of(done)), ~hole)
    [component] = measured(done)["segments"][0]["components"]
    values = {one["name"]: one["value"] for one in component["measurements"]}
    assert (values["Mean"], values["Standard deviation"]) == (100, 0)


def test_bright_padding_does_not_make_what_lies_beside_it_brighter(processors: dict[str, BaseProcessor]) -> None:
    rows, columns = np.mgrid[:60, :60]
    stored = np.where((rows // 2 + columns // 2) % 2 == 0, 3000, 60).astype(np.int16)
    done = processed(processors, "threshold-ccl", ct(stored, RescaleType="HU", PixelPaddingValue=3000), {"min_area_mm2": 0})
    assert done.outcome == "nothing-found"
    bright = processed(processors, "threshold-ccl", ct(stored, RescaleType="HU"), {"min_area_mm2": 0})
    assert bright.outcome == "found"


@pytest.mark.parametrize(
    ("attributes", "parameters", "words"),
    [
        ({"PhotometricInterpretation": "MONOCHROME1"}, {}, "MONOCHROME2"),
        ({"Modality": "MR"}, {}, "Hounsfield"),
        ({"RescaleType": "US"}, {}, "Hounsfield"),
        ({}, {"low": 150, "high": 30}, "low has to be below high"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(
    processors: dict[str, BaseProcessor], attributes: dict[str, Any], parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        processed(processors, "threshold-ccl", blob(**attributes), parameters)


def test_8_bits_are_taken(processors: dict[str, BaseProcessor]) -> None:
    stored = np.zeros((40, 40), np.uint8)
    stored[8:32, 8:32] = 110
    done = processed(processors, "threshold-ccl", ct(stored, RescaleType="HU", RescaleSlope="1", RescaleIntercept="0"))
    assert done.outcome == "found"
