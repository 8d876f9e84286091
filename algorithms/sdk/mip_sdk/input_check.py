"""The rules of a catalog entry on its input, on all images of a job: the router saw one of them at most, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mip_sdk.attributes import Seen, read_attribute, tag_of
from mip_sdk.facts import Plane, derived_by_mip, is_volume, orientation_of, planes_of, spacing_of, step_of
from mip_sdk.faults import InvalidInput
from mip_sdk.images import StoredImage
from mip_sdk.reading import read_header
from mip_sdk.rules import LOOPS, Rule, Verdict, check_rule, modality_rule, rules_of, words_of

_OF_PLANES = ("spacing_mm", "slices", "orientation", "uniform")


@dataclass(frozen=True)
class _Looked:
    """What the rules look at of one image, so that no image has to be kept parsed."""

    attributes: dict[str, Seen]
    planes: list[Plane]
    derived: Seen


class InputCheck:
    """Holds a job's images against an entry's ``input``."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._rules = rules_of(given)
        self._modality = modality_rule(given)
        self._tags = {str(rule["tag"]): tag_of(rule["tag"]) for rule in self._rules if "tag" in rule}
        self._needs_planes = any(rule.get("fact") in _OF_PLANES for rule in self._rules)

    def check(self, images: Sequence[StoredImage], whole_study: bool = False) -> list[str]:
        """Check all rules.

        Parameters
        ----------
        whole_study
            An algorithm that takes a study picks its series itself: one image of its modalities is enough, and the other rules are
            of the images that have them.

        Returns
        -------
        What the rules that warn have to say, for the manifest.

        Raises
        ------
        InvalidInput
            With what each failed rule asks for; for one of several images the words say which, by its place.
        """
        looked = [self._look(image, index, len(images)) for index, image in enumerate(images, start=1)]
        rules = self._rules
        if whole_study and self._modality is not None:
            rules = [rule for rule in rules if rule != self._modality]
            looked = _of_modality(self._modality, looked)
        failed = [(rule, words) for rule in rules if (words := _failure(rule, looked)) is not None]
        if refused := [words for rule, words in failed if rule["severity"] == "reject"]:
            raise InvalidInput("; ".join(refused))
        return [words for _, words in failed]

    def _look(self, image: StoredImage, index: int, count: int) -> _Looked:
        try:
            header = read_header(image.octets)
        except InvalidInput as fault:
            raise type(fault)(_of_several(str(fault), index, count)) from fault
        attributes = {name: read_attribute(header, tag) for name, tag in self._tags.items() if tag is not None}
        return _Looked(attributes, planes_of(header) if self._needs_planes else [], derived_by_mip(header))


def _of_modality(rule: Rule, looked: list[_Looked]) -> list[_Looked]:
    kept = [image for image in looked if check_rule(rule, image.attributes.get("Modality")) != "fail"]
    if not kept:
        raise InvalidInput(words_of(rule))
    return kept


def _failure(rule: Rule, looked: list[_Looked]) -> str | None:
    """The words for a rule that fails, else None."""
    verdicts = _verdicts(rule, looked)
    if "fail" not in verdicts:
        return None
    return _of_several(words_of(rule), verdicts.index("fail") + 1, len(verdicts))


def _verdicts(rule: Rule, looked: list[_Looked]) -> list[Verdict]:
    """One of each image, or one of all together."""
    if "tag" in rule:
        return [check_rule(rule, image.attributes.get(rule["tag"])) for image in looked]
    if rule["fact"] == LOOPS:
        return [check_rule(rule, image.derived) for image in looked]
    if rule["fact"] == "orientation":
        return [check_rule(rule, orientation_of(image.planes)) for image in looked]
    together = [plane for image in looked for plane in image.planes]
    if rule["fact"] == "slices":
        return [check_rule(rule, Seen((len(together),), present=True))]
    if rule["fact"] == "uniform":
        volume = is_volume(together)
        return [check_rule(rule, None if volume is None else Seen((volume,), present=True))]
    return [check_rule(rule, _with_step(spacing_of(image.planes), together)) for image in looked]


def _with_step(seen: Seen, together: list[Plane]) -> Seen:
    """The spacing of an image, and of several frames the step between them too."""
    if len(together) == 1 or not seen.present:
        return seen
    step = step_of(together)
    return replace(seen, more=True) if step is None else replace(seen, values=(*seen.values, step))


def _of_several(words: str, index: int, count: int) -> str:
    return words if count == 1 else f"image {index} of {count}: {words}"
