"""One rule on an algorithm's input: pass, fail or unknown. Only a failed rule ever refuses an image; what is missing, unreadable or
not looked at is unknown. The router has the same in TypeScript, and ``schemas/vectors/input-rules.json`` holds both to it.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

import re2  # pyright: ignore[reportMissingTypeStubs]

from mip_sdk.attributes import Scalar, Seen, decimal, strip, tag_of

Verdict = Literal["pass", "fail", "unknown"]
Rule = Mapping[str, Any]
"""As the catalog entry has it: ``tag`` or ``fact``, one comparison, ``severity``, perhaps a ``description``."""

LOOPS = "is_derived_by_mip"
_NO_LOOPS: Rule = {"fact": LOOPS, "equals": False, "severity": "reject", "description": "Results of MIP are not processed again."}
_LONGEST = 10_240
"""DICOM's longest text of bounded length; beyond it lie reports, which no rule reads."""
_NEVER = (
    *("00080016", "00080060", "00080061", "00409096", "004008EA", "52009229", "52009230"),
    *(
        "00180023",
        "00180088",
        "00181114",
        "00181120",
        "00181164",
        "00182010",
        "00185100",
        "00186011",
        "00187022",
        "00189322",
        "00189404",
    ),
    *("0020", "0028", "0048", "0054", "3002", "3004"),
)
"""The attributes, by tag or by how it begins, whose rules nobody overrides; the router's table says what they are."""
_STILL = "002821"
"""Of group 0028 only how lossily the image was compressed, which is about how good it is."""


def rules_of(given: Mapping[str, Any]) -> list[Rule]:
    """All rules of an entry's ``input``: its modalities, its own rules, and, unless these say otherwise, no results of MIP."""
    rules: list[Rule] = list(given.get("rules") or [])
    modality = modality_rule(given)
    loops = [] if any(rule.get("fact") == LOOPS for rule in rules) else [_NO_LOOPS]
    return [*([modality] if modality else []), *rules, *loops]


def modality_rule(given: Mapping[str, Any]) -> Rule | None:
    """The rule that an entry's ``modalities`` are."""
    modalities = given.get("modalities")
    return {"tag": "Modality", "one_of": modalities, "severity": "reject"} if modalities else None


def is_overridable(rule: Rule) -> bool:
    """Whether it is on an attribute, refuses images, and somebody's word can stand against it.

    Never one on what the values are, or where they lie: the modality, the units, the size and the geometry, without which a result
    would be wrong and not only doubtful. What a private attribute means is not known here.
    """
    tag = tag_of(rule["tag"]) if "tag" in rule else None
    if tag is None or rule["severity"] != "reject" or tag.is_private:
        return False
    digits = f"{int(tag):08X}"
    return digits.startswith(_STILL) or not digits.startswith(_NEVER)


def check_rule(rule: Rule, seen: Seen | None) -> Verdict:
    """What the rule says of an attribute or fact; None where it has not been looked at."""
    if seen is None:
        return "unknown"
    if "present" in rule:
        return "pass" if seen.present is rule["present"] else "fail"
    if not seen.values:
        return "unknown"
    if "range" in rule:
        return _in_range(rule["range"], seen)
    if "matches" in rule:
        return "unknown" if seen.numeric or "fact" in rule else _matches(rule["matches"], seen)
    accepted: list[Scalar] = rule["one_of"] if "one_of" in rule else [rule["equals"]]

    def is_accepted(value: Scalar) -> bool:
        return any(_same(one, value) for one in accepted)

    if "fact" in rule:
        return _all(seen, is_accepted)
    if any(is_accepted(value) for value in _candidates(seen)):
        return "pass"
    return "unknown" if seen.more else "fail"


def words_of(rule: Rule) -> str:
    """What a rule asks for, as a clause; never what an image has."""
    description = rule.get("description")
    return f"{rule.get('tag') or rule['fact']} has to {_asked(rule)}{f': {description}' if description else ''}"


def _asked(rule: Rule) -> str:
    if "present" in rule:
        return "be there" if rule["present"] else "be absent"
    if "matches" in rule:
        return f"match {rule['matches']}"
    if "range" in rule:
        return f"be {_bounds(rule['range'])}"
    accepted = rule["one_of"] if "one_of" in rule else [rule["equals"]]
    listed = ", ".join(one if isinstance(one, str) else json.dumps(one) for one in accepted)
    return f"be {'one of ' if len(accepted) > 1 else ''}{listed}"


def _bounds(given: Mapping[str, Any]) -> str:
    least = [f"at least {given['minimum']}"] if "minimum" in given else []
    most = [f"at most {given['maximum']}"] if "maximum" in given else []
    unit = "" if given["unit"] == "1" else f" {given['unit']}"
    return f"{' and '.join([*least, *most])}{unit}"


def _candidates(seen: Seen) -> tuple[Scalar, ...]:
    """Each value, and all of them as one text."""
    return seen.values if seen.joined is None else (*seen.values, seen.joined)


def _all(seen: Seen, accepted: Callable[[Scalar], bool | None]) -> Verdict:
    """A value that is out fails whatever is not known."""
    results = [accepted(value) for value in seen.values]
    if False in results:
        return "fail"
    return "unknown" if seen.more or None in results else "pass"


def _in_range(given: Mapping[str, Any], seen: Seen) -> Verdict:
    least, most = given.get("minimum", float("-inf")), given.get("maximum", float("inf"))

    def lies_in_it(value: Scalar) -> bool | None:
        number = decimal(value)
        return None if number is None else least <= number <= most

    return _all(seen, lies_in_it)


def _matches(source: str, seen: Seen) -> Verdict:
    pattern = _compiled(source)
    texts = [str(value) for value in _candidates(seen)]
    if pattern is None or any(len(text) > _LONGEST for text in texts):
        return "unknown"
    return "pass" if any(pattern.search(text) for text in texts) else "fail"


@cache
def _compiled(source: str) -> Any:
    """The pattern in RE2, whose time is linear in the text; None where RE2 does not take it."""
    options: Any = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(source, options=options)
    except re2.error:
        return None


def _same(accepted: Scalar, value: Scalar) -> bool:
    if isinstance(accepted, bool) or isinstance(value, bool):
        return accepted is value
    if isinstance(accepted, str) and isinstance(value, str):
        return strip(accepted) == value
    number = decimal(value)
    return number is not None and decimal(accepted) == number
