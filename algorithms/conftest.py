"""Builds the libraries once, and lends every test a cloud in memory."""

import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from cloud import Cloud
from mip_sdk.loading import load_processor
from mip_sdk.processor import BaseProcessor

# pydicom quotes what it reads, damaged pixels too; tests that fail are long enough without it. The worker does the same.
logging.disable(logging.CRITICAL)
ALGORITHMS = Path(__file__).parent
EXAMPLES = ("openmp-template", "python-advanced", "python-simple")
FOLDERS = {name: name for name in ("window-level", "grayscale", "threshold-ccl")} | {name: f"examples/{name}" for name in EXAMPLES}


@pytest.fixture(scope="session")
def processors() -> dict[str, BaseProcessor]:
    for folder in ("kernels", *(f"{FOLDERS[name]}/src" for name in ("window-level", "grayscale", "openmp-template"))):
        subprocess.run(["make", "-s", "-C", str(ALGORITHMS / folder)], check=True)
    return {name: load_processor(ALGORITHMS / folder, threads=2) for name, folder in FOLDERS.items()}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert "AWS_ENDPOINT_URL" not in os.environ
    with mock_aws():
        yield Cloud()
