"""Write the keywords of DICOM's attributes with their tags and value representations, from pydicom's dictionary (PS3.6).

Run ``python tools/dicom/attributes.py`` after an update of pydicom.
"""

from pathlib import Path

from pydicom.datadict import dictionary_VR, keyword_dict

TARGET = Path(__file__).parents[2] / "packages/catalog/src/input-rules/attributes.generated.ts"
HEAD = """\
// Generated from pydicom's dictionary by tools/dicom/attributes.py: keyword, tag, value representation.
export const ATTRIBUTES = `\\
"""


def main() -> None:
    """Write the file: one attribute a line, by keyword."""
    known = ((keyword, tag, dictionary_VR(tag)) for keyword, tag in keyword_dict.items() if keyword)
    entries = sorted((keyword, f"{tag:08X}", vr[:2]) for keyword, tag, vr in known if vr != "NONE")
    TARGET.write_text(HEAD + "".join(" ".join(entry) + "\n" for entry in entries) + "`;\n")


if __name__ == "__main__":
    main()
