"""HTTP to one PACS and to nothing else: a connection pool of its host that follows no redirect, with its rate and authority."""

import ssl
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from urllib3 import BaseHTTPResponse, connection_from_url
from urllib3.exceptions import HTTPError, InvalidHeader, MaxRetryError
from urllib3.util import Retry, Timeout, parse_url

from mip_sdk.pacs_server import PacsServer
from mip_sdk.rate import Rate
from mip_sdk.transient import Unavailable

_CHUNK = 1 << 20
_CONNECT_S = 5.0
_WHOLE_ANSWER = 10
"""A whole answer may take this many times the PACS's timeout, however it trickles."""
_LONGEST_WAIT_S = 10.0
_LONGEST_ASKED_S = 300
_LATER = (408, 425, 429)
_DENIED = (401, 403)


class _BriefRetry(Retry):
    """Waits as long as the PACS asks, where that is brief; longer is for the worker to wait."""

    def increment(self, method: str | None = None, url: str | None = None, *rest: Any, **more: Any) -> Retry:
        answer = more.get("response")
        if answer is not None and (_retry_after_s(answer) or 0) > _LONGEST_WAIT_S:
            raise MaxRetryError(more["_pool"], url or "")
        return super().increment(method, url, *rest, **more)


_RETRY = _BriefRetry(
    total=3,
    connect=1,
    read=1,
    status=3,
    allowed_methods={"GET"},
    status_forcelist={429, 503},
    backoff_factor=0.2,
    raise_on_status=False,
)


class PacsHttp:
    """Sends requests to one PACS.

    Parameters
    ----------
    share
        Among how many processes of the task the PACS's rate is divided.
    """

    def __init__(self, server: PacsServer, share: int = 1) -> None:
        self.name = server.name
        self.concurrent = max(1, server.concurrent // share)
        self._has_credentials = server.has_credentials
        self._timeout_s = server.timeout_s
        self._prefix = (parse_url(server.url).path or "").rstrip("/")
        self._headers = {"accept-encoding": "identity", **server.headers}
        self._rate = Rate(None if server.requests_per_second is None else server.requests_per_second / share)
        tls = {"ssl_context": ssl.create_default_context(cadata=server.ca)} if server.ca and server.url.startswith("https:") else {}
        timeout = Timeout(connect=min(_CONNECT_S, server.timeout_s), read=server.timeout_s)
        self._pool = connection_from_url(server.url, maxsize=self.concurrent, block=True, timeout=timeout, **tls)

    @contextmanager
    def get(self, path: str, accept: str) -> Generator[BaseHTTPResponse, None, None]:
        """GET below the PACS's URL. 503 and 429 are tried again where the PACS asks for it within 10 s.

        Raises
        ------
        Unavailable
            Where the PACS is down, denies the credentials, is busy, fails, or sends elsewhere. Other answers are the caller's.
        """
        with self._open("GET", path, {"accept": accept}) as answer:
            yield answer

    @contextmanager
    def post(self, path: str, headers: dict[str, str], body: Iterable[bytes]) -> Generator[BaseHTTPResponse, None, None]:
        """POST below the PACS's URL, once. Raises as ``get``."""
        with self._open("POST", path, headers, body) as answer:
            yield answer

    @contextmanager
    def _open(
        self, method: str, path: str, headers: dict[str, str], body: Iterable[bytes] | None = None
    ) -> Generator[BaseHTTPResponse, None, None]:
        if not self._has_credentials:
            raise Unavailable("the secret of the PACS holds no credentials yet", "pacs-denied", self.name)
        self._rate.wait()
        try:
            answer = self._pool.urlopen(
                method,
                self._prefix + path,
                body=body,
                headers={**self._headers, **headers},
                retries=_RETRY if method == "GET" else False,
                redirect=False,
                preload_content=False,
            )
        except HTTPError as error:
            raise self._down(error) from error
        try:
            self._check(answer)
            yield answer
        except HTTPError as error:
            raise self._down(error) from error
        finally:
            answer.close()
            answer.release_conn()

    def chunks(self, answer: BaseHTTPResponse) -> Iterator[bytes]:
        """The answer's body as it comes."""
        ends = time.monotonic() + self._timeout_s * _WHOLE_ANSWER
        while chunk := answer.read1(_CHUNK):
            yield chunk
            if time.monotonic() > ends:
                raise Unavailable("the PACS's answer takes too long", "pacs-down", self.name, answer.status)

    def unexpected(self, words: str, status: int) -> Unavailable:
        """The fault of an answer that no DICOMweb server gives: a login page, a proxy's own page, a wrong URL. It says nothing of
        the images, so the job waits for a person.
        """
        return Unavailable(words, "pacs-unexpected", self.name, status)

    def _check(self, answer: BaseHTTPResponse) -> None:
        status = answer.status
        if status in _DENIED:
            raise Unavailable("the PACS does not take the credentials of its secret", "pacs-denied", self.name, status)
        if 300 <= status < 400:
            raise self.unexpected("the PACS redirects; its URL has to be the one that answers", status)
        if status >= 500 or status in _LATER:
            raise Unavailable("the PACS answers that it cannot", "pacs-down", self.name, status, _retry_after_s(answer))

    def _down(self, error: HTTPError) -> Unavailable:
        cause = type(getattr(error, "reason", None) or error).__name__
        return Unavailable(f"the PACS cannot be reached, or broke off ({cause})", "pacs-down", self.name)


def _retry_after_s(answer: BaseHTTPResponse) -> float | None:
    try:
        given = answer.headers.get("retry-after")
        return None if given is None else Retry(retry_after_max=_LONGEST_ASKED_S).parse_retry_after(given)
    except InvalidHeader:
        return None
