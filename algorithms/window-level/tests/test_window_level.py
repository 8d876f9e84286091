from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom import dcmread

import window_level as oracle
from made import ct, message_of, pixels_of, processing, run, stored
from mip_sdk import BaseProcessor, InvalidInput, NativeAlgorithm
from mip_sdk.loading import load_processor
from mip_sdk.native import NativeFault
from mip_sdk.results import ResultFile
from shipped import image

REAL = [
    ("explicit_VR-UN.dcm", {"center": 40.0, "width": 400.0}),
    ("CT_small.dcm", {"center": 40.0, "width": 400.0}),
    ("693_UNCR.dcm", {}),
    ("693_J2KR.dcm", {}),
    ("MR_small.dcm", {}),
    ("MR2_UNCR.dcm", {}),
    ("RG1_UNCR.dcm", {}),
    ("RG3_J2KR.dcm", {"center": 550.0, "width": 1024.0}),
    ("mlut_18.dcm", {"center": 2000.0, "width": 4000.0}),
    ("emri_small.dcm", {"center": 600.0, "width": 1600.0}),
    ("JPGLosslessP14SV1_1s_1f_8b.dcm", {}),
    ("J2K_pixelrep_mismatch.dcm", {}),
]
FUNCTIONS = ["LINEAR", "LINEAR_EXACT", "SIGMOID"]


def window(processors: dict[str, BaseProcessor], octets: bytes, parameters: dict[str, Any]) -> Any:
    return pixels_of(run(processors, "window-level", octets, parameters)[0].octets)


def expected(octets: bytes, parameters: dict[str, Any]) -> Any:
    return oracle.expected(dcmread(BytesIO(octets)), parameters)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(("name", "parameters"), REAL, ids=[name for name, _ in REAL])
def test_a_real_image_equals_the_oracle(
    processors: dict[str, BaseProcessor], name: str, parameters: dict[str, Any], function: str
) -> None:
    octets = image(name)
    parameters = {**parameters, "function": function}
    got = window(processors, octets, parameters)
    assert np.array_equal(got.reshape(-1), expected(octets, parameters).reshape(-1))
    assert len(np.unique(got)) > 2


SLOPES = st.sampled_from(["1", "0.5", "3.774114", "-2", "1e-3"])


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([np.uint8, np.int8, np.uint16, np.int16]).flatmap(lambda dtype: hnp.arrays(dtype, (4, 6))),
    SLOPES,
    st.integers(-2000, 2000),
    st.floats(-3000, 3000),
    st.one_of(st.just(1.0), st.floats(1, 5000)),
    st.sampled_from(FUNCTIONS),
    st.booleans(),
)
def test_any_image_equals_the_oracle(
    processors: dict[str, BaseProcessor],
    pixels: Any,
    slope: str,
    intercept: int,
    center: float,
    width: float,
    function: str,
    inverse: bool,
) -> None:
    octets = ct(
        pixels,
        RescaleSlope=slope,
        RescaleIntercept=str(intercept),
        PhotometricInterpretation="MONOCHROME1" if inverse else "MONOCHROME2",
    )
    parameters = {"center": center, "width": width, "function": function}
    assert np.array_equal(window(processors, octets, parameters), expected(octets, parameters)[0])


def test_the_whole_range_of_16_bits_equals_the_oracle(processors: dict[str, BaseProcessor]) -> None:
    octets = ct(np.arange(-32768, 32768).astype(np.int16).reshape(256, 256))
    for center, width in [(0.0, 65536.0), (40.0, 400.0), (40.5, 1.0), (-1000.25, 3.5)]:
        parameters = {"center": center, "width": width}
        assert np.array_equal(window(processors, octets, parameters), expected(octets, parameters)[0])


def test_the_worked_example_of_the_standard_comes_out(processors: dict[str, BaseProcessor]) -> None:
    """PS3.3 C.11.2.1.2.1: c 2048, w 4096 takes 0 to the lowest and 4095 to the highest output."""
    octets = ct(np.array([[0, 1, 2047, 2048, 4094, 4095]], np.int16))
    assert window(processors, octets, {"center": 2048, "width": 4096})[0].tolist() == [0, 0, 127, 128, 255, 255]


def test_the_images_own_first_window_is_used_when_none_is_given(processors: dict[str, BaseProcessor]) -> None:
    pixels = np.arange(200, dtype=np.int16).reshape(10, 20)
    octets = ct(pixels, WindowCenter=["50", "900"], WindowWidth=["20", "1"], VOILUTFunction="LINEAR_EXACT")
    given = window(processors, octets, {"center": 50, "width": 20, "function": "LINEAR_EXACT"})
    assert np.array_equal(window(processors, octets, {}), given)


