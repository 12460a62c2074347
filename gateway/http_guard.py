"""Who may use `/admin`, and strict reading of what it is asked.

A browser of this machine may show pages of strangers: a request that names another host (DNS
rebinding) or comes from another origin (cross-site request) is refused.
"""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from gateway.config import Config, is_loopback

BODY_BYTES_MAX = 4096
INTEGER_MAX = 2**63 - 1
TEXT_MAX = 128
_MISSING = object()
_Word = TypeVar("_Word")


class Refused(Exception):
    """The answer to a request that cannot be done; `body` is what the client reads."""

    def __init__(
        self, status: int, text: str, field: str = "", expected: str = "", received: str = ""
    ) -> None:
        super().__init__(text)
        self.status = status
        self.body = {"error": text}
        for name, value in (("field", field), ("expected", expected), ("received", received)):
            if value:
                self.body[name] = value


def check_request(request: Request, config: Config) -> None:
    """Raises Refused unless the request comes from this machine, to it, and from no other site."""
    client = request.client
    if client is None or not is_loopback(client.host):
        raise Refused(403, "/admin serves this machine only")
    host = request.headers.get("host", "")
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    name = name.removeprefix("[").removesuffix("]")
    if not is_loopback(name) and name != config.listen.host:
        raise Refused(403, "Host is not this machine", "Host", "localhost", host[:TEXT_MAX])
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{host}":
        raise Refused(403, "cross-site request", "Origin", f"http://{host}", origin[:TEXT_MAX])
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    # Browsers send JSON to another site only after asking that site: a form cannot.
    if request.method == "POST" and kind != "application/json":
        raise Refused(
            415, "not JSON", "Content-Type", "application/json", kind[:TEXT_MAX] or "nothing"
        )


async def read_fields(request: Request) -> "Fields":
    """The JSON object of a body; an empty body is an empty object. Raises Refused."""
    body = b""
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > BODY_BYTES_MAX:
                raise Refused(413, f"body too large: expected at most {BODY_BYTES_MAX} bytes")
    except ClientDisconnect:
        raise Refused(400, "body is incomplete: the client is gone") from None
    if not body.strip():
        return Fields({})
    try:
        return Fields(msgspec.json.decode(body, type=dict[str, Any]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused(400, "body is not one JSON object") from None


class Fields:
    """The fields of a request, taken one by one; `end` refuses what nobody asked for."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self._fields = dict(fields)

    def number(self, name: str, *, most: int = INTEGER_MAX, default: int | None = None) -> int:
        """An integer from 1 on."""
        value = self._take(name)
        if value is _MISSING and default is not None:
            return default
        if type(value) is not int or not 1 <= value <= most:
            raise _invalid(name, f"an integer from 1 to {most}", value)
        return value

    def text(self, name: str, *, default: str) -> str:
        value = self._take(name)
        if value is _MISSING:
            return default
        if not isinstance(value, str) or not 1 <= len(value) <= TEXT_MAX:
            raise _invalid(name, f"a string of 1 to {TEXT_MAX} characters", value)
        return value

    def word(self, name: str, words: Mapping[str, _Word], default: _Word | None = None) -> _Word:
        """What one of the `words` stands for."""
        value = self._take(name)
        if value is _MISSING and default is not None:
            return default
        if not isinstance(value, str) or value not in words:
            raise _invalid(name, "one of " + " ".join(words), value)
        return words[value]

    def end(self) -> None:
        """Nothing may be left."""
        for name, value in self._fields.items():
            raise _invalid(name[:TEXT_MAX], "no such field", value)

    def _take(self, name: str) -> Any:
        return self._fields.pop(name, _MISSING)


def _invalid(name: str, expected: str, value: object) -> Refused:
    received = "nothing" if value is _MISSING else json.dumps(value)[:TEXT_MAX]
    text = f"{name}: expected {expected}, received {received}"
    return Refused(400, text, name, expected, received)
