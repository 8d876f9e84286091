"""Text of the source in a derived object: not a character may change."""

from pydicom import Dataset

UTF_8 = "ISO_IR 192"


def keep_character_set(source: Dataset, target: Dataset) -> list[str]:
    """Give ``target`` the source's character set when its text is ASCII, else write it in UTF-8, which holds every character."""
    if is_ascii(target):
        if source.get("SpecificCharacterSet"):
            target["SpecificCharacterSet"] = source["SpecificCharacterSet"]
        return []
    target.SpecificCharacterSet = UTF_8
    return [] if source.get("SpecificCharacterSet") == UTF_8 else ["text was encoded anew in ISO_IR 192"]


def is_ascii(dataset: Dataset) -> bool:
    """True where no text of the dataset, at any depth, needs more than ASCII."""
    for element in dataset:
        if element.VR == "SQ":
            if not all(is_ascii(item) for item in element.value):
                return False
        elif element.VR in ("PN", "LO", "SH", "ST", "LT", "UT", "UC") and not str(element.value).isascii():
            return False
    return True
