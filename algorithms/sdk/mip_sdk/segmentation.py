"""What an algorithm found as a DICOM SEG: highdicom writes frames, dimensions and geometry, this module what names and dates them.

highdicom makes up UIDs and takes the clock's time; each of those is replaced by what the job decides. It sees stand-ins for the
source images, so that a source whose attributes it would refuse still gives a result: one for every slice, which has an invented
UID, by which the references are then put right.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any, cast

import highdicom
import numpy as np
from highdicom.color import CIELabColor
from highdicom.seg import SegmentDescription
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.coding import Code as CodedEntry
from pydicom.uid import CTImageStorage, SecondaryCaptureImageStorage, SegmentationStorage
from pydicom.valuerep import DS

from mip_sdk.codes import SIDES, code_of
from mip_sdk.copying import copy_allowed
from mip_sdk.declared import DeclaredSegment
from mip_sdk.lossy import inherit_lossy_history
from mip_sdk.marks import (
    NOT_FOR_DIAGNOSIS,
    DerivedObject,
    Maker,
    Making,
    coded,
    complete,
    date_object,
    describe,
    dropped,
    identify,
    source_reference,
    written,
)
from mip_sdk.processor import Code, Segmentation
from mip_sdk.text import keep_character_set
from mip_sdk.uids import uid_from
from mip_sdk.values import frame_group
from mip_sdk.volume import Slice, Volume

logging.getLogger("highdicom").setLevel(logging.CRITICAL)  # it quotes what it reads
SEGMENTED = ("113076", "DCM", "Segmentation")
# Of the source, and right on an image of its kind only.
_NOT_OF_A_SEG = ("PatientOrientation", "PixelAspectRatio", "ImageLaterality", "PixelPaddingValue", "PositionReferenceIndicator")
# What highdicom says of the patient, the study, the moment and itself; the stand-ins know nothing of these.
_NOT_OF_HIGHDICOM = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "AccessionNumber", "StudyID", "StudyDate"),
    *("StudyTime", "ReferringPhysicianName", "InstanceCreationDate", "InstanceCreationTime", "ContentDate", "ContentTime"),
    *("ContributingEquipmentSequence", "LossyImageCompression", "SourceImageSequence", "ReferencedSeriesSequence"),
)


_READ_BY_HIGHDICOM = (
    *("PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID", "StudyDate", "StudyTime"),
    "SliceThickness",
)
_INVENTED = "2.25.1"
_GEOMETRY = {
    "PlanePositionSequence": ("ImagePositionPatient",),
    "PlaneOrientationSequence": ("ImageOrientationPatient",),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness"),
}


def segmentation_object(volume: Volume, result: Segmentation, segments: Sequence[DeclaredSegment], making: Making) -> DerivedObject:
    """The SEG, binary, without empty frames, Explicit VR Little Endian.

    A single slice that has no place in the patient gives a SEG without geometry, which refers to the image.

    Raises
    ------
    ValueError
        When the labels do not have the volume's shape, or are not one array for each segment.
    """
    source = volume.slices[0].image.source
    target = Dataset()
    copy_allowed(source, target, SegmentationStorage, same_units=False)
    for name in _NOT_OF_A_SEG:
        if name in target:
            delattr(target, name)
    if not target.get("Laterality"):
        target.pop("Laterality", None)
    repaired = complete(target, source, SegmentationStorage) + _frame_of_reference(target, volume)
    described = [_described(number, segment, result, making) for number, segment in enumerate(segments, start=1)]
    for element in _made(_stand_ins(volume, target), _pixels(volume, result, segments), described, making.maker):
        if element.keyword not in _NOT_OF_HIGHDICOM:
            target.add(element)
    identify(target, SegmentationStorage, making.uids, making.index)
    target.SeriesNumber = 1  # a SEG has to have one
    date_object(target, making.maker.accepted_at)
    describe(target, result.derivation, SEGMENTED, result.series, making.maker)
    _organise(target, making.uids.uid("dimension-organization", making.index))
    _refer(target, volume)
    _measure(target, volume)
    lossy = _lossy_history(target, volume)
    notes = [*repaired, *lossy, *keep_character_set(source, target), *dropped(source)]
    return DerivedObject(written(target), SegmentationStorage, tuple(notes))


def _frame_of_reference(target: Dataset, volume: Volume) -> list[str]:
    """Of an image that has a place in the patient; without one there is nothing to refer to."""
    source = volume.slices[0].image.source
    if volume.slices[0].plane is None:
        if "FrameOfReferenceUID" in target:
            del target.FrameOfReferenceUID
        return ["the image lacks position, orientation or spacing: the segmentation has no geometry, and sizes are in pixels"]
    target.PositionReferenceIndicator = source.get("PositionReferenceIndicator", "")
    if source.get("FrameOfReferenceUID"):
        return []
    series = str(source.get("SeriesInstanceUID") or source.SOPInstanceUID)
    target.FrameOfReferenceUID = uid_from(["mip-frame-of-reference-v1", series])
    return ["FrameOfReferenceUID was absent from the source and was derived from its SeriesInstanceUID"]


def _pixels(volume: Volume, result: Segmentation, segments: Sequence[DeclaredSegment]) -> NDArray[np.uint8]:
    """(slice, row, column, segment), 0 and 1."""
    if len(result.labels) != len(segments) or any(labels.shape != volume.shape for labels in result.labels):
        raise ValueError("the labels do not have the volume's shape, or are not one array for each segment of the entry")
    return np.stack([labels != 0 for labels in result.labels], axis=-1).astype(np.uint8)


def _described(number: int, segment: DeclaredSegment, result: Segmentation, making: Making) -> SegmentDescription:
    maker = making.maker
    identification = highdicom.AlgorithmIdentificationSequence(
        name=maker.algorithm,
        family=_entry(result.family),
        version=maker.version,
        source=maker.digest,
    )
    identification[0].AlgorithmParameters = json.dumps(
        {"image_digest": maker.image_digest, "parameters": maker.parameters}, sort_keys=True
    )
    described = SegmentDescription(
        segment_number=number,
        segment_label=segment.label,
        segmented_property_category=_entry(code_of(segment.category, segment.label)),
        segmented_property_type=_entry(code_of(segment.type, segment.label)),
        algorithm_type=segment.algorithm,
        algorithm_identification=identification,
        tracking_uid=making.uids.uid("tracking", number),
        tracking_id=f"{maker.algorithm} {segment.label}",
        display_color=_color(segment.color),
    )
    if side := SIDES.get(segment.laterality or ""):
        described.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence = [coded(*side)]
    return described


def _entry(code: Code) -> CodedEntry:
    return CodedEntry(*code)


def _color(text: str | None) -> CIELabColor | None:
    return CIELabColor.from_rgb(*(int(text[at : at + 2], 16) for at in (1, 3, 5))) if text else None


def _stand_ins(volume: Volume, target: Dataset) -> list[Dataset]:
    """For every slice what highdicom has to know of its source."""
    stand_ins: list[Dataset] = []
    for index, one in enumerate(volume.slices):
        stand_in = Dataset()
        stand_in.SOPClassUID = CTImageStorage if one.plane else SecondaryCaptureImageStorage
        stand_in.SOPInstanceUID = _invented(index)
        stand_in.StudyInstanceUID = stand_in.SeriesInstanceUID = _INVENTED
        stand_in.Modality, stand_in.Rows, stand_in.Columns = "CT", *volume.shape[1:]
        for name in _READ_BY_HIGHDICOM:
            setattr(stand_in, name, "")
        if one.plane:
            stand_in.FrameOfReferenceUID = target.FrameOfReferenceUID
            _place(stand_in, one)
        stand_ins.append(stand_in)
    return stand_ins


def _place(stand_in: Dataset, one: Slice) -> None:
    """The source's own values: a result may not lie a rounding away from its image."""
    source = one.image.source
    for group, names in _GEOMETRY.items():
        place = frame_group(source, one.frame, group) or source
        for name in names:
            if place.get(name) not in (None, ""):
                stand_in[name] = place[name]


