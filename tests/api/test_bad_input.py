"""Requests that no library would send, over a socket: each is refused in its own words, and the API goes on."""

import contextlib
import json
import socket
from urllib.parse import urlsplit

import pytest

KEY = b"mip_" + b"a" * 43
JSON = b"content-type: application/json\r\n"


def answer(address: str, request: bytes) -> tuple[int, bytes]:
    """The status and the body; a server may answer and close before all of the request was read."""
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=20) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        received = b""
        while b"\r\n\r\n" not in received and (piece := connection.recv(65536)):
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
        while len(body) < length and (piece := connection.recv(65536)):
            body += piece
        return int(head.split(b" ")[1]), body


def post(body: bytes, headers: bytes = JSON, path: bytes = b"/process/window-level", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"POST %s HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\n%scontent-length: %d\r\n\r\n%s" % (path, KEY, headers, size, body)


def get(path: bytes, headers: bytes = b"") -> bytes:
    return b"GET %s HTTP/1.1\r\nhost: x\r\nx-api-key: %s\r\n%s\r\n" % (path, KEY, headers)


def deep(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + b"0" + closing * depth


REQUESTS = {
    "no body": (post(b""), 400),
    "10 MB": (post(b" " * 10_000_000), 413),
    "10 MB that are announced and never come": (post(b"", length=10_000_000), 413),
    "deep lists": (post(deep(b"[", b"]", 100_000)), 422),
    "deep objects": (post(deep(b'{"a":', b"}", 40_000)), 422),
    "bad UTF-8": (post(b'{"job_id":"\xff\xfe"}'), 422),
    "half a surrogate": (post(b'{"job_id":"\\ud800"}'), 422),
    "half a surrogate in a parameter": (
        post(b'{"job_id":"j","pacs":{"study_uid":"1","series_uid":"1","instance_uid":"1"},"parameters":{"note":"\\udc00"}}'),
        422,
    ),
    "a NUL": (post(b'{"job_id":"\\u0000"}'), 422),
    "UTF-16": (post('{"job_id":"x"}'.encode("utf-16")), 400),
    "a byte order mark": (post(b"\xef\xbb\xbf{}"), 422),
    "no JSON": (post(b"job_id=1"), 400),
    "two documents": (post(b"{}{}"), 400),
    "a number beyond all": (post(b'{"job_id":' + b"9" * 5000 + b"}"), 422),
    "an infinite number": (post(b'{"job_id":"j","pacs":{"study_uid":"1"},"parameters":{"center":1e999}}'), 422),
    "a prototype": (post(b'{"__proto__":{"job_id":"x"}}'), 400),
    "a constructor": (post(b'{"constructor":{"prototype":{"job_id":"x"}}}'), 400),
    "text": (post(b"{}", b"content-type: text/plain\r\n"), 415),
    "a form": (post(b"a=1", b"content-type: application/x-www-form-urlencoded\r\n"), 415),
    "a file": (post(b"--b--", b"content-type: multipart/form-data; boundary=b\r\n"), 415),
    "two types": (post(b"{}", JSON + b"content-type: text/plain\r\n"), 422),  # Node takes the first
    "no type": (post(b"{}", b""), 415),
    "a type that is none": (post(b"{}", b"content-type: ;;;\r\n"), 415),
    "a body that calls itself compressed": (post(b"{}", JSON + b"content-encoding: gzip\r\n"), 422),
    "two keys": (get(b"/jobs", b"x-api-key: other\r\n"), 401),
    "another's host": (get(b"http://elsewhere.example/nothing"), 404),
    "a path that climbs": (get(b"/docs/../jobs"), 404),
    "a path that climbs in disguise": (get(b"/docs/..%2f..%2f..%2fetc%2fpasswd"), 404),
    "a path that climbs twice in disguise": (get(b"/docs/%252e%252e%252fpackage.json"), 404),
    "a path with a backslash": (get(b"/docs/..\\..\\package.json"), 404),
    "a path with a NUL": (get(b"/docs/swagger-ui.css%00.js"), 404),
    "a path of two slashes": (get(b"//jobs"), 404),
    "a path of bad UTF-8": (get(b"/jobs/%ff"), 400),
    "a path that is long": (get(b"/jobs/" + b"a" * 8000), 414),
    "a repeated parameter": (get(b"/jobs?limit=1&limit=2"), 400),
    "a parameter that is a list": (get(b"/jobs?limit[]=1"), 400),
    "a parameter that is an object": (get(b"/jobs?limit[a]=1"), 400),
    "an unknown parameter": (get(b"/jobs?colour=red"), 400),
    "a parameter of bad UTF-8": (get(b"/jobs?cursor=%ff"), 400),
    "a parameter that is long": (get(b"/jobs?cursor=" + b"a" * 8000), 400),
    "a thousand parameters": (get(b"/jobs?" + b"&".join(b"p%d=1" % number for number in range(1000))), 400),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_is_refused(address: str, what: str) -> None:
    request, status = REQUESTS[what]
    found, body = answer(address, request)
    assert (found, json.loads(body)["status"]) == (status, status), body


def test_a_field_given_twice_is_the_last(address: str) -> None:
    """As RFC 8259 lets a parser do, and JSON.parse does."""
    body = b'{"job_id":"first","job_id":"twice","pacs":{"study_uid":"1.2.3","series_uid":"1.2.3.4","instance_uid":"1.2.3.4.5"}}'
    found, text = answer(address, post(body))
    assert (found, json.loads(text)["job_id"]) == (202, "twice")


NO_HTTP = {
    "a version that there is not": b"GET / HTTP/9.9\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
    "a line without end": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    "a header without end": b"GET /health HTTP/1.1\r\nx: " + b"a" * 100_000 + b"\r\n\r\n",
    "a length beyond all": post(b"", length=10**30),
    "two lengths": post(b"{}", JSON + b"content-length: 3\r\n"),
}


@pytest.mark.parametrize("what", NO_HTTP)
def test_what_is_no_http_is_refused_by_the_server_itself(address: str, what: str) -> None:
    found, _ = answer(address, NO_HTTP[what])
    assert found in {400, 431, 505}
    assert answer(address, get(b"/health"))[0] == 200
