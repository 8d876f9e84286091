"""The rules of a catalog entry on its input, on all images of a job: the router saw one of them at most, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mip_sdk.attributes import Seen, read_attribute, tag_of
from mip_sdk.facts import SeenPlane, derived_by_mip, is_volume, orientation_of, planes_of, spacing_of, step_of
from mip_sdk.faults import InvalidInput
from mip_sdk.images import StoredImage
from mip_sdk.message import Override
from mip_sdk.reading import read_header
from mip_sdk.rules import LOOPS, Rule, Verdict, check_rule, is_overridable, modality_rule, rules_of, words_of

_OF_PLANES = ("spacing_mm", "slices", "orientation", "uniform")


@dataclass(frozen=True)
class _Looked:
    """What the rules look at of one image, so that no image has to be kept parsed."""

    attributes: dict[str, Seen]
    planes: list[SeenPlane]
    derived: Seen


class InputCheck:
    """Holds a job's images against an entry's ``input``."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._rules = rules_of(given)
        self._modality = modality_rule(given)
        self._tags = {str(rule["tag"]): tag_of(rule["tag"]) for rule in self._rules if "tag" in rule}
        self._needs_planes = any(rule.get("fact") in _OF_PLANES for rule in self._rules)

    def check(self, images: Sequence[StoredImage], whole_study: bool = False, overrides: Sequence[Override] = ()) -> list[str]:
        """Check all rules.

        Parameters
        ----------
        whole_study
            An algorithm that takes a study picks its series itself: one image of its modalities is enough, and the other rules are
            of the images that have them.
        overrides
            Which rules that reject do not: they are checked as well. A rule that nobody may override refuses all the same.

        Returns
        -------
        What the rules that warn have to say, and those that are overridden, for the manifest. Never a reason.

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
        roles = {one.tag: one.role for one in overrides}
        failed = [
            (rule["severity"] == "reject", roles.get(rule["tag"]) if is_overridable(rule) else None, words)
            for rule in rules
            if (words := _failure(rule, looked)) is not None
        ]
        if refused := [words for rejects, role, words in failed if rejects and role is None]:
            raise InvalidInput("; ".join(refused))
        return [words if role is None else f"overridden by the role {role}: {words}" for _, role, words in failed]

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
    spacings = [spacing_of(image.planes) for image in looked]
    if len(together) > 1:
        step = step_of(together)
        spacings = [_with_step(seen, step) for seen in spacings]
    return [check_rule(rule, seen) for seen in spacings]


def _with_step(seen: Seen, step: float | None) -> Seen:
    """The spacing of an image, and the step between the frames of all."""
    if not seen.present:
        return seen
    return replace(seen, more=True) if step is None else replace(seen, values=(*seen.values, step))


def _of_several(words: str, index: int, count: int) -> str:
    return words if count == 1 else f"image {index} of {count}: {words}"
