"""Starts Orthanc with its DICOMweb plugin on free ports of this machine, for tests:
``orthanc.py [--auth USER:PASSWORD] [--settings JSON]``.

Prints one line of JSON, ``{"url", "dicom_port", "aet", "http"}``: the DICOMweb base, the port and the title for DIMSE (C-STORE,
C-FIND and C-MOVE from anyone), the base of Orthanc's own API. It runs until standard input ends or SIGTERM comes, and leaves
nothing behind.
"""

import argparse
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

AET = "ORTHANC"
PATIENCE_S = 30
_PLUGINS = ("/usr/share/orthanc/plugins/libOrthancDicomWeb.so", "/usr/lib/orthanc/libOrthancDicomWeb.so")


def program() -> str | None:
    """Orthanc's program; None where it or its plugin is not installed."""
    found = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    return found if found and _plugin() else None


@contextmanager
def running(auth: str | None = None, **settings: Any) -> Iterator[dict[str, Any]]:
    """Orthanc while the block runs. ``auth`` is ``user:password``; ``settings`` are added to its configuration."""
    folder = Path(tempfile.mkdtemp(prefix="orthanc-"))
    child: subprocess.Popen[bytes] | None = None
    try:
        http, dicom = _free_ports()
        configuration = folder / "orthanc.json"
        configuration.write_text(json.dumps({**_configuration(folder, http, dicom, auth), **settings}))
        with (folder / "log").open("wb") as log:
            child = subprocess.Popen([str(program()), str(configuration)], stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        _wait(child, f"http://127.0.0.1:{http}", auth, folder / "log")
        base = f"http://127.0.0.1:{http}"
        yield {"url": f"{base}/dicom-web", "dicom_port": dicom, "aet": settings.get("DicomAet", AET), "http": base}
    finally:
        if child is not None:
            child.kill()
            child.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(folder: Path, http: int, dicom: int, auth: str | None) -> dict[str, Any]:
    user, _, password = (auth or "").partition(":")
    return {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": http,
        "RemoteAccessAllowed": False,
        "HttpThreadsCount": 8,
        "AuthenticationEnabled": auth is not None,
        "RegisteredUsers": {user: password} if auth else {},
        "DicomAet": AET,
        "DicomPort": dicom,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowMove": True,
        "OverwriteInstances": False,
        "Plugins": [_plugin()],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
    }


def _plugin() -> str | None:
    return next((path for path in _PLUGINS if Path(path).exists()), None)


def _free_ports() -> list[int]:
    with socket.socket() as one, socket.socket() as two:
        for probe in (one, two):
            probe.bind(("127.0.0.1", 0))
        return [one.getsockname()[1], two.getsockname()[1]]


def _wait(child: subprocess.Popen[bytes], base: str, auth: str | None, log: Path) -> None:
    headers = {"authorization": f"Basic {base64.b64encode(auth.encode()).decode()}"} if auth else {}
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends and child.poll() is None:
        try:
            urllib.request.urlopen(urllib.request.Request(f"{base}/dicom-web/studies?limit=1", headers=headers), timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Orthanc does not start:\n{log.read_text(errors='replace')[-2000:]}")


def main() -> int:
    """Run it until told to stop."""
    parser = argparse.ArgumentParser(description="Start Orthanc for a test.")
    parser.add_argument("--auth", help="user:password that its HTTP API asks for")
    parser.add_argument("--settings", type=json.loads, default={}, help="more of its configuration, as JSON")
    given = parser.parse_args()
    if program() is None:
        sys.stderr.write("needs Orthanc with its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb)\n")
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with running(given.auth, **given.settings) as orthanc:
        sys.stdout.write(json.dumps(orthanc) + "\n")
        sys.stdout.flush()
        while os.read(0, 4096):
            pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
