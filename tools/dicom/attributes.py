"""Write the keywords of DICOM's attributes with their tags and value representations, from pydicom's dictionary (PS3.6).

Run ``python tools/dicom/attributes.py`` after an update of pydicom.
"""

from pathlib import Path

from pydicom.datadict import DicomDictionary

TARGET = Path(__file__).parents[2] / "packages/catalog/src/input-rules/attributes.generated.ts"
HEAD = """\
// Generated from pydicom's dictionary by tools/dicom/attributes.py: keyword, tag, value representation.
export const ATTRIBUTES = `\\
"""


def main() -> None:
    """Write the file: one attribute a line, by keyword."""
    entries = sorted((entry[4], f"{tag:08X}", entry[0][:2]) for tag, entry in DicomDictionary.items() if entry[4] and entry[0] != "NONE")
    TARGET.write_text(HEAD + "".join(" ".join(entry) + "\n" for entry in entries) + "`;\n")


if __name__ == "__main__":
    main()
