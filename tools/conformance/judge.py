"""The judge of conformance, READ FIRST: is a result what its case expects, and how far is it from the result of before?

Reads a JSON request, or a list of them, from standard input::

    {"case": …, "parameters": {…}, "kind": "image", "change_budget": {…} | null,
     "root": "repository", "sources": ["in.dcm", …], "truth": "folder" | null,
     "new": "folder", "old": "folder" | null, "pictures": "folder" | null}

where ``case`` is the catalog's, ``parameters`` are the effective ones, ``sources`` one image or a series, ``truth`` holds the masks
of a phantom in the order of its files, and the folders are those of ``mip_sdk.case``. Prints a JSON document
for each: ``verdict``
(passed, failed), ``reasons``, ``expected`` and ``change`` (numbers), ``approval`` (what of the change needs the clinical owner),
``digest``, ``pictures``. It imports neither the SDK nor an algorithm, and a case never passes for lack of something.
"""

import json
import logging
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests" / "oracles")]

import numpy as np  # noqa: E402

from expectation import Given, Reference, references  # noqa: E402
from measures import Masks, Samples, as_json, compare_masks, compare_samples  # noqa: E402
from pictures import draw  # noqa: E402
from results import Array, Result, Unjudgeable, read_result  # noqa: E402
from sources import Source, read_source  # noqa: E402
from verdict import MASK_TOLERANCES, approvals, contradictions, differences, ending  # noqa: E402


def judge(request: dict[str, Any]) -> dict[str, Any]:
    """The document to print."""
    said: dict[str, Any] = {"verdict": "failed", "reasons": [], "approval": []}
    said |= {"outcome": None, "error": None, "seconds": None, "digest": None, "expected": None, "change": None, "pictures": {}}
    try:
        _judge(request, said)
    except Unjudgeable as fault:
        said["reasons"].append(str(fault))
    said["verdict"] = "failed" if said["reasons"] else "passed"
    return said


def _judge(request: dict[str, Any], said: dict[str, Any]) -> None:
    source = read_source([Path(path) for path in request["sources"]])
    new = read_result(Path(request["new"]), source)
    said |= {"outcome": new.outcome, "error": new.error, "seconds": new.seconds, "digest": new.digest}
    old = _old(request, source, said)
    drawn: dict[str, Any] = {"old": old.pixels} if old else {}
    try:
        wanted = _hold(request, new, source, said)
        drawn = drawn or {"expected": wanted.pixels if wanted else None}
    finally:
        if old:
            said["change"], said["approval"] = _change(request, old, new, source)
        if request.get("pictures"):
            said["pictures"] = draw(Path(request["pictures"]), source, {**drawn, "new": new.pixels})


def _old(request: dict[str, Any], source: Source | None, said: dict[str, Any]) -> Result | None:
    """The result of before, None where there is none; one that cannot be read takes no part, and a person has to look."""
    if not request.get("old"):
        return None
    try:
        return read_result(Path(request["old"]), source)
    except Unjudgeable as fault:
        said["approval"].append(f"there is no old result to compare with: {fault}")
        return None


def _hold(request: dict[str, Any], new: Result, source: Source | None, said: dict[str, Any]) -> Reference | None:
    """Hold the new result against the case; the array that decided, if one did."""
    case, reasons = request["case"], said["reasons"]
    expect = case["expect"]
    reasons += contradictions(case) + ending(expect, new)
    if reasons or new.ended == "not-applicable" or new.error:
        return None
    if expect.get("pixels_sha256") not in (None, new.digest):
        reasons.append(f"the pixels' digest is {new.digest or 'that of no image'} instead of {expect['pixels_sha256']}")
    sources, truth = [Path(path) for path in request["sources"]], request.get("truth")
    given = Given(Path(request["root"]), sources, source, Path(truth) if truth else None, request["parameters"])
    found = references(expect, given)
    for reference in found:
        got = np.zeros_like(reference.pixels) if new.pixels is None else new.pixels  # nothing was found
        as_masks = reference.is_mask or any(name in expect for name in MASK_TOLERANCES)
        samples, masks = _numbers(got, reference.pixels, source, as_masks)
        said["expected"] = {"by": reference.by, **_as_json(samples, masks)}
        reasons += differences(expect, samples, masks)
    return found[-1] if found else None


def _change(request: dict[str, Any], old: Result, new: Result, source: Source | None) -> tuple[dict[str, Any], list[str]]:
    budget = request.get("change_budget")
    samples, masks = None, None
    if old.pixels is not None and new.pixels is not None:
        as_masks = "segmentation" in request.get("kind", "") or any(name in (budget or {}) for name in MASK_TOLERANCES)
        samples, masks = _numbers(new.pixels, old.pixels, source, as_masks or new.is_mask)
    ended = {"old_outcome": old.ended, "new_outcome": new.ended, "old_seconds": old.seconds, "same": old.digest == new.digest}
    return {**ended, **_as_json(samples, masks)}, approvals(budget, old, new, samples, masks)


def _numbers(pixels: Array, reference: Array, source: Source | None, as_masks: bool) -> tuple[Samples, Masks | None]:
    samples = compare_samples(pixels != 0 if reference.dtype == bool else pixels, reference)
    if not as_masks or pixels.shape != reference.shape or pixels.ndim != 3:
        return samples, None
    return samples, compare_masks(pixels, reference, source.spacing if source else (None, None, None))


def _as_json(samples: Samples | None, masks: Masks | None) -> dict[str, Any]:
    return {**(as_json(samples) if samples else {}), **(as_json(masks) if masks else {})}


def main() -> int:
    """0 when there is a verdict, whatever it is."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    try:
        asked = json.load(sys.stdin)
        print(json.dumps([judge(one) for one in asked] if isinstance(asked, list) else judge(asked), allow_nan=False))
    except Exception as error:
        [*_, frame] = traceback.extract_tb(error.__traceback__)
        sys.stderr.write(f"the judge failed: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
