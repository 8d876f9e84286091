"""A job's images from a PACS: what is asked for, what is taken, and what every kind of answer leads to."""

import ipaddress
import itertools
import json
import pickle
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fake_pacs import Answer, FakePacs, Request, related, serving
from made import MISSING, ct
from mip_sdk import dicomweb, rate
from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.faults import ImageNotFound, ImageUnreadable, InvalidInput, JobFault
from mip_sdk.message import Pacs
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.pacs_server import PacsServer, servers_from
from mip_sdk.transient import Unavailable, is_transient
from shipped import image

AXES = ["1", "0", "0", "0", "1", "0"]
JPEG = image("JPEG2000.dcm")


def slice_(number: int, series: str = "1.2.3.4") -> bytes:
    pixels = np.full((4, 4), number, np.int16)
    place = {"ImagePositionPatient": ["0", "0", str(-number)], "ImageOrientationPatient": AXES}
    return ct(pixels, SOPInstanceUID=f"{series}.{number}", SeriesInstanceUID=series, InstanceNumber=number, **place)


SLICES = [slice_(number) for number in range(7)]
ONE = Pacs("1.2.3", "1.2.3.4", "1.2.3.4.0")
SERIES = Pacs("1.2.3", "1.2.3.4")


@pytest.fixture
def pacs() -> Iterator[FakePacs]:
    with serving(FakePacs()) as served:
        yield served


def test_an_instance_comes_as_the_pacs_keeps_it(pacs: FakePacs) -> None:
    pacs.put(JPEG)
    [uids] = pacs.instances
    [fetched] = pacs.client().fetch(Pacs(*uids))
    assert fetched.octets == JPEG
    [request] = pacs.requests
    assert request.headers["accept"] == 'multipart/related; type="application/dicom"; transfer-syntax=*'


def test_a_series_comes_in_its_order_and_a_study_with_all_its_series(pacs: FakePacs) -> None:
    pacs.put(*SLICES, slice_(1, "1.2.3.5"))
    assert [fetched.octets for fetched in pacs.client().fetch(SERIES)] == SLICES[::-1], "from the feet, as the positions say"
    whole = {fetched.octets for fetched in pacs.client().fetch(Pacs("1.2.3"))}
    assert whole == {*SLICES, slice_(1, "1.2.3.5")}


@pytest.mark.parametrize("page", [1, 3, 7, 8])
@pytest.mark.parametrize(
    "habit",
    [{}, {"ignores_limit": True}, {"ignores_limit": True, "ignores_offset": True}, {"most_results": 2}],
    ids=["keeps to the page", "ignores the limit", "ignores limit and offset", "gives fewer than asked"],
)
def test_no_image_of_a_series_is_lost_however_a_pacs_pages(
    pacs: FakePacs, monkeypatch: pytest.MonkeyPatch, page: int, habit: dict[str, Any]
) -> None:
    monkeypatch.setattr(dicomweb, "_PAGE", page)
    pacs.put(*SLICES)
    for name, value in habit.items():
        setattr(pacs, name, value)
    assert len(pacs.client().fetch(SERIES)) == 7


def test_a_pacs_that_gives_the_first_page_for_ever_is_found_out(pacs: FakePacs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicomweb, "_PAGE", 3)
    pacs.put(*SLICES)
    pacs.ignores_offset = True
    with pytest.raises(Unavailable, match="again and again"):
        pacs.client().fetch(SERIES)


@pytest.mark.parametrize(
    ("asked", "level"),
    [*MISSING, (Pacs("..", "."), "study")],
)
@pytest.mark.parametrize("status", [200, 204, 404])
def test_what_is_not_there_is_named_by_its_level(pacs: FakePacs, asked: Pacs, level: str, status: int) -> None:
    """``status``: how this PACS says that a search found nothing."""

    def empty(request: Request) -> Answer | None:
        answered = None if "/instances/" in request.path else pacs.search(path_of(request), request.query)
        return Answer(status) if answered and answered.body == b"[]" and status != 200 else answered

    pacs.fault = empty
    pacs.put(*SLICES)
    with pytest.raises(ImageNotFound, match=f"the {level} is not in the PACS hospital"):
        pacs.client(concurrent=1).fetch(asked)
    assert not any("/." in request.path for request in pacs.requests), "no step in a path"


def path_of(request: Request) -> list[str]:
    return request.path.removeprefix("/dicom-web/").split("/")


STEP = b'[{"0020000E": {"Value": ["../../x"]}, "00080018": {"Value": ["1"]}}]'


def always(answer: Answer) -> Callable[[Request], Answer]:
    return lambda request: answer


