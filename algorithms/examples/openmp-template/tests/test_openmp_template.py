"""What the algorithm makes of small images whose answer can be worked out by hand, and what the library refuses."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from made import ct, message_of, parsed, processing, stored
from mip_sdk import BaseProcessor, NativeAlgorithm
from mip_sdk.loading import load_processor
from mip_sdk.native import NativeFault

NAME = "openmp-template"
FOLDER = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def processor() -> BaseProcessor:
    subprocess.run(["make", "-s", "-C", str(FOLDER / "src")], check=True)
    return load_processor(FOLDER, threads=2)


@pytest.fixture(scope="module")
def library(processor: BaseProcessor) -> NativeAlgorithm:
    [built] = (FOLDER / "build").glob("*.so")
    return NativeAlgorithm(built)


def result_of(processor: BaseProcessor, octets: bytes) -> Any:
    """The object that a job on this image leaves."""
    return parsed(processing(processor, NAME).run(message_of(octets, NAME), [stored(octets)], "").files[0].octets)


def test_a_single_wrong_sample_goes_and_an_edge_stays(processor: BaseProcessor) -> None:
    samples = np.where(np.arange(6) < 3, 10, 50).astype(np.int16) + np.zeros((5, 1), np.int16)
    spoiled = samples.copy()
    spoiled[2, 1] = 30000
    assert np.array_equal(result_of(processor, ct(spoiled)).pixel_array, samples)


def test_units_are_kept(processor: BaseProcessor) -> None:
    result = result_of(processor, ct(np.zeros((3, 3), np.int16), RescaleSlope="2", RescaleIntercept="-1024", RescaleType="HU"))
    assert (result.RescaleSlope, result.RescaleIntercept, result.RescaleType) == (2, -1024, "HU")
    assert (result.SOPClassUID.name, result.ImageType[0]) == ("CT Image Storage", "DERIVED")


def test_padding_stays_and_does_not_darken_what_is_beside_it(processor: BaseProcessor) -> None:
    samples = np.full((4, 4), 100, np.int16)
    samples[:, :2] = -2000
    octets = ct(samples, PixelPaddingValue=-2000)
    assert np.array_equal(result_of(processor, octets).pixel_array, samples)


@pytest.mark.parametrize("kind", ["uint8", "int8", "uint16", "int16"])
def test_the_library_gives_the_median_at_any_number_of_threads(library: NativeAlgorithm, kind: str) -> None:
    limits = np.iinfo(kind)
    rng = np.random.default_rng(20260131)
    for shape in ((1, 1, 1), (2, 1, 5), (3, 5, 1), (2, 70, 61)):
        samples = rng.integers(limits.min, limits.max, size=shape, dtype=kind, endpoint=True)
        expected = ndimage.median_filter(samples, size=(1, 3, 3), mode="nearest")
        for threads in (1, 2, 3, 8):
            filtered = np.empty_like(samples)
            library.run([samples], [filtered], threads)
            assert filtered.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("inputs", "outputs", "words"),
    [
        ([np.zeros((1, 2, 2))], [np.zeros((1, 2, 2))], "type"),
        ([np.zeros((1, 2, 2), np.uint8)], [np.zeros((1, 2, 2), np.uint16)], "type"),
        ([np.zeros((1, 2, 2), np.uint8)], [np.zeros((1, 2, 3), np.uint8)], "shapes"),
        ([np.zeros((2, 2), np.uint8)], [np.zeros((2, 2), np.uint8)], "shapes"),
        ([np.zeros((1, 2, 2), np.uint8)] * 2, [np.zeros((1, 2, 2), np.uint8)], "number of arrays"),
    ],
)
def test_the_library_refuses_what_does_not_fit(library: NativeAlgorithm, inputs: list[Any], outputs: list[Any], words: str) -> None:
    with pytest.raises(NativeFault, match=words):
        library.run(inputs, outputs)
