"""The real images that pydicom and pydicom-data ship."""

import importlib.util
from functools import cache
from pathlib import Path

import pydicom


@cache
def shipped() -> dict[str, Path]:
    """Every Part 10 file with a preamble: path within its package → path on this machine."""
    spec = importlib.util.find_spec("data_store")
    assert spec is not None
    assert spec.origin is not None
    roots = {"pydicom": Path(pydicom.__file__).parent / "data", "pydicom-data": Path(spec.origin).parent / "data"}
    found: dict[str, Path] = {}
    for package, root in roots.items():
        for path in sorted(root.rglob("*")):
            if path.is_file() and path.suffix not in (".py", ".pyc") and has_preamble(path):
                found[f"{package}/{path.relative_to(root)}"] = path
    return found


def has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def image(name: str) -> bytes:
    """The bytes of the one shipped file of this name."""
    return path_of(name).read_bytes()


def path_of(name: str) -> Path:
    [path] = {path for key, path in shipped().items() if key.rsplit("/", 1)[-1] == name}
    return path
