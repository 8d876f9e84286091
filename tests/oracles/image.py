"""Prints the path of a test image that a Python package ships: ``image.py PACKAGE FILE``.

Exits with 1 and a sentence when the package has no such file. Nothing is downloaded.
"""

import sys

from pydicom.data import get_testdata_file


def main() -> int:
    """Look the file up and print where it is."""
    package, file = sys.argv[1:3]
    if package not in ("pydicom", "pydicom-data"):
        print(f"unknown package {package}: pydicom and pydicom-data ship images", file=sys.stderr)
        return 1
    path = get_testdata_file(file, download=False)
    if path is None:
        print(f"{package} ships no file {file}", file=sys.stderr)
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