HTML = Answer(200, "text/html", b"<html>Please log in</html>")
WAITS: dict[str, tuple[Answer, str]] = {
    "500": (Answer(500), "pacs-down"),
    "502 with a page": (Answer(502, "text/html", b"<html>"), "pacs-down"),
    "504": (Answer(504), "pacs-down"),
    "401": (Answer(401), "pacs-denied"),
    "403": (Answer(403), "pacs-denied"),
    "200 with a page": (HTML, "pacs-unexpected"),
    "200 without a type": (Answer(200, "", b""), "pacs-unexpected"),
    "multipart without a boundary": (Answer(200, "multipart/related", SLICES[0]), "pacs-unexpected"),
    "another boundary than it says": (related(SLICES[0], said="other"), "pacs-unexpected"),
    "no last boundary": (related(SLICES[0], end=False), "pacs-unexpected"),
    "shorter than it says": (Answer(200, related().kind, related(SLICES[0]).body, length=10_000_000), "pacs-down"),
}


@pytest.mark.parametrize("name", WAITS)
def test_a_pacs_that_does_not_answer_as_one_is_waited_for(pacs: FakePacs, name: str) -> None:
    answer, event = WAITS[name]
    pacs.put(*SLICES)
    pacs.fault = always(answer)
    with pytest.raises(Unavailable) as caught:
        pacs.client().fetch(ONE)
    assert caught.value.event == event
    assert is_transient(caught.value)
    assert "1.2.3" not in str(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert vars(again) == vars(caught.value), "it crosses from one process to another"


FAILS: dict[str, tuple[Answer, type[JobFault], str]] = {
    "another instance": (related(SLICES[1]), JobFault, "SOPInstanceUID differs"),
    "another study": (related(ct(np.zeros((2, 2), np.int16), StudyInstanceUID="9.9")), JobFault, "StudyInstanceUID differs"),
    "no object": (Answer(200, related().kind, b"--b-1--\r\n"), ImageUnreadable, "0 objects"),
    "two objects": (related(SLICES[0], SLICES[1]), ImageUnreadable, "2 objects"),
    "an object of 0 bytes": (related(b""), ImageUnreadable, "not a DICOM file"),
    "no DICOM": (related(b"<html>" * 100), ImageUnreadable, "not a DICOM file"),
    "400": (Answer(400), JobFault, "HTTP 400"),
    "406": (Answer(406), JobFault, "HTTP 406"),
}


@pytest.mark.parametrize("name", FAILS)
def test_what_can_never_become_the_image_fails_the_job(pacs: FakePacs, name: str) -> None:
    answer, kind, words = FAILS[name]
    pacs.fault = always(answer)
    with pytest.raises(kind, match=words) as caught:
        pacs.client().fetch(ONE)
    assert "1.2.3" not in str(caught.value)
    assert "9.9" not in str(caught.value)


@pytest.mark.parametrize(
    "found",
    [
        b"<html>",
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b'[{"0020000E": {"Value": ["../../x"]}, "00080018": {"Value": ["1"]}}]',
        b"[" * 100_000,
    ],
    ids=["a page", "nothing", "no list", "a list of numbers", "no UIDs", "a step in a path", "too deep"],
)
def test_a_search_that_is_none_is_waited_for(pacs: FakePacs, found: bytes) -> None:
    pacs.fault = always(Answer(body=found))
    with pytest.raises(Unavailable) as caught:
        pacs.client().fetch(SERIES)
    assert caught.value.event == "pacs-unexpected"


def test_a_search_that_finds_another_patients_images_fails_the_job(pacs: FakePacs) -> None:
    pacs.put(*SLICES)
    other = [{tag: {"Value": [uid]} for tag, uid in zip(("0020000D", "0020000E", "00080018"), ("9", "1.2.3.4", "1"), strict=True)}]
    pacs.fault = always(Answer(body=json.dumps(other).encode()))
    with pytest.raises(JobFault, match="another study or series"):
        pacs.client().fetch(SERIES)


def test_a_pacs_that_is_down_is_waited_for() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        pacs = DicomWebPacs(PacsHttp(PacsServer("hospital", f"http://127.0.0.1:{closed.getsockname()[1]}/dicom-web")))
        with pytest.raises(Unavailable) as caught:
            pacs.fetch(ONE)
    assert caught.value.event == "pacs-down"


def test_a_pacs_that_never_answers_is_waited_for(pacs: FakePacs) -> None:
    over = threading.Event()
    pacs.fault = lambda request: over.wait(20) and None  # type: ignore[func-returns-value]
    with pytest.raises(Unavailable) as caught:
        pacs.client(timeout_s=0.1).fetch(ONE)
    over.set()
    assert caught.value.event == "pacs-down"


def test_an_answer_that_trickles_for_ever_is_broken_off(pacs: FakePacs, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count(0.0, 1.0)
    monkeypatch.setattr("mip_sdk.pacs_http.time.monotonic", lambda: next(ticks))
    chunks = itertools.chain([b"--b-1\r\n\r\n"], itertools.repeat(b"x" * (1 << 16), 1000))
    pacs.fault = lambda request: Answer(200, related().kind, chunks)
    with pytest.raises(Unavailable, match="takes too long"):
        pacs.client(timeout_s=0.5).fetch(ONE)


def test_a_busy_pacs_is_given_the_moment_it_asks_for(pacs: FakePacs) -> None:
    pacs.put(*SLICES)
    busy = iter([Answer(503, headers={"retry-after": "1"}), Answer(429)])
    pacs.fault = lambda request: next(busy, None)
    [fetched] = pacs.client().fetch(ONE)
    assert fetched.octets == SLICES[0]
    assert len(pacs.requests) == 3


def test_a_pacs_that_asks_for_longer_is_left_alone_by_the_worker(pacs: FakePacs) -> None:
    for asked, waited in [("120", 120), ("86400", 300), ("soon", None)]:
        pacs.requests.clear()
        pacs.fault = always(Answer(503 if asked != "soon" else 500, headers={"retry-after": asked}))
        with pytest.raises(Unavailable) as caught:
            pacs.client().fetch(ONE)
        assert len(pacs.requests) == 1
        assert caught.value.down().retry_after_s == waited


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_credentials_follow_no_redirect(pacs: FakePacs, status: int) -> None:
    with serving(FakePacs()) as elsewhere:
        elsewhere.put(*SLICES)
        pacs.fault = lambda request: Answer(status, headers={"location": elsewhere.url + request.path.removeprefix("/dicom-web")})
        with pytest.raises(Unavailable, match="redirects") as caught:
            pacs.client(headers={"authorization": "Bearer secret"}).fetch(ONE)
        assert caught.value.event == "pacs-unexpected"
        assert elsewhere.requests == []


def test_images_larger_than_a_job_may_have_are_broken_off(pacs: FakePacs) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"--b-1\r\nContent-Type: application/dicom\r\n\r\n"
        while sent < 1 << 30:
            sent += 1 << 16
            yield b"\0" * (1 << 16)

    pacs.fault = lambda request: Answer(200, related().kind, endless())
    with pytest.raises(InvalidInput, match="at most 1000000 are taken"):
        pacs.client(most_bytes=1_000_000).fetch(ONE)
    assert sent < 200 << 20


def test_the_limit_is_of_all_images_of_a_job_together(pacs: FakePacs) -> None:
    pacs.put(*SLICES)
    size = len(SLICES[0])
    assert len(pacs.client(most_bytes=8 * size).fetch(SERIES)) == 7
    with pytest.raises(InvalidInput, match="at most"):
        pacs.client(most_bytes=4 * size).fetch(SERIES)


@pytest.mark.parametrize("concurrent", [1, 3])
def test_no_more_requests_run_at_once_than_the_pacs_allows(pacs: FakePacs, concurrent: int) -> None:
    pacs.put(*SLICES)
    pacs.client(concurrent=concurrent).fetch(SERIES)
    assert pacs.most_at_once <= concurrent


def test_requests_keep_their_distance(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 100.0}
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        clock["now"] += seconds

    monkeypatch.setattr(rate.time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(rate.time, "sleep", sleep)
    limited = rate.Rate(4.0)
    for _ in range(3):
        limited.wait()
    clock["now"] += 10
    limited.wait()
    assert slept == [0.25, 0.25]
    unlimited = rate.Rate(None)
    for _ in range(100):
        unlimited.wait()
    assert slept == [0.25, 0.25]


def test_the_rate_of_a_task_is_divided_among_its_processes(pacs: FakePacs) -> None:
    http = PacsHttp(PacsServer("hospital", pacs.url, requests_per_second=8, concurrent=6), share=4)
    assert (http.concurrent, http._rate._gap_s) == (1, 0.5)


@pytest.mark.parametrize(
    ("secret", "header", "value"),
    [
        ({"username": "mip", "password": "pä:sswörd"}, "authorization", "Basic bWlwOnDDpDpzc3fDtnJk"),
        ({"bearer_token": "t0ken"}, "authorization", "Bearer t0ken"),
        ({"headers": {"X-Api-Key": "k"}}, "x-api-key", "k"),
    ],
)
def test_credentials_are_sent_as_the_secret_says(pacs: FakePacs, secret: dict[str, Any], header: str, value: str) -> None:
    pacs.put(*SLICES)
    listed = json.dumps([{"name": "city-hospital", "url": f"{pacs.url}/", "credentials": True, "rate": {"concurrent": 2}}])
    [server] = servers_from({"MIP_PACS": listed, "MIP_PACS_SECRET_CITY_HOSPITAL": json.dumps(secret)})
    assert value not in repr(server)
    DicomWebPacs(PacsHttp(server)).fetch(SERIES)
    assert {request.headers[header] for request in pacs.requests} == {value}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """A certificate of 127.0.0.1 that is its own authority, in PEM, and the file of it with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a hospital's own authority")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    form = serialization.PrivateFormat.PKCS8
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return pem.decode(), file


def test_a_pacs_is_trusted_by_its_own_authority_alone(authority: tuple[str, Path]) -> None:
    pem, file = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with serving(FakePacs(), context) as pacs:
        pacs.put(*SLICES)
        [fetched] = pacs.client(ca=pem).fetch(ONE)
        assert fetched.octets == SLICES[0]
        with pytest.raises(Unavailable, match="SSLError"):
            pacs.client().fetch(ONE)
