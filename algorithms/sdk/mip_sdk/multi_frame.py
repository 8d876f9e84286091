"""The attributes of a derived image that has several frames, by its class."""

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword

from mip_sdk import classes
from mip_sdk.image_data import ImageData

_VECTORS = ("FrameTime", "FrameTimeVector", "PageNumberVector", "FrameLabelVector", "SliceLocationVector")


def describe_frames(target: Dataset, image: ImageData, sop_class: str) -> None:
    """Add what ``sop_class`` asks for where there are frames; nothing for a single-frame image of a single-frame class."""
    if "NumberOfFrames" in target:
        del target.NumberOfFrames
    if image.frames > 1 or ("NumberOfFrames" in image.source and not classes.is_single_frame(sop_class)):
        target.NumberOfFrames = image.frames
    if sop_class in classes.MULTI_FRAME_SECONDARY_CAPTURE:
        _secondary_capture(target, image)
    if sop_class in classes.ENHANCED:
        _enhanced(target, image)


def _secondary_capture(target: Dataset, image: ImageData) -> None:
    target.PresentationLUTShape = "IDENTITY"
    target.RescaleIntercept, target.RescaleSlope, target.RescaleType = "0", "1", "US"
    pointed = image.source.get("FrameIncrementPointer")
    keyword = next((name for name in _VECTORS if pointed == tag_for_keyword(name) and name in image.source), None)
    if image.frames == 1:
        return
    if keyword is None:
        target.PageNumberVector = list(range(1, image.frames + 1))
        target.FrameIncrementPointer = tag_for_keyword("PageNumberVector")
    else:
        target[keyword] = image.source[keyword]
        target.FrameIncrementPointer = pointed


def _enhanced(target: Dataset, image: ImageData) -> None:
    """Enhanced classes keep value 2 PRIMARY and value 4, and say DERIVED for each frame."""
    values = [str(value) for value in image.source.get("ImageType") or []]
    target.ImageType = ["DERIVED", *values[1:4]]
    groups = [*(target.get("SharedFunctionalGroupsSequence") or []), *(target.get("PerFrameFunctionalGroupsSequence") or [])]
    for group in groups:
        for element in group:
            if element.VR == "SQ" and element.keyword.endswith("FrameTypeSequence"):
                for item in element.value:
                    item.FrameType = ["DERIVED", *[str(value) for value in item.FrameType][1:]]
