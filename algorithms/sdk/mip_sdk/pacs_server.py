"""The PACSs of the platform, its own image store among them, as the task definition names them."""

import json
import re
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from mip_sdk.faults import SettingsFault

BUILT_IN = "built-in"
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|\[::1\]")


@dataclass(frozen=True)
class StoreTables:
    """Where the image store keeps things, and the secret under which it hides UIDs."""

    table: str
    bucket: str
    secret: str


@dataclass(frozen=True)
class PacsServer:
    """One DICOMweb server. ``headers`` carry the credentials, so they are not shown; a PACS whose secret nobody has filled yet has
    none, and cannot be asked: its own jobs wait for that.

    ``timeout_s`` is of connecting and of each read; ``concurrent`` is how many requests run at once; ``ca`` is the PEM of the one
    authority whose certificate the server may have, the system's where it is None.
    """

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    has_credentials: bool = True
    ca: str | None = None
    requests_per_second: float | None = None
    concurrent: int = 4
    timeout_s: float = 30.0


def servers_from(environment: Mapping[str, str]) -> tuple[PacsServer, ...]:
    """The PACSs of ``MIP_PACS``, with their credentials, and the image store's own server where it is known.

    Raises
    ------
    SettingsFault
        Naming the variable at fault.
    """
    own = environment.get("MIP_IMAGE_STORE_URL")
    key = environment.get("MIP_WORKERS_KEY")
    built_in = [PacsServer(BUILT_IN, own.rstrip("/"), {"x-api-key": key})] if own and key else []
    return (*built_in, *(_server(given, environment) for given in _list(environment.get("MIP_PACS") or "[]")))


def _list(text: str) -> list[dict[str, Any]]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise SettingsFault("MIP_PACS is not JSON") from error
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in cast(list[Any], given)):
        raise SettingsFault("MIP_PACS is not a list of objects")
    return cast(list[dict[str, Any]], given)


def _server(given: dict[str, Any], environment: Mapping[str, str]) -> PacsServer:
    try:
        name, url = str(given["name"]), str(given["url"]).rstrip("/")
        rate = given.get("rate") or {}
        per_second = rate.get("requests_per_second")
        headers = _credentials(name, environment) if given.get("credentials") else {}
        server = PacsServer(
            name=name,
            url=url,
            headers={} if headers is None else headers,
            has_credentials=headers is not None,
            ca=given.get("ca"),
            requests_per_second=None if per_second is None else float(per_second),
            concurrent=int(rate.get("concurrent", 4)),
            timeout_s=float(given.get("timeout", 30)),
        )
        address = parse_url(url)
    except (KeyError, TypeError, ValueError, AttributeError, LocationParseError) as error:
        raise SettingsFault("MIP_PACS has a PACS without a name or URL, or with a number that is none") from error
    if server.ca:
        _check_authority(server.ca)
    if address.scheme != "https" and not (address.scheme == "http" and _LOOPBACK.fullmatch(address.host or "")):
        raise SettingsFault("MIP_PACS has a URL that is not https: patient data and credentials would travel in the open")
    return server


def _check_authority(pem: str) -> None:
    try:
        ssl.create_default_context(cadata=pem)
    except ssl.SSLError as error:
        raise SettingsFault("MIP_PACS has a ca that is no certificate in PEM") from error


def _credentials(name: str, environment: Mapping[str, str]) -> dict[str, str] | None:
    """The headers that a PACS's secret stands for: of a user, of a bearer token, or as they are; None for a secret that is none."""
    try:
        secret = json.loads(environment[f"MIP_PACS_SECRET_{name.upper().replace('-', '_')}"])
        if "username" in secret:
            user = f"{_text(secret['username'])}:{_text(secret['password'])}".encode()
            return {"authorization": f"Basic {b64encode(user).decode()}"}
        if "bearer_token" in secret:
            return {"authorization": f"Bearer {_for_header(secret['bearer_token'])}"}
        return {_for_header(name): _for_header(value) for name, value in secret["headers"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("not a text")
    return value


def _for_header(value: Any) -> str:
    text = _text(value)
    if not text.isprintable() or not text.isascii():
        raise ValueError("not for a header")
    return text
