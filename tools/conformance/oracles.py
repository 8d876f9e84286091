"""Oracles as processes: one for each script, which answers for all cases of a judge, and ends with it."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Timer
from typing import Any

import numpy as np
from numpy.typing import NDArray

from results import Unjudgeable

ORACLE_S = 600
_Key = tuple[Path, int]
_running: dict[_Key, "subprocess.Popen[str]"] = {}


def ask(script: Path, files: Sequence[Path], parameters: dict[str, Any]) -> NDArray[Any]:
    """What the oracle expects of these files.

    Raises
    ------
    Unjudgeable
        When it takes too long, dies or fails.
    """
    with TemporaryDirectory() as folder:
        out = Path(folder) / "expected.npy"
        line = json.dumps({"out": str(out), "parameters": parameters, "sources": [str(file) for file in files]})
        fault = _exchange(script, line)
        if fault:
            raise Unjudgeable(f"the oracle {script.name} failed: {fault[:200]}")
        return np.load(out, allow_pickle=False)


def _exchange(script: Path, line: str) -> str:
    key = (script, script.stat().st_mtime_ns if script.exists() else 0)
    process = _running.get(key) or _start(key)
    late = Event()
    timer = Timer(ORACLE_S, lambda: (late.set(), process.kill()))
    timer.start()
    try:
        answer = _answer(process, line)
    finally:
        timer.cancel()
    if answer:
        return answer.rstrip("\n")
    del _running[key]  # the next case gets another
    code = process.wait()
    if late.is_set():
        raise Unjudgeable(f"the oracle {script.name} took longer than {ORACLE_S} s")
    return f"exit code {code}"


def _answer(process: "subprocess.Popen[str]", line: str) -> str:
    """Empty from one that has ended."""
    if process.stdin is None or process.stdout is None:
        return ""
    try:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()
        return process.stdout.readline()
    except BrokenPipeError:
        return ""


def _start(key: _Key) -> "subprocess.Popen[str]":
    command = [sys.executable, "-B", str(Path(__file__).with_name("oracle.py")), str(key[0])]
    pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nothing, text=True)  # noqa: S603
    _running[key] = process
    return process
