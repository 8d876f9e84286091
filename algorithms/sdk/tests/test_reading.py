from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from made import ct, parsed, written
from mip_sdk.faults import ImageUnreadable, InvalidInput
from mip_sdk.reading import read_image
from shipped import image

RAMP = np.arange(64, dtype=np.int16).reshape(8, 8) - 20
CTS = ["CT_small.dcm", "693_UNCR.dcm", "explicit_VR-UN.dcm", "693_J2KR.dcm"]


def test_a_lossless_pair_has_the_same_samples() -> None:
    one, other = (read_image(image(name), "stored").stored for name in ("693_UNCR.dcm", "693_J2KR.dcm"))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_implicit.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
    ],
)
def test_the_way_it_is_stored_does_not_change_a_sample(name: str) -> None:
    plain = read_image(image("MR_small.dcm"), "stored").stored
    assert np.array_equal(read_image(image(name), "stored").stored, plain)
    assert read_image(image(name), "stored").stored.dtype == plain.dtype


@settings(deadline=None)
@given(hnp.arrays(np.uint16, (3, 5)), st.integers(1, 16), st.integers(0, 15), st.booleans())
def test_only_the_stored_bits_of_a_sample_count_whatever_lies_around_them(words: Any, bits: int, above: int, signed: bool) -> None:
    high = min(15, bits - 1 + above)
    octets = ct(words, BitsStored=bits, HighBit=high, PixelRepresentation=int(signed))
    expected = [[value_of(int(word), bits, high, signed) for word in row] for row in words]
    assert read_image(octets, "stored").stored[0].tolist() == expected


def value_of(word: int, bits: int, high: int, signed: bool) -> int:
    """Digit by digit, from the binary text of the word."""
    digits = f"{word:016b}"[15 - high : 16 - high + bits - 1]
    return int(digits, 2) - (2**bits if signed and digits[0] == "1" else 0)


def test_overlays_in_high_bits_are_masked_off() -> None:
    octets = ct(RAMP.astype(np.uint16) & 0x0FFF | 0x8000, BitsStored=12, HighBit=11)
    assert read_image(octets, "stored").stored.max() < 4096


def test_a_single_frame_has_the_frame_axis_too() -> None:
    assert read_image(ct(RAMP), "stored").stored.shape == (1, 8, 8)
    assert read_image(image("emri_small.dcm"), "stored").stored.shape == (10, 64, 64)
    assert read_image(image("SC_rgb_2frame.dcm"), "stored").stored.shape == (2, 100, 100, 3)


def test_modality_units_are_slope_times_sample_plus_intercept() -> None:
    data = read_image(ct(RAMP, RescaleSlope="2.5", RescaleIntercept="-1000"), "modality")
    assert data.pixels[0, 0, 1] == 2.5 * -19 - 1000
    assert np.array_equal(read_image(ct(RAMP), "modality").pixels[0], RAMP.astype(float))


def test_a_modality_lut_wins_over_slope_and_holds_beyond_its_ends() -> None:
    lut = Dataset()
    lut.LUTDescriptor, lut.ModalityLUTType, lut.LUTData = [3, 1, 16], "US", np.array([10, 500, 90], "<u2").tobytes()
    data = read_image(ct(np.array([[0, 1, 2, 3, 9]], np.uint8), ModalityLUTSequence=[lut]), "modality")
    assert data.pixels[0, 0].tolist() == [10, 10, 500, 90, 90]


def test_the_first_value_of_a_modality_lut_is_signed_where_the_samples_are() -> None:
    lut = Dataset()
    lut.LUTDescriptor, lut.ModalityLUTType, lut.LUTData = [2, 65535, 16], "US", np.array([10, 500], "<u2").tobytes()
    lut["LUTDescriptor"].VR = "US"
    data = read_image(ct(np.array([[-9, -1, 0, 9]], np.int16), ModalityLUTSequence=[lut]), "modality")
    assert data.pixels[0, 0].tolist() == [10, 10, 500, 500]


def test_frames_of_an_enhanced_image_have_rescales_and_windows_of_their_own() -> None:
    def frame(slope: str, center: str) -> Dataset:
        transform, window, groups = Dataset(), Dataset(), Dataset()
        transform.RescaleSlope, transform.RescaleIntercept, transform.RescaleType = slope, "0", "HU"
        window.WindowCenter, window.WindowWidth = center, "10"
        groups.PixelValueTransformationSequence, groups.FrameVOILUTSequence = [transform], [window]
        return groups

    octets = ct(np.stack([RAMP, RAMP]), PerFrameFunctionalGroupsSequence=[frame("1", "5"), frame("3", "7")])
    data = read_image(octets, "modality")
    assert data.pixels[1, 0, 0] == 3 * data.pixels[0, 0, 0]
    assert [window.center for window in data.windows if window] == [5, 7]


def test_padding_is_masked_and_its_range_too() -> None:
    assert read_image(ct(RAMP), "stored").padding_mask.sum() == 0
    assert read_image(ct(RAMP, PixelPaddingValue=-20), "stored").padding_mask.sum() == 1
    ranged = read_image(ct(RAMP, PixelPaddingValue=-18, PixelPaddingRangeLimit=-20), "stored")
    assert ranged.padding_mask.sum() == 3
    assert read_image(image("CT_small.dcm"), "stored").padding == (-2000, -2000)


def test_spacing_is_in_millimetres_and_unknown_where_it_is_zero() -> None:
    assert read_image(ct(RAMP, PixelSpacing=["0.5", "0.7"]), "stored").spacing_mm == (None, 0.5, 0.7)
    assert read_image(image("RG1_UNCR.dcm"), "stored").spacing_mm[1:] == (None, None)


