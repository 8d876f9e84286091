"""``dciodvfy`` of dicom3tools: the errors of an object against its IOD."""

import re
import shutil
import subprocess
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pydicom import dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian

needs_dciodvfy = pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="needs dciodvfy (Debian: dicom3tools)")


@lru_cache(maxsize=2)
def errors(octets: bytes) -> frozenset[str]:
    """One line an error: attribute, module and message, without the value at fault."""
    dataset = dcmread(BytesIO(octets))
    if dataset.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian:  # which dciodvfy does not read
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        buffer = BytesIO()
        dataset.save_as(buffer)
        octets = buffer.getvalue()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "image.dcm"
        path.write_bytes(octets)
        said = subprocess.run(["dciodvfy", str(path)], capture_output=True, check=False)
    lines = (said.stderr + said.stdout).decode(errors="replace").splitlines()
    return frozenset(without_value(line) for line in lines if "Error" in line)


def without_value(line: str) -> str:
    return re.sub(r'<[^<>]*> - Character|"[^"]*" in|\[\d+\] = <[^<>]*>', "", line).strip()
