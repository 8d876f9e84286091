"""Runs one command and prints what it cost as JSON; the kernel counts for one child, which Node.js does not tell."""

import glob
import json
import os
import subprocess
import sys
import tempfile
import time


def command(arguments: list[str]) -> list[str]:
    """The arguments, with `--glob FOLDER` as the paths of the folder's entries: too many to pass through two processes."""
    if "--glob" not in arguments:
        return arguments
    at = arguments.index("--glob")
    return arguments[:at] + sorted(glob.glob(os.path.join(arguments[at + 1], "*.yaml"))) + arguments[at + 2 :]


def main() -> None:
    """Times are in milliseconds, memory in MiB."""
    arguments = command(sys.argv[1:])
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as error:
        start = time.monotonic()
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=error)  # noqa: S603 -- the benchmark's own commands
        _, status, usage = os.wait4(child.pid, 0)
        elapsed = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, error):
            file.seek(0)
            texts.append(file.read().decode())
    # Linux counts in KiB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    cost = {
        "ms": elapsed * 1e3,
        "cpuMs": (usage.ru_utime + usage.ru_stime) * 1e3,
        "peakMib": usage.ru_maxrss / unit,
        "status": child.returncode,
        "output": texts[0],
        "error": texts[1],
    }
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main()
