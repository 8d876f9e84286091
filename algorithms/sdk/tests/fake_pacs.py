"""A small DICOMweb server over a dict, with faults. Its multipart is written and read by other means than the SDK's."""

import email
import email.policy
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from made import parsed
from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.pacs_server import PacsServer

UIDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")
TAGS = dict(zip(UIDS, ("0020000D", "0020000E", "00080018"), strict=True))
Uids = tuple[str, str, str]


@dataclass
class Answer:
    """What the server says. ``length`` lies about the body where it is given; ``body`` may be endless."""

    status: int = 200
    kind: str = "application/dicom+json"
    body: bytes | Iterator[bytes] = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class FakePacs:
    """``fault`` answers a request in the place of the server, or returns None to let it answer."""

    def __init__(self) -> None:
        self.instances: dict[Uids, bytes] = {}
        self.requests: list[Request] = []
        self.fault: Callable[[Request], Answer | None] = lambda request: None
        self.most_results: int | None = None
        self.ignores_limit = self.ignores_offset = False
        self.refused: dict[str, int] = {}
        self.names_failures = True
        self.now = self.most_at_once = 0
        self.lock = threading.Lock()
        self.url = ""

    def put(self, *files: bytes) -> None:
        for octets in files:
            self.instances[uids_of(octets)] = octets

    def client(self, most_bytes: int | None = None, **settings: Any) -> DicomWebPacs:
        return DicomWebPacs(PacsHttp(PacsServer("hospital", self.url, **{"timeout_s": 5.0, **settings})), most_bytes)

    def answer(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append(request)
        if (fault := self.fault(request)) is not None:
            return fault
        parts = request.path.removeprefix("/dicom-web").strip("/").split("/")
        if request.method == "POST":
            return self.store(request)
        if len(parts) == 6:
            octets = self.instances.get((parts[1], parts[3], parts[5]))
            return related(octets) if octets is not None else Answer(404, "application/json", b"{}")
        return self.search(parts, request.query)

    def search(self, parts: list[str], query: dict[str, str]) -> Answer:
        depth = {"studies": 1, "series": 2, "instances": 3}[parts[-1]]
        wanted = [query.get(name) for name in UIDS]
        for index, uid in enumerate(parts[1::2]):
            wanted[index] = uid
        found = {
            uids[:depth]
            for uids in self.instances
            if all(asked is None or asked == uid for asked, uid in zip(wanted, uids, strict=True))
        }
        listed = sorted(found)[0 if self.ignores_offset else int(query.get("offset", 0)) :]
        if not self.ignores_limit:
            listed = listed[: int(query.get("limit", 100))]
        if self.most_results is not None:
            listed = listed[: self.most_results]
        items = [{TAGS[name]: {"vr": "UI", "Value": [uid]} for name, uid in zip(UIDS, uids, strict=False)} for uids in listed]
        return Answer(body=json.dumps(items).encode())

    def store(self, request: Request) -> Answer:
        head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
        referenced, failed = [], []
        for part in message.iter_parts():
            octets = part.get_payload(decode=True)
            assert isinstance(octets, bytes)
            uids = uids_of(octets)
            item: dict[str, Any] = {"00081155": {"vr": "UI", "Value": [uids[2]]}}
            reason = self.refused.get(uids[2])
            if reason is None and self.instances.get(uids, octets) != octets:
                reason = 0x0111
            if reason is None:
                self.instances[uids] = octets
                referenced.append(item)
            else:
                failed.append({**item, "00081197": {"vr": "US", "Value": [reason]}})
        if not self.names_failures:
            failed = [{"00081197": item["00081197"]} for item in failed]
        kind = "00081198" if self.names_failures else "0008119A"
        said = {"00081199": {"vr": "SQ", "Value": referenced}, kind: {"vr": "SQ", "Value": failed}}
        return Answer(200 if not failed else 202 if referenced else 409, body=json.dumps(said).encode())


def uids_of(octets: bytes) -> Uids:
    source = parsed(octets)
    return tuple(str(source[name].value) for name in UIDS)  # type: ignore[return-value]


def related(*parts: bytes, boundary: str = "b-1", end: bool = True, said: str | None = None) -> Answer:
    """A multipart/related answer."""
    body = b"".join(b"--%s\r\nContent-Type: application/dicom\r\n\r\n%s\r\n" % (boundary.encode(), part) for part in parts)
    if end:
        body += b"--%s--\r\n" % boundary.encode()
    return Answer(200, f'multipart/related; type="application/dicom"; boundary={said or boundary}', body)


class Handler(BaseHTTPRequestHandler):
    """HTTP to and from ``FakePacs``, which the subclass of each server names."""

    pacs: FakePacs
    protocol_version = "HTTP/1.1"
    timeout = 20

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        with self.pacs.lock:
            self.pacs.now += 1
            self.pacs.most_at_once = max(self.pacs.most_at_once, self.pacs.now)
        try:
            self.write(self.pacs.answer(self.read()))
        except OSError:
            self.close_connection = True
        finally:
            with self.pacs.lock:
                self.pacs.now -= 1

    do_POST = do_GET  # noqa: N815  (http.server's own name)

    def read(self) -> Request:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, address.path, query, headers, body)

    def write(self, answer: Answer) -> None:
        whole = isinstance(answer.body, bytes)
        self.send_response(answer.status)
        self.send_header("content-type", answer.kind)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if whole:
            self.send_header("content-length", str(len(answer.body) if answer.length is None else answer.length))
        self.close_connection = not whole or answer.length is not None
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        for chunk in [answer.body] if whole else answer.body:
            self.wfile.write(chunk)


@contextmanager
def serving(pacs: FakePacs, context: Any = None) -> Iterator[FakePacs]:
    """The server on a free port; with ``context``, by TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("OfPacs", (Handler,), {"pacs": pacs}))
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    pacs.url = f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}/dicom-web"
    try:
        yield pacs
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
