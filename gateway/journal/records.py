"""What one tick leaves in the journal: facts in, commands, frames out, numbers. All a fold needs.

`facts` are what came from outside, in arrival order: replay drives a fresh venue with them.
`commands` are what the engine saw: recovery folds them without decoding a single wire byte.
`frames` are the numbered messages that clients may ask for again; replay compares them byte for
byte.
Every record is an array in MessagePack; tags are for ever, new fields go to the end with a default.
"""

import msgspec

from matching.commands import Command


class Started(msgspec.Struct, frozen=True, array_like=True, tag=1):
    """A process took the journal over: no connection survives this point.

    `configuration` is the MessagePack of the configuration in force, secrets left out.
    """

    version: str
    configuration: bytes


class Connected(msgspec.Struct, frozen=True, array_like=True, tag=2):
    """A transport was accepted on the port of `wire`; `connection_id` is never used again."""

    connection_id: int
    wire: str
    peer: str


class Received(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=3):
    """The bytes that one read's events were made of, secrets masked. Empty: a logged-on peer was
    heard, but nothing it said is complete yet.

    FIX, SoupBinTCP: stream bytes, whole frames and garbage between them. WebSocket: one message.
    """

    connection_id: int
    data: bytes


class AuthResult(msgspec.Struct, frozen=True, array_like=True, tag=4):
    """How a login was judged. Replay believes it: the password itself is not in the journal.

    `account` names the account of an accepted login. `refusal` is empty then, else what the log
    says; `answer` is what the peer is told, empty for a silent close.
    """

    connection_id: int
    account: bytes
    refusal: str = ""
    answer: str = ""


class TimerFired(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=5):
    """A connection's deadline passed."""

    connection_id: int


class Disconnected(msgspec.Struct, frozen=True, array_like=True, tag=6):
    """A transport ended; the cause in words. `unsent_bytes` were written to it and never left."""

    connection_id: int
    cause: str
    unsent_bytes: int = 0


class ResendSliced(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=9):
    """A running resend moved on by one slice, after the commit of the batch before: what it sends
    has numbers already, but what counts as never sent depends on how far it came."""

    connection_id: int


class PasswordChanged(msgspec.Struct, frozen=True, array_like=True, tag=10):
    """A client chose a new password. Replay and recovery take over the seal (`gateway.passwords`):
    the password itself is nowhere."""

    session_id: int
    seal: bytes


class MarketDataTold(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=14):
    """It was a connection's turn to be told what market data it lacked: its transport took bytes.
    What it was told follows from the commands up to here."""

    connection_id: int


class Controlled(msgspec.Struct, frozen=True, array_like=True, tag=7):
    """A command that no client sent: operator, configuration, calendar."""

    command: Command


class SessionControlled(msgspec.Struct, frozen=True, array_like=True, tag=8):
    """What the venue itself asked of a connection's session: "shut" (say goodbye in the wire's own
    way) with its text, at shutdown or on an operator's word."""

    connection_id: int
    action: str
    text: str


class AnswerSliced(msgspec.Struct, frozen=True, gc=False, array_like=True, tag=12):
    """The long answers of a connection went on by one slice: what they say is numbered then."""

    connection_id: int


class Announced(msgspec.Struct, frozen=True, array_like=True, tag=13):
    """The operator's news for those who were logged on."""

    headline: str
    text: str


class Renumbered(msgspec.Struct, frozen=True, array_like=True, tag=15):
    """The operator said how the numbers of an absent session go on."""

    session_id: int
    next_in: int
    next_out: int


Fact = (
    Started
    | Connected
    | Received
    | AuthResult
    | TimerFired
    | Disconnected
    | Controlled
    | SessionControlled
    | ResendSliced
    | AnswerSliced
    | Announced
    | PasswordChanged
    | MarketDataTold
    | Renumbered
)


class FramesOut(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Consecutively numbered messages of one session. A run that begins at or below an earlier
    number replaces the history from there on (a reset of numbers).

    A derived message (FIX market data) is empty among `frames`; `derived` has length and CRC-32 of
    each, in their order."""

    session_id: int
    first_number: int
    frames: list[bytes]
    derived: list[tuple[int, int]] = []


class SessionNumbers(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """The numbers of one session after the tick, where they changed.

    `next_in` is FIX's next expected MsgSeqNum(34), 0 on wires that do not number input.
    `unsent` are the ranges begin <= number < end produced while no connection could take them.
    `appl_ver_id` is the DefaultApplVerID(1137) of the last FIXT.1.1 Logon: absent clients are
    written to in its words. `history` names the stream on the wires that have a word for it
    (SoupBinTCP session, WebSocket epoch). `period_start_ns` is the start of the scheduled period
    that the numbers belong to, 0 without a schedule."""

    session_id: int
    next_in: int
    next_out: int
    unsent: tuple[tuple[int, int], ...] = ()
    history: bytes = b""
    appl_ver_id: bytes = b""
    period_start_ns: int = 0


class Batch(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One tick. `first_seq` is the number of its first command (the next one, if it has none).

    `events_crc` chains the CRC-32 of all events ever emitted, so that recovery can name the first
    batch whose commands no longer yield what they yielded. `state_hash` is the engine's after this
    batch where somebody took it (a clean end, a phase change), 0 elsewhere: it costs too much per
    tick.
    """

    now_ns: int
    first_seq: int
    facts: list[Fact]
    commands: list[Command]
    frames: list[FramesOut]
    numbers: list[SessionNumbers]
    events_crc: int
    state_hash: int = 0


encode_batch = msgspec.msgpack.Encoder().encode
decode_batch = msgspec.msgpack.Decoder(Batch).decode