def test_a_window_of_zero_is_a_window(processors: dict[str, BaseProcessor]) -> None:
    octets = ct(np.arange(-10, 10, dtype=np.int16).reshape(2, 10), WindowCenter="0", WindowWidth="10")
    assert np.array_equal(window(processors, octets, {}), expected(octets, {"center": 0, "width": 10})[0])


def test_frames_keep_windows_of_their_own(processors: dict[str, BaseProcessor]) -> None:
    octets = image("eCT_Supplemental.dcm")
    assert np.array_equal(window(processors, octets, {}), expected(octets, {}))


def test_monochrome1_is_the_inverse_of_monochrome2(processors: dict[str, BaseProcessor]) -> None:
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    parameters = {"center": 128, "width": 256}
    inverse = window(processors, ct(pixels, PhotometricInterpretation="MONOCHROME1"), parameters)
    assert np.array_equal(inverse, 255 - window(processors, ct(pixels), parameters))


REFUSED = [
    ({}, {}, "no window of its own"),
    ({}, {"center": 40}, "go together"),
    ({}, {"width": 40}, "go together"),
    ({}, {"center": 40, "width": 0.5}, "at least 1"),
    ({}, {"center": 40, "width": 0, "function": "SIGMOID"}, "above 0"),
    ({}, {"center": 40, "width": -1, "function": "LINEAR_EXACT"}, "above 0"),
    ({}, {"center": 40, "width": 400, "function": "CUBIC"}, "function"),
    ({}, {"center": "40", "width": 400}, "numbers"),
    ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, {"center": 1, "width": 2}, "cannot be decoded|colour"),
]


@pytest.mark.parametrize(("attributes", "parameters", "words"), REFUSED)
def test_what_does_not_fit_is_refused_in_words(
    processors: dict[str, BaseProcessor], attributes: dict[str, Any], parameters: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        run(processors, "window-level", ct(np.zeros((4, 4), np.int16), **attributes), parameters)


@pytest.mark.parametrize("name", ["SC_rgb.dcm", "examples_palette.dcm", "examples_ybr_color.dcm"])
def test_colour_is_refused_in_words(processors: dict[str, BaseProcessor], name: str) -> None:
    with pytest.raises(InvalidInput, match="colour"):
        run(processors, "window-level", image(name), {"center": 1, "width": 2})


def test_the_bytes_are_the_same_at_any_number_of_threads(processors: dict[str, BaseProcessor]) -> None:
    octets = image("RG1_UNCR.dcm")
    results: list[list[ResultFile]] = []
    for threads in (1, 2, 3, 8):
        processor = load_processor(processors["window-level"].folder, threads)
        job = message_of(octets, "window-level")
        results.append(processing(processor, "window-level").run(job, [stored(octets)], "x").files)
    assert all(result == results[0] for result in results)


class TestTheLibrary:
    @pytest.fixture
    def library(self, processors: dict[str, BaseProcessor]) -> NativeAlgorithm:
        return NativeAlgorithm(processors["window-level"].folder / "build" / "libwindow_level.so")

    def call(self, library: NativeAlgorithm, **changed: Any) -> None:
        setting = np.array([0, 0, 2, 4, 0], np.float64)
        inputs = {
            "samples": np.zeros((2, 3), np.uint8),
            "values": np.arange(4.0),
            "setting": setting,
            "greys": np.zeros((2, 3), np.uint8),
        }
        inputs |= changed
        library.run([inputs["samples"], inputs["values"], inputs["setting"]], [inputs["greys"]])

    def test_takes_what_its_header_says(self, library: NativeAlgorithm) -> None:
        self.call(library)

    @pytest.mark.parametrize(
        ("name", "array", "words"),
        [
            ("samples", np.full((2, 3), 9, np.uint8), "outside the declared range"),
            ("samples", np.zeros((2, 3), np.float64), "type"),
            ("samples", np.zeros((2, 4), np.uint8), "shapes"),
            ("samples", np.zeros((2, 3), np.uint32), "cannot be handed over"),
            ("samples", np.zeros((4, 3), np.uint8)[::2], "cannot be handed over"),
            ("values", np.zeros(0), "shapes"),
            ("values", np.zeros(65537), "shapes"),
            ("values", np.full(4, np.nan), "parameter"),
            ("setting", np.array([0, 9, 2, 4, 0.0]), "parameter"),
            ("setting", np.array([np.nan, 0, 2, 4, 0.0]), "parameter"),
            ("setting", np.array([0, 0, 2, 0.5, 0.0]), "parameter"),
            ("setting", np.zeros(4), "shapes"),
            ("greys", np.zeros((2, 3), np.uint16), "type"),
            ("greys", np.zeros((2, 2), np.uint8), "shapes"),
        ],
    )
    def test_refuses_what_does_not_fit_and_reads_nothing_outside(
        self, library: NativeAlgorithm, name: str, array: Any, words: str
    ) -> None:
        with pytest.raises(NativeFault, match=words):
            self.call(library, **{name: array})
