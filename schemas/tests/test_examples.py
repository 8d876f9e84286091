"""The examples of ``schemas/examples`` with a second validator: what TypeScript accepts and rejects, Python does too."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError

SCHEMAS = Path(__file__).parents[1]
NAMES = sorted(path.name.removesuffix(".schema.json") for path in SCHEMAS.glob("*.schema.json"))
VALIDATORS = {
    name: Draft202012Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text()), format_checker=FormatChecker(["regex"]))
    for name in NAMES
}


def documents(kind: str, name: str) -> dict[str, Any]:
    """File name without its ending → content."""
    folder = SCHEMAS / "examples" / kind / name
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(folder.iterdir())}


VALID = {name: documents("valid", name) for name in NAMES}
INVALID = [
    pytest.param(name, case, id=f"{name}-{file}-{index}")
    for name in NAMES
    for file, content in documents("invalid", name).items()
    for index, case in enumerate(content["cases"])
]


def escaped(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def locate(root: dict[str, Any], pointer: str) -> tuple[Any, Any]:
    """The container of what ``pointer`` names below ``root["example"]``, and its key there."""
    path = ["example", *(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])]
    holder: Any = root
    for key in path[:-1]:
        holder = holder[int(key)] if isinstance(holder, list) else holder[key]
    return holder, int(path[-1]) if isinstance(holder, list) else path[-1]


def changed(name: str, case: dict[str, Any]) -> Any:
    """The valid example with the case's change made."""
    root = {"example": copy.deepcopy(VALID[name][case.get("of", "full")])}
    for pointer, value in case.get("set", {}).items():
        holder, key = locate(root, pointer)
        holder[key] = value
    for pointer in case.get("remove", []):
        holder, key = locate(root, pointer)
        del holder[key]
    for pointer, count in case.get("repeat", {}).items():
        holder, key = locate(root, pointer)
        holder[key] = [holder[key][0]] * count
    for pointer, count in case.get("lengthen", {}).items():
        holder, key = locate(root, pointer)
        holder[key] = "a" * count
    for pointer, count in case.get("widen", {}).items():
        holder, key = locate(root, pointer)
        first = next(iter(holder[key].values()))
        holder[key] = {**holder[key], **{f"k{index}": first for index in range(count)}}
    return root["example"]


def pointers(error: ValidationError) -> set[str]:
    """Where a fault is: at the missing or unknown member itself, as the TypeScript validator says it."""
    at = "".join(f"/{escaped(key)}" for key in error.absolute_path)
    wanted: Any = error.validator_value
    given: Any = error.instance
    if error.validator == "required":
        return {f"{at}/{escaped(key)}" for key in wanted if key not in given}
    if error.validator == "dependentRequired":
        return {f"{at}/{escaped(key)}" for needs in wanted.values() for key in needs if key not in given}
    if error.validator == "additionalProperties":
        return {f"{at}/{escaped(key)}" for key in given if key not in error.schema.get("properties", {})}  # type: ignore[union-attr]
    if "propertyNames" in error.absolute_schema_path:
        return {f"{at}/{escaped(given)}"}
    return {at}


@pytest.mark.parametrize("name", NAMES)
def test_is_a_schema_of_draft_2020_12(name: str) -> None:
    Draft202012Validator.check_schema(VALIDATORS[name].schema)


@pytest.mark.parametrize(("name", "file"), [(name, file) for name in NAMES for file in VALID[name]])
def test_accepts(name: str, file: str) -> None:
    assert [error.message for error in VALIDATORS[name].iter_errors(VALID[name][file])] == []


@pytest.mark.parametrize(("name", "case"), INVALID)
def test_rejects(name: str, case: dict[str, Any]) -> None:
    complaints = [pointers(error) for error in VALIDATORS[name].iter_errors(changed(name, case))]
    assert case["pointer"] in set().union(*complaints)
