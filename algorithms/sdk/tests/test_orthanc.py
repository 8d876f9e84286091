"""The real thing: Orthanc as the PACS of a job."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import numpy as np
import orthanc
import pytest

from cloud import Cloud
from fake_pacs import uids_of
from made import ct, parsed
from mip_sdk import BaseProcessor
from mip_sdk.delivery import PacsDelivery
from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.faults import ImageNotFound
from mip_sdk.message import Pacs
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.pacs_server import PacsServer, servers_from
from mip_sdk.sources import Sources
from mip_sdk.stow import Stow, outgoing
from mip_sdk.transient import Unavailable
from shipped import image

pytestmark = pytest.mark.skipif(
    orthanc.program() is None, reason="needs Orthanc with its DICOMweb plugin (Debian: orthanc, orthanc-dicomweb)"
)
AUTH = "mip:a-password"
NAMES = ["CT_small.dcm", "explicit_VR-UN.dcm", "JPEG2000.dcm", "693_UNCR.dcm", "RG1_UNCR.dcm", "emri_small.dcm", "SC_rgb.dcm"]


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Any]]:
    with orthanc.running(AUTH) as started:
        yield started


@pytest.fixture(scope="module")
def server(running: dict[str, Any]) -> PacsServer:
    user, password = AUTH.split(":")
    listed = json.dumps([{"name": "hospital", "url": running["url"], "credentials": True}])
    secret = json.dumps({"username": user, "password": password})
    [server] = servers_from({"MIP_PACS": listed, "MIP_PACS_SECRET_HOSPITAL": secret})
    return server


def put(running: dict[str, Any], octets: bytes) -> None:
    """By Orthanc's own API, not by DICOMweb."""
    ask(running, "/instances", octets)


def ask(running: dict[str, Any], path: str, body: bytes | None = None) -> bytes:
    headers = {"authorization": f"Basic {b64encode(AUTH.encode()).decode()}"}
    with urlopen(Request(running["http"] + path, body, headers), timeout=10) as answer:
        return answer.read()


@pytest.mark.parametrize("name", NAMES)
def test_an_image_comes_byte_for_byte(running: dict[str, Any], server: PacsServer, name: str) -> None:
    octets = image(name)
    put(running, octets)
    source = parsed(octets)
    uids = Pacs(str(source.StudyInstanceUID), str(source.SeriesInstanceUID), str(source.SOPInstanceUID))
    [fetched] = DicomWebPacs(PacsHttp(server)).fetch(uids)
    assert fetched.octets == octets


def test_a_series_is_whole_and_in_its_order(running: dict[str, Any], server: PacsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mip_sdk.dicomweb._PAGE", 4)
    made = [
        ct(np.full((4, 4), number, np.int16), StudyInstanceUID="1.9", SeriesInstanceUID="1.9.1", SOPInstanceUID=f"1.9.1.{number}")
        for number in range(10)
    ]
    for octets in made:
        put(running, octets)
    pacs = DicomWebPacs(PacsHttp(server))
    assert [fetched.octets for fetched in pacs.fetch(Pacs("1.9", "1.9.1"))] == made
    assert len(pacs.fetch(Pacs("1.9"))) == 10


@pytest.mark.parametrize(
    ("asked", "level"),
    [
        (Pacs("1.8"), "study"),
        (Pacs("1.8", "1", "1"), "study"),
        (Pacs("1.9", "1.1"), "series"),
        (Pacs("1.9", "1.9.1", "1"), "instance"),
    ],
)
def test_what_it_does_not_have_is_named_by_its_level(running: dict[str, Any], server: PacsServer, asked: Pacs, level: str) -> None:
    put(running, ct(np.zeros((4, 4), np.int16), StudyInstanceUID="1.9", SeriesInstanceUID="1.9.1", SOPInstanceUID="1.9.1.0"))
    with pytest.raises(ImageNotFound, match=f"the {level} is not"):
        DicomWebPacs(PacsHttp(server)).fetch(asked)


def test_without_credentials_nothing_comes(running: dict[str, Any]) -> None:
    with pytest.raises(Unavailable) as caught:
        DicomWebPacs(PacsHttp(PacsServer("hospital", running["url"]))).fetch(Pacs("1.9"))
    assert caught.value.event == "pacs-denied"


def test_a_job_reads_from_it_and_its_result_is_found_there(
    cloud: Cloud, processors: dict[str, BaseProcessor], running: dict[str, Any], server: PacsServer
) -> None:
    octets = image("explicit_VR-UN.dcm")
    put(running, octets)
    job = cloud.submit(octets, "window-level", {"center": 40.0, "width": 400.0})
    pacs = DicomWebPacs(PacsHttp(server))
    images, delivery = Sources({"hospital": pacs}, "hospital"), PacsDelivery({"hospital": Stow(pacs)}, "hospital", wanted=True)
    cloud.deliver(cloud.worker(processors["window-level"], "window-level", images=images, delivery=delivery))
    record = cloud.record(job)
    assert (record["state"], record["pacs_delivery"]) == (
        "succeeded",
        {"pacs": "hospital", "state": "stored", "stored": 1, "failed": 0},
    )
    [made] = [stored for key, stored in cloud.results().items() if key.endswith(".dcm")]
    study, series, instance = uids_of(made)
    found = json.loads(ask(running, f"/dicom-web/studies/{study}/series/{series}/instances"))
    assert [item["00080018"]["Value"] for item in found] == [[instance]]
    [known] = json.loads(ask(running, "/tools/lookup", instance.encode()))
    assert ask(running, f"/instances/{known['ID']}/file") == made
    assert Stow(pacs).store([outgoing(made)]) == {}, "a second delivery"


def test_what_is_no_dicom_is_refused_by_it(running: dict[str, Any], server: PacsServer) -> None:
    """And takes nothing else of that request, so the rest has to be sent again."""
    whole = [outgoing(ct(np.zeros((4, 4), np.int16), SOPInstanceUID=uid)) for uid in ("1.7.1", "1.7.2", "1.7.3")]
    objects = [whole[0], replace(whole[1], octets=b"no DICOM at all"), whole[2]]
    assert Stow(DicomWebPacs(PacsHttp(server))).store(objects) == {"1.7.2": "http-400"}
    assert json.loads(ask(running, "/tools/lookup", b"1.7.1"))
    assert json.loads(ask(running, "/tools/lookup", b"1.7.3"))


def test_the_program_says_where_it_listens_and_ends_with_its_input(tmp_path: Path) -> None:
    program = Path(orthanc.__file__)
    child = subprocess.Popen([sys.executable, str(program), "--auth", AUTH], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    said = json.loads(child.stdout.readline())
    assert json.loads(ask(said, "/system"))["DicomAet"] == said["aet"]
    child.communicate(timeout=30)
    assert child.returncode == 0
