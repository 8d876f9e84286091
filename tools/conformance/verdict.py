"""From numbers to a verdict, in sentences. Pure: no reasons means passed, no approvals means within the budget."""

from collections.abc import Callable
from typing import Any

from measures import Masks, Samples
from results import Result

MASK_TOLERANCES = ("dice_min", "hausdorff95_mm_max", "volume_rel", "components")
TOLERANCES = ("max_abs", "fraction_different", *MASK_TOLERANCES)
"""By their names in the catalog's schema."""
REFERENCES = ("oracle", "mask", "truth")
COMPARED_WITH = (*REFERENCES, "pixels_sha256")
WITHOUT_IMAGE = ("nothing-found", "not-applicable")


def contradictions(case: dict[str, Any]) -> list[str]:
    """Why a case cannot say what is right, whatever comes out."""
    expect, by = case["expect"], case["expected_by"]
    if "error" in expect:
        return ["the case expects both an error and an outcome"] if "outcome" in expect else []
    reasons: list[str] = []
    if by == "oracle" and "oracle" not in expect and "mask" not in expect:
        reasons.append("the case says that an oracle decides, but names neither oracle nor mask")
    if by == "ground-truth" and "truth" not in expect and "outcome" not in expect:
        reasons.append("the case says that the ground truth decides, but names neither a truth nor an outcome")
    held = [name for name in TOLERANCES if name in expect]
    if held and not any(name in expect for name in REFERENCES):
        reasons.append(f"{', '.join(held)}: the case names neither oracle nor mask nor truth to hold the result against")
    return reasons


def ending(expect: dict[str, Any], result: Result) -> list[str]:
    """Whether the run ended as it should. An image is expected unless an error or another outcome is."""
    wanted = f"error {expect['error']}" if "error" in expect else expect.get("outcome")
    if wanted is not None and wanted != result.ended:
        return [f"the run ended with {_ending(result)} instead of {wanted}"]
    if wanted is None and result.outcome is None:
        return [f"the run ended with {_ending(result)}"]
    compared = any(name in expect for name in COMPARED_WITH)
    if compared and result.pixels is None and "error" not in expect and result.outcome not in WITHOUT_IMAGE:
        return ["the run left no image"]
    return []


def _ending(result: Result) -> str:
    message = (result.error or {}).get("message")
    return f"{result.ended} ({message})" if message else result.ended


def differences(expect: dict[str, Any], samples: Samples, masks: Masks | None) -> list[str]:
    """What is beyond the case's tolerances; without any, every sample has to be equal."""
    held = {name: expect[name] for name in TOLERANCES if name in expect} or {"max_abs": 0}
    return _beyond(held, samples, masks)


def approvals(budget: dict[str, Any] | None, old: Result, new: Result, samples: Samples | None, masks: Masks | None) -> list[str]:
    """What is beyond the entry's change budget; without a budget, any change is. Another meaning of the pixels always is."""
    reasons: list[str] = []
    if old.ended != new.ended:
        reasons.append(f"the run ends with {new.ended}, it ended with {old.ended}")
    changed = sorted(name for name in {*old.attributes, *new.attributes} if old.attributes.get(name) != new.attributes.get(name))
    if changed and old.pixels is not None and new.pixels is not None:
        reasons.append(f"{', '.join(changed)} changed")
    if old.pixels is not None and new.pixels is not None and old.pixels.dtype != new.pixels.dtype:
        reasons.append(f"the samples are {new.pixels.dtype.name}, they were {old.pixels.dtype.name}")
    if samples is None:
        return reasons
    if budget is None and samples.different:
        return [*reasons, f"{samples.different} of {samples.samples} samples changed, and the entry has no change_budget"]
    return reasons + _beyond(budget or {}, samples, masks)


def _beyond(held: dict[str, Any], samples: Samples, masks: Masks | None) -> list[str]:
    if samples.max_abs is None:
        return ["the shape differs"]
    return [sentence for name, bound in held.items() if (sentence := _one(name, bound, samples, masks))]


def _one(name: str, bound: Any, samples: Samples, masks: Masks | None) -> str | None:
    if name == "max_abs":
        return _most("the largest difference of a sample", samples.max_abs or 0, bound)
    if name == "fraction_different":
        share = f"{samples.different} of {samples.samples} samples differ; the fraction"
        return _most(share, samples.fraction_different, bound)
    if masks is None:
        return f"{name} cannot be told of a colour image"
    return MASK_CHECKS[name](masks, bound)


def _most(what: str, value: float, bound: float, unit: str = "") -> str | None:
    return f"{what} is {value:.6g}{unit}, at most {bound:g}{unit} is accepted" if value > bound else None


def _dice(masks: Masks, least: float) -> str | None:
    return f"Dice is {masks.dice:.6g}, at least {least:g} is accepted" if masks.dice < least else None


def _distance(masks: Masks, most: float) -> str | None:
    if masks.hausdorff95_mm is None:
        return "the Hausdorff distance in mm cannot be told: the source has no spacing, or one of the two masks is empty"
    return _most("Hausdorff95", masks.hausdorff95_mm, most, " mm")


def _volume(masks: Masks, most: float) -> str | None:
    if masks.volume_rel is None:
        return "there should have been nothing, and there is something"
    return _most("the relative difference in volume", masks.volume_rel, most)


def _components(masks: Masks, _equal: str) -> str | None:
    same = masks.components == masks.reference_components
    return None if same else f"{masks.components} components instead of {masks.reference_components}"


MASK_CHECKS: dict[str, Callable[[Masks, Any], str | None]] = {
    "dice_min": _dice,
    "hausdorff95_mm_max": _distance,
    "volume_rel": _volume,
    "components": _components,
}
