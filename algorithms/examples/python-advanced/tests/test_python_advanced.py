"""What the algorithm finds in small images and volumes whose answer can be worked out by hand."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made import ct, message_of, parsed, processed_series, processing, stored
from mip_sdk import BaseProcessor
from mip_sdk.loading import load_processor
from mip_sdk.processing import Processed

NAME = "python-advanced"
AIR, DENSE, PADDING = -1000, 1000, -2000
PLACE = {"ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "PixelSpacing": [2, 3], "FrameOfReferenceUID": "1.2.3.9"}


@pytest.fixture(scope="module")
def processor() -> BaseProcessor:
    return load_processor(Path(__file__).parents[1], threads=1)


def image(hu: Any, z: float = 0.0) -> bytes:
    """A CT of 2 mm between its rows and 3 mm between its columns."""
    more = {"ImagePositionPatient": [0, 0, z], "SOPInstanceUID": f"1.2.3.4.{1 + int(z)}"}
    return ct(np.array(hu, np.int16), RescaleType="HU", PixelPaddingValue=PADDING, **PLACE, **more)


def found(processor: BaseProcessor, octets: bytes, **parameters: Any) -> Processed:
    return processing(processor, NAME).run(message_of(octets, NAME, parameters), [stored(octets)], "")


def segment_of(done: Processed) -> Any:
    """What ``measurements.json`` says of the one segment."""
    [file] = [file for file in done.files if file.name == "measurements.json"]
    return json.loads(file.octets)["segments"][0]


def areas(done: Processed) -> list[float]:
    return [one["measurements"][0]["value"] for one in segment_of(done)["components"]]


def two_parts() -> Any:
    """A part of 2 x 3 pixels, and one of 2 that touch by a corner."""
    hu = np.full((8, 8), AIR)
    hu[1:3, 1:4] = DENSE
    hu[5, 5] = hu[6, 6] = DENSE
    return hu


def test_parts_are_counted_and_measured_the_largest_first(processor: BaseProcessor) -> None:
    done = found(processor, image(two_parts()), min_area_mm2=0)
    assert (done.outcome, segment_of(done)["count"], areas(done)) == ("found", 2, [36, 12])
    seg = parsed(done.files[0].octets)
    assert np.array_equal(seg.pixel_array.reshape(8, 8) != 0, two_parts() == DENSE)


@pytest.mark.parametrize(
    ("parameters", "left"),
    [
        ({}, [36]),
        ({"min_area_mm2": 12}, [36, 12]),
        ({"min_area_mm2": 12.1}, [36]),
        ({"min_area_mm2": 0, "keep": "largest"}, [36]),
        ({"threshold": DENSE}, []),
    ],
)
def test_a_parameter_decides_what_is_kept(processor: BaseProcessor, parameters: dict[str, Any], left: list[float]) -> None:
    done = found(processor, image(two_parts()), **parameters)
    assert (areas(done), done.outcome) == (left, "found" if left else "nothing-found")


def test_nothing_found_measures_0_and_writes_no_seg(processor: BaseProcessor) -> None:
    done = found(processor, image(np.full((4, 4), AIR)))
    assert [file.name for file in done.files] == ["measurements.json", "manifest.json"]
    assert (segment_of(done)["count"], segment_of(done)["measurements"][0]["value"]) == (0, 0)


def test_padding_is_no_bone_and_an_image_of_padding_cannot_be_judged(processor: BaseProcessor) -> None:
    done = found(processor, image(np.full((4, 4), PADDING)), threshold=PADDING - 1)
    assert (done.outcome, done.reason) == ("not-applicable", "only-padding")


def test_the_images_of_a_series_are_one_volume_in_any_order(processor: BaseProcessor) -> None:
    """One part through two slices, 12 of whose voxels of 2 x 3 x 4 mm are 0.288 ml."""
    hu = np.where(np.arange(8) < 6, two_parts(), AIR)
    hu[4:] = AIR
    series = [image(hu, 4.0), image(np.full((8, 8), AIR), 8.0), image(hu, 0.0)]
    done = processed_series(processor, NAME, series)
    [component] = segment_of(done)["components"]
    volume = {one["name"]: one["value"] for one in component["measurements"]}["Volume"]
    assert (done.outcome, volume) == ("found", pytest.approx(0.288))
