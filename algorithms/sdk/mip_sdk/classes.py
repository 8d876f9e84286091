"""Which SOP class a derived image gets."""

from pydicom.uid import (
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    EnhancedPETImageStorage,
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
    UltrasoundMultiFrameImageStorage,
)

from mip_sdk.processor import Meaning

MULTI_FRAME_SECONDARY_CAPTURE = (
    MultiFrameGrayscaleByteSecondaryCaptureImageStorage,
    MultiFrameGrayscaleWordSecondaryCaptureImageStorage,
    MultiFrameTrueColorSecondaryCaptureImageStorage,
)
_EIGHT_BITS_ONLY = (UltrasoundImageStorage, UltrasoundMultiFrameImageStorage)
ENHANCED = (EnhancedCTImageStorage, EnhancedMRImageStorage, EnhancedPETImageStorage)


def class_of(meaning: Meaning, source_class: str, frames: int, bits: int) -> str:
    """The SOP class UID of a derived image.

    Parameters
    ----------
    meaning
        What its samples mean.
    source_class
        The source's SOP class UID.
    frames, bits
        Of the derived image: its frames, and the bits of a sample, 8 or 16.
    """
    if meaning is Meaning.SAME_UNITS:
        return source_class
    grey = MultiFrameGrayscaleByteSecondaryCaptureImageStorage if bits == 8 else MultiFrameGrayscaleWordSecondaryCaptureImageStorage
    if meaning is Meaning.GREY:
        if source_class == MultiFrameTrueColorSecondaryCaptureImageStorage:
            return grey
        # The ultrasound classes hold greys of 8 bits only; a palette of 16 bits gives greys of 16.
        if source_class not in _EIGHT_BITS_ONLY or bits == 8:
            return source_class
    if frames == 1:
        return SecondaryCaptureImageStorage
    # An ultrasound loop is a display image already, and its class takes 8-bit greys.
    return source_class if source_class == UltrasoundMultiFrameImageStorage and bits == 8 else grey


def is_single_frame(sop_class: str) -> bool:
    """True for a class whose objects have no NumberOfFrames."""
    return sop_class == SecondaryCaptureImageStorage


def is_secondary_capture(sop_class: str) -> bool:
    """True for the single-frame and the multi-frame classes."""
    return sop_class == SecondaryCaptureImageStorage or sop_class in MULTI_FRAME_SECONDARY_CAPTURE
