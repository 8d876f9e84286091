"""The C code under the address and undefined-behaviour sanitizers, built with OpenMP as for use, and faults that they have to find.

ThreadSanitizer is left out: GCC's OpenMP runtime is not built for it. It sees none of the runtime's barriers, and calls it a race
when an array that a parallel loop has filled is read after the loop (tried with GCC 12). What threads do is held by other tests:
the bytes of a result are the same at any number of them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ALGORITHMS = Path(__file__).parents[2]
FLAGS = "-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all"
NATIVE = sorted(makefile.parents[1].relative_to(ALGORITHMS).as_posix() for makefile in ALGORITHMS.glob("**/src/Makefile"))
CALLS = 1500


def runtime() -> str:
    """The sanitizer's own library, which has to be there before Python's first allocation; '' where the compiler has none."""
    found = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=False).stdout.strip()
    return found if Path(found).is_absolute() else ""


pytestmark = pytest.mark.skipif(not runtime(), reason="needs a compiler with libasan")


def copied(to: Path) -> Path:
    """The C code alone, to be built with other flags or another text."""
    for folder in ("kernels", *(f"{name}/src" for name in NATIVE)):
        shutil.copytree(ALGORITHMS / folder, to / folder, ignore=shutil.ignore_patterns("build", "__pycache__"))
    return to


def build(root: Path, name: str) -> Path:
    subprocess.run(["make", "-s", "-C", str(root / name / "src"), f"CFLAGS={FLAGS}"], check=True, capture_output=True)
    (library,) = (root / name / "build").glob("*.so")
    return library


def drive(library: Path, name: str) -> subprocess.CompletedProcess[str]:
    arrays = ALGORITHMS / name / "tests" / "arrays.py"
    environment = {
        **os.environ,
        "LD_PRELOAD": runtime(),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python keeps what it has to its end
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONPATH": str(ALGORITHMS / "sdk"),
        "OMP_NUM_THREADS": "2",
    }
    command = [sys.executable, str(Path(__file__).parent / "sanitized.py"), str(library), str(arrays), str(CALLS)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("sanitized"))


def test_every_library_has_arrays_to_be_called_with() -> None:
    assert NATIVE
    assert [name for name in NATIVE if not (ALGORITHMS / name / "tests" / "arrays.py").exists()] == []


def test_the_kernels_pass_their_tests() -> None:
    done = subprocess.run(
        ["make", "-s", "-C", str(ALGORITHMS / "kernels"), "sanitize"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failed" in done.stdout


@pytest.mark.parametrize("name", NATIVE)
def test_a_library_stays_within_its_arrays_whatever_they_are(built: Path, name: str) -> None:
    done = drive(build(built, name), name)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{CALLS} calls, ")
    assert int(done.stdout.split()[2]) > CALLS // 5


TEMPLATE = "examples/openmp-template"
FAULTS = [
    (
        "examples/openmp-template",
        "examples/openmp-template/src/main.c",
        "at < columns - 1 ?",
        "at < columns ?",
        "heap-buffer-overflow",
    ),
    ("grayscale", "kernels/src/luma.c", "i < count;", "i <= count;", "heap-buffer-overflow"),
    ("grayscale", "grayscale/src/main.c", "|| greys != samples / 3", "", "heap-buffer-overflow"),
    ("window-level", "kernels/src/samples.c", "table[outside ? 0 : index]", "table[index]", "AddressSanitizer"),
    ("window-level", "window-level/src/main.c", "parameters[1] <= MIP_SIGMOID", "parameters[1] <= 1e300", "runtime error"),
]


@pytest.mark.parametrize(("name", "file", "right", "wrong", "report"), FAULTS, ids=lambda value: str(value)[:24])
def test_a_fault_is_found(tmp_path: Path, name: str, file: str, right: str, wrong: str, report: str) -> None:
    root = copied(tmp_path)
    text = (root / file).read_text()
    assert right in text
    (root / file).write_text(text.replace(right, wrong, 1))
    done = drive(build(root, name), name)
    assert done.returncode != 0
    assert report in done.stderr
