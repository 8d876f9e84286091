"""What makes a volume, and what is said of images that make none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from made import ct
from mip_sdk import InvalidInput
from mip_sdk.geometry import plane_of
from mip_sdk.image_data import ImageData
from mip_sdk.reading import read_image
from mip_sdk.volume import volume_of

OBLIQUE = [0.8, 0.6, 0, -0.6, 0.8, 0]


def image(index: int, **changed: Any) -> ImageData:
    attributes: dict[str, Any] = {
        "RescaleType": "HU",
        "RescaleSlope": "1",
        "RescaleIntercept": "-10",
        "ImagePositionPatient": [1, 2, 3 + 2.5 * index],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "PixelSpacing": [0.5, 0.25],
        "FrameOfReferenceUID": "1.2.9",
        "SliceThickness": "9",
        **changed,
    }
    octets = ct(np.full((4, 6), index, np.int16), **{name: value for name, value in attributes.items() if value is not None})
    return read_image(octets, "hu")


def images(count: int = 5, **changed: Any) -> list[ImageData]:
    return [image(index, **changed) for index in range(count)]


def test_slices_are_sorted_along_their_normal_and_a_voxel_is_never_the_slice_thickness() -> None:
    given = images()
    volume = volume_of([given[index] for index in (3, 0, 4, 1, 2)])
    assert volume.shape == (5, 4, 6)
    assert volume.pixels[:, 0, 0].tolist() == [-10, -9, -8, -7, -6]
    assert volume.step_mm == pytest.approx(2.5)
    assert volume.voxel_ml == pytest.approx(0.5 * 0.25 * 2.5 / 1000)


def test_a_step_along_an_oblique_normal_is_measured_along_it() -> None:
    normal = np.cross(OBLIQUE[:3], OBLIQUE[3:])
    tilted = [image(index, ImageOrientationPatient=[0.8, 0, 0.6, 0, 1, 0]) for index in range(3)]
    with pytest.raises(InvalidInput, match=r"tilted by 36\.9 degrees"):
        volume_of(tilted)
    assert volume_of(tilted, takes_positions=True).step_mm == pytest.approx(2.0)
    placed = [
        image(index, ImageOrientationPatient=OBLIQUE, ImagePositionPatient=(normal * 3 * index).round(6).tolist())
        for index in range(3)
    ]
    assert volume_of(placed).step_mm == pytest.approx(3.0)


@pytest.mark.parametrize("tilt", [0.4, 0.6])
def test_half_a_degree_of_tilt_is_taken(tilt: float) -> None:
    leaned = np.tan(np.radians(tilt)) * 2.5
    series = [image(index, ImagePositionPatient=[0, round(leaned * index, 6), 2.5 * index]) for index in range(4)]
    if tilt < 0.5:
        assert volume_of(series).step_mm == pytest.approx(2.5)
        return
    with pytest.raises(InvalidInput, match="tilted"):
        volume_of(series)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ImagePositionPatient": None}, "image 3 of 5 has no position"),
        ({"PixelSpacing": None}, "image 3 of 5 has no position, orientation or spacing"),
        ({"PixelSpacing": [0, 0.25]}, "image 3 of 5 has no position, orientation or spacing"),
        ({"PixelSpacing": [0.5, 0.26]}, "image 3 of 5 has another spacing of pixels than image 1 of 5"),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.9998, 0.02]}, "image 3 of 5 has another orientation"),
        ({"FrameOfReferenceUID": "1.2.10"}, "image 3 of 5 has another frame of reference"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "image 3 of 5 has another SOP class"),
        ({"TemporalPositionIdentifier": 2}, "image 3 of 5 has another temporal position"),
        ({"EchoNumbers": 2}, "image 3 of 5 has another echo"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "image 3 of 5 is a localizer"),
        ({"ImagePositionPatient": [1, 2, 5.5]}, "image 2 of 5 and image 3 of 5 have the same position"),
        ({"ImagePositionPatient": [1, 2, 8.1]}, "mm apart, and the step is"),
    ],
)
def test_a_slice_that_does_not_fit_is_named_by_its_place_and_never_by_its_uid(changed: dict[str, Any], words: str) -> None:
    series = images()
    series[2] = image(2, SOPInstanceUID="1.7770.3", **changed)
    with pytest.raises(InvalidInput, match=words) as said:
        volume_of(series)
    assert "1.777" not in str(said.value)


def test_another_matrix_does_not_fit() -> None:
    odd = read_image(ct(np.zeros((4, 5), np.int16), RescaleType="HU", ImagePositionPatient=[1, 2, 5.5]), "hu")
    with pytest.raises(InvalidInput, match="image 2 of 3"):
        volume_of([image(0), odd, image(2)])


def test_a_missing_slice_is_found_by_its_step() -> None:
    series = images(6)
    del series[3]
    with pytest.raises(InvalidInput, match=r"image 3 of 5 and image 4 of 5 are 5\.000 mm apart.*a slice may be missing"):
        volume_of(series)
    assert volume_of(series, takes_positions=True).step_mm == pytest.approx(2.5)


@given(st.lists(st.floats(-0.009, 0.009), min_size=3, max_size=8))
@settings(max_examples=30, deadline=None)
def test_steps_within_a_hundredth_of_the_median_are_one_step(jitter: list[float]) -> None:
    places = np.cumsum([0.0, *(2.0 * (1 + one / 2) for one in jitter)])
    series = [image(0, ImagePositionPatient=[0, 0, round(float(place), 6)]) for place in places]
    assert volume_of(series).step_mm == pytest.approx(float(np.median(np.diff(places))), abs=1e-5)


@pytest.mark.parametrize(
    ("position", "orientation", "spacing"),
    [
        (None, [1, 0, 0, 0, 1, 0], (1, 1)),
        ([0, 0], [1, 0, 0, 0, 1, 0], (1, 1)),
        ([0, 0, 0], [1, 0, 0], (1, 1)),
        ([0, 0, 0], [1, 0, 0, 1, 0, 0], (1, 1)),
        ([0, 0, 0], [0, 0, 0, 0, 0, 0], (1, 1)),
        ([0, 0, float("nan")], [1, 0, 0, 0, 1, 0], (1, 1)),
        ([0, 0, 0], [1, 0, 0, 0, 1, 0], (None, 1)),
    ],
)
def test_what_makes_no_plane_is_no_geometry(position: Any, orientation: Any, spacing: Any) -> None:
    assert plane_of(position, orientation, spacing) is None


def test_pixels_lie_where_ps3_3_c_7_6_2_1_1_says() -> None:
    plane = plane_of([10, 20, 30], OBLIQUE, (2, 3))
    assert plane is not None
    [found] = plane.lps(np.array([5]), np.array([7]))
    assert found.tolist() == pytest.approx([10 + 7 * 3 * 0.8 - 5 * 2 * 0.6, 20 + 7 * 3 * 0.6 + 5 * 2 * 0.8, 30])
