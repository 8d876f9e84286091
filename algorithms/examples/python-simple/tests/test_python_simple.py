"""What the algorithm makes of small images whose answer can be worked out by hand."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from made import ct, message_of, parsed, processing, stored
from mip_sdk import BaseProcessor, InvalidInput
from mip_sdk.loading import load_processor

NAME = "python-simple"


@pytest.fixture(scope="module")
def processor() -> BaseProcessor:
    return load_processor(Path(__file__).parents[1], threads=1)


def result_of(processor: BaseProcessor, octets: bytes) -> Any:
    """The object that a job on this image leaves."""
    return parsed(processing(processor, NAME).run(message_of(octets, NAME), [stored(octets)], "").files[0].octets)


@pytest.mark.parametrize(
    ("samples", "attributes", "greys"),
    [
        (np.array([[0, 1], [254, 255]], np.uint8), {}, [[255, 254], [1, 0]]),
        (np.array([[0, 1], [254, 255]], np.uint8), {"PhotometricInterpretation": "MONOCHROME1"}, [[0, 1], [254, 255]]),
        (np.array([[0, 4095]], np.uint16), {"BitsStored": 12, "HighBit": 11}, [[4095, 0]]),
        (np.array([[-32768, -1, 0, 32767]], np.int16), {}, [[65535, 32768, 32767, 0]]),
    ],
)
def test_what_was_dark_is_bright(processor: BaseProcessor, samples: Any, attributes: dict[str, Any], greys: Any) -> None:
    assert result_of(processor, ct(samples, **attributes)).pixel_array.tolist() == greys


def test_the_negative_has_no_units(processor: BaseProcessor) -> None:
    result = result_of(processor, ct(np.zeros((2, 2), np.int16), RescaleSlope="1", RescaleIntercept="-1024", RescaleType="HU"))
    assert not {"RescaleSlope", "RescaleIntercept", "RescaleType"} & {element.keyword for element in result}
    assert (result.SOPClassUID.name, result.PhotometricInterpretation) == ("Secondary Capture Image Storage", "MONOCHROME2")


def test_colour_is_refused_in_words(processor: BaseProcessor) -> None:
    rgb = np.zeros((2, 2, 3), np.uint8)
    colour = {"SamplesPerPixel": 3, "PlanarConfiguration": 0, "PhotometricInterpretation": "RGB", "PixelData": rgb.tobytes()}
    with pytest.raises(InvalidInput, match="in colour"):
        result_of(processor, ct(rgb[..., 0], **colour))
