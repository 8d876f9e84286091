"""The API over memory on a socket."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    program = [ROOT / "node_modules/.bin/node", ROOT / "packages/api/src/testing/serve.ts"]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        _, errors = server.communicate()
        assert errors == "", "the API logged errors"
