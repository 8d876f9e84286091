"""Bodies of type multipart/related (RFC 2387), as DICOMweb has them: read and written without a second copy in memory."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from urllib3.fields import RequestField

DICOM = "application/dicom"


class MalformedBody(Exception):
    """The body is not what its Content-Type says, or ends too early."""


def read_parts(content_type: str, chunks: Iterable[bytes]) -> list[bytearray]:
    """The bodies of all parts; of a body that is not multipart but DICOM, that body.

    Raises
    ------
    MalformedBody
        For another type, a boundary that is missing or wrong, a body without its end.
    """
    kind, options = parse_options_header(content_type)
    if kind == DICOM.encode():
        whole = bytearray()
        for chunk in chunks:
            whole += chunk
        return [whole]
    if kind != b"multipart/related" or not options.get(b"boundary"):
        raise MalformedBody("the answer is neither multipart/related nor DICOM")
    return _parse(options[b"boundary"], chunks)


def _parse(boundary: bytes, chunks: Iterable[bytes]) -> list[bytearray]:
    parts: list[bytearray] = []
    ended: list[bool] = []

    def on_part_data(data: bytes, start: int, end: int) -> None:
        parts[-1] += memoryview(data)[start:end]

    callbacks: dict[str, Callable[..., None]] = {
        "on_part_begin": lambda: parts.append(bytearray()),
        "on_part_data": on_part_data,
        "on_end": lambda: ended.append(True),
    }
    given: Any = callbacks
    try:
        parser = MultipartParser(boundary, given)
        for chunk in chunks:
            parser.write(chunk)
    except MultipartParseError as error:
        raise MalformedBody("the answer's parts cannot be told apart") from error
    if not ended:
        raise MalformedBody("the answer ends too early")
    return parts


def write_parts(bodies: Iterable[bytes], boundary: str) -> Iterator[bytes]:
    """The pieces of a body of DICOM parts; the parts' own bytes are handed on as they are."""
    head = RequestField(name="", data="", headers={"Content-Type": DICOM}).render_headers()
    for body in bodies:
        yield f"--{boundary}\r\n{head}".encode()
        yield body
        yield b"\r\n"
    yield f"--{boundary}--\r\n".encode()
