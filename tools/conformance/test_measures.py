"""The numbers against other libraries, and against shapes whose numbers are known."""

import cv2
import numpy as np
import pytest
from scipy.spatial.distance import cdist
from skimage.measure import label
from skimage.metrics import hausdorff_distance
from skimage.segmentation import find_boundaries

from measures import compare_masks, compare_samples, dice, hausdorff, surface, voxel

RANDOM = np.random.default_rng(20261126)
SPACINGS = [(2.5, 0.7, 1.3), (1.0, 1.0, 1.0)]


def blobs(frames: int, size: int = 24) -> np.ndarray:
    """Rectangles at random places: what segmentations look like, with several parts and parts on the border."""
    mask = np.zeros((frames, size, size), bool)
    for _ in range(3):
        z, y, x = RANDOM.integers(0, [frames, size - 4, size - 4])
        mask[z : z + 3, y : y + RANDOM.integers(2, 9), x : x + RANDOM.integers(2, 9)] = True
    return mask


def test_equal_samples_are_equal_and_one_that_is_not_is_counted() -> None:
    one = RANDOM.integers(0, 255, (2, 8, 8), np.uint8)
    other = one.copy()
    other[1, 2, 3] ^= 4
    assert vars(compare_samples(one, one)) == {"samples": 128, "different": 0, "fraction_different": 0.0, "max_abs": 0}
    assert vars(compare_samples(other, one)) == {"samples": 128, "different": 1, "fraction_different": 1 / 128, "max_abs": 4}


def test_unsigned_samples_do_not_wrap_around_and_floats_keep_their_fraction() -> None:
    zero, most = np.zeros((1, 1, 1), np.uint16), np.full((1, 1, 1), 65535, np.uint16)
    assert compare_samples(zero, most).max_abs == 65535
    assert compare_samples(zero, np.full((1, 1, 1), 0.25)).max_abs == 0.25


def test_another_shape_differs_everywhere() -> None:
    apart = compare_samples(np.zeros((1, 4, 4)), np.zeros((1, 4, 5)))
    assert (apart.different, apart.fraction_different, apart.max_abs) == (20, 1.0, None)


def test_two_squares_that_overlap_by_half_have_the_numbers_of_geometry() -> None:
    ours, theirs = np.zeros((1, 20, 30), bool), np.zeros((1, 20, 30), bool)
    ours[0, 5:15, 5:15], theirs[0, 5:15, 10:20] = True, True
    found = compare_masks(ours, theirs, (None, 2.0, 0.5))
    assert (found.dice, found.volume, found.unit, found.volume_rel) == (0.5, 100.0, "mm2", 0.0)
    assert found.hausdorff95_mm == pytest.approx(2.5)  # five columns of half a millimetre
    assert (found.components, found.reference_components) == (1, 1)


def test_volumes_are_in_ml_areas_in_mm2_and_without_spacing_samples_are_counted() -> None:
    assert voxel((2.0, 0.5, 0.5), 3) == (0.0005, "ml")
    assert voxel((2.0, 0.5, 0.5), 1) == (0.25, "mm2")
    assert voxel((None, 0.5, 0.5), 3) == (1.0, "1")
    assert voxel((None, None, None), 1) == (1.0, "1")


def test_half_the_volume_is_half_away() -> None:
    mask = np.ones((1, 4, 4), bool)
    half = mask.copy()
    half[0, 2:] = False
    assert compare_masks(half, mask, (None, 1.0, 1.0)).volume_rel == 0.5
    assert compare_masks(mask, half, (None, 1.0, 1.0)).volume_rel == 1.0


def test_nothing_against_nothing_is_equal_and_against_something_has_no_distance() -> None:
    nothing, something = np.zeros((1, 4, 4), bool), np.ones((1, 4, 4), bool)
    empty = compare_masks(nothing, nothing, (None, 1.0, 1.0))
    assert (empty.dice, empty.volume_rel, empty.hausdorff95_mm, empty.components) == (1.0, 0.0, 0.0, 0)
    found = compare_masks(something, nothing, (None, 1.0, 1.0))
    assert (found.dice, found.volume_rel, found.hausdorff95_mm) == (0.0, None, None)
    missed = compare_masks(nothing, something, (None, 1.0, 1.0))
    assert (missed.dice, missed.volume_rel, missed.hausdorff95_mm) == (0.0, 1.0, None)


def test_a_distance_needs_spacing() -> None:
    mask = np.ones((1, 4, 4), bool)
    assert compare_masks(mask, mask, (None, None, None)).hausdorff95_mm is None
    assert hausdorff(np.ones((2, 4, 4), bool), np.ones((2, 4, 4), bool), (None, 1.0, 1.0), 95) is None


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("frames", [1, 6])
def test_hausdorff_is_that_of_all_pairs_of_surface_points(frames: int, spacing: tuple[float, float, float]) -> None:
    for _ in range(10):
        ours, theirs = blobs(frames), blobs(frames)
        points = [np.argwhere(surface(mask)) * spacing for mask in (ours, theirs)]
        pairs = cdist(*points)
        expected = max(np.percentile(pairs.min(axis=1), 95), np.percentile(pairs.min(axis=0), 95))
        assert hausdorff(ours, theirs, spacing, 95) == pytest.approx(expected)


def test_the_full_hausdorff_distance_is_that_of_scikit_image() -> None:
    for _ in range(10):
        ours, theirs = blobs(5), blobs(5)
        expected = hausdorff_distance(surface(ours), surface(theirs))
        assert hausdorff(ours, theirs, (1.0, 1.0, 1.0), 100) == pytest.approx(expected)


def test_the_surface_inside_an_image_is_the_inner_boundary_of_scikit_image() -> None:
    mask = np.pad(blobs(5), 1)
    assert np.array_equal(surface(mask), find_boundaries(mask, connectivity=1, mode="inner"))


def test_dice_is_the_f1_score_of_the_counts() -> None:
    for _ in range(10):
        ours, theirs = blobs(3), blobs(3)
        hit, extra, lost = np.sum(ours & theirs), np.sum(ours & ~theirs), np.sum(~ours & theirs)
        assert dice(ours, theirs) == pytest.approx(hit / (hit + (extra + lost) / 2))


def test_components_are_those_of_opencv_in_a_frame_and_of_scikit_image_in_a_volume() -> None:
    for _ in range(10):
        flat, volume = RANDOM.random((1, 16, 16)) > 0.8, RANDOM.random((6, 16, 16)) > 0.95
        counted = compare_masks(flat, flat, (None, 1.0, 1.0)).components
        assert counted == cv2.connectedComponents(flat[0].astype(np.uint8), connectivity=8)[0] - 1
        assert compare_masks(volume, volume, (1.0, 1.0, 1.0)).components == label(volume, connectivity=3).max()
