"""A client's side of the bridge, above the frames: what to say, what was heard, where to resume.

It works with any WebSocket library: send the bytes it returns as text, hand it each text received.
"""

from protocol.errors import RemoteProtocolError
from protocol.feed import Gap, LoggedIn, Message, decode_message, encode
from protocol.websocket_requests import Login


class BridgeClient:
    """One private session (token, session name) across connections.

    `next_seq` and `epoch` are all that a client must keep to lose nothing and see nothing twice;
    None: nothing was heard yet, so the first login asks for new messages only.
    """

    __slots__ = ("_session", "_token", "epoch", "next_seq")

    def __init__(
        self, token: str, session: str = "main", *, next_seq: int | None = None, epoch: str = ""
    ) -> None:
        self._token = token
        self._session = session
        self.next_seq = next_seq
        self.epoch = epoch

    def login(self) -> bytes:
        """The login for a new connection, resuming where the last one ended."""
        return encode(
            Login(
                token=self._token,
                session=self._session,
                resume_from=self.next_seq,
                epoch=self.epoch,
            )
        )

    def forget(self) -> None:
        """Give up the history: after `epoch_mismatch`, before logging in again."""
        self.next_seq = None
        self.epoch = ""

    def receive(self, text: bytes | str) -> Message:
        """One message from the venue.

        Raises:
            RemoteProtocolError: a number was skipped or came twice.
            msgspec.DecodeError: not a message of the vocabulary.
        """
        message = decode_message(text)
        if isinstance(message, LoggedIn):
            self.epoch = message.epoch
            self.next_seq = message.resume_from
        elif isinstance(message, Gap):
            self._expect(message.from_seq)
            self.next_seq = message.to_seq + 1
        else:
            seq = getattr(message, "seq", 0)
            if seq:
                self._expect(seq)
                self.next_seq = seq + 1
        return message

    def _expect(self, seq: int) -> None:
        if seq != self.next_seq:
            raise RemoteProtocolError(f"seq out of order: expected {self.next_seq}, received {seq}")
