"""``measurements.json``: what was found, in numbers, with the codes that the catalog entry declares.

In an image a size is an area, in a volume a volume; where the image has no place in the patient it is a number of pixels, and
never a millimetre. Numbers are rounded to four places.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from mip_sdk.codes import code_of
from mip_sdk.declared import DeclaredMeasurement, DeclaredOutput
from mip_sdk.marks import NOT_FOR_DIAGNOSIS, Making
from mip_sdk.measuring import Component, Floats, components_of
from mip_sdk.processor import NotApplicable, Segmentation
from mip_sdk.results import ResultFile
from mip_sdk.volume import Volume

PIXELS = "{pixels}"
"""UCUM for a count of pixels, where there is no spacing."""
AREA, VOLUME, MEAN, DEVIATION = "SCT 42798000", "SCT 118565006", "SCT 373098007", "SCT 386136009"
_PLACES = 4


def measurements_of(volume: Volume, result: Segmentation, output: DeclaredOutput, outcome: str, making: Making) -> dict[str, Any]:
    """The content of the file, of what was found or not found in a volume or an image."""
    segments: list[dict[str, Any]] = []
    for number, (segment, labels) in enumerate(zip(output.segments, result.labels, strict=True), start=1):
        components = components_of(volume, labels)
        segments.append(
            {
                "number": number,
                "label": segment.label,
                "category": segment.category,
                "type": segment.type,
                "count": len(components),
                "measurements": _total(volume, components, output.measurements),
                "components": [_component(volume, component, output.measurements) for component in components],
            }
        )
    return {**_head(outcome, making), "geometry": "patient" if volume.slices[0].plane else "none", "segments": segments}


def not_applicable(result: NotApplicable, making: Making) -> dict[str, Any]:
    """The content of the file where the algorithm cannot tell."""
    return {**_head("not-applicable", making), "reason": {"code": result.reason, "message": result.words}, "segments": []}


def measurements_file(content: dict[str, Any], name: str) -> ResultFile:
    """The content as a file of the job."""
    return ResultFile(name, "application/json", (json.dumps(content, indent=2, allow_nan=False) + "\n").encode())


def _head(outcome: str, making: Making) -> dict[str, Any]:
    maker = making.maker
    algorithm = {"name": maker.algorithm, "version": maker.version, "image_digest": maker.image_digest}
    notice = f"{maker.regulatory} use. {NOT_FOR_DIAGNOSIS}" if maker.regulatory != "cleared" else "cleared"
    return {"schema": "measurements/1", "notice": notice, "outcome": outcome, "algorithm": algorithm}


def _component(volume: Volume, component: Component, declared: Sequence[DeclaredMeasurement]) -> dict[str, Any]:
    placed = volume.slices[0].plane is not None
    low, high = component.box
    return {
        "number": component.number,
        "samples": component.samples,
        "measurements": [measured for one in declared if (measured := _measured(volume, component, one))],
        "centroid_lps_mm" if placed else "centroid_row_column": _rounded(component.centroid),
        "box_lps_mm" if placed else "box_row_column": {"minimum": _rounded(low), "maximum": _rounded(high)},
    }


def _measured(volume: Volume, component: Component, declared: DeclaredMeasurement) -> dict[str, Any] | None:
    found = _MEASURES[declared.concept](volume, component, declared)
    return _coded(declared, *found) if found else None


def _total(volume: Volume, components: Sequence[Component], declared: Sequence[DeclaredMeasurement]) -> list[dict[str, Any]]:
    """Of all components together: their size, 0 where there are none."""
    samples = sum(component.samples for component in components)
    found = [(one, _size(volume, samples, one)) for one in declared if one.concept in (AREA, VOLUME)]
    return [_coded(one, *size) for one, size in found if size]


def _coded(declared: DeclaredMeasurement, value: float | None, unit: str) -> dict[str, Any]:
    meaning = code_of(declared.concept, declared.name)[2]
    value = None if value is None else round(value, _PLACES)
    return {"name": declared.name, "concept": declared.concept, "meaning": meaning, "unit": unit, "value": value}


Measured = tuple[float | None, str] | None


def _size(volume: Volume, samples: int, declared: DeclaredMeasurement) -> Measured:
    """An area of an image, a volume of a volume; None for the one that the other has."""
    if (declared.concept == VOLUME) is (volume.step_mm is None):
        return None
    if volume.pixel_mm2 is None:
        return float(samples), PIXELS
    return samples * ((volume.voxel_ml or 0.0) if declared.concept == VOLUME else volume.pixel_mm2), declared.unit


def _size_of(volume: Volume, component: Component, declared: DeclaredMeasurement) -> Measured:
    return _size(volume, component.samples, declared)


_MEASURES: dict[str, Callable[[Volume, Component, DeclaredMeasurement], Measured]] = {
    AREA: _size_of,
    VOLUME: _size_of,
    MEAN: lambda _volume, component, declared: (component.mean, declared.unit),
    DEVIATION: lambda _volume, component, declared: (component.deviation, declared.unit),
}
_UNITS = {AREA: "mm2", VOLUME: "ml", MEAN: "[hnsf'U]", DEVIATION: "[hnsf'U]"}


def check_declared(output: DeclaredOutput) -> None:
    """Refuse an entry whose measurements this SDK does not make.

    Raises
    ------
    LookupError
        Naming the measurement and what can be declared.
    """
    for one in output.measurements:
        if _UNITS.get(one.concept) != one.unit:
            known = ", ".join(f"{concept} in {unit}" for concept, unit in _UNITS.items())
            raise LookupError(f"the measurement {one.name} is not one that can be made: {known}")


def _rounded(values: Floats) -> list[float]:
    return [round(float(value), _PLACES) + 0.0 for value in values]
