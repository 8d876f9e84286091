"""Writes ``mip_sdk/iods.json``: for every image class, which attributes its IOD needs (types 1, 1C, 2, 2C), from DICOM PS3.3.

The tables come from highdicom's copy of the standard; run it again after an update of highdicom.
``make_iods.py --check`` says whether the file is up to date.
"""

import json
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
OUTPUT = HERE.parent / "mip_sdk" / "iods.json"
# Copied whole, free text excepted: whose image it is.
WHOLE = ("patient", "general-study", "patient-study", "frame-of-reference")
# Written by the SDK itself, or never carried on.
NEVER = {
    "sop-common",
    "general-image",
    "general-reference",
    "common-instance-reference",
    "image-pixel",
    "nm-image-pixel",
    "floating-point-image-pixel",
    "double-floating-point-image-pixel",
    "overlay-plane",
    "multi-frame-overlay",
    "bitmap-display-shutter",
    "icc-profile",
    "palette-color-lookup-table",
    "enhanced-palette-color-lookup-table",
    "frame-extraction",
}
NEEDED = ("1", "1C", "2", "2C")


def standard(name: str) -> Any:
    """One of highdicom's tables of the standard."""
    return json.loads(files("highdicom").joinpath("_standard", name).read_text())


def tables() -> dict[str, Any]:
    """The content of ``iods.json``."""
    iods, modules = standard("iod_module_map.json"), standard("module_attribute_map.json")
    images = {name: iod for name, iod in iods.items() if any(module["key"] == "image-pixel" for module in iod)}
    used = sorted({module["key"] for iod in images.values() for module in iod} - NEVER)
    return {
        "whole": {name: keywords(modules[name], None) for name in WHOLE},
        "modules": {name: keywords(modules[name], NEEDED) for name in used if name not in WHOLE},
        "iods": {
            name: [module["key"] for module in iod if module["key"] in used and module["key"] not in WHOLE]
            for name, iod in images.items()
        },
        "classes": {uid: name for uid, name in standard("sop_class_iod_map.json").items() if name in images},
    }


def keywords(module: list[dict[str, Any]], types: tuple[str, ...] | None) -> list[str]:
    """The keywords of a module's own attributes of these types, without free-text comments."""
    chosen = [item["keyword"] for item in module if not item["path"] and (types is None or item["type"] in types)]
    return [
        keyword
        for keyword in dict.fromkeys(chosen)
        if keyword and "Comment" not in keyword and keyword != "AdditionalPatientHistory"
    ]


def main() -> int:
    """Write the file, or compare it."""
    text = json.dumps(tables(), indent=1) + "\n"
    if "--check" in sys.argv:
        return 0 if OUTPUT.read_text() == text else 1
    OUTPUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
