"""TLS, server side: a context from files, and the layer between a socket and its protocol.

The record layer runs in memory (ssl.MemoryBIO), so that it can begin behind a PROXY header and is
the same on every event loop. What it hands on is plain bytes: everything behind it, the journal
included, knows nothing of TLS.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from gateway.config import ConfigError, Tls

HANDSHAKE_SECONDS = 10.0
"""How long a handshake may take: as long as a FIX Logon(A) may after it."""
READ_SIZE = 64 * 1024
SUBJECT_MAX = 200
"""Characters of a client certificate's subject in a log line."""


class TlsError(ConfigError):
    """A file of `[listen.tls]` cannot be used; `key` is the key that names it."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"listen.tls.{key}: {text}")
        self.key = key
        self.text = text


def server_context(tls: Tls) -> ssl.SSLContext:
    """TLS 1.2 or later with the ciphers that Python's ssl chooses. Raises TlsError."""
    for key in ("certificate", "key", "client_ca"):
        _require_file(key, getattr(tls, key))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client may ask for one handshake: more would be work for us and none for it.
    context.options |= ssl.OP_NO_RENEGOTIATION

    def no_password() -> str:
        raise TlsError("key", "expected a key without a passphrase")

    try:
        context.load_cert_chain(tls.certificate, tls.key, no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise TlsError("key", "is not the key of the certificate") from error
        _load_authorities("certificate", tls.certificate)
        raise TlsError("key", f"{tls.key}: not a private key in PEM") from error
    if tls.client_ca:
        _load_authorities("client_ca", tls.client_ca, context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _require_file(key: str, path: str) -> None:
    if not path and key == "client_ca":
        return
    if not path:
        raise TlsError(key, 'expected a file in PEM, received ""')
    try:
        Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise TlsError(key, f"{path}: cannot be read: {why}") from error


def _load_authorities(key: str, path: str, context: ssl.SSLContext | None = None) -> None:
    try:
        (context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)).load_verify_locations(path)
    except ssl.SSLError as error:
        raise TlsError(key, f"{path}: not a certificate in PEM") from error


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """The protocol of a socket's transport, and the transport of the protocol behind it.

    `established(self)` is called once, after the handshake, and returns that protocol; `failed`
    gets the reason if there is none.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        transport: asyncio.Transport,
        loop: asyncio.AbstractEventLoop,
        established: Callable[["TlsTransport"], asyncio.Protocol],
        failed: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._context = context
        self._transport = transport
        self._established = established
        self._failed: Callable[[str], None] | None = failed
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._inner: asyncio.Protocol | None = None
        self._ended = False
        self._broken: ssl.SSLError | None = None
        self._timer = loop.call_later(
            HANDSHAKE_SECONDS, self._fail, f"not finished within {HANDSHAKE_SECONDS:g} s"
        )

    @property
    def subject(self) -> str:
        """The subject of the client's certificate, such as `CN=ACME, O=Acme Trading`; empty without
        one."""
        certificate = cast(dict[str, Any], self._tls.getpeercert() or {})
        parts = [
            f"{_SHORT_NAMES.get(key, key)}={value}"
            for name in certificate.get("subject", ())
            for key, value in name
        ]
        return ", ".join(parts)[:SUBJECT_MAX]

    @property
    def version(self) -> str:
        """Such as `TLSv1.3`."""
        return self._tls.version() or ""

    # -- the protocol of the socket's transport ---------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if self._inner is None and not self._shake_hands():
            return
        pieces: list[bytes] = []
        ended = False
        try:
            while piece := self._tls.read(READ_SIZE):
                pieces.append(piece)
            # The library says the end of a peer that closed in order by an empty read.
            ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            ended = True
        except ssl.SSLError as error:
            self._broken = error
        self._flush()
        if pieces and self._inner is not None:
            self._inner.data_received(b"".join(pieces) if len(pieces) > 1 else pieces[0])
        if self._broken is not None:
            self._transport.abort()
        if ended:
            self.eof_received()

    def eof_received(self) -> bool:
        if self._inner is None:
            self._fail("closed by the peer")
        elif not self._ended:
            self._ended = True
            if not self._inner.eof_received():
                self.close()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        if self._inner is None:
            self._fail("closed by the peer" if exc is None else str(exc))
        else:
            self._inner.connection_lost(exc or self._broken)

    def pause_writing(self) -> None:
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        if self._inner is not None:
            self._inner.resume_writing()

    # -- the transport of the protocol behind -----------------------------------------------------

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._transport.is_closing():
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self._transport.abort()
            return
        self._flush()

    def close(self) -> None:
        if not self._transport.is_closing():
            # Ours is written when this raises; the peer's answer to it is not waited for.
            with contextlib.suppress(ssl.SSLError):
                self._tls.unwrap()
            self._flush()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_extra_info(self, name: str, default: object = None) -> object:
        if name == "sslcontext":
            return self._context
        return self._transport.get_extra_info(name, default)

    # -- inside -----------------------------------------------------------------------------------

    def _shake_hands(self) -> bool:
        """Go on with the handshake; True once it is done."""
        if self._failed is None:
            return False
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            return False
        except ssl.SSLError as error:
            # What is left to send is the alert.
            self._flush()
            self._fail(_reason(error))
            return False
        self._flush()
        self._timer.cancel()
        self._failed = None
        self._inner = self._established(self)
        return True

    def _fail(self, reason: str) -> None:
        failed, self._failed = self._failed, None
        self._timer.cancel()
        if failed is not None:
            failed(reason)
            self._transport.close()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._transport.write(self._outgoing.read())


_SHORT_NAMES = {
    "commonName": "CN",
    "organizationName": "O",
    "organizationalUnitName": "OU",
    "countryName": "C",
}


def _reason(error: ssl.SSLError) -> str:
    """`certificate verify failed: ...` without numbers of library and source line."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"client certificate: {error.verify_message}"
    return (error.reason or "protocol error").replace("_", " ").lower()