@pytest.mark.parametrize("name", ["SC_rgb_32bit.dcm", "SC_rgb_rle_32bit_2frame.dcm", "rtdose.dcm"])
def test_samples_of_32_bits_are_refused_in_words(name: str) -> None:
    with pytest.raises(InvalidInput, match="32 bits"):
        read_image(image(name), "stored")


def test_samples_of_floating_point_are_refused_in_words() -> None:
    source = parsed(ct(RAMP))
    del source.PixelData
    source.FloatPixelData, source.BitsAllocated = np.zeros(64, np.float32).tobytes(), 32
    with pytest.raises(InvalidInput, match="floating-point"):
        read_image(written(source), "stored")


@pytest.mark.parametrize("name", ["MR_truncated.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"])
def test_damage_is_said_in_words(name: str) -> None:
    with pytest.raises(ImageUnreadable, match="damaged or cut short"):
        read_image(image(name), "stored")


@pytest.mark.parametrize("octets", [b"", b"no image", b"\0" * 132, b"\0" * 128 + b"DICM", b"\xff" * 4096])
def test_what_is_not_dicom_is_said_in_words(octets: bytes) -> None:
    with pytest.raises(ImageUnreadable):
        read_image(octets, "stored")


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["CT_small.dcm", "MR_small_RLE.dcm", "explicit_VR-UN.dcm", "emri_small.dcm"]), st.floats(0, 0.999))
def test_a_file_cut_anywhere_is_refused_and_never_half_read(name: str, share: float) -> None:
    whole = image(name)
    try:
        data = read_image(whole[: int(len(whole) * share)], "stored")
    except InvalidInput:
        return
    assert np.array_equal(data.stored, read_image(whole, "stored").stored), "a cut image was taken for a whole one"


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["CT_small.dcm", "MR_small_RLE.dcm", "examples_palette.dcm"]),
    st.integers(132, 4000),
    st.binary(min_size=1, max_size=4),
)
def test_any_damage_is_either_read_or_refused_in_words(name: str, place: int, rubbish: bytes) -> None:
    whole = image(name)
    try:
        read_image(whole[:place] + rubbish + whole[place + len(rubbish) :], "modality")
    except InvalidInput as fault:
        assert str(fault)


class PanicException(BaseException):
    """As a decoder written in Rust raises it, found by the test above: no Exception."""


@pytest.mark.parametrize(("raised", "seen"), [(PanicException(), ImageUnreadable), (KeyboardInterrupt(), KeyboardInterrupt)])
def test_a_decoder_that_panics_is_a_fault_of_the_image_and_a_stop_is_not(
    monkeypatch: pytest.MonkeyPatch, raised: BaseException, seen: type[BaseException]
) -> None:
    def decoder(_: str) -> None:
        raise raised

    monkeypatch.setattr("mip_sdk.reading.get_decoder", decoder)
    with pytest.raises(seen):
        read_image(ct(RAMP), "stored")


def test_an_image_above_the_limit_is_refused_before_it_is_decoded() -> None:
    source = parsed(ct(RAMP))
    source.NumberOfFrames = 100_000
    source.file_meta.TransferSyntaxUID = JPEG2000Lossless
    source.PixelData = encapsulate([b"no codestream"])
    source["PixelData"].VR = "OB"
    with pytest.raises(InvalidInput, match="at most 1000 are taken"):
        read_image(_saved(source), "stored", most_bytes=1000)


def _saved(source: Any) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    source.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_hounsfield_units_are_given_only_where_they_are_meant() -> None:
    assert read_image(ct(RAMP, RescaleType="HU"), "hu").pixels.dtype == np.float64
    assert read_image(ct(RAMP, RescaleType="HU", ImageType=["DERIVED", "SECONDARY"]), "hu").frames == 1
    assert read_image(ct(RAMP), "hu").frames == 1
    refused = [
        ct(RAMP, ImageType=["DERIVED", "SECONDARY"]),
        ct(RAMP, RescaleType="US"),
        ct(RAMP, Modality="MR", RescaleType="HU"),
        image("MR_small.dcm"),
    ]
    for octets in refused:
        with pytest.raises(InvalidInput, match="Hounsfield"):
            read_image(octets, "hu")


def test_a_colour_image_has_no_modality_units() -> None:
    with pytest.raises(InvalidInput, match="colour"):
        read_image(image("SC_rgb.dcm"), "modality")


def test_colour_comes_decoded_to_rgb() -> None:
    plain = read_image(image("SC_rgb_dcmtk_ebcr_dcmd.dcm"), "stored")
    assert plain.photometric == "RGB"
    for name in ("examples_ybr_color.dcm", "SC_ybr_full_422_uncompressed.dcm", "US1_J2KR.dcm", "examples_palette.dcm"):
        data = read_image(image(name), "stored")
        assert data.photometric == "RGB"
        assert data.stored.shape[-1] == 3
    assert np.array_equal(read_image(image("US1_J2KR.dcm"), "stored").stored, read_image(image("US1_UNCR.dcm"), "stored").stored)


def test_a_slope_of_zero_is_no_rescale() -> None:
    with pytest.raises(ImageUnreadable, match="slope"):
        read_image(ct(RAMP, RescaleSlope="0", RescaleIntercept="0"), "modality")


@pytest.mark.parametrize("name", ["Rows", "PhotometricInterpretation", "BitsAllocated"])
def test_a_missing_attribute_is_named(name: str) -> None:
    with pytest.raises(ImageUnreadable, match=name):
        read_image(ct(RAMP, **{name: None}), "stored")
