from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from pydicom import dcmread

import grayscale as oracle
from made import ct, message_of, parsed, pixels_of, processing, run, stored
from mip_sdk import BaseProcessor, InvalidInput, NativeAlgorithm
from mip_sdk.loading import load_processor
from mip_sdk.native import NativeFault
from mip_sdk.reading import read_image
from shipped import image

COLOUR = [
    "SC_rgb.dcm",
    "SC_rgb_2frame.dcm",
    "SC_rgb_16bit.dcm",
    "SC_rgb_16bit_2frame.dcm",
    "SC_rgb_expb_16bit_2frame.dcm",
    "SC_rgb_rle_16bit.dcm",
    "SC_rgb_small_odd.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "SC_rgb_dcmtk_+eb+cy+np.dcm",
    "SC_ybr_full_422_uncompressed.dcm",
    "SC_ybr_full_uncompressed.dcm",
    "US1_J2KI.dcm",
    "US1_J2KR.dcm",
    "color-pl.dcm",
    "color-px.dcm",
    "examples_ybr_color.dcm",
    "examples_palette.dcm",
    "OBXXXX1A_rle_2frame.dcm",
    "gdcm-US-ALOKA-16.dcm",
]
MONOCHROME = ["CT_small.dcm", "explicit_VR-UN.dcm", "RG1_UNCR.dcm", "emri_small_RLE.dcm", "MR_small_bigendian.dcm", "mlut_18.dcm"]


def rgb(pixels: Any) -> bytes:
    return ct(
        np.ascontiguousarray(pixels[..., 0]),
        SamplesPerPixel=3,
        PlanarConfiguration=0,
        PhotometricInterpretation="RGB",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        PixelData=pixels.tobytes() + b"\0" * (pixels.nbytes % 2),
    )


def grey(processors: dict[str, BaseProcessor], octets: bytes) -> Any:
    return run(processors, "grayscale", octets)[0].octets


@pytest.mark.parametrize("name", COLOUR + MONOCHROME)
def test_a_real_image_equals_the_oracle(processors: dict[str, BaseProcessor], name: str) -> None:
    octets = image(name)
    expected = oracle.expected(dcmread(BytesIO(octets)), {})
    assert np.array_equal(pixels_of(grey(processors, octets)).reshape(-1), expected.reshape(-1))


@settings(deadline=None)
@given(st.sampled_from([np.uint8, np.uint16]).flatmap(lambda dtype: hnp.arrays(dtype, (3, 5, 3))))
def test_any_colour_equals_the_oracle(processors: dict[str, BaseProcessor], pixels: Any) -> None:
    octets = rgb(pixels)
    result = parsed(grey(processors, octets))
    assert np.array_equal(result.pixel_array, oracle.expected(dcmread(BytesIO(octets)), {})[0])
    assert result.BitsAllocated == pixels.dtype.itemsize * 8


@pytest.mark.parametrize("name", ["SC_rgb.dcm", "US1_UNCR.dcm", "color-pl.dcm", "examples_ybr_color.dcm"])
def test_opencv_and_pillow_are_at_most_one_away(processors: dict[str, BaseProcessor], name: str) -> None:
    octets = image(name)
    colour = read_image(octets, "stored").stored[0]
    got = pixels_of(grey(processors, octets)).reshape(-1, *colour.shape[:2])[0].astype(int)
    by_opencv = cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY).astype(int)
    by_pillow = np.asarray(Image.fromarray(colour).convert("L")).astype(int)
    assert np.abs(got - by_opencv).max() <= 1
    assert np.abs(got - by_pillow).max() <= 1


@pytest.mark.parametrize("name", MONOCHROME)
def test_a_monochrome_image_keeps_samples_class_and_photometric_interpretation(
    processors: dict[str, BaseProcessor], name: str
) -> None:
    octets = image(name)
    source, result = parsed(octets), parsed(grey(processors, octets))
    assert result.SOPClassUID == source.SOPClassUID
    assert result.PhotometricInterpretation == source.PhotometricInterpretation
    assert np.array_equal(result.pixel_array, source.pixel_array)
    assert result.ImageType[0] == "DERIVED"


def test_16_bits_stay_16_bits_and_decode(processors: dict[str, BaseProcessor]) -> None:
    """A fault of the older implementation: 8-bit data under a 16-bit header."""
    for name in ("SC_rgb_16bit.dcm", "CT_small.dcm"):
        result = parsed(grey(processors, image(name)))
        assert result.BitsAllocated == 16
        assert len(result.PixelData) == result.Rows * result.Columns * 2


@pytest.mark.parametrize("name", ["SC_rgb_32bit.dcm", "SC_rgb_expb_32bit_2frame.dcm"])
def test_32_bits_are_refused_in_words(processors: dict[str, BaseProcessor], name: str) -> None:
    with pytest.raises(InvalidInput, match="32 bits"):
        grey(processors, image(name))


def test_no_palette_profile_or_planes_are_left_on_a_grey(processors: dict[str, BaseProcessor]) -> None:
    for name in ("examples_palette.dcm", "color-pl.dcm", "US1_UNCR.dcm"):
        result = parsed(grey(processors, image(name)))
        left = {element.keyword for element in result}
        assert not {word for word in left if "Palette" in word or word in ("ICCProfile", "PlanarConfiguration", "ColorSpace")}
        assert (result.SamplesPerPixel, result.PhotometricInterpretation) == (1, "MONOCHROME2")


def test_the_bytes_are_the_same_at_any_number_of_threads(processors: dict[str, BaseProcessor]) -> None:
    octets = image("US1_UNCR.dcm")
    job = message_of(octets, "grayscale")
    folder = processors["grayscale"].folder
    runs = [
        processing(load_processor(folder, threads), "grayscale").run(job, [stored(octets)], "x").files for threads in (1, 2, 3, 8)
    ]
    assert all(one == runs[0] for one in runs)


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [
        ([np.zeros((1, 2, 2, 3), np.int16)], [np.zeros((1, 2, 2), np.int16)], "type"),
        ([np.zeros((1, 2, 2, 3), np.uint8)], [np.zeros((1, 2, 2), np.uint16)], "type"),
        ([np.zeros((1, 2, 2, 4), np.uint8)], [np.zeros((1, 2, 2), np.uint8)], "shapes"),
        ([np.zeros((1, 2, 2, 3), np.uint8)], [np.zeros((1, 2, 3), np.uint8)], "shapes"),
        ([np.zeros((1, 2, 2, 3), np.uint8)] * 2, [np.zeros((1, 2, 2), np.uint8)], "number of arrays"),
    ],
)
def test_the_library_refuses_what_does_not_fit(
    processors: dict[str, BaseProcessor], inputs: list[Any], outputs: list[Any], words: str
) -> None:
    library = NativeAlgorithm(processors["grayscale"].folder / "build" / "libgrayscale.so")
    with pytest.raises(NativeFault, match=words):
        library.run(inputs, outputs)
