"""Write what TypeScript knows of DICOM's attributes, from pydicom's dictionary (PS3.6): two files, one attribute a line.

Run ``python tools/dicom/attributes.py`` after an update of pydicom. With ``--check`` nothing is written, but said which is stale.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary

ROOT = Path(__file__).parents[2]
#: Keyword, tag, first value representation: for people who write rules.
BY_KEYWORD = ROOT / "packages/catalog/src/input-rules/attributes.generated.ts"
#: Tag, every value representation, keyword: for reading files. Groups that repeat stand by their first.
BY_TAG = ROOT / "packages/image-store/src/dicom/attributes.generated.ts"
HEAD = """\
// Generated from pydicom's dictionary by tools/dicom/attributes.py: {columns}.
export const ATTRIBUTES = `\\
"""


def by_keyword() -> str:
    """Attributes that have a keyword and one tag."""
    known = ((keyword, tag, vr) for tag, (vr, _, _, _, keyword) in DicomDictionary.items() if keyword and vr != "NONE")
    lines = sorted(f"{keyword} {tag:08X} {vr[:2]}" for keyword, tag, vr in known)
    return _file("keyword, tag, value representation", lines)


def by_tag() -> str:
    """All attributes that have values, curves (50xx) and overlays (60xx) among them."""
    repeated = ((f"{mask[:2]}00{mask[4:]}", entry) for mask, entry in RepeatersDictionary.items() if mask[:4] in {"50xx", "60xx"})
    known = [*((f"{tag:08X}", entry) for tag, entry in DicomDictionary.items()), *repeated]
    lines = sorted(f"{tag} {vr.replace(' or ', '/')} {keyword}".rstrip() for tag, (vr, _, _, _, keyword) in known if vr != "NONE")
    return _file("tag, value representations, keyword", lines)


def _file(columns: str, lines: Iterable[str]) -> str:
    return HEAD.format(columns=columns) + "".join(f"{line}\n" for line in lines) + "`;\n"


def main(arguments: list[str]) -> int:
    """Write both files, or compare them."""
    stale = 0
    for path, text in {BY_KEYWORD: by_keyword(), BY_TAG: by_tag()}.items():
        if "--check" not in arguments:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale += 1
            sys.stderr.write(f"{path.relative_to(ROOT)} is not what pydicom says: run python tools/dicom/attributes.py\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