def _made(
    stand_ins: list[Dataset], pixels: NDArray[np.uint8], described: list[SegmentDescription], maker: Maker
) -> highdicom.seg.Segmentation:
    return highdicom.seg.Segmentation(
        source_images=stand_ins,
        pixel_array=pixels,
        segmentation_type="BINARY",
        segment_descriptions=described,
        series_instance_uid=_INVENTED,
        series_number=1,
        sop_instance_uid=_INVENTED,
        instance_number=1,
        manufacturer="MIP",
        manufacturer_model_name=maker.algorithm,
        software_versions=cast(Any, (maker.version, maker.digest)),
        device_serial_number=maker.digest,
        content_label="SEGMENTATION",
        content_description=NOT_FOR_DIAGNOSIS if maker.regulatory != "cleared" else None,
    )


def _organise(target: Dataset, uid: str) -> None:
    """Give the dimensions the job's UID in the place of an invented one."""
    for item in (*target.DimensionOrganizationSequence, *target.DimensionIndexSequence):
        item.DimensionOrganizationUID = uid


def _refer(target: Dataset, volume: Volume) -> None:
    """Refer to the source images, whole and frame by frame, in the place of the stand-ins."""
    references = {_invented(index): one for index, one in enumerate(volume.slices)}
    for item in _items(target):
        one = references.get(str(item.get("ReferencedSOPInstanceUID", "")))
        if one is not None:
            item.ReferencedSOPClassUID = one.image.source.SOPClassUID
            item.ReferencedSOPInstanceUID = one.image.source.SOPInstanceUID
            if one.image.frames > 1:
                item.ReferencedFrameNumber = one.frame + 1
    images = {str(one.image.source.SOPInstanceUID): one.image.source for one in volume.slices}
    target.SourceImageSequence = [source_reference(source) for source in images.values()]
    series = Dataset()
    series.SeriesInstanceUID = volume.slices[0].image.source.get("SeriesInstanceUID", "")
    series.ReferencedInstanceSequence = [source_reference(source) for source in images.values()]
    for item in series.ReferencedInstanceSequence:
        del item.PurposeOfReferenceCodeSequence
    target.ReferencedSeriesSequence = [series]


def _lossy_history(target: Dataset, volume: Volume) -> list[str]:
    """That of the first slice that has one: a volume is no better than its slices."""
    target.pop("LossyImageCompression", None)
    notes: list[str] = []
    for one in volume.slices:
        notes = inherit_lossy_history(one.image.source, target)
        if target.get("LossyImageCompression") == "01":
            break
    target.LossyImageCompression = target.get("LossyImageCompression", "00")
    return notes


def _measure(target: Dataset, volume: Volume) -> None:
    """Say of thickness and step what is known of them; a single slice has no step.

    A thickness that the source does not have stays there without a value: highdicom reads no SEG that lacks the attribute.
    """
    for measures in target.SharedFunctionalGroupsSequence[0].get("PixelMeasuresSequence") or []:
        if "SpacingBetweenSlices" in measures:
            del measures.SpacingBetweenSlices
        if volume.step_mm is not None:
            measures.SpacingBetweenSlices = DS(volume.step_mm, auto_format=True)


def _items(dataset: Dataset) -> Iterator[Dataset]:
    """Every item of every sequence, at any depth."""
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value:
                yield item
                yield from _items(item)


def _invented(index: int) -> str:
    return f"{_INVENTED}.{index + 1}"
