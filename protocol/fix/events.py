"""What `FixSession.next_event` yields besides application messages (`messages`) and what every wire
says (`Remark`, `Terminated` of `protocol.session`)."""

import msgspec

from protocol.session import Remark, Terminated

__all__ = ["LoggedOn", "LogonRequested", "NumbersReset", "RejectReceived", "Remark", "Terminated"]


class LogonRequested(msgspec.Struct, frozen=True, gc=False):
    """A peer wants to log on; answer with `FixSession.accept` or `.reject`.

    CompIDs are as on the wire: `sender_comp_id` is the client's. The frame is valid and its header
    complete; who may log on is the gateway's to say. What else it asks for `accept` judges, by the
    session's settings.
    """

    begin_string: bytes
    sender_comp_id: bytes
    target_comp_id: bytes
    msg_seq_num: int
    reset_seq_num_flag: bool
    sender_sub_id: bytes = b""
    target_sub_id: bytes = b""
    username: bytes = b""
    password: bytes = b""
    default_appl_ver_id: bytes = b""
    """DefaultApplVerID(1137); empty before FIXT.1.1."""


class LoggedOn(msgspec.Struct, frozen=True, gc=False):
    """Both sides are logged on; follows `accept` (acceptor) or the peer's Logon (initiator)."""

    heart_bt_int: int


class NumbersReset(msgspec.Struct, frozen=True, gc=False):
    """The peer reset both directions to 1 in mid-session: Logon with ResetSeqNumFlag(141)=Y."""


class RejectReceived(msgspec.Struct, frozen=True, gc=False):
    """The peer refused one of our messages: Reject(3)."""

    ref_seq_num: int
    ref_tag_id: bytes = b""
    ref_msg_type: bytes = b""
    session_reject_reason: bytes = b""
    text: bytes = b""
